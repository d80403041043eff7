"""What every section of a configuration has in common: strict types, and bounds for each number.

Numbers are those that were written (text such as "1000" is none), finite and bounded. The bounds
are wide: they keep out what no analysis means and what memory or arithmetic could not stand.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data.dates import read_day


class Section(BaseModel):
    """A part of a configuration: keys are known, types exact, and values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object) -> object:
        """Take the lists that a file has for the tuples that do not change."""
        return _as_tuples(value)


def _as_tuples(value: object) -> object:
    """Turn lists into tuples, also within tables."""
    if isinstance(value, dict):
        return {key: _as_tuples(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_as_tuples(one) for one in value)
    return value


def _text_of_day(value: object) -> str:
    """Write a day as text, or leave it empty."""
    return "" if value == "" else read_day(value).isoformat()


Scale = Annotated[float, Field(ge=1e-3, le=100.0)]
"""Of a prior, on the scale of the indicators or the judgements; where 1 is already wide."""
Concentration = Annotated[float, Field(ge=0.01, le=10_000.0)]
Location = Annotated[float, Field(ge=-100.0, le=100.0)]
Weight = Annotated[float, Field(ge=0.0, le=1e6)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Year = Annotated[int, Field(ge=1990, le=2100)]
Draws = Annotated[int, Field(ge=1, le=20_000)]
Chains = Annotated[int, Field(ge=2, le=64)]
Cores = Annotated[int, Field(ge=1, le=1024)]
Factors = Annotated[int, Field(ge=1, le=50)]
Simulated = Annotated[int, Field(ge=0, le=10_000)]
Correlation = Annotated[float, Field(gt=-1.0, lt=1.0)]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
TopShare = Annotated[float, Field(gt=0.0, lt=0.5)]
Interval = Annotated[float, Field(gt=0.5, lt=1.0)]
Odds = Annotated[float, Field(gt=1.0, le=1e6)]

Day = Annotated[date, BeforeValidator(read_day)]
DayOrEmpty = Annotated[str, BeforeValidator(_text_of_day)]
"""A day as text such as 2023-03-31, or empty."""
