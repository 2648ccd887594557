"""Ids from a scenario file are data: none reaches the terminal raw, and none becomes markup or an emoji."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastseat.reference.flawed import GALLERY

HOSTILE = [
    "[red]ann[/]",
    "[/nothing]",
    "\x1b[31mred\x1b]0;me\x07",
    "two\nlines\r",
    "\u202eevil\u2066",
    ":bomb:\x9b2J",
]
BASH = shutil.which("bash") or ""
TITLE = "[bold]A :bomb: party[/] [/x] \\"


def file_of(folder: Path, booking: str, resource: str, name: str = "hostile.toml") -> Path:
    """Write a scenario of three deliveries, two of them of one id, and return where it is."""
    request = f"resource_id = {quote(resource)}\nrequested_units = 1\n"
    path = folder / name
    path.write_text(
        f"title = {quote(TITLE)}\n[[resources]]\nid = {quote(resource)}\ncapacity = 2\n"
        f"[[attempts]]\nbooking_id = {quote(booking)}\ndeliveries = 2\n{request}"
        f"[[attempts]]\nbooking_id = {quote('the other')}\n{request}",
        encoding="utf-8",
    )
    return path


def quote(text: str) -> str:
    """Return a TOML string that means `text`, whatever is in it."""
    return '"' + "".join(f"\\U{ord(one):08x}" for one in text) + '"'


def is_safe(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("implementation", ["memory", *list(GALLERY)[:6]])
def test_explore_and_replay_print_only_what_is_printable(
    lastseat: Callable[..., Any], tmp_path: Path, implementation: str, hostile: str
) -> None:
    options = ["--scenario", str(file_of(tmp_path, hostile, hostile)), "--implementation", implementation]

    said = [lastseat("explore", *options), lastseat("replay", "0.0.1.1.2.2", *options)]

    if implementation == "locks-on-observe":
        said.append(lastseat("replay", "0", *options))
    assert all(is_safe(one.out) and is_safe(one.err) for one in said)
    assert TITLE in said[0].out


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("command", [["model"], ["verify"]])
def test_the_model_and_verify_print_the_title_as_it_is(
    lastseat: Callable[..., Any], tmp_path: Path, command: list[str], hostile: str
) -> None:
    said = lastseat(*command, "--scenario", str(file_of(tmp_path, hostile, hostile)))

    assert (said.status, said.err) == (0, "")
    assert is_safe(said.out)
    assert ":bomb:" in said.out
    assert "[bold]A" in said.out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(booking=st.text(min_size=1, max_size=40), resource=st.text(min_size=1, max_size=40))
def test_no_id_reaches_the_terminal_raw(
    lastseat: Callable[..., Any], tmp_path: Path, booking: str, resource: str
) -> None:
    path = file_of(tmp_path, booking, resource)

    said = lastseat("explore", "--scenario", str(path), "--implementation", "forgets-identity")

    assert said.status == 1
    assert is_safe(said.out)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(booking=st.text(min_size=1, max_size=40), resource=st.text(min_size=1, max_size=40))
def test_the_json_of_any_ids_is_one_line_of_ascii(
    lastseat: Callable[..., Any], tmp_path: Path, booking: str, resource: str
) -> None:
    path = file_of(tmp_path, booking, resource)

    said = lastseat("replay", "0.0", "--scenario", str(path), "--json")

    reserved = said.data["steps"][1]["store"]["reservations"]
    assert reserved == [{"booking_id": booking, "resource_id": resource, "units": 1}]
    assert said.out.isascii()
    assert said.out.count("\n") == 1


@pytest.mark.skipif(not BASH, reason="the line is written for shells like bash")
@pytest.mark.parametrize(
    "name", ["plain.toml", "two words.toml", "it's.toml", "é\n\x1b[31m\u202e\\'.toml", "[red].toml"]
)
def test_the_replay_line_can_be_pasted_into_a_shell_whatever_the_file_is_called(
    lastseat: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    path = file_of(tmp_path, "ann", "seat", name)

    said = lastseat("explore", "--scenario", str(path), "--implementation", "forgets-identity")

    (line, *_) = (line.split("replay it: ")[1] for line in said.out.splitlines() if "replay it: " in line)
    words = subprocess.run([BASH, "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
    again = lastseat(*words.decode().split("\0")[1:-1])
    assert is_safe(said.out)
    assert (again.status, again.err) == (1, "")


def test_a_scenario_path_is_escaped_in_what_is_wrong_with_it(lastseat: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n.toml").write_text("title = 1", encoding="utf-8")

    complaint = lastseat("explore", "--scenario", str(tmp_path / "a\x1b[31m\n.toml")).complaint

    assert r"a\x1b[31m\n.toml: title: must be a string, not 1" in complaint
