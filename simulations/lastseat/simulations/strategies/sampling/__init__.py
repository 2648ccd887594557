"""Random schedules, each strategy with what it promises.

Read `chance` (faults, redeliveries and branches), `samplers`, `driving`.
"""
