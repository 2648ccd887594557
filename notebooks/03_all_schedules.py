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
# # 3. All schedules
#
# **Goal.** Explain what "for all interleavings" counts, and why most of them need no look.
#
# In notebook 2 a machine tried 90 schedules. That was easy. How many are there for ten attempts, and could anybody
# ever try them? This notebook counts, and then finds out how few of them differ.

# %%
from math import comb, factorial

from lastseat.model.searches.readable import search
from lastseat.reference.attempt_booking import attempt_booking, emit
from lastseat.reference.implementation import MEMORY
from lastseat.reference.stores.memory import MemoryStore
from lastseat.simulations import (
    contention,
    explore_brute,
    explore_merged,
    explore_program,
    figures,
    find_scenario,
    run,
    show_svg,
    spacetime_svg,
    system_of,
    use_style,
)
from lastseat.testing import Register, Shared, act, explore

use_style()

# %% [markdown]
# ## 1. How many schedules?
#
# n attempts take two shared steps each, so a schedule is a row of 2n steps. Write down any order of 2n different
# things: (2n)! of them. But each attempt observes before it persists, so of the two orders of *its* steps only one is
# allowed. That halves the number once for each attempt: **(2n)! / 2ⁿ**.
#
# **Predict before you run.** For 2 attempts that gives 6. How many do you expect for 8: thousands, millions, billions?

