"""The study's table under every combination of the choices that its report leaves open."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.reconstruction.association import associate
from analysis.reconstruction.bands import band_rows, places_for
from analysis.reconstruction.cases import Case, set_cases, single_cases
from analysis.reconstruction.claim import check_claim, rank_correlation
from analysis.reconstruction.config import Missing, Places, ReconstructionConfig
from analysis.reconstruction.hidden import Spread
from analysis.reconstruction.scores import Scales, combine, in_top, scale, spread_cell
from analysis.reconstruction.universe import Refused, ratings, require_figures, universe_rows
from data.panel import GRADES, PanelError, Progress, silent

Array = NDArray[np.float64]


@dataclass(slots=True)
class CombinationFinding:
    """Tables of a reconstruction, as they grow.

    Attributes
    ----------
    tables
        Ratings by band: four rows for each combination.
    claims
        A row for each combination: numbers, the claim and the rank correlation.
    tests
        A row for each indicator and test, for each combination on which tests depend.
    universe
        Every authority at each cut-off, with its rating or without.
    excluded
        Rated authorities without a score, and why.
    refused
        Choices that the files cannot answer.
    tested
        The choices whose indicators have been tested.
    """

    tables: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    tests: list[pd.DataFrame] = field(default_factory=list)
    universe: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    tested: set[Hashable] = field(default_factory=set)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {
            "tables": pd.DataFrame(self.tables),
            "claims": pd.DataFrame(self.claims),
            "tests": pd.concat(self.tests, ignore_index=True),
            "universe": pd.DataFrame(self.universe),
            "excluded": pd.DataFrame(
                self.excluded, columns=[*_CASE, "authority", "name", "rating", "reason"]
            ),
            "refused": pd.DataFrame(self.refused, columns=["indicators", "years", "reason"]),
        }


_CASE = ("cutoff", "indicators", "years", "missing", "ranked_among", "directions")


def every_combination(
    panel: xr.Dataset, config: ReconstructionConfig, report: Progress = silent
) -> CombinationFinding:
    """Make the study's table under every combination.

    Parameters
    ----------
    panel
        Of the authorities of the day, with the indicators and years of all options.
    config
        The options.
    report
        Called as sets are finished.

    Raises
    ------
    PanelError
        If no set can be used with any of the years.
    """
    found = CombinationFinding()
    spreads: dict[Missing, dict[tuple[str, int], Spread]] = {
        missing: {
            (name, year): spread_cell(panel, name, year, missing)
            for name in config.every_indicator
            for year in config.every_year
        }
        for missing in config.unknown.missing
    }
    rated = {cutoff: ratings(panel, cutoff) for cutoff in config.unknown.cutoff}
    for cutoff in config.unknown.cutoff:
        found.universe += universe_rows(panel, cutoff)
    usable = list(_usable(panel, config, found))
    if not usable:
        raise PanelError(found.refused[0]["reason"])
    for done, (name, years) in enumerate(usable):
        report("combinations", done, len(usable) + 1)
        for case in set_cases(config, name, years):
            _one_case(panel, config, found, spreads, rated, case)
    report("combinations", len(usable), len(usable) + 1)
    if "per_indicator" in config.unknown.score:
        for case in single_cases(panel, config, [years for _, years in usable]):
            _one_case(panel, config, found, spreads, rated, case)
    report("combinations", len(usable) + 1, len(usable) + 1)
    return found


def _usable(
    panel: xr.Dataset, config: ReconstructionConfig, found: CombinationFinding
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the sets and years that the files can answer; record the rest."""
    for name in config.unknown.indicators:
        for years in config.unknown.years:
            try:
                require_figures(panel, name, config.sets[name], years)
            except Refused as refusal:
                words = " ".join(map(str, years))
                found.refused.append({"indicators": name, "years": words, "reason": str(refusal)})
            else:
                yield name, years


def _one_case(
    panel: xr.Dataset,
    config: ReconstructionConfig,
    found: CombinationFinding,
    spreads: dict[Missing, dict[tuple[str, int], Spread]],
    rated: dict[date, NDArray[np.int64]],
    case: Case,
) -> None:
    """Score, band and test one case, under every score and rule for places."""
    grade = rated[case.cutoff]
    ranked = grade >= 0 if case.pool == "rated" else np.ones(grade.size, dtype=bool)
    scales = scale(spreads[case.missing], list(case.indicators), case.years, ranked)
    scores = {"per_indicator": np.round(scales.percentile[:, 0], 10)}
    if not case.single:
        scores = {
            score: combine(scales, score, case.missing, config.least_share, config.top_share)
            for score in config.unknown.score
            if score != "per_indicator"
        }
        _test(config, found, scales, grade, case)
        whole = next(iter(scores.values()), np.zeros(grade.size))
        found.excluded += _without_score(panel, case, whole, scales, grade)
    for score, value in scores.items():
        for rule in config.unknown.places:
            choice = {**case.labels(), "score": score, "places": rule}
            _band(config, found, choice, rule, value, grade)


def _band(
    config: ReconstructionConfig,
    found: CombinationFinding,
    choice: dict[str, Any],
    rule: Places,
    value: Array,
    grade: NDArray[np.int64],
) -> None:
    """Make the table of one combination, and put the claim to it."""
    labels = {"combination": len(found.claims) + 1, **choice}
    top, bottom = (in_top(one, config.top_share, rule) for one in (value, -value))
    kept = (grade >= 0) & np.isfinite(value)
    own = grade[kept], bottom[kept], top[kept]
    found.tables += [labels | row for row in band_rows(*own)]
    found.claims.append(
        labels
        | {
            "rated": int((grade >= 0).sum()),
            "authorities": int(kept.sum()),
            "places_of_a_band": places_for(int(np.isfinite(value).sum()), config.top_share, rule),
        }
        | check_claim(*own, config.interval)
        | rank_correlation(grade[kept], value[kept], config.interval)
    )


def _test(
    config: ReconstructionConfig,
    found: CombinationFinding,
    scales: Scales,
    grade: NDArray[np.int64],
    case: Case,
) -> None:
    """Test each indicator, once for each choice that the tests can feel."""
    names = tuple(name for name, _ in case.indicators)
    known = (case.cutoff, names, case.years, case.missing)
    if known in found.tested:
        return
    found.tested.add(known)
    held = grade >= 0
    tested = associate(scales.z[held], list(names), grade[held], config.alpha)
    choice = case.labels()
    del choice["ranked_among"], choice["directions"]
    left_out = [name for name in config.sets[case.name] if name not in names]
    found.tests.append(tested.assign(**choice, left_out=" ".join(left_out)))


def _without_score(
    panel: xr.Dataset, case: Case, score: Array, scales: Scales, grade: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """List the rated authorities that have no score."""
    rows = []
    for at in np.flatnonzero((grade >= 0) & ~np.isfinite(score)):
        held = int(np.isfinite(scales.percentile[at]).sum())
        rows.append(
            {
                **case.labels(),
                "authority": str(panel.authority.values[at]),
                "name": str(panel.authority_name.values[at]),
                "rating": GRADES[grade[at]],
                "reason": f"figures for {held} of {len(case.indicators)} indicators",
            }
        )
    return rows
