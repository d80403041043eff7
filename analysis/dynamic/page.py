"""The page of a dynamic run, from what the run found."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from analysis.dynamic import figures, words
from analysis.dynamic.record import DynamicEvidence
from analysis.pages.illustrations import Illustration, illustration, save_illustrations
from analysis.pages.page import environment, page_part, write_page
from analysis.plots.style import GRADE_COLOURS, SCREENS
from analysis.settings.config import RunConfig
from analysis.words.vocabulary import ESTIMANDS
from analysis.words.whose import whose
from data.origin import is_england
from models.dynamic.spec import DynamicSpec


def write_paths_page(
    folder: Path,
    config: RunConfig,
    spec: DynamicSpec,
    evidence: DynamicEvidence,
    tables: dict[str, pd.DataFrame],
    panel: xr.Dataset,
) -> Path:
    """Write ``report.html`` and ``figures/`` into a run's folder.

    Parameters
    ----------
    folder
        Holds ``provenance.json``.
    config, spec
        What was asked for.
    evidence, tables, panel
        What was found, and in what; a table without rows may be missing.
    """
    drawn = _illustrate(evidence, tables)
    simulated = evidence.panel.simulated
    of_whom = whose(simulated=simulated, england=is_england(panel))
    context: dict[str, Any] = {
        "title": config.title or "Paths of quality and effectiveness",
        "simulated": simulated,
        "whose": of_whom,
        "banner_text": of_whom.banner,
        "fitted": words.panel_sentence(evidence),
        "interval": f"{100 * evidence.settings.interval:g}% credible interval",
        "grade_colours": GRADE_COLOURS,
        "cards": [
            {
                "label": ESTIMANDS[name],
                "verdict": one.verdict.sentence,
                "converged": one.converged,
                "told": words.found_sentences(name, one, evidence),
                "paths": words.paths_table(name, one),
                "lags": words.lags_table(name, one) if one.converged and one.lags else None,
                "sweep": words.sweep_sentence(one),
            }
            for name, one in evidence.estimands.items()
        ],
        "diagnostics": words.diagnostics_table(tables["diagnostics"]),
        "series": words.series_table(tables["series"], panel),
        "configuration": config.to_toml(),
        "provenance": json.loads((folder / "provenance.json").read_text("utf-8")),
        "sif_delay": f"{spec.sif_delay:g}" if "SIF" in evidence.inspections else "",
    }
    template = environment("analysis.dynamic").get_template("page.html")
    parts = {"styles": page_part("style.css"), "script": page_part("page.js")}
    save_illustrations(drawn, folder / "figures")
    return write_page(
        template.render(**context, **parts, figures=drawn, pages={}), folder / "report.html"
    )


def _illustrate(
    evidence: DynamicEvidence, tables: dict[str, pd.DataFrame]
) -> dict[str, Illustration]:
    """Draw what there is to draw."""
    drawn: dict[str, Illustration] = {}
    none = pd.DataFrame()
    lags, fading = words.converged_lags(tables.get("lags", none)), tables.get("fading", none)
    if not lags.empty:
        draw = partial(figures.draw_lags, lags, evidence.settings.rope)
        images = {width: draw(width=width) for width in SCREENS}
        drawn["lags"] = illustration("lags", images, words.describe_lags(lags))
    if not fading.empty:
        draw_fading = partial(figures.draw_fading, fading)
        images = {width: draw_fading(width=width) for width in SCREENS}
        drawn["fading"] = illustration("fading", images, words.describe_fading(fading))
    return drawn
