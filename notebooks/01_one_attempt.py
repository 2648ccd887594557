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
# # 1. One attempt, four steps
#
# **Goal.** Say what each step of a booking may assume, and name the one moment that decides.
#
# There is one seat, and two people want it. Nobody holds a lock, and nobody waits. Still the seat is sold at most
# once, and each of them gets an answer. This notebook takes one booking attempt apart, to see where that comes from.

# %%
import inspect
from dataclasses import replace

from lastseat.reference.attempt_booking import attempt_booking, emit, propose
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY
from lastseat.reference.store import decide
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Outcome, Reason, Verdict
from lastseat.simulations import (
    FaultKind,
    Faults,
    Schedule,
    contention,
    explore_brute,
    figures,
    find_scenario,
    run,
    schedules,
    show_svg,
    spacetime_svg,
    told,
    use_style,
)

use_style()

# %% [markdown]
# ## 1. The use case
#
# An *attempt* is one execution of the use case for a booking id, a resource and a number of units. Here is all of
# it, as it runs. Nothing in this notebook is a simplified copy.

# %%
print(inspect.getsource(attempt_booking))

# %% [markdown]
# It has four steps: **observe**, **propose**, **persist**, **emit**. Two of them touch the store, and these are the
# two `yield`s. Whatever stands between two `yield`s is local: no other attempt can see it or disturb it.
#
# The function does not call the store. It *yields* an operation, and somebody else performs it and sends the result
# back. In production that is a loop of a few lines. In these notebooks it is a scheduler that we control.

# %%
ann = BookingRequest("ann", "seats", units=1)
attempt = attempt_booking(ann)
first = next(attempt)
print(first)

# %% [markdown]
# The attempt has asked for an observation and now stands still. It will wait for ever if we let it, and nobody would
# mind: it holds nothing. We make a store with one seat and perform the operation ourselves.

# %%
store = MemoryStore.open({"seats": 1})
seen = first.perform(store)
second = attempt.send(seen)
print(seen)
print(second.proposal.request)
print("from version", second.proposal.expected_version)
print("would make", second.proposal.confirmed, "confirmed")

# %% [markdown]
# The second operation is a persist, and it carries a *proposal*. Perform it, send the verdict back, and the attempt ends. A generator
# returns its value with `StopIteration`; that is Python's way, and the runners hide it.

# %%
verdict = second.perform(store)
try:
    attempt.send(verdict)
except StopIteration as finished:
    emission = finished.value
print(verdict, "->", emission)
assert emission.outcome is Outcome.BOOKED

# %% [markdown]
# The same as a picture. The store is on top, with what it holds. Below is the attempt, and time runs to the right. A
# dashed arrow carries a copy down; a solid arrow is a decision of the store.

# %%
alone = run(contention(1, 1), MEMORY, (0, 0))
show_svg(spacetime_svg(alone, title="One attempt: observe copies, persist decides"))

# %% [markdown]
# ## 2. Observe is a copy
#
# An observation holds the capacity, the confirmed units and the version. It locks nobody out. So it may be out of
# date as soon as it is made.
#
# **Predict before you run.** Ann has just taken the seat. Our variable `seen` is from before that. What does it say?

# %%
now = store.observe("seats")
print("observed then:", seen)
print("observed now: ", now)
assert (seen.confirmed, seen.version) == (0, 0)
assert (now.confirmed, now.version) == (1, 1)

# %% [markdown]
# It still says 0 of 1. An observation is a photograph. It cannot tell that it is old, and only the store can compare
# it with the present. What makes that comparison possible is the *version*: it rises by one with each booking that
# takes effect, and never otherwise. If the version is the same, nothing was booked in between.
#
# ## 3. Propose decides nothing
#
# A proposal says: *I saw version v; this is the total that I would make of it*. It is arithmetic on the photograph.

# %%
for copy in (seen, now):
    proposal = propose(ann, copy)
    print(f"from version {proposal.expected_version} to {proposal.confirmed} confirmed")

# %% [markdown]
# Look at the second line: 2 units confirmed, of a capacity of 1. `propose` does not object, and must not. The
# photograph may be old, and to refuse because of an old photograph would be to decide on something that may no
# longer be true. The first line might be fine or not. The attempt cannot know; the store will.

# %%
assert propose(ann, now).confirmed == 2
assert now.capacity == 1
assert store.observe("seats") == now  # the store has not noticed anything

# %% [markdown]
# ## 4. Persist is the one moment
#
# Everything is decided here, in one atomic step of the store. No other attempt sees a part of it, or gets between
# its checks and its write. These are the checks, in their order.

# %%
print(inspect.getsource(decide).partition('"""')[0].strip())
print("    ...")
print(inspect.getsource(decide).rpartition('"""')[2].strip("\n"))

