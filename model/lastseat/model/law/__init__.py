"""The exact law of outcomes under contention.

In reading order: `outcomes`, the door, and why attempts may be lumped; `schedules`, what is equally likely under each
law; `joint`, the result; `chain`, the definition, step by step, with all extensions; `counting`, the same for
attempts of one unit, in whole numbers; `renewal`, version-first, from booking to booking; `fast`, the rest in floats,
with numpy; `faults`, a mixture of laws without them.
"""
