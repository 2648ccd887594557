"""What the figures show is so: counts, races, fences, shares and chances, and what is refused in one line."""

from collections.abc import Callable
from fractions import Fraction
from math import pi, sqrt

import pytest
from matplotlib.figure import Figure

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.values import Outcome
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.figures import graph, lattice, laws, residuals, schedules, searches, states
from lastseat.simulations.figures.wording import per_cent, shares
from lastseat.simulations.kernel.actions import Faults

Texts = Callable[[Figure], list[str]]
Named = Callable[[str], Figure]


# --- schedules ------------------------------------------------------------------------------------------------


def test_the_poster_has_ninety_schedules_in_three_groups(figure_named: Named, texts: Texts) -> None:
    said = texts(figure_named("poster"))

    assert "All 90 schedules of 3 attempts, capacity 2: none violates a clause" in said
    heads = [text for text in said if " of 90" in text or text.startswith(("1 BOOKED", "2 BOOKED"))]
    assert heads == [
        "2 BOOKED + 1 REJECTED", "6 of 90", "2 BOOKED + 1 FAILED", "48 of 90", "1 BOOKED + 2 FAILED", "36 of 90"
    ]  # fmt: skip


def test_the_poster_of_a_flaw_counts_the_schedules_that_violate(texts: Texts) -> None:
    drawn = schedules.poster(contention(2, 1), GALLERY["trusts-observation"])

    assert "All 6 schedules of trusts-observation, 2 attempts, capacity 1: 4 of them violate a clause" in texts(drawn)
    frames = [patch for patch in drawn.axes[0].patches if patch.get_linewidth() == 1.2]
    assert len(frames) == 4


def read(implementation: Implementation, capacity: int = 1) -> tuple[list[lattice.Cell], tuple[lattice.Story, ...]]:
    scenario = contention(2, capacity)
    executions = {moves: lattice._execution(scenario, implementation, moves) for moves in sorted(lattice._paths())}
    holes = sorted(lattice._holes(executions))
    stories = lattice._stories(executions, holes, scenario, implementation)
    for story in stories:
        assert {tuple(str(executions[moves].returned[who].outcome) for who in (0, 1)) for moves in story.paths} == {
            story.outcomes
        }
    return holes, stories


def test_twenty_schedules_of_two_attempts_are_four_stories_around_three_races() -> None:
    holes, stories = read(MEMORY)

    assert holes == [(0, 2), (2, 0), (2, 2)]
    assert [(len(one.paths), one.outcomes, one.violating) for one in stories] == [
        (1, ("BOOKED", "REJECTED"), False),
        (9, ("BOOKED", "FAILED"), False),
        (9, ("FAILED", "BOOKED"), False),
        (1, ("REJECTED", "BOOKED"), False),
    ]


@pytest.mark.parametrize("capacity", [1, 2])
def test_of_two_persists_that_race_only_the_first_writes_at_any_capacity(texts: Texts, capacity: int) -> None:
    """Clause: persist.refusal_pure"""
    said = texts(lattice.lattice(contention(2, capacity)))

    races = [text for text in said if text.endswith(("write", "writes"))]
    assert races == ["A reads what\nB writes", "B reads what\nA writes", "only the first\nof them writes"]


def test_two_persists_that_both_take_effect_are_said_to_both_write(texts: Texts) -> None:
    said = texts(lattice.lattice(contention(2, 1), GALLERY["queues-conflicts"]))

    races = [text for text in said if text.endswith(("write", "writes"))]
    assert races == ["A reads what\nB writes", "B reads what\nA writes", "both write"]


def test_the_picture_of_one_attempt_says_that_it_is_without_faults(figure_named: Named, texts: Texts) -> None:
    said = texts(figure_named("attempt"))

    assert "One attempt without faults: two shared steps, and persist alone decides" in said


def test_persists_that_trust_what_was_observed_do_not_race_and_violate_in_eighteen_schedules() -> None:
    holes, stories = read(GALLERY["trusts-observation"])

    assert holes == [(0, 2), (2, 0)]
    assert [(len(one.paths), one.violating) for one in stories] == [(1, False), (18, True), (1, False)]


def test_counts_are_those_of_the_explorers(figure_named: Named, texts: Texts) -> None:
    said = texts(figure_named("counts"))

    assert "8 attempts: 81,729,648,000 schedules, but 1,203,375 states" in said
    assert "classes, each persist a write\n1,625,702,400" in said
    assert "classes, a refused persist a read: 280 at 4" in said


FAULTY = Scenario("faulty", "Faulty", (("seats", 1),), contention(2, 1).requests, Faults(1))


