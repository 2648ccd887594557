"""The gallery of wrong implementations, each one small file that says what is wrong and why it is easy to miss.

They are here to show that the checks bite: see `tests/simulations/test_flawed.py`.
"""

from lastseat.reference.flawed import (
    forgets_identity,
    ignores_version,
    locks_on_observe,
    rejects_conflicts,
    rejects_early,
    writes_in_two_steps,
)
from lastseat.reference.implementation import Implementation

GALLERY: dict[str, Implementation] = {
    module.IMPLEMENTATION.name: module.IMPLEMENTATION
    for module in (
        ignores_version,
        forgets_identity,
        rejects_early,
        writes_in_two_steps,
        locks_on_observe,
        rejects_conflicts,
    )
}
