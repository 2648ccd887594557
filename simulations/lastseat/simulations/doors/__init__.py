"""How code comes under the scheduler that does not yield its steps itself.

Read `proxies` and `containers` (what it is given in the place of the shared state), then `blocking`, with `locals`,
what is current in a process; `sources`, what a program was made of, and `tokens`, by which a schedule of it is taken
again.
"""
