"""Tables of how forecasts of judgements did: authorities or regions left out, or later ones."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.pages.tables import Cell, Table, table_of
from analysis.record.evidence import EstimandEvidence
from analysis.words.numerals import above_nothing, error, number, signed
from analysis.words.vocabulary import FORECASTS, MODELS

_RANKED, _LOG = "ranked_probability_score", "log_score"


def prospective_table(scores: pd.DataFrame) -> Table:
    """Set forecasts from a cut-off beside each other, best first."""
    return _scores(
        "Forecasts of the inspections after the cut-off, best first; means over inspections, "
        "differences from the linked model with their standard errors.",
        scores.to_dict("records"),
    )


def left_out_table(finding: EstimandEvidence, caption: str) -> Table:
    """Set the models' forecasts of judgements not seen beside those that know less."""
    return _scores(
        f"{caption} Forecasts of judgements left out, best first; means over "
        "authorities, differences from the linked model with their standard errors.",
        [one.model_dump() for one in finding.judgement_scores],
    )


def regions_table(finding: EstimandEvidence, caption: str) -> Table:
    """Compare the models by the judgements of whole regions that they have not seen."""
    return table_of(
        f"{caption} Judgements of whole regions left out; standard errors are over regions.",
        ("Model", "elpd", "SE", "Monte Carlo error", "Difference", "SE of difference"),
        [
            (
                MODELS.get(row.model, row.model),
                Cell(number(row.elpd, 1), row.elpd),
                Cell(number(row.se, 1), row.se),
                Cell(error(row.mcse, 2), row.mcse),
                Cell(signed(row.difference, 1) if row.difference else "0", row.difference),
                Cell(number(row.difference_se, 1) if row.difference else "–", row.difference_se),
            )
            for row in finding.region_elpd
        ],
    )


def _scores(caption: str, rows: Iterable[Mapping[Any, Any]]) -> Table:
    """Write one row a forecast."""
    ordered = sorted(rows, key=lambda row: float(row[_RANKED]))
    return table_of(
        caption,
        (
            *("Forecast", "Ranked probability score (low is good)", "Monte Carlo error"),
            *("Difference", "SE", "Log score (high is good)", "Monte Carlo error"),
            *("Difference", "SE", "Miscalibration", "p if calibrated"),
        ),
        [
            (
                FORECASTS.get(str(row["forecast"]), str(row["forecast"])),
                *(
                    _cell(row, name, places)
                    for name, places in (
                        *((_RANKED, 3), (f"{_RANKED}_mcse", 4)),
                        *((f"{_RANKED}_difference", 3), (f"{_RANKED}_difference_se", 3)),
                        *((_LOG, 3), (f"{_LOG}_mcse", 4)),
                        *((f"{_LOG}_difference", 3), (f"{_LOG}_difference_se", 3)),
                        *(("miscalibration", 3), ("miscalibration_p", 2)),
                    )
                ),
            )
            for row in ordered
        ],
    )


def _cell(row: Mapping[Any, Any], name: str, places: int) -> Cell:
    """Write one number; the linked model has no difference from itself."""
    itself = "_difference" in name and row["forecast"] == "linked"
    write: Callable[[float, int], str] = number
    if name.endswith("_mcse"):
        write = error
    elif name.endswith("_p"):
        write = above_nothing
    return Cell("–" if itself else write(row[name], places), float(row[name]))
