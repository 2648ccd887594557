"""All targets by name. A new one is found here once its module is listed."""

from types import ModuleType

from fuzz import bookings, faulty_programs, histories, laws, models, programs
from fuzz.hunting import Target

MODULES: tuple[ModuleType, ...] = (programs, faulty_programs, bookings, histories, models, laws)
TARGETS = {
    held.name: held for module in MODULES for held in vars(module).values() if isinstance(held, Target)
}  # fmt: skip
