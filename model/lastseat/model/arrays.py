"""numpy, or one clear line about how to get it: nothing else in the model needs it."""

from typing import TypeAlias, TypeVar

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "the fast search needs numpy: pip install 'lastseat[fast]' (the readable search needs nothing)", name="numpy"
    ) from missing

Distances: TypeAlias = NDArray[np.uint8]
Marks: TypeAlias = NDArray[np.bool_]
Cells = TypeVar("Cells", Distances, Marks)

__all__ = ["Cells", "Distances", "Marks", "np"]
