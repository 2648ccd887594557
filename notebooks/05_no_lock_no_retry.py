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
# # 5. Why no lock and no retry is needed for safety
#
# **Goal.** Give the inductive argument in five sentences, and know what it does not promise.
#
# Notebook 3 looked at every schedule of a few attempts. That is evidence about a few attempts. Here is an argument
# about any number of them, and it fits on half a page. On the way we take the booking flow apart, to see which part
# carries the weight.

# %%
from dataclasses import replace

from lastseat.model.law.outcomes import outcomes
from lastseat.model.proof import flaws
from lastseat.model.proof.induction import inductive, prove
from lastseat.model.proof.invariant import INVARIANT
from lastseat.model.proof.steps import CORRECT
from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.flawed import GALLERY, UNDER_FAULTS
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.store import decide
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import (
    BookingRequest,
    Proposal,
    Reason,
    Reservation,
    Resource,
    Verdict,
)
from lastseat.simulations import (
    Schedule,
    contention,
    explore_merged,
    figures,
    find_scenario,
    findings,
    run,
    show_svg,
    spacetime_svg,
    told,
    use_style,
)

use_style()

# %% [markdown]
# ## 1. The invariant, and a trap in it
#
# What must never happen is overbooking. So we watch the counter: in every state, `0 ≤ confirmed ≤ capacity`.
#
# **Predict before you run.** Here is a wrong store that keeps this invariant for ever, under every schedule. What
# could it be doing?

# %%
blind = GALLERY["last-write-wins"]
race = run(contention(2, 1), blind, (0, 1, 0, 1))
(seats,) = dict(race.final.resources).values()
print(*told(race), sep="\n")
assert seats.confirmed == seats.capacity == 1
assert len(race.final.reservations) == 2
show_svg(spacetime_svg(race, title="The counter says 1 of 1, and 2 are BOOKED"))

# %% [markdown]
# It writes back what the attempt computed from its old copy: 0 + 1 = 1, twice. The second write hides the first. The
# counter never exceeds 1, and two people hold the same seat. The invariant on the counter holds in all 6 schedules;
# in 4 of them both are BOOKED.
#
# So the counter alone is the wrong thing to watch. Two sentences belong together:
#
# - `0 ≤ confirmed ≤ capacity` (clause `state.capacity`), and
# - `confirmed` is the sum of the units of the *recorded reservations* (clause `state.sum`).

# %%
seen = explore_merged(contention(2, 1), blind)
print(seen.outcomes, *sorted(seen.violated))
assert seen.outcomes == {(2, 0, 0): 4, (1, 1, 0): 2}
assert "state.capacity" not in seen.violated and "state.sum" in seen.violated

# %% [markdown]
# ## 2. Try induction on one write
#
# Forget schedules. Take a store in *any* state in which both sentences hold, and any proposal, stale or not, wise or
# foolish. Let the store decide. Do the sentences still hold? If so, they are *inductive*.
#
# **Predict before you run.** We ask z3, over *all* numbers. Each sentence gets a yes, or a state and a step that
# refute it. What do you expect?

# %%
capacity_alone = inductive("state.capacity", faults=False)
both = inductive("state.capacity", "state.sum", faults=False)
(refuted,) = both.refuted
print("the capacity alone:", "proved" if capacity_alone.holds else "refuted")
print("both together:    ", refuted.name, "is refuted:")
print(refuted.story.partition("\n")[2])
assert capacity_alone.holds and refuted.name == "state.sum/persist"

# %% [markdown]
# The capacity holds by itself: acceptance *is* the test that the units fit the current state. But the sum is refuted.
# Read the state before: one unit is confirmed and one is recorded, so both sentences hold. Yet *nothing is found under
# ann*. Her request comes again, and the store takes it for a new one. It confirms a unit more, and the list of
# reservations stays what it was: ann's stands there already.
#
# You will object that no run comes to such a state. True, and that is the lesson. Induction knows of the state only what the
# sentences say, and neither says that what is recorded can be found. So we say it:
#
# - what is recorded is found under its id (clause `persist.identity`).
#
# Here is that step with the real decision function, and then every case with small numbers, with a look-up that finds
# nothing and with one that finds what is recorded.


