"""What can be scheduled, and how it is stepped; nothing here knows of strategies.

Read `actions` (what may happen), `operations` and `objects` (what processes yield), `program`, `footprints` (what
steps touch), `endings`, `stepping` and `execution` (one of them, a step at a time), `schedule` and `replay` (as
text, and again), `run` (as a frozen value), `naive` (all schedules, as they are defined), `observer` (strategies and
who watches), `budget`, `exploration`.
"""
