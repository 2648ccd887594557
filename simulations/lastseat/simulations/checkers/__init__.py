"""The model, asked of several model checkers.

In reading order: `running`, what all adapters to outside programs share; `tlc` and `spin`, one each; `engines`, one
question to any of them, and to our own searches.
"""
