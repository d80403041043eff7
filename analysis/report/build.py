"""A run's folder in, its figures and its report out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files.provenance import Provenance
from analysis.pages import record_tables, tables
from analysis.pages.illustrations import illustrate, save_illustrations
from analysis.pages.page import environment, page_part, write_page
from analysis.plots.style import GRADE_COLOURS
from analysis.publication.sheets import sheets
from analysis.publication.write import render_sheets, write_sheets
from analysis.record.evidence import EstimandEvidence
from analysis.record.thresholds import MODERATE, STRONG
from analysis.report import authority_words, bayes_words, forecast_tables, words
from analysis.report.alternatives import alternative_sentences, alternatives_table
from analysis.report.around import after_inspection
from analysis.report.assistant import Shared
from analysis.report.authorities import authority_parts, chosen_anchors
from analysis.report.drawings import draw_run, shown_indicators
from analysis.report.one_slope import one_slope
from analysis.report.read import Inputs, read_inputs
from analysis.report.regressions import regressions
from analysis.report.summary import summarise_plainly
from analysis.report.years import YearsMisfit, change_phrase, misfit_sentence, years_misfit
from analysis.words.numerals import duration, interval_name, with_interval
from analysis.words.vocabulary import ESTIMANDS, VERDICTS
from data.storage import relist


def write_report(folder: Path, *, pdf: bool = False, authorities: Collection[str] = ()) -> Path:
    """Write ``report.html``, figures and tables to print into the folder of a finished run.

    Parameters
    ----------
    folder
        Holds ``evidence.json``, ``tables/``, ``fits/``, ``provenance.json`` and
        ``run.toml``.
    pdf
        Whether to print ``report.pdf`` beside it as well.
    authorities
        Codes or names of the authorities whose own parts the PDF is to hold.

    Returns
    -------
    Path
        The report: one file that loads nothing from anywhere.

    Raises
    ------
    ReportError
        If a file, a key or a column is missing, or is not what it should be; if an
        authority is not known; if there is no browser to print with.
    """
    inputs = read_inputs(folder)
    drawings = draw_run(inputs)
    with Shared(drawings, folder) as shared:
        context = report_context(inputs)
        chosen = chosen_anchors(context["authorities"], authorities)
        printed = render_sheets(sheets(inputs.evidence, context))
        illustrations = shared.finish(lambda key: illustrate(key, drawings[key]))

    def render(pages: Mapping[str, int]) -> str:
        template = environment("analysis.report").get_template("template.html")
        # On paper nothing is sorted or filtered; headings that are buttons would not repeat.
        parts = {"styles": page_part("style.css"), "script": "" if pages else page_part("page.js")}
        return template.render(
            **context, **parts, figures=illustrations, pages=pages, chosen=chosen
        )

    written = save_illustrations(illustrations, folder / "figures")
    written += write_sheets(printed, folder / "tables")
    report = write_page(render({}), folder / "report.html")
    written.append(report)
    if pdf:
        from analysis.pages.paper import print_with_contents

        written.append(print_with_contents(render, folder / "report.pdf"))
    relist(folder, ("figures/*", "tables/*.html", "tables/*.tex"), written)
    return report


def report_context(inputs: Inputs) -> dict[str, Any]:
    """Gather all that the template names."""
    evidence = inputs.evidence
    findings = evidence.findings()
    misfits = years_misfits(inputs)
    return {
        "panel": evidence.panel,
        "settings": evidence.settings,
        "whose": evidence.panel.whose,
        "banner_text": words.banner(evidence),
        "interval": interval_name(evidence.settings),
        "cards": [_card(inputs, name, one) for name, one in evidence.estimands.items()],
        "grade_colours": GRADE_COLOURS,
        "authorities": authority_parts(inputs),
        "plainly": summarise_plainly(evidence, misfits),
        "verdicts": VERDICTS,
        "moderate": f"{MODERATE:g}",
        "strong": f"{STRONG:g}",
        "why_measures_differ": words.WHY_MEASURES_DIFFER,
        "drifting": any(change_phrase(one) for one in misfits.values()),
        "years": [
            misfit_sentence(name, one, evidence.settings.interval)
            for name, one in misfits.items()
            if name in findings
        ],
        "gap": words.gap_sentences(evidence),
        "challengers": [
            (ESTIMANDS[name], words.challenger_sentences(found.challenger))
            for name, found in findings.items()
        ],
        **_shared_tables(inputs, findings),
        **_provenance(inputs.provenance),
        "configuration": inputs.configuration,
        "foreseen": _foreseen(inputs.prospective),
        "regressions": regressions(inputs),
        "after_inspection": after_inspection(inputs.predictive),
        "one_slope": one_slope(inputs),
        "gradients_table": record_tables.gradients_table(inputs.deprivation_gradients),
    }


def years_misfits(inputs: Inputs) -> dict[str, YearsMisfit]:
    """Count by estimand the indicators whose years are unlike the model's, where checked."""
    interval = inputs.evidence.settings.interval
    found = {
        name: years_misfit(inputs.figures.of("posterior_predictive", name), interval)
        for name in inputs.evidence.findings()
    }
    return {name: one for name, one in found.items() if one is not None}


