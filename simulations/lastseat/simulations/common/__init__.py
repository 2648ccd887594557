"""What everything stands on and what knows nothing of schedules.

In reading order: `text`, words and numbers on one line; `values`, any value as text; `lines`, where code stands;
`operands`, an assertion with its values; `widths`, texts that fit; `structure`, what a value holds; `numbering`,
small numbers in the place of values; `silence`, around what is dropped; `files`, written whole or not at all;
`progress`, how work says how far it is, and `progress_bar`, how that is shown; `interrupts`, Ctrl-C that is not lost;
`workers`, where work runs; `loading`, what a user names as `module:attribute`.
"""
