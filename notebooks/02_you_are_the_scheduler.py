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
# # 2. You are the scheduler
#
# **Goal.** Find the bug in a wrong implementation by hand, and write it down so that anybody can run it again.
#
# A concurrent program leaves one choice open: who moves next? In production nobody makes that choice on purpose. Here
# you do. Play first; the theory comes after.

# %%
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.simulations import (
    LEVELS,
    Board,
    Schedule,
    contention,
    explore_brute,
    explore_merged,
    findings,
    rules_of,
    run,
    show_svg,
    spacetime_svg,
    told,
    use_style,
)

use_style()

# %% [markdown]
# ## 1. A blind store
#
# Two attempts, a and b, want one seat. This store writes the total that its callers computed. It refuses a total
# beyond the capacity, but it never asks whether anybody wrote since. If they take turns, all is well, as in this
# picture.

# %%
too_many = run(contention(1, 1, [2]), GALLERY["last-write-wins"], (0, 0))
assert str(too_many.returned[0]) == "REJECTED"  # a total of 2, of 1
show_svg(Board(("blind",)).picture())

# %% [markdown]
# Now it is your turn. Press a button to let an attempt take its next step. Each has two: observe and persist.
#
# **Predict before you play.** How many steps will you need to sell the seat twice?

# %%
Board(("blind",), number=1)

# %% [markdown]
# The game needs no Python behind it. Its rules are a table, and the table was made by running the real code under
# every schedule. (If you read this where scripts do not run, go on; the answer is below.)

# %% [markdown]
# ## 2. A bug is a schedule
#
# Under the game stood your schedule, such as `0.0.1`. Attempt 0 is a and attempt 1 is b; the numbers say who moved,
# in order. That short text is all there is to a concurrency bug: no luck, no timing. Whoever has the text can run it
# again and sees the same.
#
# This one sells the seat twice. Change the text and run the cell again.

# %%
blind = LEVELS["blind"]
steps = Schedule.parse("0.1.0.1").steps
double = run(blind.scenario, blind.implementation, steps)
print(*told(double), sep="\n")

# %% [markdown]
# Both are BOOKED. What does the store say of itself? We let the judge look. It knows every clause of the
# specification, and names those that are broken, with the step at which it shows.

# %%
broken = findings(double, blind.scenario, blind.implementation)
for one in broken:
    print(f"step {one.step}: {one.clause}: {one.witness}")
assert {one.step for one in broken} == {4}
assert "state.sum" in {one.clause for one in broken}

# %% [markdown]
# Read the line about `state.sum` slowly. Two reservations stand, and the counter says 1 of 1. The second write put
# the same 1 over the first. So an alarm on *confirmed ≤ capacity* stays silent for ever in this store. The invariant
# has to speak about the reservations, and not about the counter alone.

# %%
counters = {position.counter for position in rules_of(blind).positions}
assert counters == {"0 of 1", "1 of 1"}
mended = run(blind.scenario, MEMORY, steps)
show_svg(
    spacetime_svg(double, title="The blind store sells the seat twice", violating={4}),
    spacetime_svg(mended, title="The same schedule, with the version check"),
)

# %% [markdown]
# The first picture is the bug; the second is the correct store *under the same schedule*. Up to step 3 they are the
# same. At step 4 the correct store finds that version 0 is not current, and b is FAILED. Nobody had to wait for that.
#
# How lucky do you have to be to see the bug? There are 6 schedules, and 4 of them sell the seat twice. The other 2
# are those in which a and b take turns, and they are what most tests do.

# %%
easy = rules_of(blind)
assert (easy.schedules, easy.breaking, len(easy.shortest)) == (6, 4, 4)

# %% [markdown]
# ## 3. A correct store
#
# Now three attempts and two seats, on the store from notebook 1. Try to break anything at all. When you give up,
# press *it cannot be done*.

# %%
show_svg(Board(("correct",)).picture())

# %%
Board(("correct",), number=2)

# %% [markdown]
# You could not win. But did you try everything? A person gives up after ten schedules or so. A machine does not: it
# executes each schedule from its start, and judges every step.

# %%
correct = LEVELS["correct"]
everything = explore_brute(correct.scenario, correct.implementation)
assert everything.complete and not everything.violations
assert (everything.interleavings, everything.executions) == (90, 90)
print(f"{everything.interleavings} schedules, {len(everything.violations)} violations")

