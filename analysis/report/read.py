"""A run's folder, read into what the report needs, or refused with file and key."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from analysis.files.provenance import Provenance
from analysis.files.read_table import ReportError, again, open_fit, read_table, read_text, reading
from analysis.record.evidence import Evidence, RecordError
from analysis.report.read_figures import FigureInputs, read_figure_inputs
from data.origin import from_england
from data.panel import JUDGEMENTS

_TEXT = {
    "authorities": (
        *("estimand", "authority", "name", "region", "judgement", "inspection_start"),
        "against_median",
    ),
    "indicators": ("estimand", "structure", "indicator", "title", "domain"),
    "link": ("estimand", "structure", "model"),
    "coverage": ("indicator", "title", "domain"),
    "judgements": ("grade",),
    "joins": ("source", "code", "name", "years", "action", "reason"),
    "authority_indicators": (
        *("authority", "indicator", "title", "domain", "direction", "unit", "status"),
    ),
    "inspections": ("authority", "inspection_start", "publication", "framework", *JUDGEMENTS),
    "prospective": ("forecast", "cutoff", "reasons"),
    "diagnostics": ("fit", "estimand", "structure", "model", "worst"),
    "indicator_links": ("estimand", "indicator", "title", "aspect"),
    "baselines": ("estimand", "model", "aspect", "quantity", "reasons"),
    "proportional_odds": ("estimand", "cut"),
    "deprivation_gradients": ("framework", "quantity"),
    "predictive": ("estimand", "group", "quantity", "indicator", "title", "reasons"),
}
# Of runs that were asked for them.
_OPTIONAL = (
    "deprivation_gradients",
    "prospective",
    "indicator_links",
    "baselines",
    "proportional_odds",
    "predictive",
)
_NUMBERS = {
    "authorities": (
        *("effectiveness", "effectiveness_lower", "effectiveness_upper"),
        *("rank", "rank_lower", "rank_upper"),
        *("probability_top", "probability_bottom", "cells"),
    ),
    "indicators": (
        *("correlation", "correlation_lower", "correlation_upper"),
        *("correlation_mcse", "noise_share", "noise_share_lower", "noise_share_upper"),
    ),
    "link": ("mean", "sd", "lower", "upper", "probability", "rhat", "ess_bulk", "ess_tail"),
    "coverage": ("year", "observed", "suppressed", "missing"),
    "judgements": ("year", "inspections"),
    "joins": (),
    "authority_indicators": (
        *("year", "value", "value_lower", "value_upper", "tenth", "median", "ninetieth"),
    ),
    "inspections": (),
    "prospective": (
        *("cases", "log_score", "log_score_difference", "log_score_difference_se"),
        *("ranked_probability_score", "ranked_probability_score_difference"),
        *("ranked_probability_score_difference_se", "ranked_probability_score_mcse"),
        *("log_score_mcse", "miscalibration", "miscalibration_p"),
    ),
    "diagnostics": ("divergences", "max_rhat", "min_ess_bulk", "min_ess_tail", "seconds"),
    "indicator_links": (
        *("authorities", "mean", "lower", "upper", "mcse"),
        *("pooled_mean", "pooled_lower", "pooled_upper", "pooled_mcse", "rhat", "ess_bulk"),
    ),
    "baselines": ("mean", "lower", "upper", "mcse", "rhat", "ess_bulk", "observations"),
    "proportional_odds": (
        *("slope", "mean", "lower", "upper", "probability", "probability_mcse", "departure"),
    ),
    "deprivation_gradients": ("mean", "lower", "upper", "mcse", "readings"),
    "predictive": (
        *("indicators", "mean", "lower", "upper", "mcse", "probability"),
        *("rhat", "ess_bulk", "ess_tail", "authorities"),
    ),
}
_OPTIONAL_NUMBERS = {
    "indicators": ("others", "others_lower", "others_upper", "others_mcse", "if_independent"),
}
_FLAGS = {"link": ("converged",), "diagnostics": ("converged",)}
_WHOLE = {
    "coverage": ("year", "observed", "suppressed", "missing"),
    "judgements": ("year",),
    "authority_indicators": ("year",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything that a report is written from.

    Attributes
    ----------
    evidence
        What was found.
    tables
        By name, with text, numbers and flags told apart; empty text where none.
    link_draws
        Draws of ρ for each estimand that converged.
    provenance
        Where it all came from.
    configuration
        The text of ``run.toml``.
    prospective
        Scores of forecasts from a cut-off, if the run has them.
    figures
        What further figures are drawn from, as far as the run has it.
    indicator_links, baselines
        Plain regressions, if the run has them.
    deprivation_gradients
        The judgement's slopes on deprivation.
    proportional_odds
        Slopes at each cutpoint, where the run's judgements can be checked so.
    predictive
        Coefficients of the estimand ``predictive``, if the run has it.
    """

    evidence: Evidence
    tables: dict[str, pd.DataFrame]
    link_draws: dict[str, NDArray[np.float64]]
    provenance: Provenance
    configuration: str
    figures: FigureInputs
    prospective: pd.DataFrame | None = None
    indicator_links: pd.DataFrame | None = None
    baselines: pd.DataFrame | None = None
    proportional_odds: pd.DataFrame | None = None
    deprivation_gradients: pd.DataFrame | None = None
    predictive: pd.DataFrame | None = None


