"""How far attempts of real code may go, and how it is told that they misbehave."""

# A correct attempt takes two shared steps. One that takes this many is cut off, and the search says so.
MOST_STEPS = 16


class ExplorationError(ValueError):
    """The code under the scheduler cannot be explored; the text is one line and names the schedule so far."""
