"""How code comes under the scheduler that does not yield its steps itself."""
