"""The stores: in memory and in SQLite.

In reading order: `memory`, the smallest one; `sqlite`, a file for several threads and processes; `connections`, who
opens and closes its connections.
"""
