"""The unbounded proof: an inductive invariant, its obligations, and the solver that is asked.

In reading order: `solver`, the door to z3; `state`, the words of the proof; `steps`, the step relation; `invariant`,
what is proved of every state; `claims`, of a single step; `branches`, what must be possible, or a claim is empty;
`small`, closed systems in which a counterexample can be told; `story`, how it is told; `obligations`, what the solver
is asked; `induction`, the proof; `flaws`, step relations that fail to prove.
"""
