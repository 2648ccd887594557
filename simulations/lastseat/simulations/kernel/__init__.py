"""What can be scheduled: operations on shared objects, programs, one execution of them, and what was seen."""
