"""The game as one piece of HTML that needs nothing beside it: no kernel, no network, no library."""

import json
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.drawing.spacetime import spacetime_svg
from lastseat.simulations.game.levels import LEVELS, Level
from lastseat.simulations.game.rules import Rules, rules_of


@dataclass(frozen=True, slots=True)
class Board:
    """The game with these levels, in this order. `number` tells the boards of one page apart.

    Raises ValueError when a level is not there, or none is asked for.
    """

    names: tuple[str, ...]
    number: int = 1

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError(f"a board needs a level: {', '.join(LEVELS)}")
        for name in self.names:
            if name not in LEVELS:
                raise ValueError(f"there is no level {name!r}, only {', '.join(LEVELS)}")

    @property
    def identifier(self) -> str:
        """Return the id of the HTML element."""
        return f"lastseat-game-{self.number}"

    def html(self) -> str:
        """Return the element, its style and its script. The same board gives the same text."""
        here = files(__package__)
        style, script = (here.joinpath(name).read_text(encoding="utf-8") for name in ("game.css", "game.js"))
        plain = json.dumps([_plain(LEVELS[name]) for name in self.names], separators=(",", ":"))
        levels = plain.replace("</", "<\\/")  # in a script, this would end it
        return (
            f'<div class="lastseat-game" id="{escape(self.identifier)}">'
            "<p>The game is a script, and scripts do not run here. Open the exported page.</p></div>\n"
            f"<style>\n{style}</style>\n"
            f"<script>\n{script}"
            f"lastseatGame({json.dumps(self.identifier)}, {levels});\n</script>\n"
        )

    def picture(self) -> str:
        """Return, as SVG, a complete schedule of the first level that breaks nothing, for where no script runs."""
        level = LEVELS[self.names[0]]
        steps = harmless(rules_of(level))
        title = f"{level.title}: a schedule that breaks nothing"
        return spacetime_svg(run(level.scenario, level.implementation, steps), level.scenario, title=title)

    def _repr_html_(self) -> str:
        return self.html()


def harmless(rules: Rules) -> tuple[int, ...]:
    """Return the first complete schedule that violates nothing, () if there is none."""
    agenda: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    while agenda:
        at, steps = agenda.pop()
        position = rules.positions[at]
        moves = [(to, (*steps, who)) for who, to in enumerate(position.next) if to is not None]
        if not moves and not position.broken:
            return steps
        agenda.extend(reversed(moves))
    return ()


def _plain(level: Level) -> dict[str, object]:
    texts = {key: getattr(level, key) for key in ("name", "title", "story", "task", "lesson")}
    return {**texts, "labels": level.scenario.labels, **rules_of(level).plain()}
