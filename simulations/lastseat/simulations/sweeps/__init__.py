"""Monte-Carlo over schedules at scale: samplers, chunks that any executor may run, tables with provenance.

In reading order: `points`, what is sampled; `bits`, the random numbers; the three samplers `chain` (vectorised),
`executed` (the real code) and `timed` (attempts in time); `chunks`, the work in pieces; `sweep`, which runs them;
`checkpoint`, what was counted so far; `estimates`, what it says; `timed_exact`, what is known exactly; `tables`, the
results with where they are from.
"""
