"""The pages in a real browser, opened from a file, without a network: headless Chromium, told over a pipe."""

import fcntl
import json
import os
import select
import shutil
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.counterexamples.explained import replay
from lastseat.simulations.kernel.actions import Faults
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.objects import Register, Shared
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.reports.breaches import explained
from lastseat.simulations.reports.drawing import program_html, spacetime_html
from lastseat.simulations.reports.page import report_html
from lastseat.simulations.verification.claims import Breach, Caught, Row, Standing, Verification

PATIENCE = 120  # seconds: it ends a test that would wait for ever
HOSTILE = "</script><script>document.documentElement.dataset.broken='yes'</script><img src=x onerror=alert(1)>\u202e"
VIRTUAL_KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35}


class Browser:
    """One page of a running Chromium; `events` is what it told without being asked."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, self._ours_out = os.pipe()
        self._ours_in, theirs_out = os.pipe()
        # The browser reads from descriptor 3 and writes to 4, so that the copies must be others.
        copies = [fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (theirs_in, theirs_out)]
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = [f"--user-data-dir={profile}", "--no-first-run", "--disable-gpu", "--disable-background-networking"]
        self._process = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", *root, *options],
            preexec_fn=lambda: (os.dup2(copies[0], 3), os.dup2(copies[1], 4)),  # noqa: PLW1509 - before any thread
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (theirs_in, theirs_out, *copies):
            os.close(one)
        self._buffer, self._asked, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.ask("Network.emulateNetworkConditions", **offline)

    def close(self) -> None:
        self._session = ""
        self.ask("Browser.close")
        self._process.wait(PATIENCE)
        os.close(self._ours_in)
        os.close(self._ours_out)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; what comes before that is kept in `events`."""
        self._asked += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._asked, "method": method, "params": parameters, **session}
        os.write(self._ours_out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._asked:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._ours_in], [], [], PATIENCE)[0], "the browser says nothing"
            received = os.read(self._ours_in, 1 << 16)
            assert received, "the browser has ended"
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)  # type: ignore[no-any-return]

    def open(self, path: Path, fragment: str = "", *, width: int = 1280) -> None:
        """Open a file, and wait until it is loaded; forget what was told before."""
        self.ask("Page.navigate", url="about:blank")  # else another fragment would not load the page again
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri() + fragment)
        while self.value("document.readyState === 'complete' && location.protocol === 'file:'") is not True:
            self.ask("Runtime.evaluate", expression="new Promise(requestAnimationFrame)", awaitPromise=True)

    def value(self, expression: str) -> Any:
        """Return what an expression is in the page, as plain data."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def text(self, selector: str) -> str:
        return str(self.value(f"document.querySelector({json.dumps(selector)}).innerText"))

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=VIRTUAL_KEYS[key])

    def click(self, selector: str) -> None:
        """Click with the mouse in the middle of an element."""
        x, y = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView("
            "{block: 'center', behavior: 'instant'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    @property
    def complaints(self) -> list[str]:
        """Errors of scripts, and all that the browser logs, such as what its policy forbade."""
        named = (
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
            "Page.javascriptDialogOpening",
        )
        return [str(one["params"]) for one in self.events if one.get("method") in named]

    @property
    def requests(self) -> list[str]:
        sent = [one["params"] for one in self.events if one.get("method") == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        assert os.environ.get("CI") != "true", "chromium is missing, and here it must be there"
        pytest.skip("needs chromium: apt-get install chromium")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


FLAW = GALLERY["ignores-version"]
RACE = contention(3, 2)
ACCEPTED = (
    "a persists 1 unit of seats, proposed from version 0: "
    "accepted; seats goes to 1 of 2, version 1, +1 reservation → BOOKED"
)
OVERLAPS = """(() => {
  const all = [...document.querySelectorAll("svg text")].map((one) => ({ said: one.innerHTML, box: one.getBBox() }));
  const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width
    && a.y + a.height * 0.2 < b.y + b.height * 0.8 && b.y + b.height * 0.2 < a.y + a.height * 0.8;
  const met = all.flatMap((one, place) => all.slice(place + 1).filter((other) => meet(one.box, other.box))
    .map((other) => [one.said, other.said]));
  return { all: all.map((one) => one.said), met };
})()"""  # a box has room for accents above and for tails below
TRUSTED = Violation("persist.compare_and_swap", f"a proposal {HOSTILE}", (0, 1, 0, 1))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a violation, a flaw that was caught, and a hostile scenario."""
    breach = Breach(RACE, FLAW, TRUSTED)
    hostile = Scenario("hostile", "Hostile", ((HOSTILE, 1),), (BookingRequest(HOSTILE, HOSTILE),))
    found = Verification(breaches=[breach, Breach(hostile, MEMORY, Violation("emit.one", HOSTILE, (0, 0)))])
    found.rows.append(Row(hostile, 1, 3, {(1, 0, 0): 1}, ("merged",), (HOSTILE,)))
    found.gallery.append(Caught(FLAW, breach))
    found.engine("merged").violated.add("persist.compare_and_swap")
    path = tmp_path_factory.mktemp("report") / "a report & more.html"
    told = explained(found, with_gallery=True)
    path.write_text(report_html(found, Standing.VIOLATED, HOSTILE, told, limits=[HOSTILE]), encoding="utf-8")
    return path


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    execution = run(RACE, FLAW, [0, 1, 2, 0, 1, 2])
    path = tmp_path / "drawing.html"
    path.write_text(spacetime_html(execution, RACE, found=findings(execution, RACE, FLAW)), encoding="utf-8")
    return path