# %% [markdown]
# In words: *is this booking id recorded already? is there such a resource? is the version that the proposal was made
# from still the current one? do the units fit what is confirmed now?* Only if all is well is the reservation
# recorded, the units added and the version raised: all three, at once.
#
# Two attempts that race show why the version matters. Both observe before either persists.
#
# **Predict before you run.** Attempt 0 is called a, attempt 1 is b. The schedule `0.1.0.1` lets a observe, b observe,
# a persist, b persist. What does each get?

# %%
race = run(contention(2, 1), MEMORY, (0, 1, 0, 1))
print(*told(race), sep="\n")
assert [race.returned[who].outcome for who in (0, 1)] == ["BOOKED", "FAILED"]
assert race.returned[1].reason is Reason.VERSION_CONFLICT
harmless = "A stale copy does no harm: its version no longer matches"
show_svg(spacetime_svg(race, title=harmless))

# %% [markdown]
# b is FAILED, and not REJECTED, although no seat is left. The store did not ask about seats at all: it found the
# version first. FAILED says *somebody booked while you were deciding*. It does not say that nothing is left. With two
# seats the same schedule ends in the same way, and a seat stays free.

# %%
two_seats = run(contention(2, 2), MEMORY, (0, 1, 0, 1))
assert two_seats.returned == race.returned
assert dict(two_seats.final.resources)["seats"].confirmed == 1

# %% [markdown]
# And if they take turns? Then b's photograph is fresh when it is used.

# %%
turns = run(contention(2, 1), MEMORY, (0, 0, 1, 1))
assert [turns.returned[who].outcome for who in (0, 1)] == ["BOOKED", "REJECTED"]
show_svg(spacetime_svg(turns, title="A fresh copy of a full resource: REJECTED"))

# %% [markdown]
# ## 5. Three outcomes, none an exception
#
# The store answers with one of 7 verdicts. `emit` makes of it one of 3 outcomes.

# %%
for one in Verdict:
    print(f"{one:22} -> {emit(one)}")
kinds = [emit(one).outcome for one in Verdict]
assert (len(kinds), len(set(kinds))) == (7, 3)
assert [kinds.count(one) for one in Outcome] == [1, 1, 5]

# %% [markdown]
# - **BOOKED**: the reservation is recorded. This is a fact about the store.
# - **REJECTED**: at persist, the units did not fit what was confirmed *then*. This is a fact as well.
# - **FAILED**: something else, and a *reason* says what. 5 of the 7 verdicts end here.
#
# A conflict is an ordinary value that is returned, like the others. Nothing is thrown, so nothing can be caught by
# accident, swallowed or turned into a silent retry. An attempt that ends has exactly one outcome. As long as no fault
# strikes, its whole life fits in one picture. (What faults add comes at the end of section 6.)

# %%
figures.states.attempt_graph()

# %% [markdown]
# Read it from the left. There are two shared steps, and no arrow goes back: no retry, no loop. So an attempt ends
# after at most two shared steps of its own, whatever the others do. Every schedule of two attempts confirms it: there
# are 6, each with 4 steps.

# %%
seen_all = explore_brute(contention(2, 1), MEMORY)
assert (seen_all.interleavings, seen_all.violations, seen_all.complete) == (6, (), True)
assert seen_all.outcomes == {(1, 1, 0): 2, (1, 0, 1): 4}  # BOOKED, REJECTED, FAILED
print(seen_all.outcomes)

# %% [markdown]
# In 2 of the 6 one is BOOKED and the other REJECTED: these are the two in which they take turns. In the other 4 they
# overlap, and one is FAILED. In none of them are both BOOKED.
#
# ## 6. The same booking id twice
#
# Networks deliver messages twice. So a client may send the booking `a` again, because it never saw the answer. The
# booking must not be made twice.
#
# **Predict before you run.** Two deliveries of the booking `a` race, with two seats free. What do they get, and how
# many units are confirmed?

# %%
twice = run(contention(2, 2, same_id=True), MEMORY, (0, 1, 0, 1))
print(*told(twice), sep="\n")
assert [str(twice.returned[who]) for who in (0, 1)] == ["BOOKED", "BOOKED"]
assert len(twice.final.reservations) == 1

redelivered = explore_brute(contention(2, 2, same_id=True), MEMORY)
assert redelivered.outcomes == {(2, 0, 0): 6}
assert not redelivered.violations

# %% [markdown]
# Both are told BOOKED, and there is 1 reservation. That is why identity is the *first* check. The second delivery
# comes from an old photograph; if the version were compared first, it would be FAILED, and its client would believe
# that there is no booking. It is like this in all 6 schedules.
#
# A booking id stands for one request. If somebody uses the id `a` for another number of units, that is a different
# request in disguise, and it is FAILED with the reason *identifier reuse*.