# %%
def after(capacity, held, units, expected, look_up):
    """Return the counter and the true sum after ann's persist. Bob holds the rest."""
    recorded = {
        name: Reservation(name, "seats", many) for name, many in held.items() if many
    }
    confirmed = sum(held.values())
    proposal = Proposal(BookingRequest("ann", "seats", units), expected, confirmed=None)
    found, now = look_up(recorded), Resource(capacity, confirmed, version=3)
    if decide(proposal, found, now) is Verdict.ACCEPTED and found is None:
        recorded["ann"] = Reservation("ann", "seats", units)
        confirmed += units
    return confirmed, sum(one.units for one in recorded.values())


look_ups = {
    "finds nothing": lambda _recorded: None,
    "finds what is recorded": lambda recorded: recorded.get("ann"),
}
z3_step = [after(2, {"ann": 1}, 1, 3, look_up) for look_up in look_ups.values()]
assert z3_step == [(2, 1), (1, 1)]
cases = [
    (capacity, {"ann": ann, "bob": bob}, units, expected)
    for capacity in range(7)
    for ann in range(capacity + 1)
    for bob in range(capacity + 1 - ann)
    for units in range(1, 8)
    for expected in (2, 3)  # stale, current
]
wrong = {}
for name, look_up in look_ups.items():
    ended = [(case[0], *after(*case, look_up)) for case in cases]
    assert all(0 <= confirmed <= capacity for capacity, confirmed, _ in ended)
    wrong[name] = sum(confirmed != total for _, confirmed, total in ended)
print(f"{len(cases):,} cases; the sum is wrong in", wrong)
assert (len(cases), *wrong.values()) == (1176, 70, 0)

# %% [markdown]
# In 70 of the 1,176 cases a blind look-up makes the sum wrong; none leaves the capacity. With a look-up that finds
# what is recorded, none is wrong. Does the third sentence hold after each step, too?

# %%
third = "persist.identity.found"
three = inductive("state.capacity", "state.sum", third, faults=False)
print(len(three.obligations), "obligations, proved:", three.holds)
assert three.holds and len(three.obligations) == 9
assert inductive(third, faults=False).holds

# %% [markdown]
# It does: 3 sentences, at the start, after an observe and after a persist, are 9 obligations, all proved. The start is
# good, and each step leads from good to good. So every state that can be reached is good.
#
# ## 3. Why neither n nor the schedule appears
#
# We never said how many attempts there are, who they are, or in which order they come. A schedule is a list of steps,
# and the argument is about *one* step from *any* good state. A hundred attempts only make the list longer.
#
# The picture shows the states of two attempts, with the invariant as a fence. Every state inside has only edges that
# stay inside.

# %%
figures.states.fenced(MEMORY)

# %% [markdown]
# And a store that checks the capacity, but against the attempt's old copy:

# %%
figures.states.fenced(GALLERY["trusts-observation"])

# %% [markdown]
# One kind of edge crosses the fence: the persist of an attempt whose copy is stale. The fence tells us which *step*
# is wrong, not merely that some schedule is.
#
# ## 4. What the version adds
#
# Persist makes two checks, of the version and of the capacity. Which of them keeps the invariant?
#
# **Predict before you run.** Drop one check at a time. Which of the two stores overbooks?

# %%
tried = {
    "both checks": CORRECT,
    "capacity only": flaws.ENCODINGS["no version check"],
    "version only": flaws.ENCODINGS["no capacity check"],
}
proofs = {name: prove(encoding, faults=False) for name, encoding in tried.items()}
asked = {"state.capacity", "persist.compare_and_swap", "history.linearizable"}
broken = {}
for name, proof in proofs.items():
    broken[name] = asked & {one.clause for one in proof.refuted}
    print(f"{name:14}", ", ".join(sorted(broken[name])) or "proved")