def test_a_report_runs_its_script_and_nothing_else(browser: Browser, report: Path) -> None:
    browser.open(report)

    assert browser.value("document.documentElement.dataset.ready") == "3"
    assert browser.value("document.documentElement.dataset.broken ?? null") is None
    assert (browser.complaints, browser.requests) == ([], [report.as_uri()])
    assert browser.value("document.images.length") == 0


def test_a_browser_that_is_told_to_load_something_complains(browser: Browser, report: Path, tmp_path: Path) -> None:
    """So that the test before this one can fail."""
    worse = tmp_path / "worse.html"
    added = "<script>document.documentElement.dataset.broken='yes'</script><img src='https://example.org/x.png'>"
    worse.write_text(report.read_text(encoding="utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8")

    browser.open(worse)

    assert browser.value("document.documentElement.dataset.broken ?? null") is None
    assert len(browser.complaints) >= 2


def test_the_buttons_step_through_a_schedule_and_show_the_store_and_the_invariants(
    browser: Browser, drawing: Path
) -> None:
    browser.open(drawing)
    assert browser.text(".where") == "before the first of 6 steps"

    for _ in range(4):
        browser.click("button[data-move=next]")
    after_four = browser.text(".where"), browser.text(".panel tbody"), browser.text("li.current")
    browser.click("button[data-move=next]")

    assert after_four == (
        "after step 4 of 6",
        "seats\t1\t1\t2",
        ACCEPTED,
    )
    assert browser.text(".panel p.violated").startswith("✗ persist.compare_and_swap is violated: ")
    assert browser.text(".panel table + .reservations + table tbody").count("✓ holds") == 4
    assert browser.value("document.querySelector('.cursor').classList.contains('violated')") is True


def test_the_cursor_stands_over_the_step_in_the_picture(browser: Browser, drawing: Path) -> None:
    browser.open(drawing, "#story-1:3")

    number, cursor = (
        browser.value(f"(() => {{ const box = {one}.getBoundingClientRect(); return box.x + box.width / 2; }})()")
        for one in ("[...document.querySelectorAll('svg text')].find(one => one.textContent === '3')",
                    "document.querySelector('.cursor')")
    )  # fmt: skip
    assert abs(number - cursor) < 1


@pytest.mark.parametrize("family", ["sans-serif", "DejaVu Sans", "serif"])
def test_no_text_of_a_picture_meets_another_in_the_fonts_of_the_browser(
    browser: Browser, tmp_path: Path, family: str
) -> None:
    scenario = replace(contention(7, 3), faults=Faults(5))
    steps = Schedule.parse("0.1.2.3.4.5.6.0a.7.1c.2.3u.4d.7.6.5").steps
    path = tmp_path / "drawing.html"
    drawn = spacetime_html(run(scenario, MEMORY, steps), scenario)
    path.write_text(drawn.replace('font-family="Helvetica, Arial', f'font-family="{family}'), encoding="utf-8")

    browser.open(path)

    texts = browser.value(OVERLAPS)
    assert (len(texts["all"]) > 40, texts["met"]) == (True, [])


def test_the_arrow_keys_step_through_the_story_that_has_the_focus(browser: Browser, report: Path) -> None:
    browser.open(report)
    steps = "[...document.querySelectorAll('.story')].map(one => one.dataset.step)"
    browser.press("ArrowRight")  # nothing has the focus: the first story
    browser.value("document.getElementById('violation-2').focus({preventScroll: true})")

    for key in ("End", "ArrowRight", "ArrowLeft"):
        browser.press(key)

    assert browser.value(steps) == ["1", "1", "0"]


def test_a_fragment_opens_a_story_at_a_step(browser: Browser, report: Path) -> None:
    browser.open(report, "#flaw-ignores-version:3")

    assert browser.text("#flaw-ignores-version .where") == "after step 3 of 4"
    assert browser.value("document.querySelector('#flaw-ignores-version').closest('details').open") is True


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_is_not_wider_than_its_window(browser: Browser, report: Path, drawing: Path, width: int) -> None:
    for path in (report, drawing):
        browser.open(path, width=width)

        assert browser.value("document.documentElement.scrollWidth") <= width


def increment(shared: Shared) -> Generator[Any, Any, None]:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def test_a_run_of_any_program_can_be_stepped_through(browser: Browser, tmp_path: Path) -> None:
    run_of_two = replay([increment, increment], shared=lambda: Shared(counter=Register(0)), schedule="0.1.0.1")
    path = tmp_path / "program.html"
    path.write_text(program_html(run_of_two, violating=[4], lines=[HOSTILE], replay=HOSTILE), encoding="utf-8")
    browser.open(path)

    for _ in range(4):
        browser.click("button[data-move=next]")

    assert browser.text(".panel tbody") == "counter\t1"
    assert browser.text("li.current").startswith("process 1 (test_browser.py:")
    assert browser.text(".panel p.violated") == "✗ a property is violated in step 4"
    assert browser.value(OVERLAPS)["met"] == []


def test_on_paper_every_story_is_open_and_no_stepper_is_there(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    browser.value("dispatchEvent(new Event('beforeprint'))")

    closed = browser.value("document.querySelectorAll('details:not([open])').length")
    steppers = browser.value("[...document.querySelectorAll('.stepper')].filter(one => one.offsetHeight).length")
    browser.ask("Emulation.setEmulatedMedia", media="")

    assert (closed, steppers) == (0, 0)
