"""numpy, or one clear line about how to get it: nothing else in the simulations needs it."""

from typing import TypeAlias

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("sweeps need numpy: pip install 'lastseat[fast]'", name="numpy") from missing

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Marks: TypeAlias = NDArray[np.bool_]

__all__ = ["Floats", "Integers", "Marks", "np"]
