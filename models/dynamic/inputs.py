r"""What the dynamic model is fitted to: yearly cells, dated judgements, breaks, deprivation.

Time runs in years on a grid of one point a year, the middles of the years ending 31 March. A
figure says something of its whole period and is placed at the point nearest its middle
(:attr:`data.reference.ReferencePeriod.shift`): that of the year to 31 March t at 1 October of t -
1, a count of 30 September t a year later. An inspection stands at its own date between the points.
SIF publishes only the report's date, so a mean delay is taken off.

Values enter as in :mod:`models.measurement`, but each series of an indicator (a stretch of
years with one definition, :func:`data.panel_queries.comparable_years`) is standardised on its own,
so that no value is compared across a break. What a break does to the authorities' own effects is a
parameter of the model.

Every authority that has a cell or a judgement enters, for the years in which it has them. A
judgement after the last year or before the first is compared with the path's continuation there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from data.panel import PanelError, validate_panel
from data.reference import references
from models.dynamic.spec import DynamicSpec
from models.inputs import declared_weights, panel_facts
from models.measurement import measure
from models.requirements import require_repeated_rates

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class YearlyCells:
    """Cells on the grid of years, (indicator, year, authority) but where said.

    Attributes
    ----------
    y, variance, observed
        As in :class:`models.measurement.Measurements`.
    regime
        Number of the definition in force, counted from the first, (indicator, year).
    weight
        Declared weight in effectiveness, (indicator,).
    shift
        Years by which the indicator's figures lie after the year to 31 March of their label,
        (indicator,).
    indicators, years, authorities
        Names; a year is the one ending 31 March in whose middle the point lies.
    """

    y: Array
    variance: Array
    observed: Array
    regime: Integers
    weight: Array
    shift: list[int]
    indicators: list[str]
    years: list[int]
    authorities: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class DatedJudgements:
    """Every overall judgement, in order of authority and date, (inspection,).

    Attributes
    ----------
    grade
        Position in ``GRADES``.
    authority
        Position of the inspected authority.
    slot
        0 for an authority's first inspection, 1 for its next.
    when
        Date on the grid: 0.0 is the middle of the first year.
    framework
        Position in ``frameworks``.
    years
        Years from the mean date of the framework's inspections.
    date, inspection
        The day that stands for the inspection, and its id.
    frameworks
        Names, the older first.
    """

    grade: Integers
    authority: Integers
    slot: Integers
    when: Array
    framework: Integers
    years: Array
    date: NDArray[np.datetime64]
    inspection: list[str]
    frameworks: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class DynamicInputs:
    """Everything that the dynamic model conditions on.

    Attributes
    ----------
    cells, judgements
        Both sides of the comparison.
    deprivation
        Standardised over authorities in each year, by the vintage that suits it,
        (year, authority).
    names
        Names of the authorities.
    facts
        What the panel is: ``simulated``, ``release``, counts and years.
    """

    cells: YearlyCells
    judgements: DatedJudgements
    deprivation: Array
    names: list[str]
    facts: dict[str, Any]


def prepare_dynamic(panel: xr.Dataset, spec: DynamicSpec) -> DynamicInputs:
    """Turn a panel into what the dynamic model conditions on.

    Raises
    ------
    PanelError
        If the panel breaks its contract, has a contested indicator, no indicator with figures of
        two years, a rate that hardly any authority has twice, fewer indicators than factors, or
        fewer than ten judgements or two grades under a framework.
    """
    validate_panel(panel)
    _refuse_unfit(panel, spec)
    cells = _cells(panel, spec)
    if cells.observed.any(axis=2).sum(axis=1).max() < 2:
        raise PanelError(
            f"panel: no indicator has figures of two years (years: "
            f"{', '.join(str(year) for year in panel.year.values)}); a path needs two or more. "
            "Add years to panel.years, or say [model] in the place of [dynamic]."
        )
    require_repeated_rates(panel)
    return DynamicInputs(
        cells=cells,
        judgements=_judgements(panel, cells, spec),
        deprivation=_deprivation(panel, spec.deprivation, cells.years),
        names=[str(name) for name in panel.authority_name.values],
        facts=panel_facts(panel),
    )


def _refuse_unfit(panel: xr.Dataset, spec: DynamicSpec) -> None:
    """Refuse what the panel's indicators cannot carry."""
    if spec.factors > len(panel.indicator):
        raise PanelError(
            f"panel: {len(panel.indicator)} indicators cannot carry {spec.factors} factors. "
            "Lower dynamic.factors or add indicators."
        )


def _cells(panel: xr.Dataset, spec: DynamicSpec) -> YearlyCells:
    """Measure every series on its own and lay the series of an indicator on one row."""
    shift = [one.shift for one in references(panel)]
    labels = [int(year) for year in panel.year.values]
    years = list(range(min(labels) + min(shift), max(labels) + max(shift) + 1))
    shape = (len(panel.indicator), len(years), len(panel.authority))
    y, variance, observed = np.zeros(shape), np.ones(shape), np.zeros(shape)
    regime = np.zeros(shape[:2], dtype=np.int64)
    for k in range(shape[0]):
        one = panel.isel(indicator=[k])
        at = np.array([years.index(label + shift[k]) for label in labels])
        number = -1
        found = np.full(len(years), -1)
        for series in _series(one):
            part = measure(one.isel(year=series), spec.suppression)
            entered = part.observed[0].any(axis=1)
            if not entered.any():
                continue
            number += 1
            place = at[series]
            y[k, place], variance[k, place] = part.y[0], part.variance[0]
            observed[k, place] = part.observed[0]
            found[place[entered]] = number
        if number < 0:
            raise PanelError(
                f"panel: indicator {panel.indicator.values[k]} has no figure in any year. Leave "
                "it out of panel.indicators, or choose other years."
            )
        regime[k] = _filled(found)
    return YearlyCells(
        y=y,
        variance=variance,
        observed=observed,
        regime=regime,
        weight=declared_weights(panel, spec.weights, "dynamic.weights"),
        shift=shift,
        indicators=[str(name) for name in panel.indicator.values],
        years=years,
        authorities=[str(code) for code in panel.authority.values],
    )


