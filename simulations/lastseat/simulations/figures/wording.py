"""What figures of laws say in words, and the exact shares that they show."""

from collections.abc import Mapping
from functools import lru_cache

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.values import Outcome

LAWS: Mapping[str, str] = {
    "uniform": "law uniform: every schedule equally likely",
    "walk": "law walk: each unfinished attempt equally likely to go next",
}
POLICIES: Mapping[str, str] = {"version-first": "version checked first", "capacity-first": "capacity checked first"}


def in_words(law: str = "", policy: str = "") -> str:
    """Return what a law and a policy mean; of one that is not asked for, nothing."""
    return "; ".join(words for words in (LAWS.get(law, law), POLICIES.get(policy, policy)) if words)


@lru_cache(maxsize=4096)
def shares(attempts: int, capacity: int, law: str, policy: str) -> Mapping[Outcome, float]:
    """Return the exact share of each outcome, as floats. Raises ValueError for arguments without a law."""
    exact = outcomes(attempts, capacity, law, policy, exact=False).share()
    return {mine: exact[theirs] for mine, theirs in zip(Outcome, exact, strict=True)}


def per_cent(share: float) -> str:
    """Return a share in whole per cent; one that is not 0 or 1 is shown as neither."""
    text = f"{100 * share:.0f}"
    if text == "0" and share > 0:
        return "< 1 %"
    return "> 99 %" if text == "100" and share < 1 else f"{text} %"
