"""Figures: what the model and the simulations say, drawn with matplotlib (`pip install 'lastseat[figures]'`).

In reading order: `style`, how every figure looks; `schedules`, and `lattice` for two attempts; `states`, of the
`graph` that two attempts make; `laws`, with `wording`, `sampling`, `ternary`, `growth`, `residuals` and `marginals`;
`searches`, how soon a bug is found.
Importing this without matplotlib raises ModuleNotFoundError with one line that says what to install.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

if find_spec("matplotlib") is None:
    raise ModuleNotFoundError("figures need matplotlib: pip install 'lastseat[figures]'", name="matplotlib")

from lastseat.model.law.outcomes import outcomes
from lastseat.simulations.figures import laws, schedules, searches, states

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _stacked() -> "Figure":
    return laws.stacked(sampled=laws.sample((2, 5, 10, 15, 20, 25, 30, 35, 40), 5))


def _marginals() -> "Figure":
    return laws.marginals(outcomes(10, 5), laws.sample((10,), 5)[0])


# The default figure of each kind, by name.
catalogue: "Mapping[str, Callable[[], Figure]]" = MappingProxyType(
    {
        "poster": schedules.poster,
        "lattice": schedules.lattice,
        "counts": schedules.counts,
        "attempt": states.attempt_graph,
        "fence": states.fenced,
        "checks": states.checks_matrix,
        "stacked": _stacked,
        "ternary": laws.ternary,
        "heat-map": laws.heat_map,
        "policies": laws.policies,
        "laws": laws.two_laws,
        "residuals": laws.residuals,
        "growth": laws.growth,
        "marginals": _marginals,
        "detection": searches.detection_curves,
        "kill-map": searches.kill_map,
    }
)
