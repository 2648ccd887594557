"""The instruments: the only place where the model and the reference meet."""
