"""What a violation comes to: the smallest one, its cause in a sentence, its steps in plain words.

In reading order, for bookings: `walk`, a search level by level; `smallest`, the least counterexample; `story`, the
steps in words; `shown` and `causes`, why a clause is violated; `explain`, all of it together. For any program:
`wording`, values and operations in words; `holding`, who has which lock or copy; `waiting`, who waits for whom;
`program_story`, the steps; `minimal`, the schedule with the fewest preemptions; `folding`, what is shown of a long
story; `explained`, all of it together. Both print with `wrapping`.
"""