# %%
schedule_counts = {n: factorial(2 * n) // 2**n for n in range(1, 11)}
for n, many in schedule_counts.items():
    print(f"{n:3} attempts {many:28,} schedules")

# %%
assert [schedule_counts[n] for n in (1, 2, 3, 4, 5)] == [1, 6, 90, 2520, 113_400]
assert schedule_counts[8] == 81_729_648_000
assert explore_brute(contention(3, 2), MEMORY).interleavings == schedule_counts[3]

# %% [markdown]
# It is 81,729,648,000 for 8 attempts. At one million schedules a second, that is 22 hours; for 10 attempts it would be
# 75 years. Yet the claim "no schedule overbooks" is about each of them.

# %%
seconds = {n: schedule_counts[n] / 1_000_000 for n in (8, 10)}
assert int(seconds[8] / 3600) == 22
assert int(seconds[10] / (3600 * 24 * 365)) == 75

# %% [markdown]
# ## 2. All 90 on one page
#
# Before we leave schedules out, let us look at all of them once. Three attempts, two seats. Each small drawing is one
# schedule, with one row for each attempt. An open mark is an observe, a filled one a persist.

# %%
figures.schedules.poster(contention(3, 2))

# %%
three = explore_brute(contention(3, 2), MEMORY)
assert three.outcomes == {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}
print("BOOKED, REJECTED, FAILED: schedules")
for mix, many in three.outcomes.items():
    print(mix, many)

# %% [markdown]
# In 6 schedules two are BOOKED and one is REJECTED. In 48 two are BOOKED and one is FAILED. In 36 only one is BOOKED:
# a seat stays free while two attempts are FAILED. No schedule books three, and in none of them nobody is BOOKED. The
# first to persist always succeeds, because nobody can have changed the version before.
#
# Look along a row of the picture. Many drawings differ only in *which observe comes first*. Does that matter?

# %% [markdown]
# ## 3. Which steps commute
#
# Two neighbouring steps **commute** if swapping them changes nothing: neither what is stored, nor what anybody is
# told. Try it with two observes. They are reads, and neither can tell who was first.

# %%
one_way = run(contention(2, 1), MEMORY, (0, 1, 0, 1))
other_way = run(contention(2, 1), MEMORY, (1, 0, 0, 1))
assert one_way.returned == other_way.returned
assert one_way.final == other_way.final
show_svg(
    spacetime_svg(one_way, title="a observes first"),
    spacetime_svg(other_way, title="b observes first: nobody can tell"),
)

# %% [markdown]
# Now swap an observe with a persist. b observes just before a persists, or just after.
#
# **Predict before you run.** What does b get in each case?

# %%
before = run(contention(2, 1), MEMORY, (0, 1, 0, 1))
after = run(contention(2, 1), MEMORY, (0, 0, 1, 1))
print("b observes before a persists:", before.returned[1])
print("b observes after a persists: ", after.returned[1])
assert str(before.returned[1].outcome) == "FAILED"
assert str(after.returned[1].outcome) == "REJECTED"

# %% [markdown]
# These do not commute: one writes what the other reads. Two persists on one resource do not commute either, if
# each would write when it comes first: the second is then refused, so it reads what the first has written. But what
# if they write to two resources?

# %%
separate = find_scenario("two-resources-no-contention")
one_way = run(separate, MEMORY, (0, 1, 0, 1))
other_way = run(separate, MEMORY, (0, 1, 1, 0))  # the persists are swapped
assert one_way.returned == other_way.returned and one_way.final == other_way.final
assert all(step.before != step.after for step in one_way.taken[2:])  # both write
swapped = [
    run(contention(2, 2), MEMORY, steps) for steps in ((0, 1, 0, 1), (0, 1, 1, 0))
]
assert swapped[0].returned != swapped[1].returned  # on one resource it shows,
for race in swapped:  # and only the first of them writes
    assert [step.before != step.after for step in race.taken[2:]] == [True, False]

# %% [markdown]
# Both write, and nobody can tell who was first. So a pair of steps of two attempts is a *race* when they touch the same
# thing and at least one of them writes it; and schedules that order all races alike are the same story, told with the
# boring parts in another order. Such a set of schedules is a **class** (or Mazurkiewicz trace). One look at one
# member is a look at all of them.

# %% [markdown]
# ## 4. A lattice with holes
#
# For two attempts you can see the classes. Let a schedule be a path: to the right when a moves, up when b moves. To
# make the picture richer, the local step *propose* is drawn as a step too, so each attempt has three. There are 20
# paths: choose which 3 of the 6 moves are a's.

# %%
assert comb(6, 3) == 20
figures.schedules.lattice(contention(2, 1))

# %% [markdown]
# Each hole is a race: the two sides of a hole are the two orders of its two steps. Bend a path as you like; as long
# as you do not cross a hole, nobody can tell the difference. So it is not the path that matters but *on which side
# of each hole it passes*. There are 3 holes, and 4 ways around them. The 20 schedules tell 4 stories.
#
# We can count that with the real code. This process is one attempt, with a step that touches nothing put between
# its two own steps.


# %%
def three_steps(request):
    attempt = attempt_booking(request)
    seen = yield next(attempt)
    yield act("propose", lambda _store: None, reads=(), writes=())
    return emit((yield attempt.send(seen)))


requests = contention(2, 1).requests
stories = explore(
    [lambda _store, one=one: three_steps(one) for one in requests],
    shared=lambda: MemoryStore.open({"seats": 1}),
    strategy="brute",
)
for (returned, _), many in stories.endings.items():
    print(f"{many} of {stories.executions}: a {returned[0]}, b {returned[1]}")
assert stories.executions == 20
assert sorted(stories.endings.values()) == [1, 1, 9, 9]

# %% [markdown]
# In 1 schedule each they take turns; in 9 each they overlap, and who persists first is BOOKED. Without the local step
# the same 4 stories have 6 schedules. A local step makes more schedules and no more stories.

# %% [markdown]
# ## 5. Any number of attempts
#
# How many stories do n attempts have? Take the plainest program with the same races: each process reads once and
# then writes once. An explorer that executes one schedule of each class does the counting. It is called **dpor**, for
# dynamic partial-order reduction.


# %%
def read_then_write(shared):
    yield shared.store.read()
    yield shared.store.fetch_and_add(1)


classes = {}
for n in (2, 3, 4):
    seen = explore([read_then_write] * n, shared=lambda: Shared(store=Register(0)))
    classes[n] = seen.executions
    print(f"{seen.interleavings:6,} schedules, {seen.executions:4} classes")
    assert (seen.interleavings, seen.executions) == (
        schedule_counts[n],
        factorial(n) ** 2,
    )
assert classes == {2: 4, 3: 36, 4: 576}

# %% [markdown]
# It is 4, 36, 576: the squares of 2, 6 and 24. So the classes are **(n!)²**; exercise b asks why. For 5 attempts, 113,400
# schedules fall into 14,400 classes.
#
# Now the booking itself. A persist that is refused changes nothing, so it is a *read*, and two reads commute. The
# explorer notices that when it runs the code. With a seat for everybody, there are fewer classes still.

# %%
assert factorial(5) ** 2 == 14_400
effective = {
    n: explore_program(contention(n, n), MEMORY).executions for n in (2, 3, 4, 5)
}
print(effective)
assert effective == {2: 4, 3: 27, 4: 280, 5: 4025}

# %% [markdown]
# With 5 attempts it is 4,025 classes for 113,400 schedules. And if there is no seat at all? Then every persist is refused,
# nothing is ever written, and all schedules are one story.

# %%
full = explore_program(contention(4, 0), MEMORY)
assert (full.executions, full.outcomes) == (1, {(0, 4, 0): 1})

# %% [markdown]
# Did the explorer miss anything? Brute force has the last word where it can: the two must see the same sets of
# outcomes.

# %%
for n, capacity in ((2, 1), (3, 2), (4, 2)):
    few = explore_program(contention(n, capacity), MEMORY)
    all_of_them = explore_brute(contention(n, capacity), MEMORY)
    assert few.vectors == all_of_them.vectors
    assert few.executions < all_of_them.executions
    print(f"{n} attempts: {few.executions} instead of {all_of_them.executions:,}")

# %% [markdown]
# ## 6. Merge what is left
#
# There is a second saving. Two schedules that have come to the same store, with the same copies in everybody's hands,
# have the same future. It does not matter how they came there. So walk *states* instead of schedules, and count how
# many schedules lead to each. Here are all states of two attempts on one seat.

# %%
figures.states.fenced()

# %%
world = search(system_of(contention(2, 1), MEMORY))
print(world.states, "states;", sum(world.interleavings.values()), "schedules")
assert world.complete and not world.violations
assert world.states == 14
assert world.interleavings == {(1, 1, 0): 2, (1, 0, 1): 4}

# %% [markdown]
# Every schedule is a path from left to right, and paths that meet go on together: 6 schedules, 14 states. The fence is
# the invariant: beyond it, more is reserved than there is. No arrow crosses it.
#
# For two attempts there is little to gain. (With a seat for each, as below, nobody is REJECTED and there is one state
# less.) But the number of states grows far more slowly than that of the schedules,
# and the exact number of schedules can be summed up along the way. So one short walk answers for all of them.

# %%
merged = {n: explore_merged(contention(n, n), MEMORY) for n in (2, 4, 8)}
for n, one in merged.items():
    print(f"{n} attempts: {one.interleavings:15,} schedules in {one.states:9,} states")
    assert one.complete and not one.violations
    assert one.interleavings == schedule_counts[n]
assert merged[8].states == 1_203_375

# %%
figures.schedules.counts(most_attempts=8)

# %% [markdown]
# On this axis equal steps are equal factors. The schedules run away, and the classes with them, if more slowly. The
# states rise far less steeply. So a laptop can answer for all 81,729,648,000 schedules of 8 attempts by looking at
# 1,203,375 states. But that line rises too. For *any* number of attempts one needs a proof, and notebook 5 has it.

# %% [markdown]
# ## Exercises
#
# **a.** Two seats, three attempts. Why is anybody REJECTED in only 6 of the 90 schedules?
#
# <details><summary>Answer</summary>
#
# To be REJECTED, an attempt must have a *current* copy of a full resource. So it observes after the second booking,
# and the second one booked from a copy made after the first. All three take turns, and there are 3! = 6 orders.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
turns = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
for order in turns:
    ended = run(contention(3, 2), MEMORY, [who for who in order for _ in "op"]).returned
    assert str(ended[order[-1]].outcome) == "REJECTED"
assert len(turns) == factorial(3) == three.outcomes[2, 1, 0]

# %% [markdown]
# **b.** Prove that there are (n!)² classes when every persist writes.
#
# <details><summary>Answer</summary>
#
# Persists never commute, so a class fixes their order: n! ways. What is left is, for each observe, between which two
# persists it falls. The attempt that persists in place k must observe before its own persist: before the first, or
# after the first, …, or after the one in place k − 1. That makes k gaps. Observes commute with each other, so the
# choices are free: 1 · 2 · … · n = n! ways. Together (n!)².
#
# </details>
#
# **c.** Make two steps commute that did not, and count again. What is the smallest number of classes for two attempts
# that are both BOOKED?
#
# <details><summary>Answer</summary>
#
# Let them book *different* resources. Then no step of the one touches what the other touches, and the 6 schedules are
# one class. If the two share a booking id, they race again, for the id: two classes.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
apart = explore_program(find_scenario("two-resources-no-contention"), MEMORY)
assert (apart.interleavings, apart.executions, apart.outcomes) == (6, 1, {(2, 0, 0): 1})
assert explore_program(find_scenario("two-resources-one-id"), MEMORY).executions == 2

# %% [markdown]
# **d.** A use case takes three shared steps instead of two. How many schedules have two such attempts, and how many have
# three?
#
# <details><summary>Answer</summary>
#
# (3n)! / 6ⁿ: each attempt fixes the order of its three steps, one of 3! = 6. That is 20 for two attempts and 1,680 for
# three, instead of 6 and 90. Every shared step costs dearly, for the scheduler as for the reader.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
assert [factorial(3 * n) // 6**n for n in (2, 3)] == [20, 1680]
assert stories.interleavings == 20

# %% [markdown]
# ## What you can now say
#
# n attempts of two steps have (2n)! / 2ⁿ schedules, and "for all interleavings" speaks about each of them. Schedules
# that order all races alike tell the same story, so one look at each class is enough, and there are at most (n!)²
# classes. States that are equal have equal futures, so a walk over states covers every schedule, and can count them
# exactly.
#
# ## What this did not show
#
# We counted schedules; we did not say how *likely* they are. Real schedulers do not draw them with equal chances, and
# [notebook 4](04_what_contention_does.ipynb) shows what that does to the outcomes. All counts are for a given number of
# attempts, and none of them is a proof for any number.