# %% [markdown]
# 90 schedules, and in none of them is a clause broken. That is the first kind of answer to *you cannot win*: we
# looked everywhere.
#
# The second kind is an argument. To confirm 3 of 2, some persist must take effect when 2 are confirmed already. The
# store compares and writes in *one* step. So at that step it sees the 2, whatever the attempt saw before. You choose
# who moves next; you cannot choose to move in the middle of a step. Every trick needs a gap between a check and what
# it protects, and here there is none.

# %% [markdown]
# ## 4. The ladder
#
# There are many ways to open such a gap. Here are six levels. Five of them are wrong, each in its own way, and each
# looks fine in a review. The last one you know.
#
# **Predict before you play.** In which level does it *not* help to let the attempts overlap?

# %%
show_svg(Board(("two-steps",)).picture())

# %%
Board(tuple(LEVELS), number=3)

# %% [markdown]
# Take your time. The table below tells how rare each bug is, so it gives away a little.

# %%
table = {}
print("level             schedules  breaking  shortest")
for name, level in LEVELS.items():
    rules = rules_of(level)
    table[name] = rules.schedules, rules.breaking, len(rules.shortest)
    print("{:16} {:10} {:9} {:9}".format(name, *table[name]))
assert table == {
    "blind": (6, 4, 4),
    "observed": (90, 72, 6),
    "two-steps": (20, 12, 6),
    "audit": (90, 12, 6),
    "delivered-twice": (6, 2, 4),
    "correct": (90, 0, 0),
}

# %% [markdown]
# - **Level 2** checks the capacity, but against what the attempt had observed. 72 of its 90 schedules overbook. All
#   three attempts must have seen a free seat, and all three must still persist.
# - **Level 3** checks on the current state, and then writes in a second step. Now an attempt has three steps, and
#   there are 20 schedules. Both must check before either writes.
# - **Level 4** never overbooks. It breaks another promise, and only in 12 of 90: somebody is told *conflict* and there
#   was none. If you only watch the seats, you will never find it.
# - **Level 5** is the answer to the prediction. When the two deliveries overlap, the version check stops the second.
#   Only if they come one after the other is the booking made twice. A test full of races can miss it; the dullest
#   test of all, *send it again*, cannot.
#
# Here is level 3, a bug of six steps, beside the correct store. There each attempt has only two steps to order.

# %%
gap = LEVELS["two-steps"]
torn = run(gap.scenario, gap.implementation, (0, 0, 1, 1, 0, 1))
whole = run(gap.scenario, MEMORY, (0, 1, 0, 1))
show_svg(
    spacetime_svg(torn, title="Check, then write: both pass", violating={6}),
    spacetime_svg(whole, title="Check and write in one step"),
)

# %% [markdown]
# ### Is it really the shortest?
#
# The game says how few steps suffice. It found that in its own table. Another engine, which merges equal futures and
# does not know the game, must find the same length for the same clause.

# %%
for level in LEVELS.values():
    other = explore_merged(level.scenario, level.implementation)
    lengths = [len(one.steps) for one in other.violations if one.name == level.goal]
    assert lengths == ([len(rules_of(level).shortest)] if level.goal else [])
    assert other.interleavings == rules_of(level).schedules

# %% [markdown]
# ### Two more, without a button
#
# Some bugs are no fun to play. One store compares the version and forgets to raise it. Its very first booking breaks
# the promise: after 2 steps, of one attempt alone, version 0 names two different states. And yet no seat is sold
# twice, because the capacity is checked in the same step.

# %%
forgetful = explore_brute(contention(2, 1), GALLERY["never-bumps-version"])
first = forgetful.violations[0]
print(first.steps, first.name, "-", first.witness)
assert (first.name, len(first.steps)) == ("persist.version_step", 2)
assert "state.capacity" not in forgetful.violated

# %% [markdown]
# The other is kind to its callers: after a conflict it tries again by itself. It takes more than the two steps that an
# attempt may take; in the shortest run that shows it, the conflict comes at step 4. The harm is to whoever counted on
# the bound: with retries, three attempts have not 90 schedules but 498.