@pytest.mark.parametrize(
    ("draw", "complaint"),
    [
        (lambda: schedules.poster(contention(4, 2)), "room for 120 schedules without faults, not for '4 attempts"),
        (lambda: schedules.poster(FAULTY), "without faults, not for 'Faulty'"),
        (lambda: schedules.lattice(FAULTY), "two attempts without faults, not 'Faulty'"),
        (lambda: schedules.lattice(contention(3, 1)), "two attempts without faults, not '3 attempts, capacity 1'"),
        (lambda: schedules.lattice(implementation=GALLERY["hidden-retry"]), "not those of hidden-retry"),
        (lambda: schedules.lattice(implementation=GALLERY["locks-on-observe"]), "not those of locks-on-observe"),
        (lambda: schedules.counts(1), "attempts must be at least 2 and classes among them, not 1 and 4"),
    ],
)
def test_what_a_picture_of_schedules_cannot_show_is_refused(draw: Callable[[], Figure], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        draw()


# --- states ---------------------------------------------------------------------------------------------------


def test_one_case_of_persist_takes_effect_and_each_has_its_outcome() -> None:
    """Clauses: persist.order, persist.refusal_pure, emit.one"""
    cases = states.transitions()

    assert [case for case, _, changes in cases if changes] == ["the version is current and the units fit"]
    assert [str(done.outcome) for _, done, _ in cases] == [
        "BOOKED", "REJECTED", "FAILED", "FAILED", "BOOKED", "FAILED", "FAILED"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("implementation", "capacity", "many", "crossing"),
    [(MEMORY, 1, 14, 0), (MEMORY, 2, 13, 0), (CAPACITY_FIRST, 1, 12, 0), (GALLERY["trusts-observation"], 1, 13, 2)],
)
def test_only_a_flaw_has_steps_that_cross_the_fence(
    implementation: Implementation, capacity: int, many: int, crossing: int
) -> None:
    """Clause: state.capacity"""
    seen = graph.state_graph(contention(2, capacity), implementation)

    assert (len(seen.states), len(seen.crossing)) == (many, crossing)
    assert explore_merged(contention(2, capacity), implementation).states == many
    assert all(edge.persists for edge in seen.crossing)


def test_a_counter_that_is_written_back_hides_an_overbooking_from_itself_and_not_from_the_fence() -> None:
    seen = graph.state_graph(contention(2, 1), GALLERY["last-write-wins"])

    assert len(seen.crossing) == 2
    assert all(dict(key[0].resources)["seats"].confirmed <= 1 for key in seen.states)


def test_a_graph_that_nobody_could_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MOST_STATES", 13)

    with pytest.raises(ValueError, match="room for 13 states; memory has more"):
        states.fenced()


def test_each_check_keeps_what_the_other_one_does_not(figure_named: Named, texts: Texts) -> None:
    """Clauses: persist.version, persist.capacity"""
    said = texts(figure_named("checks"))

    assert "The seats are safe exactly where persist checks the capacity" in said
    assert [text for text in said if text.startswith(("in ", "overbooked in"))] == [
        "overbooked in none of 90 schedules", "in 6 of 90 schedules",
        "overbooked in none of 90 schedules", "in 90 of 90 schedules",
    ]  # fmt: skip
    assert "violated:\n  persist.compare_and_swap" in said


# --- laws -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "law", "policy", "outcome", "share"),
    [
        (10, "uniform", "version-first", Outcome.BOOKED, 0.324),
        (10, "walk", "version-first", Outcome.BOOKED, 0.397),
        (40, "uniform", "version-first", Outcome.FAILED, 0.764),
        (40, "uniform", "capacity-first", Outcome.FAILED, 0.389),
    ],
)
def test_shares_are_those_of_the_exact_law(
    attempts: int, law: str, policy: str, outcome: Outcome, share: float
) -> None:
    assert shares(attempts, 5, law, policy)[outcome] == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize(
    "name", ["stacked", "ternary", "heat-map", "policies", "laws", "residuals", "growth", "marginals"]
)
def test_a_figure_of_a_law_says_which_law_and_which_policy(name: str, figure_named: Named, texts: Texts) -> None:
    said = " ".join(texts(figure_named(name))).replace("\n", " ")

    assert ("every schedule equally likely" in said) or ("every schedule is equally likely" in said)
    assert ("version checked first" in said) or ("version-first" in said)


def test_dots_stand_on_the_edges_where_the_samples_are(figure_named: Named) -> None:
    booked = [one.get_xydata() for one in figure_named("stacked").axes[0].lines if one.get_marker() == "o"]
    sampled = laws.sample((2,), 5)[0]
    mean = Fraction(sum(mix[0] * runs for mix, runs in sampled.mixes.items()), 2 * sampled.runs)

    assert tuple(booked[0][0]) == (2, pytest.approx(float(mean)))


def test_attempts_of_one_schedule_depend_on_each_other_so_that_the_pooled_band_is_wrong() -> None:
    sampled = laws.sample((2, 40), 5, runs=100)

    two, forty = (residuals._bands(one, 1.96) for one in sampled)

    assert two[Outcome.BOOKED] == pytest.approx((1.96 * sqrt(2 / 9 / 100) / 2, 1.96 * sqrt(2 / 9 / 200)))
    assert two[Outcome.BOOKED][0] < two[Outcome.BOOKED][1]
    assert forty[Outcome.REJECTED][0] > 1.9 * forty[Outcome.REJECTED][1]


