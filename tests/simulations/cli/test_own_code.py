"""Somebody's own use case or store under the scheduler, the wrong ones too: a verdict or one line, never a hang."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

IMPORTS = """\
from lastseat.reference.attempt_booking import Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import CapacityFirstMemoryStore, MemoryStore
from lastseat.reference.values import Verdict
"""
RUNS = {
    "merged": ["explore", "--strategy", "merged"],
    "brute": ["explore", "--strategy", "brute", "--executions", "500"],
    "replay": ["replay", "0.1.0.1"],
}


@pytest.fixture(params=RUNS)
def run_own(
    request: pytest.FixtureRequest, lastseat: Callable[..., Any], own_module: Callable[[str], None]
) -> Callable[[str], Any]:
    """Write `mine.py` and run its attribute `own`, in each of the ways that run code."""

    def run(source: str) -> Any:
        own_module(IMPORTS + source)
        return lastseat(*RUNS[request.param], "--implementation", "mine:own", "--json")

    return run


CORRECT = {
    "a use case": "def own(request):\n    return (yield from attempt_booking(request))",
    "a store class": "class own(MemoryStore):\n    pass",
    "an implementation": "own = Implementation('anything', MemoryStore.open)",
    "a callable that is no function": "from functools import partial\nown = partial(attempt_booking)",
}


@pytest.mark.parametrize("source", CORRECT.values(), ids=CORRECT)
def test_correct_code_of_your_own_holds(run_own: Callable[[str], Any], source: str) -> None:
    said = run_own(source)

    assert (said.status, said.err, said.data["violations"]) == (0, "", [])


def test_a_store_class_is_held_to_the_policy_that_it_claims(
    lastseat: Callable[..., Any], own_module: Callable[[str], None]
) -> None:
    own_module(IMPORTS + "own = CapacityFirstMemoryStore")

    said = lastseat("explore", "--implementation", "mine:own", "--json")

    assert (said.status, said.data["outcomes"], said.data["nonconforming"]) == (0, {"1,1,0": 6}, [])


WRONG = {
    "raises": (
        "def own(request):\n    yield Observe('seats')\n    raise KeyError('bang')",
        "raised KeyError: 'bang'",
    ),
    "raises before its first step": (
        "def own(request):\n    1 / 0\n    yield",
        "raised ZeroDivisionError: division by",
    ),
    "raises a text of two lines": (
        "def own(request):\n    raise ValueError('a\\n\\x1b[31mb')\n    yield",
        r"raised ValueError: a\n\x1b[31mb",
    ),
    "leaves the program": ("def own(request):\n    yield Observe('seats')\n    exit(0)", "raised SystemExit: 0"),
    "recurses for ever": (
        "def own(request):\n    yield from own(request)",
        "raised RecursionError: maximum recursion",
    ),
    "yields a number": (
        "def own(request):\n    yield 42",
        "mine:own yields a value of type int, which has no kind or",
    ),
    "yields nothing": (
        "def own(request):\n    yield",
        "mine:own yields a value of type NoneType, which has no kind or",
    ),
    "is no generator": (
        "def own(request):\n    return 3",
        "mine:own is no use case: it returns a value of type int and",
    ),
    "is asynchronous": (
        "async def own(request):\n    return 3",
        "it returns a value of type coroutine and no generator",
    ),
    "takes no request": (
        "def own():\n    yield",
        "raised TypeError: own() takes 0 positional arguments but 1 was given",
    ),
    "is no code": ("own = 7", '"mine:own" is no Implementation, no use case and no store class'),
    "is any class": (
        "class own:\n    pass",
        "is no store class: it has no open, observe, persist, snapshot, restore",
    ),
    "opens no store": (
        "class own(MemoryStore):\n    @classmethod\n    def open(cls, capacities):\n        raise OSError('disk')",
        "raised OSError: disk (mine.py, line 8)",
    ),
    "has a store that raises": (
        "class own(MemoryStore):\n    def observe(self, name):\n        raise OSError('disk')",
        "raised OSError: disk",
    ),
    "answers what is no verdict": (
        "class own(MemoryStore):\n    def persist(self, proposal):\n        return '\\x1b[31mmaybe'",
        r"but got: '\x1b[31mmaybe'",
    ),
    "observes what cannot be compared": (
        "class own(MemoryStore):\n    def observe(self, name):\n        return []",
        "raised TypeError: unhashable type: 'list'",
    ),
    "has no snapshot to give": (
        "class own(MemoryStore):\n    def snapshot(self):\n        return None",
        "raised AttributeError: 'NoneType' object has no attribute 'resources'",
    ),
    "does not exist": ("def owned(request):\n    yield", 'module "mine" has no "own"; did you mean owned?'),
    "is in a module that raises": ("1 / 0", 'module "mine" cannot be imported: ZeroDivisionError: division by zero'),
    "is in a module with an error of its own": (
        "import os\nos.nosuch",
        "module 'os' has no attribute 'nosuch' (mine.py",
    ),
    "is in a module that leaves": ("raise SystemExit(0)", 'module "mine" cannot be imported: SystemExit: 0 (mine.py'),
    "is in a module that is no Python": ("def (", 'module "mine" cannot be imported: SyntaxError: invalid syntax'),
}


@pytest.mark.parametrize(("source", "complaint"), WRONG.values(), ids=WRONG)
def test_code_that_cannot_be_run_is_told_in_one_line(
    run_own: Callable[[str], Any], source: str, complaint: str
) -> None:
    assert complaint in run_own(source).complaint


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nosuch_module:own", 'module "nosuch_module" cannot be imported: ModuleNotFoundError: No module named'),
        (":own", '":own" is not of the form module:function'),
        ("mine:", '"mine:" is not of the form module:function'),
        ("..mine:own", '"..mine:own" is not of the form module:function'),
        ("mine:own:own", '"mine:own:own" is not of the form module:function'),
        ("a\x1b[31m\n:own", r'"a\x1b[31m\n:own" is not of the form module:function'),
        ("a" * 10_000 + ":own", "cannot be imported: "),
    ],
)
def test_a_name_that_leads_to_no_code_is_refused(lastseat: Callable[..., Any], name: str, complaint: str) -> None:
    assert complaint in lastseat("explore", "--implementation", name).complaint


@pytest.mark.parametrize(
    ("returned", "shown"), [("", "no outcome: None"), ("'BOOKED\\x1b[31m'", r"no outcome: 'BOOKED\x1b[31m'")]
)
def test_an_attempt_without_an_outcome_violates_emit_one(
    lastseat: Callable[..., Any], own_module: Callable[[str], None], returned: str, shown: str
) -> None:
    own_module(f"{IMPORTS}def own(request):\n    yield Observe('seats')\n    return {returned}")

    said = lastseat("explore", "--implementation", "mine:own", "--json")

    (violation,) = said.data["violations"]
    assert (said.status, violation["clause"], violation["token"].split("@")[0]) == (1, "emit.one", "0")
    assert violation["steps"] == [f"a observes seats: 0 of 1 confirmed, version 0 → {shown}"]


RETRIES = """
def own(request):
    while True:
        observation = yield Observe(request.resource_id)
        verdict = yield Persist(propose(request, observation))
        if verdict is Verdict.ACCEPTED:
            return emit(verdict)
