"""Words: one integer for the state of a program, made of small numbers.

    [ more | faults so far | shared state | process n-1 | … | process 0 ]

A step of a process adds a constant to the word, which the fields under that process's `mask` decide. Python's
integers do not overflow; a field that does is refused and made wider, never wrapped. What stands above `more_at`
belongs to whoever watches the walk, and has no upper end.
"""

from typing import TypeAlias

from lastseat.simulations.kernel.program import Program

Word: TypeAlias = int

LOCAL_BITS = 4  # distinct local states of one process: 2**4, made wider when that is not enough
SHARED_BITS = 24  # distinct shared states
SPENT_BITS = 4  # faults so far, at most MOST_FAULTS


class Layout:
    """Where the fields of a word are."""

    def __init__(self, program: Program, bits: int, shared_bits: int = SHARED_BITS) -> None:
        processes, originals = len(program.processes), program.originals
        self.processes, self.bits, self.shared_bits = processes, bits, shared_bits
        self.shared_at = bits * processes
        self.spent_at = self.shared_at + shared_bits
        self.more_at = self.spent_at + (SPENT_BITS if program.faults.most else 0)
        self.local_mask, self.shared_mask = (1 << bits) - 1, (1 << shared_bits) - 1
        # The fields that decide the steps of a process: the shared state, its own, the faults so far, and for a
        # redelivery whether the process before it has begun.
        above = ((1 << self.more_at) - 1) >> self.shared_at << self.shared_at
        own = [self.local_mask << bits * who for who in range(processes)]
        self.masks = [
            above | own[who] | (own[who - originals] if who >= originals else 0) for who in range(processes)
        ]

    def shared(self, word: Word) -> int:
        """Return the number of the shared state."""
        return (word >> self.shared_at) & self.shared_mask

    def local(self, word: Word, who: int) -> int:
        """Return the number of the local state of a process."""
        return (word >> self.bits * who) & self.local_mask

    def locals(self, word: Word) -> tuple[int, ...]:
        """Return the number of every process's local state."""
        bits, mask = self.bits, self.local_mask
        return tuple([(word >> bits * who) & mask for who in range(self.processes)])

    def spent(self, word: Word) -> int:
        """Return the number of faults so far."""
        return (word & ((1 << self.more_at) - 1)) >> self.spent_at

    def holds(self, shared: int, local: int) -> bool:
        """Return whether numbers fit into their fields."""
        return not local >> self.bits and not shared >> self.shared_bits
