"""Booking attempts under the scheduler.

Read `scenario`, `scenario_file`, `abstraction` (what a state is in the model), `limits`, `implementations`,
`exploration`; `judging/` (what is violated); `program` (the attempts as a program, and its observer), `merging/`,
`continuation`, `sample`, and the door `explore`; `scheduler` and `findings` for one schedule.
"""
