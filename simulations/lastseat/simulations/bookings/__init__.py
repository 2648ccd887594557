"""Booking attempts under the scheduler: scenarios, the judge of every step, and the explorers of real code."""
