"""The model, asked of several model checkers."""
