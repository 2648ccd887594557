"""numpy, or one line about how to get it, and the kinds of its arrays: for the model and for the sweeps."""

from typing import TypeAlias, TypeVar

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("numpy is missing: pip install 'lastseat[fast]'", name="numpy") from missing

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Distances: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.intp]
Marks: TypeAlias = NDArray[np.bool_]
Cells = TypeVar("Cells", Distances, Marks)

__all__ = ["Cells", "Distances", "Floats", "Integers", "Marks", "Places", "np"]
