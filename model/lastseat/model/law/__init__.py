"""The exact law of outcomes under contention."""
