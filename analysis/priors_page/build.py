"""A configuration and its panel in, the priors page out, with its numbers and figures."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from analysis.pages.illustrations import Illustration, illustration, save_illustrations
from analysis.pages.page import environment, page_part, write_page
from analysis.plots.priors import draw_checks, draw_densities, draw_distributions
from analysis.plots.style import GRADE_COLOURS, SCREENS
from analysis.priors_page import words
from analysis.priors_page.densities import PriorDensity, prior_densities
from analysis.priors_page.observables import Observables
from analysis.priors_page.predictive import checks, prior_predictive
from analysis.run.identity import whole_identity
from analysis.settings.config import RunConfig
from analysis.words.panels import whose_data
from analysis.words.whose import whose
from data.folders import whole_folder
from data.origin import is_england
from data.panel import GRADES, Progress, silent
from models.inputs import prepare

DRAWS = 500
KIND = "priors page"


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a page is made of."""

    densities: list[PriorDensity]
    seen: Observables
    drawn: list[Observables]
    table: pd.DataFrame
    titles: dict[str, str]


def write_priors_page(
    config: RunConfig,
    panel: xr.Dataset,
    folder: Path,
    draws: int = DRAWS,
    report: Progress = silent,
) -> Path:
    """Write ``priors.html``, ``priors.json`` and ``figures/``.

    Parameters
    ----------
    config
        Whose priors and structure are shown.
    panel
        Its panel: denominators and dates come from it, and what was observed.
    folder
        Where they are to stand, in the place of what this function wrote there before.
    draws
        Data sets to draw from the priors.
    report
        Called while drawing.

    Returns
    -------
    Path
        The page: one file that loads nothing from anywhere.

    Raises
    ------
    data.panel.PanelError
        If the panel cannot be fitted.
    data.storage.StorageError
        If the folder holds anything else.
    """
    whole = f"{whole_identity(config, panel)} {draws}"
    identity = hashlib.sha256(whole.encode()).hexdigest()
    with whole_folder(folder, KIND, identity, replaces=True) as place:
        if not place.finished:
            _fill(place.folder, config, panel, draws, report)
    return folder / "priors.html"


def _fill(
    folder: Path, config: RunConfig, panel: xr.Dataset, draws: int, report: Progress
) -> None:
    """Draw from the priors and write every file."""
    share = config.evidence.top_share
    inputs = prepare(panel, config.model)
    seen, drawn = prior_predictive(panel, config.model, draws, config.sampler.seed, share, report)
    names = [str(one) for one in panel["indicator"].values]
    found = _Found(
        densities=prior_densities(config.model, inputs),
        seen=seen,
        drawn=drawn,
        table=checks(seen, drawn, inputs),
        titles=dict(zip(names, map(str, panel["indicator_title"].values), strict=True)),
    )
    figures = _illustrate(found, config, whose_data(panel))
    page = (
        environment("analysis.priors_page")
        .get_template("page.html")
        .render(
            **_context(found, config, panel, draws),
            figures=figures,
            grade_colours=GRADE_COLOURS,
            styles=page_part("style.css"),
            script=page_part("page.js"),
        )
    )
    save_illustrations(figures, folder / "figures")
    (folder / "priors.json").write_text(
        json.dumps(_numbers(found, config, panel, draws), indent=2), "utf-8"
    )
    write_page(page, folder / "priors.html")


def _illustrate(found: _Found, config: RunConfig, whose: str) -> dict[str, Illustration]:
    """Draw every figure at both widths."""
    draws = len(found.drawn)
    curves = [(one.prior.label, one.law, one.at, one.density) for one in found.densities]
    drawn = {width: draw_densities(curves, width=width) for width in SCREENS}
    told = words.describe_densities(found.densities, config.model.structure)
    made = {"densities": illustration("densities", drawn, told)}
    share = f"{100 * config.evidence.top_share:g}%"
    for key, xlabel in (
        ("spread", "Range between authorities, as a multiple of the observed"),
        ("persistence", "Correlation with the year before"),
        ("grade_shares", "Authorities, %"),
        ("top_shares", f"In the top {share}, % of the grade’s authorities"),
    ):
        table = found.table[found.table["check"] == key]
        if table.empty:
            continue
        shown = _relative(table) if key == "spread" else table
        labels = [found.titles.get(one, one) for one in shown["of"]]
        drawn = {
            width: draw_checks(
                shown,
                labels,
                xlabel,
                percent=key.endswith("_shares"),
                log=key == "spread",
                width=width,
            )
            for width in SCREENS
        }
        made[key] = illustration(key, drawn, words.describe(key, table, draws, whose))
    return made | {"correlations": _correlations(found, whose)}


def _relative(table: pd.DataFrame) -> pd.DataFrame:
    """Divide a table of checks by what was observed."""
    columns = ["median", "lower", "lower_half", "upper_half", "upper", "observed"]
    return table.assign(**table[columns].div(table["observed"], axis=0))


def _correlations(found: _Found, whose: str) -> Illustration:
    """Draw how indicators go together, and the grade with them."""
    links = np.array([one.polyserial for one in found.drawn])
    panels = {"Grade and raw score": (links, np.array([found.seen.polyserial]))}
    if found.seen.correlations.size:
        pairs = np.concatenate([one.correlations for one in found.drawn])
        panels = {"Pairs of indicators": (pairs, found.seen.correlations)} | panels
    drawn = {width: draw_distributions(panels, "Correlation", width=width) for width in SCREENS}
    rows = found.table[
        found.table["check"].isin(["correlation_mean", "correlation_sd", "polyserial"])
    ]
    told = words.describe("correlations", rows, len(found.drawn), whose)
    return illustration("correlations", drawn, told)


def _context(found: _Found, config: RunConfig, panel: xr.Dataset, draws: int) -> dict[str, Any]:
    """Gather all that the template names."""
    simulated = bool(panel.attrs["simulated"])
    of_whom = whose(simulated=simulated, england=is_england(panel))
    share = config.evidence.top_share
    return {
        "simulated": simulated,
        "whose": of_whom,
        "banner_text": of_whom.banner,
        "title": panel.attrs.get("title", ""),
        "told": whose_data(panel),
        "structure": config.model.structure.replace("_", " "),
        "draws": draws,
        "share": f"{100 * share:g}%",
        "outside": words.outside_sentences(found.table, found.titles, share),
        "checked": len(found.table),
        "priors_table": words.priors_table(found.densities),
        "checks_table": words.checks_table(found.table, found.titles, share),
    }


def _numbers(found: _Found, config: RunConfig, panel: xr.Dataset, draws: int) -> dict[str, Any]:
    """Gather every number of the page."""
    return {
        "panel": {
            "simulated": bool(panel.attrs["simulated"]),
            "authorities": panel.sizes["authority"],
            "indicators": panel.sizes["indicator"],
            "years": [int(year) for year in panel["year"].values],
        },
        "structure": config.model.structure,
        "priors": {
            one.name: {"law": one.law, "unit": one.prior.unit, "keys": one.prior.keys}
            for one in found.densities
        },
        "scales": config.model.priors.model_dump(),
        "draws": draws,
        "seed": config.sampler.seed,
        "grades": list(GRADES),
        # NaN, where nothing could be computed, is no JSON.
        "checks": json.loads(found.table.to_json(orient="records", double_precision=6)),
    }
