"""The game "You are the scheduler": its levels, their rules as tables made by real runs, and a page that plays."""

from lastseat.simulations.game.levels import LEVELS, Level
from lastseat.simulations.game.page import Board
from lastseat.simulations.game.rules import Position, Rules, rules_of

__all__ = ["LEVELS", "Board", "Level", "Position", "Rules", "rules_of"]