def _is_of_paths(configuration: Path) -> bool:
    """Return whether a run's configuration, where it is there, has a section [dynamic]."""
    if not configuration.is_file():
        return False
    try:
        return "dynamic" in tomllib.loads(read_text(configuration))
    except tomllib.TOMLDecodeError as error:
        raise ReportError(
            f"{configuration}: cannot be read as TOML: {error}. Run it again."
        ) from error


def read_inputs(folder: Path) -> Inputs:
    """Read a run's folder.

    Raises
    ------
    ReportError
        At the first file, key or column that is missing or is not what it should be.
    """
    if _is_of_paths(folder / "run.toml"):
        raise ReportError(
            f"{folder}: a run of paths over the years ([dynamic]). Its page is report.html, "
            "written by the run; it is neither written anew nor set beside other runs."
        )
    provenance = _read_record(folder / "provenance.json", Provenance)
    evidence = _read_evidence(folder / "evidence.json", provenance)
    structure = evidence.settings.structure
    return Inputs(
        evidence=evidence,
        tables={
            name: _read_table(folder / "tables" / f"{name}.csv", name)
            for name in _TEXT
            if name not in _OPTIONAL
        },
        link_draws={
            estimand: _read_draws(folder / "fits" / f"{structure}-{estimand}-linked.nc")
            for estimand in evidence.findings()
        },
        provenance=provenance,
        configuration=read_text(folder / "run.toml"),
        figures=read_figure_inputs(folder, structure),
        **{name: _read_optional(folder / "tables" / f"{name}.csv", name) for name in _OPTIONAL},
    )


def _read_record[RecordType: BaseModel](path: Path, kind: type[RecordType]) -> RecordType:
    """Read a JSON file as one type, naming the first key at fault."""
    text = read_text(path)
    try:
        with reading(path, but=(ValueError,)):
            content: Any = json.loads(text)
            return kind.model_validate(content, extra="ignore")
    except json.JSONDecodeError as error:
        raise ReportError(f"{path}: is no JSON ({error}). Write it again.") from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        key = ".".join(map(str, fault["loc"]))
        got = "nothing" if fault["type"] == "missing" else repr(fault["input"])[:80]
        raise ReportError(f"{path}: key {key} is {got}; {fault['msg']}.") from error


def _read_evidence(path: Path, provenance: Provenance) -> Evidence:
    """Read what was found, as it may be shown; of England if the run's sources are."""
    evidence = _read_record(path, Evidence)
    files = (source.file for source in provenance.sources)
    england = from_england(simulated=evidence.panel.simulated, files=files)
    panel = evidence.panel.model_copy(update={"england": england})
    try:
        return evidence.model_copy(update={"panel": panel}).shown()
    except RecordError as error:
        raise ReportError(f"{path}: {error}. {again(path.parent)}") from error


def _read_table(path: Path, name: str) -> pd.DataFrame:
    """Read one of the tables that this module knows."""
    return read_table(
        path,
        _TEXT[name],
        _NUMBERS[name],
        _FLAGS.get(name, ()),
        _WHOLE.get(name, ()),
        _OPTIONAL_NUMBERS.get(name, ()),
    )


def _read_optional(path: Path, name: str) -> pd.DataFrame | None:
    """Read a table that only some runs have."""
    return _read_table(path, name) if path.is_file() else None


def _read_draws(path: Path) -> NDArray[np.float64]:
    """Read every draw of ρ from one fit."""
    with open_fit(path) as tree:
        if "posterior" not in tree.children or "rho" not in tree["posterior"].data_vars:
            raise ReportError(f"{path}: no variable rho in the group posterior.")
        draws = np.asarray(tree["posterior"]["rho"].values, dtype=float).ravel()
    if not draws.size or not np.isfinite(draws).all():
        raise ReportError(f"{path}: rho has {draws.size} draws, not all of them finite.")
    return draws