assert broken["both checks"] == set()
assert broken["capacity only"] == {"persist.compare_and_swap"}
assert broken["version only"] == {"state.capacity", "history.linearizable"}

# %%
figures.states.checks_matrix()

# %% [markdown]
# The capacity check, *inside* the write and on the *current* state, is what keeps the seats safe. Without the version
# check nothing is overbooked. Without the capacity check, one lone attempt that asks for too much is enough.
#
# So what is the version for? It says that a proposal takes effect only if the world is still the one that it was
# computed from (clause `persist.compare_and_swap`). No update is lost, and whatever else was derived from the copy is
# still true. It also allows a shortcut, which is why people confuse the two.
#
# **Predict before you run.** Keep the version check, and look at the capacity in the *old copy*. Safe?

# %%
shortcut = replace(CORRECT, over=flaws.TRUSTS_THE_OBSERVATION.over)
with_version = prove(shortcut, faults=False)
without_version = prove(flaws.TRUSTS_THE_OBSERVATION, faults=False)
print("version compared:    ", "proved" if with_version.holds else "refuted")
print("version not compared:", "proved" if without_version.holds else "refuted")
assert with_version.holds and not without_version.holds
assert "state.capacity" in {one.clause for one in without_version.refuted}

# %% [markdown]
# Safe. If the version is current, the copy *is* the current state. If the version is not compared, the same check is
# the classic bug. z3 tells it as a story:

# %%
(cause,) = (one for one in without_version.refuted if one.clause == "state.capacity")
print(cause.story)

# %% [markdown]
# ## 5. What a lock buys
#
# Put a lock around it: observe takes the lock, persist releases it. Nobody overlaps any more.
#
# **Predict before you run.** Three attempts, two seats. How do the outcomes change, and what breaks?

# %%
locked = GALLERY["locks-on-observe"]
with_lock = explore_merged(contention(3, 2), locked)
without = explore_merged(contention(3, 2), MEMORY)
print("lock:   ", with_lock.outcomes, *with_lock.violated)
print("no lock:", without.outcomes, *without.violated)
assert with_lock.outcomes == {(2, 1, 0): 6}
assert without.outcomes == {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}
assert with_lock.violated == {"progress.suspension"} and not without.violated

# %% [markdown]
# Of the 90 schedules 6 are left, those without overlap. Nobody is FAILED any more. That is acceptance; it is not
# safety, which we had already. The price is progress. Suspend a after its observe: a slow network, a long pause, a
# crash.

# %%
stuck = run(contention(3, 2), locked, [0])
print("with a lock, waiting:", stuck.waiting)
assert stuck.waiting == (1, 2)

free = run(contention(3, 2), MEMORY, (0, 1, 1, 2, 2))
print("without:", {free.labels[k]: str(v) for k, v in free.returned.items()})
assert free.waiting == ()
assert [str(one) for one in free.returned.values()] == ["BOOKED", "BOOKED"]

# %% [markdown]
# With the lock, 2 attempts wait for a, and if a never returns they wait for ever. Without it they never notice a. One
# can repair locks with timeouts; then a lock may expire while its holder still believes in it, and the store has to
# compare versions after all.
#
# ## 6. What a retry buys, and what it risks
#
# FAILED by conflict says that somebody else was faster. Why not try again, inside the flow? Here is the patient use
# case.


# %%
def patient(request):
    while True:
        emission = yield from attempt_booking(request)
        if emission.reason is not Reason.VERSION_CONFLICT:
            return emission


PATIENT = Implementation("patient", MemoryStore.open, patient)
retried = explore_merged(contention(3, 2), PATIENT)
print(f"{retried.interleavings} schedules", retried.outcomes, *sorted(retried.violated))
assert (retried.interleavings, retried.outcomes) == (498, {(2, 1, 0): 498})
assert retried.violated == {"attempt.one_persist", "progress.two_steps"}

