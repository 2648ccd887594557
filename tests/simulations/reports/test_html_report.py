"""The pages as text: what they say, that nothing in them is executed, and how they are written. See test_browser."""

import json
import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.common.files import WriteError, check_place, write_whole
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.reports.breaches import explained, story_key
from lastseat.simulations.reports.drawing import spacetime_html
from lastseat.simulations.reports.page import Extras, report_html
from lastseat.simulations.reports.stepper import states_data
from lastseat.simulations.reports.tables import Grid
from lastseat.simulations.reports.tags import Markup, data_element, tag
from lastseat.simulations.verification.claims import Breach, Caught, Row, Standing, Verification
from lastseat.simulations.verification.job import verify

FLAW = GALLERY["ignores-version"]
RACE = contention(2, 2)
BREACH = Breach(RACE, FLAW, Violation("persist.compare_and_swap", "a proposal from version 0", (0, 1, 0, 1)))
HOSTILE = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'<&>]]>-->", "\x00\x1b[31m\n\r\u2028",
    "\u202eabc\u2066", "\ud800", "x" * 10_000, "${1+1}{{7*7}}", "לא ידוע",
)  # fmt: skip


class Seen(HTMLParser):
    """What a parser finds in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data


def reported(found: Verification, **more: object) -> Seen:
    page = report_html(found, Standing.VIOLATED, "4 schedules", explained(found, with_gallery=True), **more)  # type: ignore[arg-type]
    seen = Seen(page)
    assert seen.open == []
    return seen


def test_a_report_says_the_verdict_and_what_each_engine_covered() -> None:
    found = verify([RACE], [RACE], lambda _what, _size: lambda _done, _total: None)

    told = explained(found, with_gallery=True)
    page = report_html(found, found.standing(needs_all=False), "6 schedules", told, limits=["No faults."])

    seen = Seen(page)
    for claim in found.claims():
        assert claim.clause in seen.text
        assert claim.engine.removeprefix("flawed ") in seen.text
    for caught in found.gallery:
        named = f'href="#flaw-{caught.implementation.name}"'
        assert (named in page) is (caught.breach is not None)
    assert seen.tags.count("section") > 5
    assert page.count('id="flaw-') == 2 * sum(caught.breach is not None for caught in found.gallery)
    assert seen.text.count("MISSED") == sum(caught.breach is None for caught in found.gallery) > 0
    assert ("6 schedules" in seen.text, "No faults." in seen.text) == (True, True)


def test_a_violation_is_told_with_its_picture_its_steps_and_its_replay() -> None:
    seen = reported(Verification(breaches=[BREACH]))

    assert "persist.compare_and_swap is violated after 4 steps" in seen.text
    assert "b persists 1 unit of seats, proposed from version 0: accepted" in seen.text
    assert "--attempts" not in seen.text
    assert "--implementation ignores-version" in seen.text
    assert "trusts v0" in seen.text
    assert seen.tags.count("figure") == 1


def test_explanations_and_further_tables_are_shown_where_they_are_given() -> None:
    found = Verification(breaches=[BREACH])
    grid = Grid(
        "Kill table", ("flaw", "brute"), (("ignores-version", "6"), ("harmless", "missed")), frozenset({(1, 1)})
    )

    page = report_html(found, Standing.VIOLATED, "", explained(found, "--attempts 2"), extras=Extras([grid]))

    assert '<p class="cause">b persisted in step 4 on version 0, stale since step 3, and the store' in page
    assert '<li class="broken">b persists 1 unit of seats, proposed from version 0: version conflict' in page
    assert '<td class="violated">missed</td>' in page
    assert "--attempts 2" in page
    assert story_key(BREACH) == ("ignores-version", RACE.name, "persist.compare_and_swap", "0.1.0.1")


def test_a_violation_that_does_not_show_again_is_said_to() -> None:
    lucky = Breach(RACE, MEMORY, Violation("state.sum", "once", (0, 1, 0, 1)))

    assert "the code is not deterministic" in reported(Verification(breaches=[lucky])).text


def test_what_was_not_done_is_said() -> None:
    found = Verification(missing=["z3 is not installed"], interrupted=True)
    found.engine("merged").complete = False
    found.rows.append(Row(RACE, 6, 1, {(2, 0, 0): 2, (1, 0, 1): 4}, ("merged",), ("model 9; merged 8",)))
    found.gallery.append(Caught(FLAW, None))
    found.model_breaches.append((RACE, ModelViolation("state.sum", "the model is wrong", ())))

    text = reported(found).text

    for said in (
        "Not run: z3 is not installed.", "Interrupted: the report shows", "merged: the search was cut short.",
        "… incomplete", "NO, cut short", "model 9; merged 8", "MISSED", "the model is wrong",
        "1.33 BOOKED, 0.667 FAILED",
    ):  # fmt: skip
        assert said in text
    assert "Proof" not in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_a_scenario_says_becomes_part_of_a_page(hostile: str) -> None:
    scenario = Scenario("odd", "Odd", ((hostile, 1),), tuple(BookingRequest(hostile + one, hostile) for one in "ab"))
    execution = run(scenario, MEMORY, [0, 1, 0, 1])
    found = Verification(breaches=[Breach(scenario, MEMORY, Violation("emit.one", hostile, (0, 1, 0, 1)))])
    found.rows.append(Row(scenario, 6, 3, {(1, 0, 1): 6}, (hostile,), (hostile,)))
    pages = [
        (spacetime_html(execution, scenario, implementation=hostile, title=hostile, replay=hostile), 2),
        (report_html(found, Standing.VIOLATED, hostile, explained(found, hostile), limits=[hostile]), 2),
    ]
    for page, scripts in pages:
        seen = Seen(page)
        assert (seen.tags.count("script"), seen.tags.count("img"), seen.open) == (scripts, 0, [])
        assert [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style")] == []
        assert [one for one in page if not one.isprintable() and one != "\n"] == []
        page.encode()
        assert len(page) < 400_000


def test_a_page_refers_to_nothing_outside_and_allows_its_own_script_alone() -> None:
    page = spacetime_html(run(RACE, MEMORY, [0, 1, 0, 1]), RACE)

    policy = next(value for name, value in Seen(page).attributes if name == "content")
    only = r"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '(\S+)'; script-src '(\S+)'"
    assert policy
    assert (hashes := re.fullmatch(only, policy))
    assert all(one.startswith("sha256-") for one in hashes.groups())
    addresses = set(re.findall(r"https?://[^\s\"<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_the_states_of_the_stepper_are_those_of_the_store() -> None:
    flaw = GALLERY["writes-in-two-steps"]
    scenario = contention(1, 1)
    execution = run(scenario, flaw, [0, 0])

    states = states_data(execution, findings(execution, scenario, flaw))

    assert [state["store"] for state in states] == [[["seats", 0, 0, 1]], [["seats", 0, 0, 1]], [["seats", 1, 0, 1]]]
    broken = [[clause for clause, _, witness in state["invariants"] if witness] for state in states]
    assert broken == [[], [], ["state.sum"]]
    assert "state.sum" in [clause for clause, _ in states[2]["violated"]]


def test_an_execution_without_a_step_has_a_page_too() -> None:
    page = spacetime_html(run(RACE, MEMORY, []), RACE)

    assert 'class="still"' in page
    assert "In the end a: unfinished; b: unfinished." in Seen(page).text


@settings(deadline=None)
@given(st.text() | st.sampled_from(HOSTILE))
def test_an_element_holds_its_text_and_its_attributes_whatever_they_are(text: str) -> None:
    seen = Seen(tag("p", text, Markup("<br>"), title=text, hidden=False, data_step=3))

    shown = "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text
    )
    assert (seen.tags, seen.text, dict(seen.attributes)) == (["p", "br"], shown, {"title": shown, "data-step": "3"})


@settings(deadline=None)
@given(st.text() | st.sampled_from(HOSTILE))
def test_data_comes_back_as_it_was_and_closes_no_script(text: str) -> None:
    written = data_element("d", {"said": [text]})

    inner = written.removeprefix('<script type="application/json" id="d">').removesuffix("</script>")
    assert "<" not in inner
    assert json.loads(inner) == {"said": [text]}


# --- files ----------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_and_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)

    write_whole(link, b"new")

    assert (real.read_bytes(), link.is_symlink(), stat.S_IMODE(real.stat().st_mode)) == (b"new", True, 0o640)
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_after_an_error_the_old_file_is_still_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(WriteError, match=r"report.html\" cannot be written: No space left on device$"):
        write_whole(path, b"new")

    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("report.html", b"old")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_one_line() -> None:
    with pytest.raises(WriteError, match=r'^"/dev/full" cannot be written: No space left on device$'):
        write_whole("/dev/full", b"x" * 100_000)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("none/report.html", "No such file or directory"),
        ("file/report.html", "Not a directory"),
        ("folder", "Is a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0l", "embedded null"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_and_after_the_work(
    tmp_path: Path, place: str, why: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for attempt in (check_place, lambda path: write_whole(path, b"x")):
        with pytest.raises(WriteError) as refused:
            attempt(f"{tmp_path}/{place}")
        assert f"cannot be written: {why}" in str(refused.value)
        assert str(refused.value).isprintable()

    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_a_place_that_can_be_written_is_left_alone_until_then(tmp_path: Path) -> None:
    check_place(tmp_path / "report.html")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told_before_the_work(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(WriteError, match=r"cannot be written: Permission denied$"):
        check_place(tmp_path / "report.html")
