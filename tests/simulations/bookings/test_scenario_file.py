import os
import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings import scenario_file
from lastseat.simulations.bookings.scenario import MOST_UNITS, Scenario
from lastseat.simulations.bookings.scenario_file import (
    LARGEST_FILE,
    MOST_ATTEMPTS,
    ScenarioError,
    find_scenario,
    load_scenario,
    shipped_folder,
)

GOOD = """\
title = "Ann twice, and Bob"

[[resources]]
id = "flight-7"
capacity = 1

[[attempts]]
booking_id = "ann"
resource_id = "flight-7"
requested_units = 1
deliveries = 2

[[attempts]]
booking_id = "bob"
resource_id = "flight-9"
requested_units = 3
"""
ATTEMPT = '[[attempts]]\nbooking_id = "a"\nresource_id = "r"\nrequested_units = 1\n'


def load(folder: Path, content: str | bytes, name: str = "mine.toml") -> Scenario:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_scenario(path)


def refusal(folder: Path, content: str | bytes) -> str:
    """Return what is wrong with a file of this content, without the path before it."""
    with pytest.raises(ScenarioError) as refused:
        load(folder, content)
    text = str(refused.value)
    assert text.isprintable()
    assert text.startswith(f"{folder / 'mine.toml'}: ")
    return text.removeprefix(f"{folder / 'mine.toml'}: ")


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


def test_a_file_becomes_a_scenario_with_one_request_for_each_delivery(tmp_path: Path) -> None:
    scenario = load(tmp_path, GOOD, "my-file.toml")

    assert scenario == Scenario(
        name="my-file",
        title="Ann twice, and Bob",
        capacities=(("flight-7", 1),),
        requests=(
            BookingRequest("ann", "flight-7", 1),
            BookingRequest("ann", "flight-7", 1),
            BookingRequest("bob", "flight-9", 3),
        ),
    )


@pytest.mark.parametrize(
    ("file_name", "name"),
    [("two seats.v2.toml", "two-seats-v2"), ("…toml", "toml"), ("ü.toml", "scenario"), ("n" * 90, "n" * 64)],
)
def test_the_name_is_made_of_the_stem(tmp_path: Path, file_name: str, name: str) -> None:
    assert load(tmp_path, GOOD, file_name).name == name


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeff" + GOOD, id="a byte order mark in front"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(f"# {'.' * 999}\n{GOOD}", id="a ruler of dots in a comment"),
        pytest.param(GOOD + "#" * (LARGEST_FILE - len(GOOD)), id="exactly the largest size"),
    ],
)
def test_the_look_of_a_file_does_not_change_its_scenario(tmp_path: Path, content: str) -> None:
    assert load(tmp_path, content) == load(tmp_path, GOOD)


def test_a_file_may_have_no_resource_at_all(tmp_path: Path) -> None:
    scenario = load(tmp_path, f'title = "Nothing to book"\nresources = []\n{ATTEMPT}')

    assert scenario.capacities == ()


def test_a_file_may_have_the_most_deliveries(tmp_path: Path) -> None:
    scenario = load(tmp_path, f'title = "Many"\nresources = []\n{ATTEMPT}deliveries = {MOST_ATTEMPTS}')

    assert len(scenario.requests) == MOST_ATTEMPTS


