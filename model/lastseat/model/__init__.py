"""What is true: the booking flow as pure functions on frozen values."""
