"""Which schedules of a program are executed, and what each strategy promises of those that are not.

Read `declared` and `known` (by which names), `brute`, `bounded`, then the folders `reduction/` (dpor, on one worker
and on several), `sampling/` and `merging/` (all schedules at once); around them `audit`, `claims`, the folder
`unseen/` (what the scheduler cannot see), `watch`, `search` and `explore`.
"""