ID = "resources[0].id (table 1 of [[resources]]): "
CAPACITY = "resources[0].capacity (table 1 of [[resources]]): "
DELIVERIES = "attempts[0].deliveries (table 1 of [[attempts]]): "
BOB = "(table 2 of [[attempts]]): "
KEYS = "the keys here are title, resources, attempts, faults"
TITLE = '"Ann twice, and Bob"'
BEYOND = f"must be at most {MOST_UNITS}, not"
WRONG: dict[str, tuple[str | bytes, str]] = {
    "an empty file": ("", "title: this key is missing"),
    "a missing key": (changed('booking_id = "bob"\n', ""), f"attempts[1].booking_id {BOB}this key is missing"),
    "a misspelt key": (
        changed("capacity", "capcity"),
        "resources[0].capcity (table 1 of [[resources]]): unknown key; did you mean capacity?",
    ),
    "an unknown key": (f"colour = 1\n{GOOD}", f"colour: unknown key; {KEYS}"),
    "an unknown key with control characters": (f'"a\\n\\u001b" = 1\n{GOOD}', rf'"a\n\x1b": unknown key; {KEYS}'),
    "a negative capacity": (changed("capacity = 1", "capacity = -1"), f"{CAPACITY}must be at least 0, not -1"),
    "zero units": (
        changed("units = 3", "units = 0"),
        f"attempts[1].requested_units {BOB}must be at least 1, not 0",
    ),
    "no delivery": (changed("deliveries = 2", "deliveries = 0"), f"{DELIVERIES}must be at least 1, not 0"),
    "a truth value": (changed("capacity = 1", "capacity = true"), f"{CAPACITY}must be an integer, not true"),
    "a float": (changed("capacity = 1", "capacity = 1.0"), f"{CAPACITY}must be an integer, not 1.0"),
    "a string for an integer": (
        changed("capacity = 1", 'capacity = "1\\n{shown}"'),
        rf'{CAPACITY}must be an integer, not the string "1\n{{shown}}"',
    ),
    "an integer for a string": (changed('id = "flight-7"', "id = 7"), f"{ID}must be a string, not 7"),
    "a date for a string": (changed(TITLE, "1979-05-27"), "title: must be a string, not 1979-05-27"),
    "an array for a string": (changed(TITLE, "[1, 2]"), "title: must be a string, not an array"),
    "a table for a string": (changed(TITLE, "{a = 1}"), "title: must be a string, not a table"),
    "an empty id": (changed('id = "flight-7"', 'id = ""'), f"{ID}must not be empty"),
    "a title that is too long": (
        changed(TITLE, f'"{"t" * 500}"'),
        f'title: must have at most 120 characters, not the string "{"t" * 40}…{"t" * 19}"',
    ),
    "a title of two lines": (
        changed(TITLE, '"Ann\\ntwice"'),
        r'title must be one printable line of 1 to 120 characters, not "Ann\ntwice"',
    ),
    "a duplicate resource": (
        GOOD + '[[resources]]\nid = "flight-7"\ncapacity = 2\n',
        'resources[1].id (table 2 of [[resources]]): "flight-7" is already the id of resources[0]',
    ),
    "a table that is no array": (
        changed("[[resources]]", "[resources]"),
        "resources: must be an array of tables, written [[resources]], not a table",
    ),
    "an array that holds no tables": (
        'title = "t"\nresources = [1]\nattempts = []',
        "resources[0] (table 1 of [[resources]]): must be a table, not 1",
    ),
    "no attempts": ('title = "t"\nresources = []\nattempts = []', "attempts: must have at least 1 table, not 0"),
    "a capacity beyond the engines": (
        changed("capacity = 1", f"capacity = {MOST_UNITS + 1}"),
        f"{CAPACITY}{BEYOND} {MOST_UNITS + 1}",
    ),
    "a hexadecimal integer too long to print": (
        changed("capacity = 1", f"capacity = 0x{'f' * 9999}"),
        f"{CAPACITY}{BEYOND} 2**39995 or beyond",
    ),
    "a decimal integer too long to read": (
        changed("capacity = 1", f"capacity = {'9' * 9999}"),
        "a number has thousands of digits, probably in line 5",
    ),
    "deliveries that would fill the memory": (
        changed("deliveries = 2", "deliveries = 1000000000000"),
        f"{DELIVERIES}must be at most 64, not 1000000000000",
    ),
    "too many deliveries in all": (
        changed("deliveries = 2", "deliveries = 64"),
        "attempts: 65 deliveries in all; a scenario file may have at most 64",
    ),
    "too many attempts": (GOOD + ATTEMPT * 63, "attempts: must have at most 64 tables, not 65"),
    "a line that is no TOML": (
        "title = 'one'\ntitle two",
        "not TOML: Expected '=' after a key in a key/value pair (at line 2, column 7)",
    ),
    "a long line that is no TOML": (
        f'"{"k" * 9999}" = 1\n"{"k" * 9999}" = 2\n = 3',
        "not TOML: Cannot overwrite a value (at line 2, column 10006)",
    ),
    "bytes that are no UTF-8": (b"title = 'a'\n\xff", "not UTF-8: byte 0xff in line 2"),
    "arrays in arrays": ("a = " + "[" * 5000, "not a scenario: its arrays or tables are nested too deeply"),
    "a key of many parts": ("\n" + "a." * 90_000 + "a = 1", "line 2 has 90000 dots; at most 20 are allowed"),
}


