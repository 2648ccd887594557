"""The unbounded proof: an inductive invariant, its obligations, and the solver that is asked."""
