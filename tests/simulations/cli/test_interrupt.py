"""Ctrl-C in the middle of long work: what is known so far is printed, and it never passes for a result."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest

from lastseat.simulations.cli import entry
from lastseat.simulations.cli import explore as cli_explore
from lastseat.simulations.cli.terminal import keep_interrupt
from lastseat.simulations.verification import job as verification

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

# The work, and what its progress bar shows once it is under way.
LONG = {
    "brute": (["explore", "--strategy", "brute", "--attempts", "7"], rb"\d/s"),
    "merged": (["explore", "--strategy", "merged", "--attempts", "14", "--capacity", "7"], rb"\d/s"),
    "dpor": (["explore", "--strategy", "dpor", "--attempts", "7", "--capacity", "7"], rb"\d/s"),
    "workers": (["explore", "--strategy", "dpor", "--attempts", "7", "--capacity", "7", "--workers", "2"], rb"\d/s"),
    "model": (["model", "--attempts", "8", "--capacity", "4"], rb"\d/s"),
    "verify": (["verify"], rb"three-attempts-two-seats: "),
}
SPINNING = """\
from lastseat.testing import Register, Shared

def spin(shared):
    yield shared.x.read()
    print("it spins", flush=True)
    while True:
        pass

def program():
    return [spin], lambda: Shared(x=Register(0))
"""


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Listen to Ctrl-C, also where it was ignored on entry (under nohup): children inherit that and would not end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def interrupted(start_lastseat: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str, str]]:
    """Press Ctrl-C once the bar on standard error shows a text; return the status, the output, and the terminal."""

    def run(arguments: list[str], under_way: bytes) -> tuple[int, str, str]:
        ours, theirs = pty.openpty()
        environment = {"TERM": "xterm", "COLUMNS": "100"}
        process = start_lastseat(*arguments, environment=environment, stderr=theirs)
        os.close(theirs)
        terminal = bytearray()
        try:
            while not re.search(under_way, terminal):
                terminal += os.read(ours, 65536)
            process.send_signal(signal.SIGINT)
            # The rest is read by a thread, so that a full terminal does not stop the process.
            reader = Thread(target=drain, args=(ours, terminal))
            reader.start()
            out, _ = process.communicate()
            reader.join()
        finally:
            process.kill()  # where the test itself is interrupted; its workers end with it
            os.close(ours)
        return process.returncode, out, terminal.decode()

    return run


def drain(terminal: int, into: bytearray) -> None:
    with suppress(OSError):  # so Linux says the end
        while data := os.read(terminal, 65536):
            into += data


@pytest.mark.parametrize(("arguments", "under_way"), LONG.values(), ids=LONG)
def test_ctrl_c_prints_what_is_known_and_does_not_say_that_it_holds(
    interrupted: Callable[..., tuple[int, str, str]], arguments: list[str], under_way: bytes
) -> None:
    status, out, terminal = interrupted(arguments, under_way)

    assert status == 130
    assert re.search(r"^INCOMPLETE: ", out, re.MULTILINE)
    assert "HOLDS" not in out
    assert "Traceback" not in out + terminal


@pytest.mark.parametrize(("arguments", "under_way"), LONG.values(), ids=LONG)
def test_ctrl_c_prints_one_json_object_that_is_not_complete(
    interrupted: Callable[..., tuple[int, str, str]], arguments: list[str], under_way: bytes
) -> None:
    status, out, terminal = interrupted([*arguments, "--json"], under_way)

    said = json.loads(out)
    assert (status, said["complete"], said["violations"]) == (130, False, [])
    assert said.get("executions") or said.get("states") or said.get("scenarios")
    assert "Traceback" not in terminal


@pytest.mark.parametrize("strategy", ["dpor", "merged", "brute"])
def test_ctrl_c_in_code_that_never_ends_names_the_line(
    interrupted: Callable[..., tuple[int, str, str]], own_module: Callable[[str], None], strategy: str
) -> None:
    own_module(SPINNING)

    status, out, terminal = interrupted(
        ["explore", "--program", "mine:program", "--strategy", strategy, "--json"], rb"it spins"
    )

    said = json.loads(out)
    assert (status, said["verdict"], said["complete"]) == (130, "incomplete", False)
    assert re.fullmatch(r"it was interrupted at mine\.py:[5-7]", said["why"])
    assert "Traceback" not in terminal


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_before_anything_is_known_says_nothing_more(
    lastseat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_explore, "find_implementation", interrupt)

    said = lastseat("explore", *["--json"] * as_json)

    assert said.status == 130
    assert said.out == ('{"complete": false, "violations": [], "seconds": 0}\n' if as_json else "")
    assert said.err.strip() == ""


@pytest.mark.parametrize("engine", ["search", "explore_merged", "explore_brute"])
def test_ctrl_c_in_any_engine_ends_a_verification_without_a_verdict(
    lastseat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    calls: list[str] = []

    def interrupt(*_: object, **__: object) -> None:
        calls.append(engine)
        raise KeyboardInterrupt

    monkeypatch.setattr(verification, engine, interrupt)

    said = lastseat("verify", "--json")

    assert (said.status, said.data["complete"], calls) == (130, False, [engine])
    assert {claim["verdict"] for claim in said.data["claims"]} <= {"holds", "vacuous", "incomplete"}


def test_ctrl_c_that_falls_into_a_finalizer_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "unraisablehook", keep_interrupt)

    class Interrupted:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def work() -> None:
        Interrupted()
        while True:  # as the finalizer's own KeyboardInterrupt is lost, only the one sent again ends this
            pass

    with pytest.raises(KeyboardInterrupt):
        work()


def test_an_interruption_while_the_program_is_being_imported_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "lastseat.simulations.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "lastseat.simulations.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])

    with pytest.raises(SystemExit) as leaving:
        entry.main()

    assert leaving.value.code == 130
