"""All schedules of booking attempts at once: the merging of `strategies/merging`, with the judge.

Read `real_steps` (each judged once), `symmetry` (attempts that are alike), `merged`.
"""