# %% [markdown]
# It works: in all 498 schedules both seats are sold. The map shows how many attempts are FAILED because nobody tries
# again. Above the diagonal, each of them could have had a seat.

# %%
price = {n: outcomes(n, n).share()["FAILED"] for n in (2, 10)}
print({n: round(float(share), 3) for n, share in price.items()})
assert round(float(price[2]), 3) == 0.333 and 0.66 < price[10] < 0.68
title = "The price of no retry: attempts fail even with a seat for each"
figures.laws.heat_map(range(1, 21), range(1, 11), title=title)

# %% [markdown]
# A third of two attempts, two thirds of ten, even with a seat for each. That is the price of no retry. So why does
# the flow not retry? Three reasons.
#
# **It loses its bound.** An attempt takes two shared steps; a patient one takes as many as it must. Each success of
# one makes all others in flight start over. With n attempts that is up to n + (n−1) + … + 1 rounds: for three, 6
# rounds or 12 steps instead of 6. Load grows exactly when there is too much of it.
#
# **It hides what happened.** The caller may have a deadline, a second-best choice, or a queue to put the request
# into. FAILED hands the decision to whoever knows. A new attempt with the same booking id is always allowed.
#
# **It is easy to get wrong** when an answer is lost. This one retries under a fresh booking id:

# %%
careless = UNDER_FAULTS["retries-under-new-id"]
scenario = find_scenario("lost-acknowledgement")  # one request, two seats
steps = Schedule.parse("0.0a.0.0").steps  # the answer to the second step is lost
doubled = run(scenario, careless, steps)
print(*told(doubled), sep="\n")
recorded = doubled.final.reservations
print(*recorded, sep="\n")
assert doubled.originals == 1 and len(recorded) == 2

honest = run(scenario, MEMORY, Schedule.parse("0.0a.1.1").steps)  # sent again
print("the flow itself:", *honest.returned.values(), sep="\n  ")
assert [str(one) for one in honest.returned.values()] == [
    "FAILED (acknowledgement lost)",
    "BOOKED",
]
assert len(honest.final.reservations) == 1

# %% [markdown]
# 1 request, 2 reservations. The flow itself answers FAILED (acknowledgement lost), which is true. The same id, sent
# again, is BOOKED without a second effect, and there is 1 reservation.
#
# ## 7. The proof, by hand and by z3
#
# By hand, in five sentences:
#
# 1. The version of a resource counts the effective persists on it: both start at 0 and rise together.
# 2. So a copy whose version is current has missed nothing, and a stale one has missed somebody else's booking.
# 3. Persist decides on the current state alone, so what it confirms fits, and what it rejects does not.
# 4. It records and confirms in one step, and only under an unused id, so the counter is the sum of the reservations
#    and no id is recorded twice.
# 5. So each outcome tells the truth, after any number of steps of any number of attempts.
#
# z3 is asked the same, as formulas over *all* numbers of attempts, capacities and units. The invariant is a list of
# conjuncts. Each must hold at the start, and each step must keep it. Here is a part of the list beside the sentences.

# %%
beside = {
    "state.version": 1,
    "observe.stale.version": 2,
    "observe.stale.past": 2,
    "state.capacity": 3,
    "state.sum": 4,
    "persist.identity.found": 4,
    "emit.one": 5,
}
says = {one.name: one.says for one in INVARIANT}
for name, sentence in beside.items():
    print(f"{sentence}. {says[name]}")

quiet, faulty = proofs["both checks"], prove(faults=True)
print(len(quiet.obligations), "obligations without faults, proved:", quiet.holds)
print(len(faulty.obligations), "obligations with faults, proved:", faulty.holds)
assert (len(quiet.obligations), len(faulty.obligations)) == (90, 173)
assert quiet.holds and faulty.holds

