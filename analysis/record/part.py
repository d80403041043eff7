"""What every part of a record is: typed, frozen, and able to say which number it lacks."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _known(value: Any) -> Any:
    """Read null as not a number; one object stands for it, so that equal records are equal."""
    return math.nan if value is None or value != value else value


# JSON has neither NaN nor infinity: what cannot be told, such as a single chain's R-hat, and
# what is not finite are written as null.
Unknown = Annotated[float, BeforeValidator(_known)]
_FINITE = "finite in every finding"
Number = Annotated[float, BeforeValidator(_known), _FINITE]


class Part(BaseModel):
    """What all parts share: they do not change, and have no further keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def missing(self) -> Iterator[tuple[str, float]]:
        """Yield the key and value of every :data:`Number` within that is not finite."""
        for name, field in type(self).model_fields.items():
            yield from _missing(name, getattr(self, name), _FINITE in field.metadata)


def _missing(key: str, value: Any, wanted: bool) -> Iterator[tuple[str, float]]:
    """Yield the same of one value, and of the parts that it holds."""
    if isinstance(value, Part):
        for inner, number in value.missing():
            yield f"{key}.{inner}", number
    elif isinstance(value, (tuple, dict)):
        held = value.items() if isinstance(value, dict) else enumerate(value)
        for place, one in held:
            yield from _missing(f"{key}.{place}", one, wanted=False)
    elif wanted and not math.isfinite(value):
        yield key, value
