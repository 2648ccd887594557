"""The game "You are the scheduler": the reader picks the schedule that breaks the code.

In reading order: `levels`, which code and what is asked for; `rules`, a level as a table of positions, made by real
runs; `page`, the HTML that plays it, with `game.css` and `game.js`.
"""

from lastseat.simulations.game.levels import LEVELS, Level
from lastseat.simulations.game.page import Board
from lastseat.simulations.game.rules import Position, Rules, rules_of

__all__ = ["LEVELS", "Board", "Level", "Position", "Rules", "rules_of"]
