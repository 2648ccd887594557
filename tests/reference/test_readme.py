"""The example in the README of the reference says what it prints. Clauses: emit.one, persist.identity"""

import re
import subprocess
import sys
from pathlib import Path


def test_the_example_prints_what_its_comments_say() -> None:
    readme = Path(__file__).parents[2] / "reference" / "README.md"
    (example,) = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), flags=re.DOTALL)
    promised = re.findall(r"print\(\" \".*  # ([^,\n(]+(?:\(.*\))?)", example)

    said = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True, timeout=60)

    stores = ("MemoryStore", "CapacityFirstMemoryStore", "SqliteStore")
    assert len(promised) == 5
    assert said.stdout.split("\n") == [
        line for store in stores for line in (store, *(f"  {one}" for one in promised))
    ] + [""]
    assert said.stderr == ""
