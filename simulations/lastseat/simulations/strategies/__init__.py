"""Which schedules of a program are executed, and what each strategy promises of those that are not."""
