"""What the tests of the notebooks share: the builder, the notebooks, and a browser."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Errors of scripts, and of whatever a page fetches in vain, are kept from the first moment on.
LISTEN = """<script>window.failures = [];
addEventListener("error", (event) => failures.push(String(event.message || event.target.src || event.target.href)),
                 true);</script>"""
SAY = """<script>addEventListener("load", () => {
  const said = document.createElement("pre");
  said.id = "said";
  let answer = null;
  try { answer = (() => { %s })(); } catch (error) { failures.push("asked: " + error); }
  said.textContent = JSON.stringify({answer: answer, failures: failures});
  document.body.appendChild(said);
});</script>"""


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """The module `notebooks/build.py`, which is no part of a package."""
    for needed in ("jupytext", "nbclient", "nbconvert", "ipykernel", "matplotlib"):
        pytest.importorskip(needed, reason=f"notebooks need {needed}: pip install 'lastseat[notebooks]'")
    spec = importlib.util.spec_from_file_location("notebooks_build", ROOT / "notebooks" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a freshly written site."""
    folder = tmp_path_factory.mktemp("site")
    builder.write_site(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of Chromium. Without it these tests are skipped, but not on a build machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is missing; on Debian: apt-get install chromium")
    if found is None:
        pytest.skip("there is no Chromium to open the pages with")
    return found


@pytest.fixture
def ask(browser: str, tmp_path: Path) -> Callable[[str, str], tuple[Any, list[str]]]:
    """A function of a page and the body of a JavaScript function: what that returned, and what went wrong."""

    def asked(page: str, body: str) -> tuple[Any, list[str]]:
        assert page.count("</body>") == 1
        opened = page.replace("<head>", f"<head>{LISTEN}", 1).replace("</body>", f"{SAY % body}</body>")
        (tmp_path / "page.html").write_text(opened, encoding="utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"]
        offline = ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000"]
        command = [browser, *options, *offline, f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*command, (tmp_path / "page.html").as_uri()], capture_output=True, encoding="utf-8", check=False
        )
        said = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, flags=re.DOTALL)
        assert said is not None, done.stderr
        told = json.loads(unescape(said[1]))
        return told["answer"], told["failures"]

    return asked
