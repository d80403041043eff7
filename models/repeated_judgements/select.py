"""Which inspections enter a model as repeated judgements, in arrays for a compiled model.

One row an authority and one place an inspection, in order of publication: authorities with fewer
inspections than the most have empty places. Inspections of authorities that the panel does not
hold (abolished ones) are counted and named, and do not enter.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from data.dates import numpy_day
from data.panel import PanelError
from models.spec import InspectionSpec

Array = NDArray[np.float64]

# Overall is close to the least of these: it is one of them again, never one more beside them.
SUB_JUDGEMENTS = ("leadership", "help_and_protection", "in_care", "care_leavers")


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedJudgements:
    """The inspections that enter, (authority, reading), and what each judged.

    Attributes
    ----------
    judgements
        Names of the judgements that enter.
    frameworks
        Names of the frameworks, in the order of the configuration.
    grade, given
        Position in ``GRADES`` (0 where none) and 1.0 where the judgement was given, (authority,
        reading, judgement).
    framework
        Position of the framework, (authority, reading).
    years
        Years from the mean date of the framework's inspections, (authority, reading).
    inspection, date
        Ids and dates (publication where the framework publishes no other), (authority,
        reading); empty text and NaT where there is none.
    inspector
        Position of the lead inspector's anonymous id in ``inspectors``; zeros without.
    inspectors
        Those ids; empty where no effect of theirs is asked for.
    outside
        Ids of inspections of authorities that the panel does not hold.
    """

    judgements: tuple[str, ...]
    frameworks: tuple[str, ...]
    grade: NDArray[np.int64]
    given: Array
    framework: NDArray[np.int64]
    years: Array
    inspection: NDArray[np.str_]
    date: NDArray[np.datetime64]
    inspector: NDArray[np.int64]
    inspectors: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def coords(self) -> dict[str, list[str] | list[int]]:
        """Coordinates for ``pm.Model``; an authority's earliest inspection is its first."""
        inspectors = {"inspector": list(self.inspectors)} if self.inspectors else {}
        return {
            "reading": list(range(1, self.grade.shape[1] + 1)),
            "judgement": list(self.judgements),
            "framework": list(self.frameworks),
            **inspectors,
        }

    @property
    def data(self) -> dict[str, Array | NDArray[np.int64]]:
        """Arrays for the model's ``pm.Data``."""
        inspectors = {"reading_inspector": self.inspector} if self.inspectors else {}
        return {
            "reading_grade": self.grade,
            "reading_given": self.given,
            "reading_framework": self.framework,
            "reading_years": self.years,
            **inspectors,
        }

    def without(self, kept: Array) -> "RepeatedJudgements":
        """Take the judgements of some authorities away; ``kept`` is 1.0 for the others."""
        return replace(self, given=self.given * kept[:, None, None])

    def label(self, labels: xr.Dataset) -> xr.Dataset:
        """Add the judgements to what a fit keeps of its data; grade -1 where there is none."""
        each = ("authority", "reading")
        grade = np.where(self.given > 0, self.grade, -1)
        return labels.assign_coords(
            {name: self.coords[name] for name in ("reading", "judgement", "framework")}
        ).assign(
            reading_grade=((*each, "judgement"), grade),
            reading_framework=(each, self.framework),
            reading_date=(each, self.date),
            reading_id=(each, self.inspection),
        )


def restrict(panel: xr.Dataset, spec: InspectionSpec) -> xr.Dataset:
    """Keep the inspections of the frameworks and of the window that a specification names.

    Raises
    ------
    PanelError
        If the panel has no inspection of a framework, or none in the window.
    """
    known = sorted(set(panel.framework.values.tolist()))
    missing = [name for name in spec.frameworks if name not in known]
    if missing:
        raise PanelError(
            f"model.inspection.frameworks names {missing[0]}; the panel has inspections of "
            f"{', '.join(known)}. Name some of these."
        )
    keep = panel.framework.isin(list(spec.frameworks)).values
    published = panel.publication.values
    if spec.published_from:
        keep &= published >= numpy_day(spec.published_from)
    if spec.published_to:
        keep &= published <= numpy_day(spec.published_to)
    if not keep.any():
        raise PanelError(
            f"model.inspection: no inspection of {', '.join(spec.frameworks)} was published "
            f"from {spec.published_from or 'the first'} to {spec.published_to or 'the last'}. "
            "Widen the window."
        )
    return panel.isel(inspection=np.flatnonzero(keep))


