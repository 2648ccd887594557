# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. What contention does to outcomes
#
# **Goal.** Predict the mix of BOOKED, REJECTED and FAILED, and read exact and sampled numbers side by side.
#
# The flow is safe under every schedule; that is notebook 3. Safe does not mean successful. When many attempts race
# for few seats, most of them come back with nothing, and they come back with nothing for two different reasons. How
# many, and why? This notebook answers with fractions, not with a feeling.

# %%
from fractions import Fraction
from math import comb, factorial, pi, sqrt

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY
from lastseat.simulations import (
    Plan,
    Point,
    contention,
    estimates,
    explore_brute,
    explore_merged,
    figures,
    grid,
    sweep,
    use_style,
)

use_style()

# %% [markdown]
# ## 1. An exact law
#
# Take three attempts, one seat each, on two seats. There are 90 schedules. We call them equally likely for now;
# section 5 says what else one could mean.
#
# **Predict before you run.** In how many of the 90 are two attempts BOOKED and the third REJECTED, the result that
# you would have drawn on a whiteboard?

# %%
seen = explore_brute(contention(3, 2), MEMORY)  # real code, all 90 schedules
print("BOOKED, REJECTED, FAILED: number of schedules")
for mix, schedules in seen.outcomes.items():
    print(f"{mix}: {schedules}")
assert seen.outcomes == {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}

# %% [markdown]
# In 6 of 90. It takes three attempts one after the other, without any overlap. Much more often, in 48, two are BOOKED
# and the third *fails*. And in 36 schedules only one is BOOKED: two attempts are FAILED and a seat stays empty.
#
# The same numbers come out of `outcomes`, which looks at no schedule at all. How can it? Freeze a run at any moment.
# What happens next does not depend on *who* stands where, only on *how many* do: how many have not observed yet
# (*idle*), hold the current version (*fresh*), hold an older one (*stale*), or have ended.
#
# A fresh persist books a seat and turns every other fresh attempt stale. A stale persist is FAILED and changes
# nothing. So we can walk through these few counts and add up probabilities. Nothing is lost by that, and we can check
# it against the real code on every small case.

# %%
cases = 0
for implementation in (MEMORY, CAPACITY_FIRST):
    for n in range(1, 6):
        for c in range(n + 1):
            ran = explore_merged(contention(n, c), implementation)
            exact = outcomes(n, c, "uniform", implementation.policy)
            share = {k: Fraction(v, ran.interleavings) for k, v in ran.outcomes.items()}
            assert share == exact.mass
            cases += 1
print(cases, "cases, each with equal fractions")
assert cases == 40
print({mix: str(mass) for mix, mass in outcomes(3, 2).mass.items()})

# %% [markdown]
# In 40 cases the fractions are equal; not close, equal. The law then goes where no list of schedules can. A hundred
# attempts have so many schedules that their number has 345 digits.

