"""The command line, given something wrong: one line on standard error with what is wrong, status 2, nothing else."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COMMANDS = [["verify"], ["model"], ["explore"], ["replay", "0.1"]]
NAMES = [command[0] for command in COMMANDS]
RESOURCE = '[[resources]]\nid = "seat"\ncapacity = 1\n'
ATTEMPT = '[[attempts]]\nbooking_id = "ann"\nresource_id = "seat"\nrequested_units = 1\n'
GOOD = f'title = "One"\n{RESOURCE}{ATTEMPT}'
WRONG_FILES = {
    "a missing key": (GOOD.replace("capacity = 1", ""), "resources[0].capacity", "this key is missing"),
    "an unknown key": (f"colour = 7\n{GOOD}", "colour", "unknown key"),
    "a negative capacity": (GOOD.replace("capacity = 1", "capacity = -5"), "resources[0].capacity", "-5"),
    "a duplicate resource": (GOOD + RESOURCE, "resources[1].id", '"seat" is already'),
    "a wrong type": (GOOD.replace("capacity = 1", 'capacity = "one"'), "resources[0].capacity", '"one"'),
    "no TOML": ("title = one two", "not TOML", "at line 1"),
    "no text": (b"\xff\xfe\x00", "not UTF-8", "0xff"),
}


@pytest.mark.parametrize(("content", "key", "value"), WRONG_FILES.values(), ids=WRONG_FILES)
@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_wrong_scenario_file_is_refused_with_file_key_and_value(
    lastseat: Callable[..., Any], tmp_path: Path, command: list[str], content: str | bytes, key: str, value: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)

    complaint = lastseat(*command, "--json", "--scenario", str(path)).complaint

    assert complaint.startswith(f"{path}: {key}")
    assert value in complaint


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_scenario_that_is_no_file_of_sane_size_is_refused(
    lastseat: Callable[..., Any], tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "noise.toml").write_bytes(os.urandom(1024) * 10_240)

    noise = lastseat(*command, "--scenario", str(tmp_path / "noise.toml")).complaint
    folder = lastseat(*command, "--scenario", str(tmp_path)).complaint
    absent = lastseat(*command, "--scenario", str(tmp_path / "absent.toml")).complaint

    assert "noise.toml: larger than 1048576 bytes" in noise
    assert folder.endswith(": not a file but a directory")
    assert "is neither a shipped scenario nor a file" in absent


@pytest.mark.parametrize("option", ["--attempts", "--capacity", "--units"])
@pytest.mark.parametrize("number", ["-1", "x", "", "1.5", "1e3", "9" * 5000, str(10**20), "\u0663x", "nan"])
@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_wrong_number_is_refused_with_the_option_and_the_number(
    lastseat: Callable[..., Any], command: list[str], option: str, number: str
) -> None:
    complaint = lastseat(*command, f"{option}={number}").complaint

    assert option.removeprefix("--") in complaint
    assert number[:30] in complaint
    assert len(complaint) < 1100


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--attempts", "0"], "attempts must be an integer from 1 to 64, not 0"),
        (["--attempts", "65"], "attempts must be an integer from 1 to 64, not 65"),
        (["--units", "0"], "units must be integers from 1 to 1000000000, not 0"),
        (["--units", "1,2,3"], "units must be 1 number or 2, one for each attempt, not 3 numbers"),
        (["--units", "1,,2"], 'Invalid value for \'--units\': "1,,2" is not a list of integers like 1,2,1'),
        (["--capacity", f"{10**40}"], "must be an integer from 0 to 1000000000, not 2**132 or beyond"),
        (["--seconds", "0"], "Invalid value for '--seconds': 0.0 is not in the range x>0."),
        (["--seconds", "nan"], "Invalid value for '--seconds': nan is not a number of seconds"),
        (["--seconds", "1e999"], "Invalid value for '--seconds': inf is not a number of seconds"),
        (["--executions", "0", "--strategy", "brute"], "'--executions': 0 is not in the range x>=1."),
        (["--executions", "9"], "--executions bounds the other strategies; merged runs each distinct step once"),
        (["--strategy", "brutal"], 'there is no strategy "brutal"; there are brute, merged, dpor, preemptions=K'),
        (["--strategy", "preemptions=-1"], 'there is no strategy "preemptions=-1"; there are'),
        (["--scenario", "one-attempt", "--same-id"], "--scenario comes with no --attempts, --capacity, --units or"),
        (["--scenario", "one-attempt", "--attempts", "2"], "--scenario comes with no --attempts"),
        (["--scenario", "one-atempt"], "is neither a shipped scenario nor a file; did you mean one-attempt"),
        (["--implementation", "memry"], 'there is no implementation "memry"; did you mean memory?'),
        (["--implementation", "ignore-version"], "did you mean ignores-version?"),
        (["--implementation", "xyz"], "known: memory, capacity-first, sqlite, those of the gallery"),
        (["--nosuch"], "No such option '--nosuch'"),
        (["--json=yes"], "'--json' does not take a value"),
        (["surplus"], "Got unexpected extra argument (surplus)"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(lastseat: Callable[..., Any], options: list[str], complaint: str) -> None:
    assert complaint in lastseat("explore", *options).complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing command. (see lastseat --help)"),
        (["nosuch"], "No such command 'nosuch'. (see lastseat --help)"),
        (["replay"], "Missing argument 'TOKEN'."),
        (["model", "--engine", "abacus"], "Invalid value for '--engine': 'abacus' is not "),
        (["model", "--policy", "none"], "Invalid value for '--policy': 'none' is not one of 'version-first', "),
        (["replay", "0.1", "--upto", "-1"], "Invalid value for '--upto': -1 is not in the range x>=0."),
    ],
)
def test_commands_that_cannot_be_are_refused(
    lastseat: Callable[..., Any], arguments: list[str], complaint: str
) -> None:
    assert complaint in lastseat(*arguments).complaint


TOKENS = {
    "nothing": ("", 'schedule "" is not of the form 0.1.0.1'),
    "text": ("hello", 'schedule "hello" is not of the form 0.1.0.1'),
    "quotes": ("\"'`$(x)", "schedule \"\"'`$(x)\" is not of the form 0.1.0.1"),
    "control characters": ("0.1\x1b[31m\x07\n", r'schedule "0.1\x1b[31m\x07\n" is not of the form 0.1.0.1'),
    "digits of another script": ("\u0660.\u0661", 'schedule "\u0660.\u0661" is not of the form 0.1.0.1'),
    "ten thousand characters": ("x" * 10_000, f'schedule "{"x" * 40}…{"x" * 19}" is not of the form 0.1.0.1'),
    "a number of ten thousand digits": ("9" * 10_000, f'schedule "{"9" * 40}…{"9" * 19}" is not of the form 0.1.0.1'),
    "a hanging dot": ("0.1.", 'schedule "0.1." is not of the form 0.1.0.1'),
    "a negative attempt": ("0.-1", 'schedule "0.-1" is not of the form 0.1.0.1'),
    "no fingerprint": ("0.1@", 'schedule "0.1@": after @ comes a fingerprint of 8 hexadecimal digits'),
    "a wrong fingerprint": ("0@A", 'schedule "0@A": after @ comes a fingerprint of 8 hexadecimal digits'),
    "an attempt that does not exist": ("0.2", "step 2: there is no attempt 2, only 0 to 1"),
    "an attempt that has ended": ("0.0.1.0", "step 4: attempt 0 (a) has ended already"),
}  # fmt: skip


@pytest.mark.parametrize(("token", "complaint"), TOKENS.values(), ids=TOKENS)
def test_a_wrong_token_is_refused(lastseat: Callable[..., Any], token: str, complaint: str) -> None:
    assert lastseat("replay", "--json", token).complaint == complaint


def test_an_attempt_that_has_to_wait_is_named(lastseat: Callable[..., Any]) -> None:
    said = lastseat("replay", "0.1", "--implementation", "locks-on-observe")

    assert said.complaint == "step 2: attempt 1 (b) has to wait"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(token=st.text(st.characters(exclude_characters="\0"), max_size=30).filter(lambda text: text[:1] != "-"))
def test_no_token_does_anything_but_replay_or_be_refused(lastseat: Callable[..., Any], token: str) -> None:
    said = lastseat("replay", token)

    assert said.complaint if said.status == 2 else (said.status, said.err) == (0, "")


def test_a_token_made_for_something_else_says_so(lastseat: Callable[..., Any]) -> None:
    said = lastseat("replay", "0.1.0.1@00000000", "--json")

    assert (said.status, said.data["stale"], len(said.data["steps"])) == (0, True, 4)
    assert said.err.startswith("lastseat: the token was made for something else (00000000, this is ")


def test_a_stale_token_names_the_first_step_that_no_longer_applies(lastseat: Callable[..., Any]) -> None:
    token = lastseat("explore", "--implementation", "ignores-version", "--attempts", "3", "--capacity", "3", "--json")
    (violation,) = token.data["violations"]

    said = lastseat("replay", violation["token"].replace("@", ".2.2@"), "--capacity", "3")

    assert said.complaint.startswith(
        "step 5: there is no attempt 2, only 0 to 1; the token was made for something else"
    )


def test_a_token_that_fits_is_not_called_stale(lastseat: Callable[..., Any]) -> None:
    made = lastseat("explore", "--json").data["fingerprint"]

    said = lastseat("replay", f"0.1.0.1@{made}", "--json")

    assert (said.status, said.data["stale"], said.err) == (0, False, "")
