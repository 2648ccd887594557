"""The schedule of a violation that is easiest to follow.

Read `simpler` (what may show the same, and is simpler), then `fewest` (the fewest faults and preemptions that do).
"""