def test_the_number_booked_comes_near_the_square_root(figure_named: Named, texts: Texts) -> None:
    exact = float(outcomes(200, 200, exact=False).mean()[next(iter(outcomes(1, 1).mean()))])

    assert f"at n = 200\nexact {exact:.2f}\n2√(n/π) {2 * sqrt(200 / pi):.2f}" in texts(figure_named("growth"))
    assert abs(exact / (2 * sqrt(200 / pi)) - 1) < 0.03


@pytest.mark.parametrize(("most", "claims"), [(100, True), (4, False)])
def test_the_triangle_claims_that_failing_turns_to_refusal_only_where_every_path_does_so(
    most: int, claims: bool, texts: Texts
) -> None:
    drawn = laws.ternary((1, most), (1, 3), cloud=None)

    assert ("First contention burns attempts, then capacity refuses them" in texts(drawn)) is claims


def test_the_policies_are_said_to_agree_on_booked_since_they_do(figure_named: Named, texts: Texts) -> None:
    assert "The order of the checks moves FAILED to REJECTED, and BOOKED stays" in texts(figure_named("policies"))
    assert texts(figure_named("policies")).count("BOOKED 12 %") == 2


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    assert [per_cent(one) for one in (0, 0.001, 0.5, 0.999, 1)] == ["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]


@pytest.mark.parametrize(
    ("draw", "complaint"),
    [
        (lambda: laws.stacked((1,)), "at least two numbers in ascending order, not \\(1,\\)"),
        (lambda: laws.policies((2, 2)), "at least two numbers in ascending order"),
        (lambda: laws.stacked((1, 2), law="random"), "law must be uniform or walk, not 'random'"),
        (lambda: laws.stacked(capacity=4, sampled=laws.sample((2,), 5, runs=2)), "do not belong to capacity 4"),
        (lambda: laws.ternary((), (1,)), "needs capacities and attempts from 1"),
        (lambda: laws.heat_map(outcome="LOST"), "one of BOOKED, REJECTED, FAILED, not 'LOST'"),
        (lambda: laws.residuals(()), "at least one sample, all of one capacity, law and policy"),
        (lambda: laws.residuals(laws.sample((2,), 5, runs=1)), "at least two schedules"),
        (lambda: laws.growth(sampled=laws.sample((9,), 5, runs=2)), "do not have a seat for everyone"),
        (lambda: laws.growth((0,)), "over attempts from 1"),
        (lambda: laws.marginals(outcomes(2, 1), laws.sample((2,), 5, runs=2)[0]), "do not belong to 2 on 1"),
    ],
)
def test_what_a_picture_of_a_law_cannot_show_is_refused(draw: Callable[[], Figure], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        draw()


# --- searches -------------------------------------------------------------------------------------------------


def test_a_rejection_is_in_six_of_ninety_schedules_and_in_a_sixth_of_the_walks() -> None:
    assert searches.default_chances() == {"uniform": Fraction(6, 90), "walk": Fraction(1, 6)}


def test_a_curve_is_the_chance_that_one_of_so_many_executions_shows_it() -> None:
    curves = searches._curves({"exact": Fraction(1, 15)}, {"run": [3, None, 1, 3]}, 10)

    xs, ys = curves["exact"]
    assert xs == [float(one) for one in range(1, 11)]
    assert ys == pytest.approx([1 - (14 / 15) ** one for one in range(1, 11)])
    assert curves["run"] == ([1.0, 3.0, 10.0], [0.25, 0.75, 0.75])


def test_a_kill_map_tells_late_from_never_and_from_not_tried(texts: Texts) -> None:
    drawn = searches.kill_map({"one": {"walk": 1200.0, "pct": None}, "two": {"walk": None, "dpor": 1}})

    said = texts(drawn)
    assert "All 2 flaws are found; walk misses 1" in said
    assert [text for text in said if text in ("1,200", searches.NOT_FOUND, "1")] == ["1,200", "–", "–", "1"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("draw", "complaint"),
    [
        (lambda: searches.detection_curves({}), "1 to 8 curves"),
        (lambda: searches.detection_curves({"walk": 1.5}), "the chance of walk must be a probability, not 1.5"),
        (lambda: searches.detection_curves({}, {"pct": []}), "there is no search of pct"),
        (lambda: searches.detection_curves({str(one): 0.5 for one in range(9)}), "1 to 8 curves"),
        (lambda: searches.kill_map({}), "a kill map needs cells"),
        (lambda: searches.kill_map({"one": {"walk": 0}}), "a number of executions of at least 1"),
    ],
)
def test_what_a_picture_of_searches_cannot_show_is_refused(draw: Callable[[], Figure], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        draw()
