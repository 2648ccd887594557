"""What was seen, for people, for programs, and as pages.

In reading order: `breaches`, each violation explained once; `data`, plain values for `--json`; `text`, tables and
stories for a terminal; `model`, both of them for the model and the proof. Then the pages: `tags`, HTML that cannot be
broken; `stepper`, one schedule; `drawing`, a page of one run; `drawn`, a run in each format; `tables`, and `page`,
the report of a verification. `programs` is what is said of somebody's own program.
"""
