"""Booking attempts under the scheduler.

Read `scenario`, `scenario_file`, `abstraction` (what a state is in the model), `limits`, `implementations`;
`places`, `cases`, `linearizability`, `judge` (every property, on each distinct step), `exploration`; `program` (the
attempts as a program, and its observer), `real_steps`, `symmetry`, `merged`, `continuation`, `sample`, and the door
`explore`; `scheduler` and `judged` for one schedule.
"""
