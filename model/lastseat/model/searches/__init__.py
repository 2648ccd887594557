"""Every state of the model, searched three ways that must agree.

In reading order: `readable` is the definition, and `symmetric` is the same up to symmetry. The vectorised search is
`fast`: `tables` says what one attempt can do at each store, `memory` what that will need, `boxes` where everybody can
stand at once, `pairwise` and `verdicts` what is violated there, and `paths` the shortest way to it.
"""
