"""Merging: every schedule of a program over its distinct states, each step of code performed once."""
