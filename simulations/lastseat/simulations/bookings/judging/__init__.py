"""What booking attempts violate: every property, on each distinct step, end and history.

Read `places` (what decides all that follows), `cases`, `linearizability`, `judge`.
"""