"""


@pytest.mark.parametrize("strategy", [["merged"], ["brute", "--executions", "2000"]])
def test_an_attempt_that_retries_for_ever_is_cut_and_violates_the_clauses_on_that(
    lastseat: Callable[..., Any], own_module: Callable[[str], None], strategy: list[str]
) -> None:
    own_module(IMPORTS + RETRIES)

    said = lastseat("explore", "--implementation", "mine:own", "--strategy", *strategy, "--json")

    assert (said.status, said.err, said.data["complete"]) == (1, "", False)
    assert {one["clause"] for one in said.data["violations"]} == {"progress.two_steps", "attempt.one_persist"}


@pytest.mark.parametrize("condition", ["count % 2", "count > 4"])
def test_brute_notices_code_that_does_something_else_the_next_time(
    lastseat: Callable[..., Any], own_module: Callable[[str], None], condition: str
) -> None:
    counting = (
        "count = 0\nclass own(MemoryStore):\n    def observe(self, name):\n        global count\n"
        f"        count += 1\n        return super().observe('none' if {condition} else name)"
    )
    own_module(IMPORTS + counting)

    said = lastseat("explore", "--implementation", "mine:own", "--strategy", "brute")

    told = r'is not deterministic.* gave "Resource\(.*\)" once, and "absent" .*; schedule [01]$'
    assert re.search(told, said.complaint)


def test_a_violation_that_does_not_show_again_says_so(
    lastseat: Callable[..., Any], own_module: Callable[[str], None]
) -> None:
    own_module(
        f"{IMPORTS}calls = []\ndef own(request):\n    calls.append(1)\n"
        "    emission = yield from attempt_booking(request)\n    return None if len(calls) < 3 else emission"
    )

    said = lastseat("explore", "--implementation", "mine:own", "--attempts", "1", "--strategy", "brute")

    assert said.status == 1
    assert "emit.one is violated after 2 steps" in said.out
    assert "Run again, these steps did not show it: the code is not deterministic." in said.out


def test_what_your_code_prints_does_not_mix_with_the_result(run_own: Callable[[str], Any]) -> None:
    said = run_own(
        "print('imported')\ndef own(request):\n    print('run')\n    return (yield from attempt_booking(request))"
    )

    assert (said.status, said.data["complete"]) == (0, True)
    assert said.err.startswith("imported\nrun\n")


def test_the_replay_line_of_your_code_finds_it_again_whatever_it_calls_itself(
    lastseat: Callable[..., Any], own_module: Callable[[str], None]
) -> None:
    own_module("from lastseat.reference.flawed.ignores_version import IgnoresVersion\n"
               "from lastseat.reference.implementation import Implementation\n"
               "own = Implementation('[red]mine\\x1b', IgnoresVersion.open)")  # fmt: skip

    (violation,) = lastseat("explore", "--implementation", "mine:own", "--capacity", "2", "--json").data["violations"]
    again = lastseat(*violation["replay"].split()[1:])

    assert violation["replay"].endswith(" --implementation mine:own")
    assert (again.status, again.err) == (1, "")


def test_the_example_of_the_readme_does_what_the_readme_says(
    lastseat: Callable[..., Any], own_module: Callable[[str], None]
) -> None:
    """Clause: attempt.one_persist"""
    readme = (Path(__file__).parents[3] / "simulations" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    told = re.compile(r"`lastseat (.*?)` leaves with status (\d) and says `(.*?)`", re.DOTALL)
    ((command, status, promised),) = told.findall(readme)
    own_module(example)

    said = lastseat(*command.split())

    assert said.status == int(status)
    assert " ".join(promised.split()) in said.out
    assert "replay it: lastseat replay 0.1.1.0.0@" in said.out


def test_the_readme_names_every_folder_and_each_folder_says_what_is_in_it() -> None:
    simulations = Path(__file__).parents[3] / "simulations"
    readme = (simulations / "README.md").read_text(encoding="utf-8")
    folders = {path.parent for path in simulations.glob("lastseat/*/*/__init__.py")}

    assert len(folders) >= 12
    assert set(re.findall(r"^\| \[?`(\w+)/`", readme, re.MULTILINE)) == {path.name for path in folders}
