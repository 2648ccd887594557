"""What you would deploy: the use case, the store contract, and stores that keep it.

In reading order: `values`, what an attempt and its store exchange; `store`, the contract, and the one decision of
every correct store; `attempt_booking`, the use case; `runners`, which perform an attempt; `stores`, which keep the
contract; `implementation`, a use case and its store under one name; `flawed`, what must never be deployed.
"""
