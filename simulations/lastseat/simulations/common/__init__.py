"""What everything stands on and what knows nothing of schedules.

In reading order: `text`, words and numbers on one line; `widths`, texts that fit; `numbering`, small numbers in the
place of values; `files`, written whole or not at all; `progress`, how work says how far it is, and `progress_bar`,
how that is shown; `interrupts`, Ctrl-C that is not lost; `workers`, where work runs.
"""