@pytest.mark.parametrize(("content", "complaint"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_file_is_refused_in_one_line_with_key_and_value(
    tmp_path: Path, content: str | bytes, complaint: str
) -> None:
    assert refusal(tmp_path, content) == complaint


def test_a_file_of_ten_megabytes_of_noise_is_refused_for_its_size(tmp_path: Path) -> None:
    complaint = refusal(tmp_path, os.urandom(1024) * 10_240)

    assert complaint == "larger than 1048576 bytes, the most that a scenario file may have"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"absent.toml: no such file$"):
        load_scenario(tmp_path / "absent.toml")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r": not a file but a directory$"):
        load_scenario(tmp_path)


@pytest.mark.parametrize("path", ["nul\0.toml", "n" * 5000, "half\ud800.toml"])
def test_a_path_that_no_file_can_have_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(Path(path))

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for the file system's answer, because the superuser may read every file.
    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(ScenarioError, match=r"mine.toml: cannot be read: Permission denied$"):
        load_scenario(tmp_path / "mine.toml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ScenarioError, match=r"pipe: not a regular file but a pipe, a socket or a device$"):
        load_scenario(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets in its file system")
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

        with pytest.raises(ScenarioError, match=r"^socket: "):
            load_scenario(Path("socket"))


def test_a_device_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"not a regular file but a pipe, a socket or a device$"):
        load_scenario(Path(os.devnull))


def test_a_path_with_a_line_end_is_escaped_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(tmp_path / "two\nlines.toml")

    assert str(refused.value).endswith(r"two\nlines.toml: no such file")


def test_the_readme_lists_exactly_the_shipped_files() -> None:
    readme = (shipped_folder() / "README.md").read_text(encoding="utf-8")

    listed = re.findall(r"^\| `([^`]+\.toml)` \|", readme, re.MULTILINE)

    assert sorted(listed) == sorted(path.name for path in shipped_folder().glob("*.toml"))


def test_the_format_in_the_readme_is_a_scenario(tmp_path: Path) -> None:
    readme = (shipped_folder() / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)

    scenario = load(tmp_path, example)

    assert scenario.labels == ("ann#1", "ann#2")


def test_a_shipped_scenario_is_found_by_its_name() -> None:
    assert find_scenario("capacity-zero").capacities == (("flight-7", 0),)


def test_a_path_is_found_where_no_shipped_scenario_has_that_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8")

    assert find_scenario(str(tmp_path / "mine.toml")).title == "Ann twice, and Bob"


def test_a_shipped_name_wins_over_a_file_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one-attempt").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert find_scenario("one-attempt").title == "One attempt, one seat"
    assert find_scenario("./one-attempt").title == "Ann twice, and Bob"


@pytest.mark.parametrize(
    "typo", ["two-attempt-one-seat", "two-attempts-one-seat.toml", "specs/two-attempts-one-seats"]
)
def test_a_name_that_is_nearly_right_is_answered_with_the_near_names(typo: str) -> None:
    with pytest.raises(ScenarioError, match=r"did you mean two-attempts-one-seat") as refused:
        find_scenario(typo)

    assert f'"{typo}" is neither a shipped scenario nor a file' in str(refused.value)


@pytest.mark.parametrize("name", ["", "zzz", "\n\x1b[2J", "nul\0", "q" * 9999, "half\ud800"])
def test_a_name_that_is_near_nothing_is_answered_with_all_names(name: str) -> None:
    with pytest.raises(ScenarioError, match=r"the shipped ones are capacity-zero, five-attempts") as refused:
        find_scenario(name)

    assert str(refused.value).isprintable()


def test_an_installed_package_has_its_scenarios_beside_the_module(tmp_path: Path) -> None:
    (tmp_path / "specs" / "scenarios").mkdir(parents=True)
    (tmp_path / "package" / "specs" / "scenarios").mkdir(parents=True)

    folder = shipped_folder(tmp_path / "package" / "scenario_file.py")

    assert folder == tmp_path / "package" / "specs" / "scenarios"


def test_a_checkout_has_its_scenarios_in_specs(tmp_path: Path) -> None:
    (tmp_path / "specs" / "scenarios").mkdir(parents=True)

    folder = shipped_folder(tmp_path / "simulations" / "package" / "scenario_file.py")

    assert folder == (tmp_path / "specs" / "scenarios").resolve()


def test_missing_shipped_scenarios_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^no shipped scenarios: neither .* reinstall lastseat"):
        shipped_folder(tmp_path / "scenario_file.py")


def test_a_path_works_where_nothing_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ScenarioError("no shipped scenarios")

    monkeypatch.setattr(scenario_file, "shipped_folder", missing)
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8")

    assert find_scenario(str(tmp_path / "mine.toml")).title == "Ann twice, and Bob"
    with pytest.raises(ScenarioError, match=r"the shipped ones are missing$"):
        find_scenario("one-attempt")


def loads_or_is_refused_in_one_line(folder: Path, content: bytes) -> None:
    try:
        answer = load(folder, content).title
    except ScenarioError as refused:
        answer = str(refused)
    assert answer.isprintable()
    assert 1 <= len(answer) < 600


@given(content=st.binary())
def test_no_bytes_raise_anything_but_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    loads_or_is_refused_in_one_line(tmp_path_factory.getbasetemp(), content)


TOML_VALUES = st.sampled_from(
    ["true", "-1", "0", "0x" + "f" * 5000, "9" * 5000, "nan", "-inf", '""', '"\\u0000\\n"', "[]", "[[]]", "{}",
     "{a.b = 1}", "1979-05-27", "07:32:00", "''''''", '"\\u2028\\u202e"', f'"{"é" * 3000}"', "[{}]", "\ud7ff", ""]
)  # fmt: skip
PIECES = st.sampled_from(re.findall(r"\w+|\n|[^\w\n]", GOOD)) | TOML_VALUES | st.text(max_size=3)


@given(pieces=st.lists(PIECES, max_size=3), start=st.integers(0, len(GOOD)), length=st.integers(0, 30))
def test_no_mutated_file_raises_anything_but_one_line(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], start: int, length: int
) -> None:
    mutated = GOOD[:start] + "".join(pieces) + GOOD[start + length :]

    loads_or_is_refused_in_one_line(tmp_path_factory.getbasetemp(), mutated.encode("utf-8", "surrogatepass"))


@given(key=st.sampled_from(re.findall(r"^\w+ = .*$", GOOD, re.MULTILINE)), value=TOML_VALUES)
def test_no_value_of_a_key_raises_anything_but_one_line(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: str
) -> None:
    replaced = changed(key, f"{key.split(' = ')[0]} = {value}")

    loads_or_is_refused_in_one_line(tmp_path_factory.getbasetemp(), replaced.encode())
