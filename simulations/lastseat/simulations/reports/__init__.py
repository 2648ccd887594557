"""What was seen, for people, for programs, and as pages."""
