"""What the tests of outside engines share: an engine that is not installed is named, and is a failure in CI."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies

from lastseat.model.world import Fault, Policy, Request, System
from lastseat.simulations.checkers.running import EngineMissingError

Need = Callable[[Callable[[], None]], None]
Program = Callable[[str, str], None]


def _need(require: Callable[[], None]) -> None:
    try:
        require()
    except EngineMissingError as missing:
        # A build machine installs every engine: there, a skipped one would be a silent pass.
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def need() -> Need:
    """Return what skips the test when `require` (as require_tlc) says that something is missing; in CI it fails."""
    return _need


@pytest.fixture(scope="session")
def faulty_systems() -> strategies.SearchStrategy[System]:
    """One to three attempts that get in each other's way, where anything may strike; a resource may be unknown."""
    capacities = strategies.dictionaries(strategies.sampled_from(("seat", "sofa")), strategies.integers(0, 4))
    requests = strategies.builds(
        Request,
        booking_id=strategies.sampled_from(("ann", "bob", "cem")),
        resource_id=strategies.sampled_from(("seat", "sofa", "elsewhere")),
        units=strategies.integers(1, 3),
    )
    return strategies.builds(
        System,
        capacities.map(lambda each: tuple(each.items())),
        strategies.lists(requests, min_size=1, max_size=3).map(tuple),
        strategies.sampled_from(Policy),
        strategies.frozensets(strategies.sampled_from(Fault)),
    )


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return what puts a shell script in the place of a program; no other program is found by its name."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return put