# %%
reused = run(contention(2, 3, units=(1, 2), same_id=True), MEMORY, (0, 0, 1, 1))
assert reused.returned[1].reason is Reason.IDENTIFIER_REUSE
print(told(reused)[-1])

# %% [markdown]
# An attempt that was REJECTED leaves no trace, and so does one that was FAILED, *unless its acknowledgement was lost*.
# Whoever sends it again starts a new attempt, which may well succeed.
#
# That exception is a fault, and there are three of them. The store may be *unavailable*, at either step. It may book,
# and its *acknowledgement* is lost on the way. And an attempt may *crash*: before observe, before persist or after it.
#
# **Predict before you run.** Here is one attempt on one seat, with each fault in each place. After which of them is
# there a reservation?

# %%
kinds = set(FaultKind) - {FaultKind.REDELIVERY}
lives = []
schedules(replace(contention(1, 1), faults=Faults(1, kinds)), MEMORY, lives.append)
after = {}
for life in lives:
    ended, left = str(life.returned.get(0, "no outcome")), len(life.final.reservations)
    after.setdefault(ended, set()).add(left)
    print(f"{Schedule(life.steps)!s:5} {ended:30} {left} recorded")
assert len(lives) == 7
assert after == {
    "BOOKED": {1},
    "FAILED (store unavailable)": {0},
    "FAILED (acknowledgement lost)": {1},
    "no outcome": {0, 1},
}

lost = find_scenario("lost-acknowledgement")
again = run(lost, MEMORY, Schedule.parse("0.0a.1.1").steps)  # and the same id again
assert [str(one) for one in again.returned.values()] == [
    "FAILED (acknowledgement lost)",
    "BOOKED",
]
assert len(again.final.reservations) == 1

# %% [markdown]
# Of these 7 lives the picture has one. *Store unavailable* left nothing. *Acknowledgement lost* left the reservation;
# the same id, sent again, is BOOKED, and there is still 1. A crash tells nobody anything, and leaves a reservation if
# it came after the persist. So FAILED alone does not say that nothing happened: its reason does.
#
# ## Exercises
#
# **a.** Which of the four steps may be repeated without changing the store?
#
# <details><summary>Answer</summary>
#
# Propose and emit never touch the store. Observe only reads. And persist too, in the sense that counts: once a
# proposal was accepted, the same proposal again is accepted without effect, because its booking id is recorded. A
# refused persist changes nothing either.
#
# </details>
#
# **b.** Three attempts a, b, c and two seats, schedule `0.1.0.2.2.1`. Fill in the three outcomes before you open the
# answer.

# %% tags=["answer"] jupyter={"source_hidden": true}
hidden = run(contention(3, 2), MEMORY, (0, 1, 0, 2, 2, 1))
assert [hidden.returned[who].outcome for who in (0, 1, 2)] == [
    "BOOKED",
    "FAILED",
    "BOOKED",
]
print(*told(hidden), sep="\n")

# %% [markdown]
# **c.** In that run, b persists when its copy is stale *and* both seats are taken. Which outcome does it get, and
# which sentence of the specification decides it? What would the capacity-first policy say?
#
# <details><summary>Answer</summary>
#
# FAILED. The clause `persist.order` in [specs/booking.md](../specs/booking.md): persist decides in the order identity,
# existence, version, capacity. A capacity-first store says REJECTED. It is just as safe, and notebook 4 shows what it
# does to the mix.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
other_policy = run(contention(3, 2), CAPACITY_FIRST, (0, 1, 0, 2, 2, 1))
assert hidden.returned[1].outcome is Outcome.FAILED
assert other_policy.returned[1].outcome is Outcome.REJECTED

# %% [markdown]
# **d.** Write a schedule of two attempts on one seat in which a is FAILED and b is BOOKED. How many are there?
#
# <details><summary>Answer</summary>
#
# `0.1.1.0` and `1.0.1.0`: both observe, then b persists first. There are 2 of the 6.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
for steps in ((0, 1, 1, 0), (1, 0, 1, 0)):
    ended = run(contention(2, 1), MEMORY, steps).returned
    assert [ended[who].outcome for who in (0, 1)] == ["FAILED", "BOOKED"]

# %% [markdown]
# ## What you can now say
#
# An attempt observes a copy, proposes from it, and persists; only persist decides, in one atomic step of the store.
# A stale copy cannot do harm, because the store compares its version with the current one before anything is written.
# Every attempt that ends has exactly one outcome, after at most two shared steps, and the same booking id never books
# twice.
#
# ## What this did not show
#
# We looked at schedules of two or three attempts, and at faults of a single one only. We have not
# seen what goes wrong in a store that leaves out one of the checks. In
# [notebook 2](02_you_are_the_scheduler.ipynb) you will break some.
