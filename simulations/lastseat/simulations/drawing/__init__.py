"""Space-time diagrams of one execution, as text and as pictures."""
