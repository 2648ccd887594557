"""All schedules of a program at once: states are walked level by level, and schedules counted.

Read `kept` (how a shared state is restored), `restored` and `steps` (one distinct step from any state), `words` (a
state as an integer), `settings`, `walk`, `orbits` (processes that are alike), `recheck` (held to executions), and
`programs`, the strategy.
"""
