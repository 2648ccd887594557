"""What is true: the booking flow as pure functions on frozen values.

In reading order: `world`, the values; `steps`, the four steps; `properties`, the clauses that can be checked;
`atomic`, a booking as one step; `refinement`, how the flow implements it; `flaws`, what may be wrong with the store;
`arrays`, the door to numpy.
Then the folders: `searches` visits every world, `proof` is for any number of attempts, `law` says how likely each
mix of outcomes is.
"""