# %%
kind = explore_brute(contention(2, 1), GALLERY["hidden-retry"])
assert [
    len(one.steps) for one in kind.violations if one.name == "progress.two_steps"
] == [4]
assert explore_merged(contention(3, 2), GALLERY["hidden-retry"]).interleavings == 498

# %% [markdown]
# ## Exercises
#
# **a.** Write down a shortest schedule for each of the levels 1 to 5.
#
# <details><summary>Answer</summary>
#
# Level 1: `0.1.0.1`. Level 2: `0.0.1.2.1.2`. Level 3: `0.0.1.1.0.1`. Level 4: `0.0.1.2.1.2`. Level 5: `0.0.1.1`.
# Others of the same length are just as good. The cell below runs these.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
answers = {
    "blind": "0.1.0.1",
    "observed": "0.0.1.2.1.2",
    "two-steps": "0.0.1.1.0.1",
    "audit": "0.0.1.2.1.2",
    "delivered-twice": "0.0.1.1",
}
for name, text in answers.items():
    level, steps = LEVELS[name], Schedule.parse(text).steps
    shown = run(level.scenario, level.implementation, steps)
    found = findings(shown, level.scenario, level.implementation)
    assert level.goal in {one.clause for one in found}
    assert len(steps) == len(rules_of(level).shortest)

# %% [markdown]
# **b.** Say for each of the levels 1 to 5, in one line, what to change in the store.
#
# <details><summary>Answer</summary>
#
# 1: refuse unless the proposal's version is the current one. 2: the same; or check the units that are confirmed now,
# which saves the seats but not the version (see exercise e). 3: check and write in one step. 4: raise the version only
# when something was recorded. 5: look for the booking id first, and answer *accepted* without effect if it is
# recorded. Together that is the correct store. Under it, every schedule of these scenarios is clean:
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
for level in LEVELS.values():
    mended = explore_brute(level.scenario, MEMORY)
    assert mended.complete and not mended.violations

# %% [markdown]
# **c.** In level 5, let the two deliveries overlap. What does each client hear, and which promise is broken although
# there is only one reservation?
#
# <details><summary>Answer</summary>
#
# The first hears BOOKED and the second FAILED, by version conflict. But the booking stands, and a repeated request for
# a recorded booking must be BOOKED: `persist.identity`.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
again = LEVELS["delivered-twice"]
overlap = run(again.scenario, again.implementation, (0, 1, 0, 1))
assert [str(overlap.returned[who].outcome) for who in (0, 1)] == ["BOOKED", "FAILED"]
assert len(overlap.final.reservations) == 1
found = findings(overlap, again.scenario, again.implementation)
assert {finding.clause for finding in found} == {"persist.identity"}

# %% [markdown]
# **d.** You give level 2 only two attempts instead of three, still with two seats. Can you overbook?
#
# <details><summary>Answer</summary>
#
# No: two units always fit two seats. The number of attempts in a test decides which bugs it can see. Something else
# still shows with two: the second write was made from a version that was no longer current.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
small = explore_brute(contention(2, 2), GALLERY["trusts-observation"])
assert small.violated == {"persist.compare_and_swap"}

# %% [markdown]
# **e.** A store ignores the version, and checks the units that are confirmed *now*, in the same step as it writes. Can
# it sell a seat twice? Which promise does it break?
#
# <details><summary>Answer</summary>
#
# It cannot overbook, in any schedule. It breaks `persist.compare_and_swap`: a proposal from an old photograph takes
# effect. Whatever the caller concluded from that photograph was never checked.
#
# </details>

# %% tags=["answer"] jupyter={"source_hidden": true}
careless = explore_brute(contention(3, 2), GALLERY["ignores-version"])
assert careless.complete
assert careless.violated == {"persist.compare_and_swap"}

# %% [markdown]
# ## What you can now say
#
# A concurrency bug is a schedule, and a schedule is a short text that anybody can run again. A check protects only
# what happens in the same step as the check. That a store is correct means that no schedule breaks a clause, and for a
# small scenario we can look at all of them.
#
# ## What this did not show
#
# The scenarios were tiny, and 90 schedules are few. No step failed half way. And we took on trust that a schedule of
# whole steps is all that a real store can do to us; for a database that has to be looked at. How the number of
# schedules grows, and why most need no look, is the subject of [notebook 3](03_all_schedules.ipynb).
