"""dpor: one schedule of each trace.

Read `trace` (which steps depend on which), `wakeup` (what is still to be explored), `dpor`, `split` (over workers);
then `descent` and `estimate`: about how many traces there are, before all of them were explored.
"""