# %% [markdown]
# 90 obligations without faults and 173 with them, all proved. There are more sentences than five because z3 takes
# nothing for granted: that an attempt which has not ended has no effect, that a step can be taken at all. An
# obligation that is true because nothing can happen would be worthless, so that is asked as well.
#
# ## Exercises
#
# **a.** Remove the version check, keep the capacity check in the write. Is capacity still safe? Which property
# breaks, and how many attempts and seats does it take to see it?
#
# <details><summary>Answer</summary>
#
# Capacity is safe, if the check looks at the current state. `persist.compare_and_swap` breaks: a stale proposal takes
# effect. Two attempts on one seat do not show it, because the stale one no longer fits. It takes a seat more.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
loose = GALLERY["ignores-version"]
assert explore_merged(contention(2, 1), loose).violated == set()
assert explore_merged(contention(2, 2), loose).violated == {"persist.compare_and_swap"}

# %% [markdown]
# **b.** State the argument for requests of several units. Which word of sentence 3 has to be read with care?
#
# <details><summary>Answer</summary>
#
# Nothing changes but the arithmetic: the test is `confirmed + units ≤ capacity`. *Fits* means as a whole: a request
# for 3 units with 2 left is REJECTED and takes nothing. A store that counts bookings instead of units keeps the
# argument for single units only.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
parties = contention(2, 3, units=(2, 2))
assert not explore_merged(parties, MEMORY).violations
assert "state.capacity" in explore_merged(parties, GALLERY["counts-bookings"]).violated

# %% [markdown]
# **c.** The sum is true, but not inductive by itself. Find another such sentence: some step leads from a state in
# which it holds to one in which it does not. (Such a state cannot be reached, but the sentence does not know that.)
#
# <details><summary>Answer</summary>
#
# "No booking id is recorded twice." Take a store in which ann's reservation is recorded but cannot be found under her
# id. The next persist for ann is accepted, and now there are two. It is the third sentence of section 2 that helps
# here as well.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
assert not inductive("state.unique", faults=False).holds
assert inductive("state.unique", "persist.identity.found", faults=False).holds

# %% [markdown]
# **d.** A lock would make sentence 2 unnecessary. Which sentences would remain, and which clause would you have to
# give up?
#
# <details><summary>Answer</summary>
#
# 3, 4 and 5 remain as they are: the store must still decide on the current state in one step. You give up
# `progress.suspension`. And as soon as locks can expire, you need sentences 1 and 2 again.
#
# </details>
#
# **e.** How long can a run of three patient attempts be? Find the number before you let the machine find a schedule.
#
# <details><summary>Answer</summary>
#
# 12 steps: 3 + 2 + 1 rounds of two steps. All observe, the first succeeds and two fail; both observe again, and so
# on.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
rounds = (0, 1, 2, 0, 1, 2, 1, 2, 1, 2, 2, 2)
longest = run(contention(3, 3), PATIENT, rounds)
assert len(longest.taken) == 2 * (3 + 2 + 1) == 12 and not longest.unfinished
assert {str(one) for one in longest.returned.values()} == {"BOOKED"}
found = findings(longest, contention(3, 3), PATIENT)
assert "attempt.one_persist" in {finding.clause for finding in found}

# %% [markdown]
# ## What you can now say
#
# Every persist checks the current state and writes in the same step, so it leads from a good state to a good state,
# and no number of attempts and no schedule can change that. The version is not what keeps the seats safe; it keeps
# proposals honest about what they were computed from, and makes a check of the old copy as good as one of the
# present. A lock or a retry would sell more seats under contention, and cost the promise that nobody waits and that
# every attempt ends in two steps.
#
# ## What this did not show
#
# That anybody is ever booked: the proof is about safety, and fairness is not promised. That the Python code does what
# the formulas say: the two are compared on small systems by tests, and beyond that it is trust. And that the store's
# persist really is one step; for a database on a disk that is work of its own. In [notebook
# 6](06_how_bugs_are_found.ipynb) we look for bugs in code that nobody has proved.
