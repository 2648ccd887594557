"""What the commands do with `--program`: somebody's own processes, or a test function that explores some.

In reading order: `naming`, what `module:function` may be; `options`, what goes together with it; `exploring` (sample,
too), and `replaying` (draw, too), which asks the claims of one run with `claiming`.
"""