# %%
assert len(str(factorial(200) // 2**100)) == 345
for outcome, share in outcomes(100, 5).share().items():
    print(f"{outcome:9} {float(share):.4f}")

# %% [markdown]
# ## 2. Sampling, and its error
#
# The other way is to draw schedules at random and count. It works for laws that nobody has solved, so we want to know
# how far to trust it. We draw 2,000 schedules for each number of attempts, with 5 seats.

# %%
points = grid(range(2, 41, 2), [5])
samples = sweep(Plan(points, runs=2_000, seed=4)).samples

inside = total = 0
for one in samples:
    exact = outcomes(one.point.attempts, 5).share()
    for each in estimates(one):
        inside += each.low <= exact[each.outcome] <= each.high
        total += 1
print(f"{inside} of {total} intervals of 95% hold the exact share")
assert (inside, total) == (59, 60)

# %% [markdown]
# An interval of 95% misses about once in twenty, and should. These missed once in 60. The picture shows sampled minus
# exact, with the band that the exact law allows. That is a better check than a picture of both, where the dots would
# lie on the lines.

# %%
figures.laws.residuals(samples)

# %% [markdown]
# Where does the band come from? The tempting formula takes every attempt as one coin toss: with `n` attempts in each
# of `r` schedules there are `n·r` tosses, and the standard error is `sqrt(p·(1-p)/(n·r))`. This is the *pooled*
# interval.
#
# **Predict before you run.** We repeat one small experiment 200 times: 100 attempts, one seat, 50 schedules. How
# often does the pooled 95% interval hold the true share FAILED?

# %%
n, runs, times = 100, 50, 200
truth = float(outcomes(n, 1).share()["FAILED"])
pooled = by_schedule = 0
for seed in range(times):
    (one,) = sweep(Plan((Point(n, 1),), runs=runs, seed=seed)).samples
    failed = estimates(one)[2]
    error = 1.96 * sqrt(failed.share * (1 - failed.share) / (n * runs))
    pooled += abs(failed.share - truth) <= error
    by_schedule += failed.low <= truth <= failed.high
print(f"pooled: {pooled} of {times}; by schedule: {by_schedule} of {times}")
assert (pooled, by_schedule) == (120, 190)

# %% [markdown]
# The pooled interval claims 95% and holds the truth in 120 of 200. The attempts of one schedule are not independent:
# one booking makes everybody who overlaps with it fail, together. Whole schedules *are* independent. So the variance
# must be taken over schedules, and such an interval keeps its promise: 190 of 200.
#
# ## 3. The mix, as more attempts come
#
# **Predict before you run.** Five seats, and more and more attempts. Does the share FAILED rise, fall, or both?

# %%
share = {n: outcomes(n, 5).share() for n in range(1, 41)}
worst = max(share, key=lambda n: share[n]["FAILED"])
print("most FAILED at", worst, "attempts:", round(float(share[worst]["FAILED"]), 3))
assert share[1]["BOOKED"] == 1
assert all(share[n]["REJECTED"] == 0 for n in range(1, 6))
assert (worst, round(float(share[worst]["FAILED"]), 3)) == (30, 0.775)
title = "With five seats, most attempts fail before any is rejected"
figures.laws.stacked(range(1, 41), 5, sampled=samples, title=title)

# %% [markdown]
# Both. A lone attempt is always BOOKED. Up to five attempts nobody can be REJECTED, since there is a seat for each;
# yet FAILED grows at once. The seats are not gone, the attempts are merely in each other's way. FAILED is largest at
# 30 attempts, where it is 0.775. Beyond that the seats run out early, and whoever observes a full resource has a
# fresh observation and is REJECTED.
#
# ## 4. The same in a triangle
#
# A mix has three shares that sum to 1, so it is a point in a triangle. Each capacity draws a path as attempts are
# added.

# %%
figures.laws.ternary()

# %% [markdown]
# First the path climbs from BOOKED towards FAILED: contention burns attempts while seats are left. Then it bends to
# REJECTED: capacity refuses them. The two kinds of "no" mean different things to a caller. FAILED says *ask again, a
# seat may be left*. REJECTED says *it was full when you asked*.
#
# The map below has both numbers as axes. Above the diagonal there is a seat for everybody.

# %%
enough = {c: outcomes(12, c).share()["BOOKED"] for c in (2, 6, 12, 1_200)}
print({c: round(float(share), 3) for c, share in enough.items()})
assert enough[12] == enough[1_200] < Fraction(1, 3)
assert [round(float(enough[c]), 3) for c in (2, 6, 12)] == [0.167, 0.299, 0.299]
title = "Beyond a few seats, one more hardly helps anybody"
figures.laws.heat_map(range(1, 21), range(1, 11), outcome="BOOKED", title=title)

# %% [markdown]
# More seats soon stop helping. Of 12 attempts, the share BOOKED is 0.167 on 2 seats, 0.299 on 6 and 0.299 on 12. With
# 1,200 seats it is the same fraction as with 12. What the others lack is not a seat, it is a quiet moment.
#
# ## 5. Two meanings of "uniform"
#
# "A random schedule" can mean two things:
#
# - **uniform**: all (2n)!/2ⁿ schedules are equally likely;
# - **walk**: at every step, each unfinished attempt is equally likely to go next.
#
# **Predict before you run.** Are these the same? If not, under which are more attempts BOOKED?

# %%
uniform, walk = outcomes(10, 5, "uniform"), outcomes(10, 5, "walk")
for one in (uniform, walk):
    told = {k.name: round(float(v), 3) for k, v in one.share().items()}
    print(f"{one.schedules:8}", told)
assert round(float(uniform.share()["BOOKED"]), 3) == 0.324
assert round(float(walk.share()["BOOKED"]), 3) == 0.397

# %% [markdown]
# They differ: 0.324 against 0.397 with ten attempts and five seats. Under walk, an attempt that has observed is as
# likely to go next as one that has not begun, so it tends to finish soon. Under uniform, two steps still to take
# count twice as much as one, so beginners push in and windows stay open longer. Neither is *the* truth about a
# server. A plot that does not name its law says nothing, and every figure here names it.
#
# For the extreme outcomes both laws have a formula. Ample capacity, n attempts:
#
# | | uniform | walk |
# |---|---|---|
# | all BOOKED | 1/(2n−1)!! | 1/n! |
# | one BOOKED, the rest FAILED | 2ⁿ/C(2n,n) | n!/nⁿ |

# %%
for n in range(1, 11):
    u, w = outcomes(n, n, "uniform").mass, outcomes(n, n, "walk").mass
    odd_product = factorial(2 * n) // (2**n * factorial(n))  # (2n-1)!!
    assert u[n, 0, 0] == Fraction(1, odd_product)
    assert w[n, 0, 0] == Fraction(1, factorial(n))
    assert u[1, 0, n - 1] == Fraction(2**n, comb(2 * n, n))
    assert w[1, 0, n - 1] == Fraction(factorial(n), n**n)
print("exact for 1 to 10 attempts")

# %% [markdown]
# With a single seat the mean number FAILED has a name under each law. Under uniform it is 4ⁿ/C(2n,n) − 2. Under walk
# it is Q(n) − 1. Q is Ramanujan's function from the birthday problem: in a year of n days, so many people can be
# asked on average before one names a birthday that was named already. For n = 365 that is 23.6.


# %%
def ramanujan_q(n):
    return sum(Fraction(factorial(n), factorial(n - k) * n**k) for k in range(1, n + 1))


for n in range(1, 11):
    uniform, walk = outcomes(n, 1, "uniform").mean(), outcomes(n, 1, "walk").mean()
    assert uniform["FAILED"] == Fraction(4**n, comb(2 * n, n)) - 2
    assert walk["FAILED"] == ramanujan_q(n) - 1
print("birthday problem:", float(ramanujan_q(365)))
assert round(float(ramanujan_q(365)), 1) == 23.6

# %% [markdown]
# ## 6. A square-root law
#
# Give everybody a seat: capacity n. How many of n attempts are BOOKED? Not a fixed share of them.

# %%
exact = {n: outcomes(n, n, exact=False).mean()["BOOKED"] for n in (25, 100, 200)}
for n, booked in exact.items():
    print(f"{n:5}  exact {booked:6.2f}   2*sqrt(n/pi) = {2 * sqrt(n / pi):6.2f}")
assert (round(exact[25], 2), round(exact[100], 2)) == (5.31, 10.93)

(large,) = sweep(Plan((Point(1_600, 1_600),), runs=2_000, seed=1)).samples
booked = estimates(large)[0]
mean, reach = float(booked.mean), 1_600 * (booked.high - booked.low) / 2
print(f" 1600  sampled {mean:.2f} ± {reach:.2f}   law {2 * sqrt(1_600 / pi):.2f}")
assert (round(mean, 2), round(reach, 2)) == (44.81, 0.15)
assert round(2 * sqrt(1_600 / pi), 2) == 45.14

# %% [markdown]
# Four times the attempts, about twice the bookings: 5.31 at 25, 10.93 at 100, and about 44.81 at 1,600. The law
# 2·√(n/π) gives 45.14 there, outside the interval of ± 0.15. It may: only the ratio has to tend to 1.
#
# Why a root? Every booking makes all open observations stale. Right after it nobody is fresh. Fresh ones gather, and
# any of them may book next. That is the birthday problem again.
#
# **Predict before you run.** Under uniform, are there as many observes in the last quarter of a run as in the first?

# %%
n = 1_600
# A step is an observe if the other step of its attempt comes later.
# That one is as likely in each of the 2n - 1 other places.
observes = [Fraction(2 * n - 1 - step, 2 * n - 1) for step in range(2 * n)]
quarters = [sum(observes[k * n // 2 : (k + 1) * n // 2]) / n for k in range(4)]
print("observes, by quarter of the run:", [f"{float(part):.0%}" for part in quarters])
assert [round(100 * float(part)) for part in quarters] == [44, 31, 19, 6]

# Each open attempt is the next to persist with a chance of 1 / (steps left).
pull = [2 * n * observes[step] / (2 * n - step) for step in range(2 * n - 200)]
assert all(abs(each - 1) < Fraction(1, 100) for each in pull)

# %% [markdown]
# By no means: they are 44%, 31%, 19% and 6%. Yet an open attempt persists the sooner, the fewer steps are left. With k
# of 2n steps left, the next is an observe with a chance of about k/2n, and a given open attempt's persist with one
# of 1/k. The product is 1/2n at any time, except for the last few steps. So t steps after a booking, the next step
# books with a chance of about t/2n. That takes about √(πn) steps, and 2n steps have room for 2·√(n/π) bookings.
#
# How good is the law? Look at what it misses.

# %%
means = {n: outcomes(n, n, exact=False).mean()["BOOKED"] for n in (25, 100, 400, 800)}
miss = {n: booked - 2 * sqrt(n / pi) for n, booked in means.items()}
miss[200] = exact[200] - 2 * sqrt(200 / pi)
print({n: round(each, 3) for n, each in sorted(miss.items())})
seen = [round(miss[n], 3) for n in (25, 100, 400, 800)]
assert seen == [-0.335, -0.349, -0.356, -0.358]

# From n to 4n a rest like 1/√n is halved. So this takes it away.
limits = 2 * miss[400] - miss[100], 2 * miss[800] - miss[200]
print("limit:", [round(each, 4) for each in limits], " 2/π - 1:", round(2 / pi - 1, 4))
assert [round(each, 4) for each in (*limits, 2 / pi - 1)] == [-0.3634] * 3

# %% [markdown]
# Known, by computation: it misses −0.335, −0.349, −0.356 and −0.358 at 25, 100, 400 and 800. If the rest shrinks like
# 1/√n, the limit is −0.3634. That is also 2/π − 1, what renewal theory gives for bookings whose chance grows
# exactly like t/2n. Not known: a proof that it is the limit for attempts. We saw four digits agree, and no more.
#
# ## 7. The order of checks changes the mix, not the safety
#
# Our store compares the version before it looks at the capacity. A second store, *capacity-first*, does it the other
# way round. A stale proposal on a full resource is then REJECTED and not FAILED.
#
# **Predict before you run.** Which of the three shares stays the same?

# %%
first = outcomes(40, 5, "uniform", "version-first").share()
second = outcomes(40, 5, "uniform", "capacity-first").share()
print("version-first ", {k.name: round(float(v), 3) for k, v in first.items()})
print("capacity-first", {k.name: round(float(v), 3) for k, v in second.items()})
assert first["BOOKED"] == second["BOOKED"]
assert round(float(first["FAILED"]), 3) == 0.764
assert round(float(second["FAILED"]), 3) == 0.389
figures.laws.policies(range(1, 41), 5)

# %% [markdown]
# BOOKED is the same, to the last digit of its fraction. An effective persist passes both checks, in whatever order.
# FAILED falls from 0.764 to 0.389 at 40 attempts on 5 seats, and REJECTED takes the difference. No seat more is sold.
# More callers merely learn the truth about the seats. And both are safe: of the 7,484,400 schedules of six attempts
# on three seats, none violates any clause under either.

# %%
for implementation in (MEMORY, CAPACITY_FIRST):
    ran = explore_merged(contention(6, 3), implementation)
    assert ran.complete and not ran.violations
    assert ran.interleavings == 7_484_400
    print(f"{implementation.name}: {ran.interleavings:,} schedules, no violation")

# %% [markdown]
# ## Exercises
#
# **a.** Predict the mix of 100 attempts on one seat under uniform, from a formula of section 5 alone.
#
# <details><summary>Answer</summary>
#
# One is BOOKED. The mean number FAILED is 4ⁿ/C(2n,n) − 2, about √(πn) − 2 = 15.7, and the rest, about 83, is
# REJECTED. The exact mean is 15.75.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
mean = outcomes(100, 1).mean()
print({k.name: round(float(v), 2) for k, v in mean.items()})
assert mean["BOOKED"] == 1
assert round(float(mean["FAILED"]), 2) == 15.75 and round(float(mean["REJECTED"])) == 83
assert round(sqrt(pi * 100) - 2, 1) == 15.7

# %% [markdown]
# **b.** A colleague ran 10 schedules of 100 attempts on one seat and reports the share FAILED with a pooled 95%
# interval, from "1,000 trials". What do you tell them, in two sentences?
#
# <details><summary>Answer</summary>
#
# You have 10 trials, not 1,000: attempts of one schedule fail together. The true variance is 5.2 times what you used,
# so the interval should be 2.3 times as wide. (It can err the other way, too. The number BOOKED of 40 attempts on 5
# seats has variance 0.03, and not 4.35: nearly every schedule sells exactly 5.)
#
# </details>


# %% tags=["answer"] jupyter={"source_hidden": true}
def true_and_pooled(n, capacity, outcome):
    exact = outcomes(n, capacity)
    p = exact.share()[outcome]
    return float(exact.variance()[outcome]), float(n * p * (1 - p))


true, coins = true_and_pooled(100, 1, "FAILED")
print(f"variance {true / coins:.1f} times, width {sqrt(true / coins):.1f} times")
assert (round(true / coins, 1), round(sqrt(true / coins), 1)) == (5.2, 2.3)
assert [round(one, 2) for one in true_and_pooled(40, 5, "BOOKED")] == [0.03, 4.35]

# %% [markdown]
# **c.** Why is P(all BOOKED) equal to 1/n! under walk? Do not calculate; find the moments at which the draw must come
# out right.
#
# <details><summary>Answer</summary>
#
# All are BOOKED only if they go one after the other. Right after somebody observes, that same attempt must step next,
# and with k unfinished attempts the chance of that is 1/k. This happens once for each k from n down to 1. Who
# observes first does not matter.
#
# </details>
#
# **d.** Which policy would raise the number BOOKED, and what would it cost?
#
# <details><summary>Answer</summary>
#
# No order of the two checks does. A store that lets a stale proposal take effect if it still fits the current state
# books everybody who fits: 3 of 3 on three seats, in all 90 schedules. It is `ignores-version` in the gallery. The
# price is compare-and-swap: proposals then take effect that were made from something else than what is there, and
# whatever was computed from the observation (a price, a seat number) may be wrong.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
loose = explore_merged(contention(3, 3), GALLERY["ignores-version"])
print(loose.outcomes, *loose.violated)
assert loose.outcomes == {(3, 0, 0): 90}
assert loose.violated == {"persist.compare_and_swap"}

# %% [markdown]
# **e.** At most m attempts may be between observe and persist (`in_flight=m`). What does m = 1 do to the mix of 40
# attempts on 5 seats? And m = 4?
#
# <details><summary>Answer</summary>
#
# With m = 1 nobody overlaps: 5 are BOOKED, 35 REJECTED, none FAILED. That is a queue, or a lock. With m = 4 the share
# FAILED is 0.172, against 0.764 without a limit. Whoever wants fewer FAILED limits the crowd before the store; the
# store need not know.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
queue, narrow = outcomes(40, 5, in_flight=1), outcomes(40, 5, in_flight=4)
print({k.name: round(float(v), 3) for k, v in narrow.share().items()})
assert queue.mass == {(5, 35, 0): 1}
assert round(float(narrow.share()["FAILED"]), 3) == 0.172

# %% [markdown]
# ## What you can now say
#
# Contention first turns attempts into FAILED while seats are still left, and only a full resource turns them into
# REJECTED. The exact law of the mix can be computed for hundreds of attempts, and a sample agrees with it within
# intervals that are taken over schedules and not over attempts. Both depend on what "a random schedule" means and
# FAILED also on the order of checks, but BOOKED does not depend on that order, and safety on none of them.
#
# ## What this did not show
#
# Real load is neither uniform nor a walk: attempts arrive in time and windows have lengths. All requests here were
# for one unit of one resource, and nothing crashed. And a mix says nothing about *who* wins: fairness is not
# promised, and not measured. In [notebook 5](05_no_lock_no_retry.ipynb) we ask why safety needed none of these
# numbers.
