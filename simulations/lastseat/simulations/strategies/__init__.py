"""Which schedules of a program are executed, and what each strategy promises of those that are not.

Read `declared` and `known` (by which names), `brute`, `bounded`, then `trace`, `wakeup`, `dpor`, `split` (over
workers), `chance`, `samplers`, `merging/` (all schedules at once); around them `audit`, `claims`, `watch`, `search`,
`explore` and `sample`.
"""