def _foreseen(scores: pd.DataFrame | None) -> dict[str, Any] | None:
    """Gather how forecasts from a cut-off did, or that a fit of them did not converge."""
    if scores is None:
        return None
    reasons = scores["reasons"].iloc[0]
    return {
        "reasons": reasons,
        "told": "" if reasons else words.foreseen_sentence(scores),
        "table": None if reasons else forecast_tables.prospective_table(scores),
    }


def _card(inputs: Inputs, name: str, estimand: EstimandEvidence) -> dict[str, Any]:
    """Gather what is said of one estimand, found or refused."""
    card: dict[str, Any] = {
        "name": name,
        "label": ESTIMANDS[name],
        "verdict": VERDICTS[estimand.verdict.code],
        "code": estimand.verdict.code,
        "sentence": words.verdict_sentence(estimand),
    }
    if estimand.refused:
        return card | {
            "refused": True,
            "verdict": VERDICTS["refused"],
            "code": "refused",
            "told": words.refusal_sentence(estimand),
            "reasons": estimand.reasons,
        }
    settings = inputs.evidence.settings
    label = ESTIMANDS[name]
    authorities = inputs.tables["authorities"]
    return card | {
        "refused": False,
        "rho": with_interval(estimand.rho.mean, estimand.rho.lower, estimand.rho.upper),
        "link": words.link_sentence(estimand.rho, settings),
        "bayes": words.bayes_sentence(estimand.log_bf_independent_linked),
        "left_out": words.left_out_sentence(estimand),
        "bayes_details": words.bayes_details(estimand.log_bf_independent_linked),
        "beside": bayes_words.beside_sentence(estimand),
        "reliability": words.reliability_sentence(estimand),
        "identical": bayes_words.identical_sentence(estimand),
        "chances": bayes_words.chances_sentence(estimand),
        "chances_table": bayes_words.chances_table(estimand, f"{label}."),
        "regions": bayes_words.regions_sentence(estimand, settings.rope),
        "widths_table": bayes_words.widths_table(estimand, f"{label}."),
        "alternatives": alternative_sentences(estimand),
        "alternatives_table": alternatives_table(estimand),
        "smallest": words.smallest_sentence(estimand.smallest_link),
        "standings": authority_words.standings_sentence(estimand.standings, settings),
        "ratio": words.ratio_sentence(estimand.ratio),
        "comparison": words.comparison_sentence(estimand.elpd),
        "comparison_table": tables.comparison_table(estimand, f"{label}."),
        "left_out_table": forecast_tables.left_out_table(estimand, f"{label}."),
        "regions_table": forecast_tables.regions_table(estimand, f"{label}."),
        "decile_table": tables.decile_table(
            estimand, f"{label}: authorities by judgement and band.", settings.top_share
        ),
        "authorities_table": tables.authorities_table(
            authorities[authorities["estimand"] == name], settings
        ),
    }


def _shared_tables(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Any]:
    """Gather the tables that are not of one estimand."""
    source = inputs.tables
    diagnostics = source["diagnostics"]
    return {
        "indicators_table": tables.indicators_table(shown_indicators(inputs)),
        "top_share_table": tables.top_share_table(findings, inputs.evidence.settings.top_share),
        "links_table": record_tables.links_table(source["link"], findings),
        "diagnostics_table": record_tables.diagnostics_table(diagnostics),
        "diagnostics_text": words.diagnostics_sentence(
            len(diagnostics), int(diagnostics["converged"].sum())
        ),
        "coverage_table": record_tables.coverage_table(source["coverage"]),
        "judgements_table": record_tables.judgements_table(source["judgements"]),
        "joins_table": record_tables.joins_table(source["joins"]),
    }


def _provenance(provenance: Provenance) -> dict[str, Any]:
    """Gather where it all came from."""
    return {
        "provenance": provenance,
        "created": _day(provenance.created),
        "took": duration(provenance.seconds),
        "sources_table": record_tables.sources_table(provenance),
        "packages_table": record_tables.packages_table(provenance),
    }


def _day(created: str) -> str:
    """Write a time stamp as a day, or as it stands where it is none."""
    try:
        day = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{day.day} {day:%B %Y}"
