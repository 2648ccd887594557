"""The bar: what it shows of work whose end is known, about known, or not known."""

import pytest
from rich.progress import Progress as Bar

from lastseat.simulations.common.progress import About
from lastseat.simulations.common.progress_bar import CountColumn, Stages


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(64, 576, " 64/576"), (64, None, "64/?"), (64, About(4_025), "64/about 4,025"), (64, About(10**16), "64/?")],
)
def test_a_total_that_was_estimated_is_shown_as_one(done: int, total: int | None, shown: str) -> None:
    with Bar(CountColumn(), disable=True) as bar:
        Stages(bar)("searching")(done, total)
        (task,) = bar.tasks

        assert CountColumn().render(task).plain == shown
