"""What a panel's indicators, deprivation and regions must be for a model, told before it compiles.

Degeneracy is judged on what was published, shares and rates: on the logit scale counts of equal
shares differ by their size alone, and would be taken for differences between authorities.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import PanelError
from models.spec import ModelSpec

Array = NDArray[np.float64]

_FEWEST_SEEN = 3
# One authority apart from all others tells nothing of how authorities differ.
_FEWEST_APART = 2
# So many equal figures in a year are no accident, whatever the other years hold.
_MANY = 10
_SAME = 1e-9


def require_fit(panel: xr.Dataset, spec: ModelSpec) -> None:
    """Refuse a panel that a model of what lasts cannot be fitted to.

    Raises
    ------
    PanelError
        If an indicator follows several definitions or does not vary, or deprivation or region
        do not vary.
    """
    require_one_series(panel)
    require_variation(panel)
    require_repeated_rates(panel)
    score = panel.deprivation.sel(measure=spec.deprivation).values
    if _spread(score) <= _SAME:
        raise PanelError(
            f"panel: {spec.deprivation} is the same in every authority; it cannot be adjusted for."
        )
    regions = np.unique(panel.region.values)
    if spec.region and regions.size < 2:
        raise PanelError(
            f"panel: every authority is of the region {regions[0]}; judgements cannot differ "
            "between regions. Say model.region = false."
        )


def require_variation(panel: xr.Dataset) -> None:
    """Refuse an indicator whose figures do not vary over authorities within years.

    Raises
    ------
    PanelError
        If fewer than three authorities have a figure in an indicator's fullest year, if all but
        one at most of its figures are those of the other authorities in the same year, or if ten
        authorities or more have one figure in a year and no other has another.
    """
    for name in panel.indicator.values:
        one = panel.sel(indicator=name).transpose("year", "authority", ...)
        known = [year[np.isfinite(year)] for year in _published(one)]
        fullest = max(year.size for year in known)
        if fullest < _FEWEST_SEEN:
            raise PanelError(
                f"panel: indicator {name} has {fullest} observed authorities in its "
                "fullest year; at least 3 are needed. Leave it out, or choose other years."
            )
        apart = [_apart(year) for year in known]
        if sum(apart) < _FEWEST_APART:
            but = " but one" if sum(apart) else ""
            raise PanelError(
                f"panel: indicator {name} is the same in every authority{but} in each year "
                f"(such as {np.concatenate(known)[0]:g}); it cannot tell authorities apart. "
                "Leave it out."
            )
        for label, year, number in zip(panel.year.values, known, apart, strict=True):
            if number == 0 and year.size >= _MANY:
                raise PanelError(
                    f"panel: indicator {name} is {year[0]:g} in all {year.size} authorities "
                    f"that have a figure in {label}; it cannot tell them apart in that year. "
                    "Leave the year or the indicator out."
                )


def require_repeated_rates(panel: xr.Dataset) -> None:
    """Raise an error if nothing tells a rate's noise from the authorities' lasting effects.

    A count's noise is known from its denominator. A rate's is not: seen once an authority, a
    value is effect and noise in shares that the priors alone would choose, and in a panel of one
    year the models have no term for the noise at all.

    Raises
    ------
    PanelError
        If fewer than three authorities have a rate in two years or more.
    """
    rates = panel.isel(indicator=np.flatnonzero(panel.kind.values == "rate"))
    repeated = (rates.value.notnull().sum("year") > 1).sum("authority").values
    for name, count in zip(rates.indicator.values, repeated, strict=True):
        if count < _FEWEST_SEEN:
            raise PanelError(
                f"panel: indicator {name} is a rate, whose noise is not known, and {count} "
                f"authorities have it in two years or more; at least {_FEWEST_SEEN} are needed to "
                "tell the noise from the authority's effect. Add years, or leave it out."
            )


def require_one_series(panel: xr.Dataset) -> None:
    """Refuse an indicator whose years follow several definitions.

    Raises
    ------
    PanelError
        With the years of each definition of the first such indicator, and the years over which
        every indicator follows one.
    """
    series = _series_by_year(panel)
    mixed = {name: own for name, own in series.items() if len(set(own.values())) > 1}
    if not mixed:
        return
    name, own = next(iter(mixed.items()))
    told = "; ".join(
        f"{_spans([year for year, one in own.items() if one == definition])} {definition!r}"
        for definition in dict.fromkeys(own.values())
    )
    more = f" (so do {len(mixed) - 1} more of the indicators)" if len(mixed) > 1 else ""
    raise PanelError(
        f"panel: indicator {name} follows {len(set(own.values()))} definitions{more}: {told}; "
        "years of different definitions cannot be compared. Say panel.years = "
        f"{_longest(series)}, leave such indicators out, or say [dynamic], which measures each "
        "definition apart."
    )


def _published(one: xr.Dataset) -> Array:
    """Return one indicator's shares, where the count is known, or its rates, (year, authority)."""
    if str(one.kind.values) != "count":
        return np.asarray(one.value.values, dtype=float)
    low, high, total = (
        one[name].values.astype(float)
        for name in ("numerator_low", "numerator_high", "denominator")
    )
    known = np.isfinite(low) & (low == high) & (total > 0)
    return np.where(known, low / np.where(known, total, 1.0), np.nan)


def _apart(known: Array) -> int:
    """Count the figures that are not the commonest of their year."""
    if not known.size:
        return 0
    top = np.abs(known).max()
    _, number = np.unique(np.round(known / (top or 1.0) / _SAME), return_counts=True)
    return int(known.size - number.max())


def _spread(score: Array) -> float:
    """Return the range relative to the largest figure."""
    return float(np.ptp(score)) / (float(np.abs(score).max()) or 1.0)


def _series_by_year(panel: xr.Dataset) -> dict[str, dict[int, str]]:
    """Name the definition of every year in which an indicator has a figure."""
    if "series" not in panel:
        return {}
    seen = (np.isfinite(panel.value) | np.isfinite(panel.numerator_low)).any("authority")
    seen, named = (one.transpose("indicator", "year").values for one in (seen, panel.series))
    return {
        str(name): {
            int(year): str(named[k, t]) for t, year in enumerate(panel.year.values) if seen[k, t]
        }
        for k, name in enumerate(panel.indicator.values)
    }


def _longest(series: dict[str, dict[int, str]]) -> list[int]:
    """Find the most years over which every indicator follows one definition, of equals the latest.

    Years are added to each in turn, the nearest first.
    """
    years = sorted({year for own in series.values() for year in own})

    def agree(one: int, other: int) -> bool:
        return all(
            one not in own or other not in own or own[one] == own[other] for own in series.values()
        )

    best: list[int] = []
    for first in years:
        kept = [first]
        for year in sorted(years, key=lambda year: (abs(year - first), -year)):
            if year != first and all(agree(year, other) for other in kept):
                kept.append(year)
        if len(kept) >= len(best):
            best = sorted(kept)
    return best


def _spans(years: list[int]) -> str:
    """Write years as spans, such as 2018 to 2020, 2023."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(
        str(span[0]) if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans
    )
