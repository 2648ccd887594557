"""Schedules as short text that a person can read and paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.simulations.kernel.schedule import Schedule, ScheduleError, shortened

STEPS = st.lists(st.integers(0, 999_999_999), max_size=30)
FINGERPRINTS = st.just("") | st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


@given(steps=STEPS, fingerprint=FINGERPRINTS)
def test_a_printed_schedule_is_read_back(steps: list[int], fingerprint: str) -> None:
    schedule = Schedule.of(steps, fingerprint)

    assert Schedule.parse(str(schedule)) == schedule


@given(steps=STEPS, fingerprint=FINGERPRINTS)
def test_a_printed_schedule_needs_no_quotes_in_a_shell(steps: list[int], fingerprint: str) -> None:
    assert set(str(Schedule.of(steps, fingerprint))) <= set("0123456789abcdef.@-")


@pytest.mark.parametrize(
    ("token", "steps", "fingerprint"),
    [
        ("0.1.0.1", (0, 1, 0, 1), ""),
        ("12", (12,), ""),
        ("-", (), ""),
        ("-@0123abcd", (), "0123abcd"),
        (" 0.1@0123abcd\n", (0, 1), "0123abcd"),
        ("007.0", (7, 0), ""),
    ],
)
def test_a_token_is_read(token: str, steps: tuple[int, ...], fingerprint: str) -> None:
    assert Schedule.parse(token) == Schedule(steps, fingerprint)


def answer(token: str) -> str:
    """Return the schedule that a token stands for, as text again, or why it stands for none."""
    try:
        return str(Schedule.parse(token))
    except ScheduleError as refused:
        return str(refused)


@given(text=st.text() | st.from_regex(r"[0-9.@a-f-]{0,20}", fullmatch=True))
def test_a_text_is_a_schedule_or_refused_in_one_line(text: str) -> None:
    told = answer(text)

    assert told.isprintable()
    assert answer(told) == told or told.startswith("schedule ")
    assert len(told) < 200


@given(steps=STEPS, source=st.from_regex(r"[0-9a-f]{8}", fullmatch=True), data=st.data())
def test_what_a_program_was_made_of_is_read_back(steps: list[int], source: str, data: st.DataObject) -> None:
    operations = data.draw(st.text("0123456789abcdef", min_size=len(steps), max_size=len(steps)))
    schedule = Schedule(tuple(steps), source, "3.11", operations)

    assert Schedule.parse(str(schedule)) == schedule


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        ("0.1@5b1c09d2-3.11-7", 'schedule "0.1@5b1c09d2-3.11-7" has 2 steps, and names 1 operation'),
        ("0.1@5b1c09d2-3.11-777", 'schedule "0.1@5b1c09d2-3.11-777" has 2 steps, and names 3 operations'),
        ("0.1@5b1c09d2-3.11", "after @ comes a fingerprint of 8 hexadecimal digits, and of a program -PYTHON-OPER"),
        ("0.1@5b1c09d2-3-77", "and of a program -PYTHON-OPERATIONS, like -3.11-77aa"),
        ("0.1@5b1c09d2-3.11-7G", "and of a program -PYTHON-OPERATIONS, like -3.11-77aa"),
        ("0.1@5b1c09d2-3.\u0661-77", "and of a program -PYTHON-OPERATIONS, like -3.11-77aa"),
        ("0.1@5b1c09d2-3.11-77\n7", "and of a program -PYTHON-OPERATIONS, like -3.11-77aa"),
        ("0.1@5b1c09d2-3.11-" + "7" * 90_000, "has 2 steps, and names 90,000 operations"),
        ("0.1@5b1c09d2-3.11-" + "7" * 10**6, "is not of the form 0.1.0.1"),
    ],
    ids=range(9),
)
def test_what_is_no_token_of_a_program_is_refused(token: str, complaint: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        Schedule.parse(token)

    assert complaint in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


def test_a_long_schedule_in_a_sentence_loses_its_middle() -> None:
    assert shortened([0, 1, 0]) == "0.1.0"
    assert len(shortened(range(10_000))) == 200
    assert shortened(range(10_000)).endswith(".9998.9999")


@pytest.mark.parametrize("token", ["0." * 49_999 + "0", "-@" + "a" * 8])
def test_a_long_token_of_ours_is_read(token: str) -> None:
    assert str(Schedule.parse(token)) == token


@pytest.mark.parametrize("token", ["0." * 50_000 + "0", "9" * 100_000, "1" * 10, "x" * 10**6])
def test_a_token_that_is_too_long_to_be_ours_is_refused(token: str) -> None:
    with pytest.raises(ScheduleError, match=r"is not of the form 0\.1\.0\.1$"):
        Schedule.parse(token)
