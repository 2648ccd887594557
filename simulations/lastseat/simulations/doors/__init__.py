"""How code comes under the scheduler that does not yield its steps itself.

Read `proxies` (what it is given in the place of the shared state), then `blocking`.
"""
