"""What you would deploy: the use case, the store contract, and stores that keep it."""
