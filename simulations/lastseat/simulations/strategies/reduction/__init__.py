"""dpor: one schedule of each trace.

Read `trace` (which steps depend on which), `wakeup` (what is still to be explored), `dpor`, `split` (over workers).
"""
