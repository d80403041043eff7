"""When an indicator's figures were counted, and how far that is from a day.

A publisher labels a figure with a year. The period that the figure covers ends on one day of
that year, which depends on the indicator: the year to 31 March for most, the school year for
absence, 30 September for the workforce. The catalogue states it, a panel carries it along
``indicator``, and every comparison of figures with dates reads it from here.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache
from math import floor

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, field_validator

COORDINATES = ("reference_end", "reference_months", "publication_months")
"""What a panel carries of it along ``indicator``: the fields of :class:`ReferencePeriod`."""

LONGEST = 120
"""Months that a period, or the wait for its publication, may last."""

_YEAR = 12
# Month of the end of the year to 31 March, from which the models' yearly grids are laid out.
_GRID_END = 4.0


class ReferencePeriod(BaseModel):
    """The period that an indicator's figures cover, and when they are published.

    Attributes
    ----------
    end
        Last day of the period in the year of the label, as MM-DD.
    months
        Length of the period; 0 for a count of what there was on the last day.
    published
        Months after that day by which the figures are published, to the whole month.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    end: str
    months: int = Field(ge=0, le=LONGEST)
    published: int = Field(ge=0, le=LONGEST)

    @field_validator("end")
    @classmethod
    def _is_a_day(cls, end: str) -> str:
        """Refuse what is no day of every year."""
        if not is_day(end):
            raise ValueError(f"wanted a day of every year as MM-DD, such as 03-31; got {end!r}")
        return end

    @property
    def text(self) -> str:
        """Name the period, as in "year to 31 March"."""
        day = f"{self._last(2001):%d %B}".removeprefix("0")
        if not self.months:
            return day
        years, rest = divmod(self.months, _YEAR)
        if rest:
            return f"{self.months} months to {day}"
        return f"year to {day}" if years == 1 else f"{years} years to {day}"

    @property
    def shift(self) -> int:
        """Whole years from the year to 31 March of a label to the year that the figure is nearest.

        Middles are compared; of two years equally near, the later.
        """
        middle = self._end_month - self.months / 2.0
        return floor((middle - (_GRID_END - _YEAR / 2.0)) / _YEAR + 0.5 + 1e-9)

    @property
    def _end_month(self) -> float:
        """Place the end of the period in its year: 4.0 is the end of 31 March."""
        last = self._last(2001)
        return last.month + last.day / monthrange(last.year, last.month)[1]

    def _last(self, label: int) -> date:
        """Date the period's last day."""
        return date(label, int(self.end[:2]), int(self.end[3:]))

    def period(self, label: int) -> tuple[date, date]:
        """Return the first and last day that a label's figure covers."""
        last = self._last(label)
        return (_moved(last, -self.months) if self.months else last), last

    def year_about(self, label: int) -> tuple[date, date]:
        """Return the period, lengthened to a year about its middle where it is shorter.

        A count of one day says something of the months on its two sides. So every indicator
        keeps the same distance from a day with which it is compared.
        """
        if self.months >= _YEAR:
            return self.period(label)
        last, ahead = self._last(label), (_YEAR - self.months) // 2
        return _moved(last, ahead - _YEAR), _moved(last, ahead) - timedelta(days=1)

    def known_from(self, label: int) -> date:
        """Return the first day on which a label's figure counts as published."""
        return _moved(self._last(label), self.published)


def coordinates_of(periods: Iterable[ReferencePeriod]) -> dict[str, tuple[str, np.ndarray]]:
    """Lay reference periods out as a panel carries them, along ``indicator``."""
    listed = list(periods)
    return {
        "reference_end": ("indicator", np.array([one.end for one in listed])),
        "reference_months": ("indicator", np.array([one.months for one in listed])),
        "publication_months": ("indicator", np.array([one.published for one in listed])),
    }


def is_day(end: str) -> bool:
    """Return whether a text is a day of every year, as MM-DD."""
    try:
        return f"{date.fromisoformat(f'2001-{end}'):%m-%d}" == end
    except ValueError:
        return False


def _moved(last: date, months: int) -> date:
    """Return the day after another, moved by whole months: both ends of a month stay ends."""
    after = last + timedelta(days=1)
    years, month = divmod(after.month - 1 + months, _YEAR)
    year = after.year + years
    return date(year, month + 1, min(after.day, monthrange(year, month + 1)[1]))


def references(panel: xr.Dataset) -> list[ReferencePeriod]:
    """Return the reference period of each indicator of a panel."""
    columns = (panel[name].values.tolist() for name in COORDINATES)
    return [
        _reference(str(end), int(months), int(published))
        for end, months, published in zip(*columns, strict=True)
    ]


@cache
def _reference(end: str, months: int, published: int) -> ReferencePeriod:
    """Make one, once."""
    return ReferencePeriod(end=end, months=months, published=published)


def overlaps(panel: xr.Dataset, first: date, last: date) -> xr.DataArray:
    """Return which figures cover a day from the first to the last, (indicator, year)."""
    begins, ends = _spans(panel, ReferencePeriod.period)
    return (begins <= _number(last)) & (ends >= _number(first))


def known_on(panel: xr.Dataset, day: date) -> xr.DataArray:
    """Return which figures were published by a day, (indicator, year)."""
    return _over_figures(panel, lambda one, label: one.known_from(label) <= day)


def years_from(panel: xr.Dataset, day: xr.DataArray) -> xr.DataArray:
    """Count the years from days to the figures.

    Parameters
    ----------
    panel
        A valid panel.
    day
        Dates, along any dimensions but the figures'.

    Returns
    -------
    xr.DataArray
        (indicator, year, and the days' dimensions): 0 where the period, of a year at least
        (:meth:`ReferencePeriod.year_about`), holds the day; 1 where it begins within the year
        after it, -1 where it ended within the year before it, and so on; NaN where there is no
        day.
    """
    there = day.notnull()
    at = day.where(there, np.datetime64("2001-01-01", "ns"))
    number = at.dt.year * 10_000 + at.dt.month * 100 + at.dt.day
    first, last = _spans(panel, ReferencePeriod.year_about)
    after = _years_between(number, first).where(first > number, 0)
    before = _years_between(last, number).where(last < number, 0)
    return (after - before).where(there)


def _years_between(earlier: xr.DataArray, later: xr.DataArray) -> xr.DataArray:
    """Count the years from one day to a later one, begun ones as whole."""
    return later // 10_000 - earlier // 10_000 + (later % 10_000 > earlier % 10_000)


def _spans(
    panel: xr.Dataset, span: Callable[[ReferencePeriod, int], tuple[date, date]]
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return first and last days as numbers, each (indicator, year)."""
    first = _over_figures(panel, lambda one, label: _number(span(one, label)[0]))
    return first, _over_figures(panel, lambda one, label: _number(span(one, label)[1]))


def _number(day: date) -> int:
    """Write a day as YYYYMMDD: numbers are in the order of the days."""
    return day.year * 10_000 + day.month * 100 + day.day


def _over_figures(panel: xr.Dataset, say: Callable[[ReferencePeriod, int], int]) -> xr.DataArray:
    """Return one quantity of every label's figure, (indicator, year)."""
    labels = [int(label) for label in panel.year.values]
    values = np.array([[say(one, label) for label in labels] for one in references(panel)])
    coords = {name: panel[name].values for name in ("indicator", "year")}
    return xr.DataArray(values, coords=coords, dims=("indicator", "year"))
