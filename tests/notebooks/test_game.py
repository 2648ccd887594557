"""The game: its table is what the real code does under every schedule, and the page plays that table."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lastseat.reference.attempt_booking import Observe
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scheduler import run, schedules
from lastseat.simulations.game import LEVELS, Board, Level, rules_of
from lastseat.simulations.kernel.run import Run

each_level = pytest.mark.parametrize("level", LEVELS.values(), ids=list(LEVELS))
LEVELS_THAT_BREAK = [level for level in LEVELS.values() if level.goal]


def page(board: Board) -> str:
    return f"<!DOCTYPE html><html><head></head><body>{board.html()}</body></html>"


def seen(execution: Run, level: Level) -> list[Any]:
    """Return all that the page should show, told from the execution itself and not from the table."""
    (resource,) = dict(execution.final.resources).values()
    rows = []
    for who in range(len(level.scenario.requests)):
        mine = [one for one in execution.taken if one.process == who]
        copies = [one.result for one in mine if isinstance(one.operation, Observe)]
        unit = level.scenario.requests[who].units
        rows.append(
            [
                "" if who in execution.returned else execution.ahead[who].kind,
                *(f"{one.confirmed} of {one.capacity} confirmed, version {one.version}" for one in copies),
                *(f"{one.confirmed} → {one.confirmed + unit}" for one in copies),
                *([""] * (2 - 2 * len(copies))),
                str(execution.returned.get(who, "")),
            ]
        )
    broken = [
        one.step
        for one in findings(execution, level.scenario, level.implementation)
        if level.goal in ("", one.clause)
    ]
    held = [one.booking_id for one in execution.final.reservations]
    counter = f"{resource.confirmed} of {resource.capacity}"
    return [counter, resource.version, held, rows, min(broken, default=0)]


def every_prefix(level: Level) -> Iterator[Run]:
    """Yield an execution of each beginning of each schedule."""
    prefixes: set[tuple[int, ...]] = {()}

    def visit(execution: Run) -> None:
        steps = tuple(one.process for one in execution.taken)
        prefixes.update(steps[:length] for length in range(len(steps) + 1))

    schedules(level.scenario, level.implementation, visit)
    return (run(level.scenario, level.implementation, steps) for steps in sorted(prefixes))


def expected(level: Level) -> dict[str, Any]:
    return {".".join(str(one.process) for one in each.taken): seen(each, level) for each in every_prefix(level)}


# Plays every beginning of every schedule by the table of the page.
REPLAY = """
const all = {};
for (const level of lastseatGames["lastseat-game-1"].levels) {
  const shown = {};
  const visit = (steps) => {
    const played = lastseatGames["lastseat-game-1"].play(level, steps);
    const position = played.position;
    const rows = position.rows.map((row) => [row.does, row.saw, row.proposes, row.outcome]);
    shown[steps.join(".")] = [position.counter, position.version, position.reservations, rows, played.brokenAt];
    position.next.forEach((to, who) => { if (to !== null) visit(steps.concat([who])); });
  };
  visit([]);
  all[level.name] = shown;
}
return all;
"""


def test_the_page_replays_every_schedule_of_every_level_as_the_real_code_does(
    ask: Callable[[str, str], tuple[Any, list[str]]],
) -> None:
    answer, failures = ask(page(Board(tuple(LEVELS))), REPLAY)

    assert failures == []
    assert list(answer) == list(LEVELS)
    for name, level in LEVELS.items():
        assert answer[name] == expected(level), name
    assert [len(shown) for shown in answer.values()] == [19, 271, 61, 271, 19, 271]


@each_level
def test_the_table_of_a_level_is_what_the_real_code_does(level: Level) -> None:
    rules = rules_of(level)
    for name, shown in expected(level).items():
        position = rules.positions[0]
        for who in map(int, filter(None, name.split("."))):
            to = position.next[who]
            assert to is not None
            position = rules.positions[to]
        rows = [[row.does, row.saw, row.proposes, row.outcome] for row in position.rows]
        told = [position.counter, position.version, list(position.reservations), rows, bool(position.broken)]
        assert told == [*shown[:4], bool(shown[4])], name
        assert [to is None for to in position.next] == [not row[0] for row in shown[3]], name


@each_level
def test_another_engine_counts_the_same_schedules_and_finds_the_same_shortest_one(level: Level) -> None:
    merged, rules = explore_merged(level.scenario, level.implementation), rules_of(level)

    assert merged.interleavings == rules.schedules
    lengths = [len(one.steps) for one in merged.violations if one.name == level.goal]
    assert lengths == ([len(rules.shortest)] if level.goal else [])


def test_six_levels_and_only_the_last_cannot_be_broken() -> None:
    rules = {name: rules_of(level) for name, level in LEVELS.items()}

    assert [(one.schedules, one.breaking, len(one.shortest)) for one in rules.values()] == [
        (6, 4, 4),
        (90, 72, 6),
        (20, 12, 6),
        (90, 12, 6),
        (6, 2, 4),
        (90, 0, 0),
    ]
    assert [level.implementation.breaks == "" for level in LEVELS.values()] == [False] * 5 + [True]


def test_a_board_is_the_same_text_each_time_and_no_other_board_has_its_id() -> None:
    first, second = Board(("blind",), 1), Board(("blind",), 2)

    assert first.html() == Board(("blind",), 1).html()
    assert re.findall(r' id="([^"]+)"', first.html() + second.html()) == ["lastseat-game-1", "lastseat-game-2"]


def test_the_picture_above_a_game_does_not_give_the_answer_away() -> None:
    for level in LEVELS.values():
        assert "#A3003F" not in Board((level.name,)).picture().upper()


@pytest.mark.parametrize("names", [(), ("no-such-level",)])
def test_a_board_without_a_known_level_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="blind, observed, two-steps, audit, delivered-twice, correct"):
        Board(names)


# What a player does: `press` clicks a button that can be seen and is not covered, and `status` is what the game says.
PLAYER = """
const root = document.getElementById("%s");
const find = (name) => root.querySelector('[data-name="' + name + '"]');
const press = (name) => {
  const button = find(name);
  button.scrollIntoView({block: "center"});
  const box = button.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  if (top !== button) throw new Error(name + " cannot be clicked");
  if (button.disabled) throw new Error(name + " is disabled");
  button.click();
};
const status = () => root.querySelector('[role="status"]').textContent;
const schedule = () => root.querySelector("code").textContent;
"""


@pytest.fixture(scope="module")
def exported(site: Path) -> str:
    return (site / "02_you_are_the_scheduler.html").read_text(encoding="utf-8")


def test_every_level_is_won_by_clicks_in_the_exported_page(
    exported: str, ask: Callable[[str, str], tuple[Any, list[str]]]
) -> None:
    moves = [[f"step-{who}" for who in rules_of(level).shortest] for level in LEVELS_THAT_BREAK]
    body = f"""{PLAYER % "lastseat-game-3"}
    return {moves}.map((names, index) => {{
      press("level-" + index);
      names.forEach(press);
      return [status(), schedule(), find("level-" + index).textContent];
    }});"""

    answer, failures = ask(exported, body)

    assert failures == []
    for number, ((said, schedule, button), level) in enumerate(zip(answer, LEVELS_THAT_BREAK, strict=True), start=1):
        shortest = rules_of(level).shortest
        assert said.startswith(f"Broken at step {len(shortest)}. ")
        assert level.lesson in said
        assert (schedule, button) == (".".join(map(str, shortest)), f"{number} ✓")


def test_the_last_level_is_won_by_saying_that_it_cannot_be_done(
    exported: str, ask: Callable[[str, str], tuple[Any, list[str]]]
) -> None:
    body = f"""{PLAYER % "lastseat-game-3"}
    const said = [];
    press("claim"); said.push(status());
    press("level-5");
    ["step-0", "step-1", "step-0", "step-2", "step-2", "step-1"].forEach(press); said.push(status());
    press("claim"); said.push(status());
    return said;"""

    answer, failures = ask(exported, body)

    assert failures == []
    assert answer[0] == "Not so. There is a schedule, of 4 steps."
    assert answer[1] == "All have ended, and nothing is broken."
    assert answer[2].startswith("Right. ")
    assert "90" in answer[2]


def test_an_attempt_that_has_ended_cannot_move_and_a_step_can_be_taken_back(
    exported: str, ask: Callable[[str, str], tuple[Any, list[str]]]
) -> None:
    body = f"""{PLAYER % "lastseat-game-1"}
    const said = [find("back").disabled];
    press("step-0"); press("step-0");
    said.push(find("step-0").disabled, find("step-0").textContent, schedule());
    press("back"); said.push(find("step-0").textContent, schedule());
    press("again"); said.push(schedule(), root.querySelectorAll("tbody tr").length);
    return said;"""

    answer, failures = ask(exported, body)

    assert failures == []
    assert answer == [True, True, "a has ended", "0.0", "a: persist", "0", "-", 2]
