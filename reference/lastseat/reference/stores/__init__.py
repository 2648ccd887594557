"""The stores: in memory and in SQLite."""