def _series(one: xr.Dataset) -> list[Integers]:
    """Return the positions of the years of each series of one indicator, the oldest first."""
    seen = np.isfinite(one.value).any("authority").transpose("indicator", "year").values[0]
    seen |= np.isfinite(one.numerator_low).any("authority").transpose(..., "year").values.ravel()
    if "series" not in one:
        return [np.flatnonzero(seen)] if seen.any() else []
    names = one.series.transpose("indicator", "year").values[0].astype(str)
    listed = dict.fromkeys(names[seen])
    return [np.flatnonzero(seen & (names == name)) for name in listed]


def _filled(found: Integers) -> Integers:
    """Return for years without figures the definition before them, or the first."""
    series = pd.Series(found).where(lambda one: one >= 0).ffill().bfill()
    return np.asarray(series.fillna(0.0).to_numpy(np.int64))


def _judgements(panel: xr.Dataset, cells: YearlyCells, spec: DynamicSpec) -> DatedJudgements:
    """Take every overall judgement of the panel's authorities, with its date."""
    rows = pd.DataFrame(
        {
            "inspection": panel.inspection.values.astype(str),
            "code": panel.inspected_authority.values.astype(str),
            "framework": panel.framework.values.astype(str),
            "grade": panel.judgement_grade.sel(judgement="overall").values,
            "start": panel.inspection_start.values,
            "publication": panel.publication.values,
        }
    )
    rows["date"] = rows["start"].fillna(
        rows["publication"] - pd.to_timedelta(spec.sif_delay, unit="D")
    )
    rows["authority"] = pd.Index(cells.authorities).get_indexer(pd.Index(rows["code"]))
    rows = rows[(rows["grade"] >= 0) & (rows["authority"] >= 0)]
    rows = rows.sort_values(["authority", "date"], kind="stable", ignore_index=True)
    for framework, given in rows.groupby("framework"):
        if len(given) < 10 or given["grade"].nunique() < 2:
            raise PanelError(
                f"panel: {len(given)} judgements under {framework}, with "
                f"{given['grade'].nunique()} grades; at least 10 and 2 are needed. Keep more "
                "authorities (panel.exclude, panel.drop), or say [model], which takes one "
                "framework alone, in the place of [dynamic]."
            )
    frameworks = rows.groupby("framework")["date"].min().sort_values().index.tolist()
    if not frameworks:
        raise PanelError(
            "panel: no authority has an overall judgement, and a path of quality needs some. "
            "Choose a panel with inspections."
        )
    origin = np.datetime64(f"{cells.years[0] - 1}-10-01", "ns")
    when = (rows["date"].to_numpy("datetime64[ns]") - origin) / np.timedelta64(1, "D") / 365.25
    mean = rows.assign(when=when).groupby("framework")["when"].transform("mean")
    return DatedJudgements(
        grade=rows["grade"].to_numpy(np.int64),
        authority=rows["authority"].to_numpy(np.int64),
        slot=rows.groupby("authority").cumcount().to_numpy().astype(np.int64),
        when=np.asarray(when, dtype=float),
        framework=rows["framework"].map(frameworks.index).to_numpy(np.int64),
        years=np.asarray(when - mean.to_numpy(), dtype=float),
        date=rows["date"].to_numpy("datetime64[ns]"),
        inspection=rows["inspection"].tolist(),
        frameworks=[str(name) for name in frameworks],
    )


def _deprivation(panel: xr.Dataset, measure_name: str, years: list[int]) -> Array:
    """Standardise deprivation over authorities, each year by its vintage."""
    if "deprivation_vintage" not in panel:
        score = panel.deprivation.sel(measure=measure_name).values
        return np.tile(_standardised(score, measure_name), (len(years), 1))
    labels = panel.year.values
    rows = []
    for year in years:
        nearest = int(np.abs(labels - year).argmin())
        vintage = panel.vintage_of_year.values[nearest]
        score = panel.deprivation_vintage.sel(measure=measure_name, vintage=vintage).values
        rows.append(_standardised(score, f"{measure_name} of {vintage}"))
    return np.stack(rows)


def _standardised(score: Array, what: str) -> Array:
    """Standardise scores to zero mean and unit standard deviation."""
    missing = int((~np.isfinite(score)).sum())
    if missing or np.ptp(score) == 0.0:
        fault = f"missing in {missing} authorities" if missing else "the same in every authority"
        raise PanelError(
            f"panel: {what} is {fault}; it cannot be adjusted for. Name another "
            "dynamic.deprivation, or leave these authorities out (panel.exclude)."
        )
    return np.asarray((score - score.mean()) / score.std())
