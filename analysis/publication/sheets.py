"""Which tables of a report are worth printing, each with what a reader must know under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.pages.tables import Cell, Table, table_of
from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.words.numerals import error, interval_name, number, percentage, with_interval
from analysis.words.vocabulary import ESTIMANDS, VERDICTS


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A table to print.

    Attributes
    ----------
    title
        What it is, in one line.
    parts
        Tables of the same columns under their headings; one heading may be empty.
    notes
        What stands below: what the numbers are, and whose.
    """

    title: str
    parts: Mapping[str, Table]
    notes: tuple[str, ...]


def sheets(evidence: Evidence, context: Mapping[str, Any]) -> dict[str, Sheet]:
    """Choose the tables of a report that are printed, by the name of their CSV.

    Parameters
    ----------
    evidence
        What was found.
    context
        What the page is written from, with its tables.
    """
    cards = [card for card in context["cards"] if not card["refused"]]
    brackets = f"Brackets hold {interval_name(evidence.settings)}s."
    whose = whose_data(evidence)
    made = {
        "findings": Sheet(
            "The link between judgements and indicators",
            {"": findings_table(evidence)},
            (
                f"{brackets} Log Bayes factors are natural and positive for no link; in brackets "
                "their Monte Carlo standard errors. The ceiling is the most that these data could "
                "have given for no link.",
                whose,
            ),
        )
    }
    for name, key, title, told in (
        (
            "model_comparison",
            "comparison_table",
            "How well each model predicts judgements that it has not seen",
            "Expected log predictive density (elpd) of judgements left out. "
            "Differences below 4 are called indistinguishable.",
        ),
        (
            "decile_table",
            "decile_table",
            "Authorities by judgement and band of effectiveness",
            f"{brackets} Beside each count what no link would give.",
        ),
        (
            "authorities",
            "authorities_table",
            "Effectiveness of every authority",
            f"{brackets} Rank 1 is the most effective; no rank is to be quoted without its "
            "interval.",
        ),
    ):
        parts = {card["label"]: card[key] for card in cards}
        made |= _sheet(name, title, parts, told, whose)
    for name, title, told in (
        ("top_decile_by_judgement", "Probability of being in the top, by judgement", brackets),
        ("indicators", "What effectiveness is made of", brackets),
        ("link", "The link under each structure", brackets),
        ("diagnostics", "How every fit went", ""),
        ("judgements", "Inspections by year and grade", ""),
    ):
        key = {"top_decile_by_judgement": "top_share", "link": "links"}.get(name, name)
        made |= _sheet(name, title, {"": context[f"{key}_table"]}, told, whose)
    return made


def _sheet(
    name: str, title: str, parts: Mapping[str, Table], told: str, whose: str
) -> dict[str, Sheet]:
    """Return a sheet by its name, or nothing where there are no rows."""
    filled = {heading: part for heading, part in parts.items() if part.rows}
    notes = tuple(note for note in (told, whose) if note)
    return {name: Sheet(title, filled, notes)} if filled else {}


def findings_table(evidence: Evidence) -> Table:
    """Return a row for each estimand; no number where there is no verdict."""
    return table_of(
        "The link between judgements and indicators.",
        (
            *("Estimand", "Verdict", "Link ρ", "P(ρ > 0)"),
            *("Log Bayes factor", "Ceiling", "Savage–Dickey"),
        ),
        [_finding(ESTIMANDS[name], one) for name, one in evidence.estimands.items()],
    )


def _finding(label: str, one: EstimandEvidence) -> tuple[Cell | str, ...]:
    """Write one estimand."""
    if one.refused:
        return (label, VERDICTS["refused"], *[Cell("–", float("nan"))] * 5)
    bayes, beside = one.log_bf_independent_linked, one.savage_dickey
    other = f"{number(beside.value)} ({error(beside.mcse, 2)})"
    return (
        label,
        VERDICTS[one.verdict.code],
        Cell(with_interval(one.rho.mean, one.rho.lower, one.rho.upper), one.rho.mean),
        Cell(percentage(one.rho.probability), one.rho.probability),
        Cell(f"{number(bayes.value)} ({error(bayes.mcse, 2)})", bayes.value),
        Cell(number(bayes.ceiling), bayes.ceiling),
        Cell(other, float("nan")),
    )


def whose_data(evidence: Evidence) -> str:
    """State whose figures they are, and how many."""
    panel = evidence.panel
    years = f", {panel.years[0]} to {panel.years[-1]}" if panel.years else ""
    return (
        f"{panel.whose.caption} n = {panel.authorities} authorities, {panel.judged} with a "
        f"judgement; {panel.indicators} indicators{years}. Release: {panel.release}."
    )