def gather_repeated_judgements(panel: xr.Dataset, spec: InspectionSpec) -> RepeatedJudgements:
    """Gather the judgements that a specification asks for from a restricted panel.

    Parameters
    ----------
    panel
        As :func:`restrict` returned it.
    spec
        Whether every inspection or each authority's latest enters, and by which judgements.

    Raises
    ------
    PanelError
        If a framework has fewer than ten inspections or fewer than two grades of a judgement,
        repeats are asked for and no authority has two inspections, or lead inspectors are asked
        for and the panel names none.
    """
    judgements = ("overall",) if spec.judgements == "overall" else SUB_JUDGEMENTS
    rows = _rows(panel, judgements)
    outside = rows.loc[~rows["inspected_authority"].isin(panel.authority.values), "inspection"]
    rows = rows[~rows["inspection"].isin(outside)]
    if spec.scope == "latest":
        rows = rows.drop_duplicates("inspected_authority", keep="last")
    _check(rows, judgements, spec)
    rows["place"] = rows.groupby("inspected_authority").cumcount()
    if spec.scope == "repeats" and not rows["place"].any():
        raise PanelError(
            "model.inspection.scope = 'repeats', and no authority has two inspections of "
            f"{', '.join(spec.frameworks)} in the window. Say 'latest', or widen the window."
        )
    who = pd.Index(panel.authority.values).get_indexer(rows["inspected_authority"])
    at = (who, rows["place"].to_numpy())
    shape = (panel.sizes["authority"], int(rows["place"].max()) + 1)
    grade = np.full((*shape, len(judgements)), -1, dtype=np.int64)
    grade[at] = rows[list(judgements)].to_numpy()
    inspectors, inspector = _inspectors(panel, rows, spec.lead_inspector)
    date = rows["date"].to_numpy("datetime64[ns]")
    return RepeatedJudgements(
        judgements=judgements,
        frameworks=spec.frameworks,
        grade=np.maximum(grade, 0),
        given=(grade >= 0).astype(float),
        framework=_placed(
            shape, at, [spec.frameworks.index(name) for name in rows["framework"]], 0
        ),
        years=_placed(shape, at, _years(rows), 0.0),
        inspection=_placed(shape, at, rows["inspection"].to_numpy(str), ""),
        date=_placed(shape, at, date, np.datetime64("NaT", "ns")),
        inspector=_placed(shape, at, inspector, 0),
        inspectors=inspectors,
        outside=tuple(outside),
    )


def _rows(panel: xr.Dataset, judgements: tuple[str, ...]) -> pd.DataFrame:
    """Return one row an inspection that gave some of the judgements, in order of publication."""
    rows = (
        panel[["inspected_authority", "publication", "inspection_start", "framework"]]
        .to_dataframe()
        .reset_index()
    )
    for name in judgements:
        rows[name] = panel.judgement_grade.sel(judgement=name).values
    rows["date"] = rows["inspection_start"].fillna(rows["publication"])
    rows = rows[(rows[list(judgements)] >= 0).any(axis=1)]
    return rows.sort_values("publication", kind="stable", ignore_index=True)


def _check(rows: pd.DataFrame, judgements: tuple[str, ...], spec: InspectionSpec) -> None:
    """Refuse frameworks and judgements whose cutpoints nothing would inform."""
    for framework in spec.frameworks:
        for name in judgements:
            given = rows.loc[(rows["framework"] == framework) & (rows[name] >= 0), name]
            if len(given) < 10 or given.nunique() < 2:
                raise PanelError(
                    f"panel: {framework} gave a judgement of {name} to {len(given)} of the "
                    f"inspections that enter, with {given.nunique()} grades; at least 10 and 2 "
                    "are needed. Change model.inspection.frameworks, judgements or the window."
                )


def _years(rows: pd.DataFrame) -> Array:
    """Return years from the mean date of each framework's inspections."""
    days = rows["date"].to_numpy("datetime64[ns]").astype("int64") / 8.64e13
    frame = pd.DataFrame({"framework": rows["framework"].to_numpy(), "days": days})
    centred = frame["days"] - frame.groupby("framework")["days"].transform("mean")
    return np.asarray(centred / 365.25, dtype=float)


def _inspectors(
    panel: xr.Dataset, rows: pd.DataFrame, wanted: bool
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the anonymous ids of lead inspectors and each inspection's position among them."""
    if not wanted:
        return (), np.zeros(len(rows), dtype=np.int64)
    if "lead_inspector" not in panel:
        raise PanelError(
            "model.inspection.lead_inspector = true, and the panel has no variable "
            "lead_inspector (inspection): the published files name no lead inspector. Leave the "
            "key out, or give a panel with anonymous ids."
        )
    ids = panel.lead_inspector.sel(inspection=rows["inspection"].to_numpy(str)).values.astype(str)
    if (ids == "").any():
        raise PanelError(
            f"panel: lead_inspector of {rows['inspection'].to_numpy(str)[ids == ''][0]} is "
            f"empty ({int((ids == '').sum())} such); every inspection needs an id."
        )
    names, position = np.unique(ids, return_inverse=True)
    return tuple(names.tolist()), position.astype(np.int64)


def _placed(
    shape: tuple[int, int],
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    values: object,
    empty: object,
) -> NDArray[Any]:
    """Put one value an inspection into its place, and ``empty`` into the others."""
    given = np.asarray(values)
    placed = np.full(shape, empty, dtype=given.dtype)
    placed[at] = given
    return placed
