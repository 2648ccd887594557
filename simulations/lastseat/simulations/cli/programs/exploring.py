"""The commands `explore` and `sample`, of somebody's own program."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from time import monotonic
from typing import Any

import click
from rich.console import Console

from lastseat.simulations.cli.options import HOLDS, status_of
from lastseat.simulations.cli.programs.naming import Asked, running_program
from lastseat.simulations.cli.programs.options import Wanted
from lastseat.simulations.cli.terminal import print_all, print_json
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, printable, quoted
from lastseat.simulations.common.workers import processes
from lastseat.simulations.counterexamples.explained import Explained
from lastseat.simulations.counterexamples.wrapping import WIDTH
from lastseat.simulations.kernel.exploration import Exploration, Verdict, Violation
from lastseat.simulations.reports import programs as report
from lastseat.simulations.strategies.known import declared
from lastseat.simulations.strategies.sampling.driving import RUNS
from lastseat.simulations.verification.claims import Standing

SAMPLED = "sampled"
STRATEGY = "dpor"  # where neither the command line nor the program says another one
LEAST_WIDTH = 40  # columns of a story
LONGEST_NAME = 60  # characters


def explore_named(wanted: Wanted, given: Mapping[str, Any], workers: int | None, *, as_json: bool) -> int:
    """Explore a program, say what was seen, and return the exit status.

    `given` are the arguments of explore that the command line gives; the others are the program's own.
    """
    started = monotonic()
    with running_program(wanted.name):
        asked = wanted.asked()
        how = {**(asked.how if asked.door == "explore" else {}), **given}
        strategy = how.pop("strategy", None) or STRATEGY
        if workers is not None and not declared(strategy).is_split:
            raise click.UsageError(f"--workers splits dpor, and not {quoted(strategy)}")
        with stages() as stage, nullcontext() if workers is None else processes(workers).open() as executor:
            progress = stage(f"{printable(wanted.name, LONGEST_NAME)}: {strategy}")
            seen = asked.case.explore(strategy=strategy, executor=executor, progress=progress, **how)
    return _said(seen, asked, wanted, monotonic() - started, as_json=as_json, further={})


def sample_named(wanted: Wanted, given: Mapping[str, Any], *, as_json: bool) -> int:
    """Sample a program, say what was seen, and return the exit status: 0 where all runs were made and none is bad."""
    started = monotonic()
    with running_program(wanted.name):
        asked = wanted.asked()
        how = {"runs": RUNS, "seed": 0, **(asked.how if asked.door == "sample" else {}), **given}
        if how.get("depth") is not None and how.get("strategy", "uniform") != "pct":
            raise click.UsageError(f"--depth is for pct, and {how.get('strategy', 'uniform')} has none")
        with stages() as stage:
            bar = stage(f"{printable(wanted.name, LONGEST_NAME)}: {how.get('strategy', 'uniform')}", how["runs"])
            seen = asked.case.sample(progress=bar, **how)
    further = {"runs": how["runs"], "seed": how["seed"], "depth": how.get("depth")}
    return _said(seen, asked, wanted, monotonic() - started, as_json=as_json, further=further)


def _said(
    seen: Exploration, asked: Asked, wanted: Wanted, seconds: float, *, as_json: bool, further: Mapping[str, object]
) -> int:
    told = [_retold(violation, wanted) for violation in seen.violations]
    # All runs of a sample were made: that is what was asked for, and no proof.
    is_sampled = bool(further) and not seen.interrupted and seen.executions == further["runs"]
    standing = Standing(str(seen.verdict))
    word = SAMPLED if is_sampled and not seen.violations else str(standing)
    if as_json:
        data = {**report.exploration_data(seen, wanted.name, told), **further, "verdict": word}
        print_json({**data, "complete": is_sampled} if further else data, seconds)
    else:
        width = max(LEAST_WIDTH, min(WIDTH, Console().width))
        tables = report.exploration_tables(seen, wanted.name, told, width)
        print_all(tables, standing, _verdict(seen, asked, seconds), word=word)
    return HOLDS if word == SAMPLED else status_of(standing, seen.interrupted)


def _retold(violation: Violation, wanted: Wanted) -> Explained | None:
    """Return the explanation of a violation, with the command that takes its schedule again."""
    told = violation.told
    if not isinstance(told, Explained):
        return None
    return replace(told, replay=wanted.command(told.token))


def _verdict(seen: Exploration, asked: Asked, seconds: float) -> str:
    """Return what the verdict rests on."""
    known = seen.interleavings is not None
    covered = counted(seen.interleavings or 0, "schedule") if known else counted(seen.executions, "execution")
    name = printable(asked.name, LONGEST_NAME)
    why = f"; {printable(seen.why, report.LONGEST_WHY)}" if seen.why else ""
    found = "nothing violated in " if seen.verdict is Verdict.INCOMPLETE else ""
    return f"{found}{covered} of {name}, {seconds:.2f} s{why}"
