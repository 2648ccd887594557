"""The command line: each command is one file, and takes its options from `options`.

In reading order: `entry`, where the process starts; `main`, all commands and how errors are told; `options`, the
scenario and the exit status; `terminal`, how output is printed. Then the commands: `verify`, `explore`, `sample` and
`sweeps` (random schedules of one scenario, and of a grid), `replay` (draw, too), `model` (prove, too),
`outcomes`, `mutants` and `figures`. What some of them do with somebody's own program is in `programs`.
"""
