"""The instruments: the only place where the model and the reference meet.

What is public of bookings is listed here: scenarios, one schedule of them, every schedule, what is violated, and how
that is told. Importing this imports none of it: a name is looked up when it is first asked for. For programs of any
other kind, see `lastseat.testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lastseat.simulations import figures
    from lastseat.simulations.bookings.abstraction import system_of
    from lastseat.simulations.bookings.explore import explore_brute, explore_merged, explore_program, explorer
    from lastseat.simulations.bookings.findings import findings
    from lastseat.simulations.bookings.judging.linearizability import linearizable
    from lastseat.simulations.bookings.sample import Draws, sample_booking
    from lastseat.simulations.bookings.scenario import Scenario, contention
    from lastseat.simulations.bookings.scenario_file import find_scenario, shipped_scenarios
    from lastseat.simulations.bookings.scheduler import run, schedules
    from lastseat.simulations.counterexamples.explain import explain, explanation_lines
    from lastseat.simulations.counterexamples.smallest import named, smallest
    from lastseat.simulations.counterexamples.story import told
    from lastseat.simulations.drawing.spacetime import spacetime_svg, spacetime_text
    from lastseat.simulations.figures.style import show_svg, use_style
    from lastseat.simulations.game.levels import LEVELS
    from lastseat.simulations.game.page import Board
    from lastseat.simulations.game.rules import rules_of
    from lastseat.simulations.kernel.actions import FaultKind, Faults
    from lastseat.simulations.kernel.schedule import Schedule
    from lastseat.simulations.sweeps.chunks import Plan
    from lastseat.simulations.sweeps.estimates import estimates
    from lastseat.simulations.sweeps.points import Point, grid
    from lastseat.simulations.sweeps.sweep import sweep
    from lastseat.simulations.verification.mutants import kill_table, scenario_of

__all__ = [
    "LEVELS",
    "Board",
    "Draws",
    "FaultKind",
    "Faults",
    "Plan",
    "Point",
    "Scenario",
    "Schedule",
    "contention",
    "estimates",
    "explain",
    "explanation_lines",
    "explore_brute",
    "explore_merged",
    "explore_program",
    "explorer",
    "figures",
    "find_scenario",
    "findings",
    "grid",
    "kill_table",
    "linearizable",
    "named",
    "rules_of",
    "run",
    "sample_booking",
    "scenario_of",
    "schedules",
    "shipped_scenarios",
    "show_svg",
    "smallest",
    "spacetime_svg",
    "spacetime_text",
    "sweep",
    "system_of",
    "told",
    "use_style",
]

# Where the names are from, as imported above; a folder is itself.
_FROM = {
    "bookings.abstraction": ("system_of",),
    "bookings.explore": ("explore_brute", "explore_merged", "explore_program", "explorer"),
    "bookings.findings": ("findings",),
    "bookings.judging.linearizability": ("linearizable",),
    "bookings.scenario": ("Scenario", "contention"),
    "bookings.scenario_file": ("find_scenario", "shipped_scenarios"),
    "bookings.scheduler": ("run", "schedules"),
    "bookings.sample": ("Draws", "sample_booking"),
    "counterexamples.explain": ("explain", "explanation_lines"),
    "counterexamples.smallest": ("named", "smallest"),
    "counterexamples.story": ("told",),
    "drawing.spacetime": ("spacetime_svg", "spacetime_text"),
    "figures.style": ("show_svg", "use_style"),
    "game.levels": ("LEVELS",),
    "game.page": ("Board",),
    "game.rules": ("rules_of",),
    "kernel.actions": ("FaultKind", "Faults"),
    "kernel.schedule": ("Schedule",),
    "sweeps.chunks": ("Plan",),
    "sweeps.estimates": ("estimates",),
    "sweeps.points": ("Point", "grid"),
    "sweeps.sweep": ("sweep",),
    "verification.mutants": ("kill_table", "scenario_of"),
}
_FOLDERS = ("figures",)
_MODULE_OF = {name: module for module, names in _FROM.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for. Raises AttributeError where there is none."""
    if name in _FOLDERS:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, those that were not asked for yet included."""
    return sorted({*globals(), *__all__})
