"""The tables of a comparison; every number with its interval or its error."""

from collections.abc import Mapping
from typing import Any

from analysis.pages.tables import Cell, Table, table_of
from analysis.record.evidence import EstimandEvidence
from analysis.record.thresholds import INDISTINGUISHABLE
from analysis.side_by_side.agreement import Agreement, View
from analysis.side_by_side.sides import Side
from analysis.words.numerals import (
    day,
    error,
    multiple_with_range,
    number,
    percentage,
    signed,
    with_interval,
)
from analysis.words.vocabulary import ESTIMANDS, METHODS, MODELS, STRUCTURES, VERDICTS

MOVERS = 10
"""Authorities that the short table of movers holds."""
_NONE = Cell("–", float("nan"))
_REFUSED = "No verdict"


def runs_table(sides: tuple[Side, ...]) -> Table:
    """Name the runs by their letters."""
    return table_of(
        "The runs.",
        ("Run", "Folder", "Structure", "Computed", "Authorities", "Indicators", "Years"),
        [
            (
                side.label,
                side.folder.name,
                STRUCTURES.get(side.inputs.evidence.settings.structure, "other"),
                day(side.inputs.provenance.created[:10]),
                f"{side.inputs.evidence.panel.authorities:,}",
                f"{side.inputs.evidence.panel.indicators:,}",
                _years(side),
            )
            for side in sides
        ],
    )


def links_table(sides: tuple[Side, ...]) -> Table:
    """Set the links side by side, with the verdicts."""
    return table_of(
        "The link ρ with its interval and the Monte Carlo standard error of its mean, and the "
        "verdict.",
        ("Estimand", "Run", "Verdict", "Link ρ", "Error", "P(ρ > 0)", "P(practically no link)"),
        [_link_row(name, side) for name in ESTIMANDS for side in sides],
    )


def _link_row(name: str, side: Side) -> tuple[Cell | str, ...]:
    """Write one link, or that there is no verdict."""
    found = side.findings.get(name)
    if found is None:
        return (ESTIMANDS[name], side.letter, _REFUSED, *[_NONE] * 4)
    link = found.rho
    return (
        ESTIMANDS[name],
        side.letter,
        VERDICTS[found.verdict.code],
        Cell(with_interval(link.mean, link.lower, link.upper), link.mean),
        Cell(error(link.mcse), link.mcse),
        Cell(percentage(link.probability), link.probability),
        Cell(percentage(link.probability_rope), link.probability_rope),
    )


def bayes_table(sides: tuple[Side, ...]) -> Table:
    """Set the Bayes factors for no link side by side, with errors and ceilings."""
    return table_of(
        "The natural logarithm of the Bayes factor for no link (negative: for a link), its Monte "
        "Carlo standard error, and its ceiling, the most that the data could have given for no "
        "link; the same as a multiple, with its Monte Carlo range.",
        ("Estimand", "Run", "Log factor", "Error", "Ceiling", "As a multiple", "By"),
        [_bayes_row(name, side) for name in ESTIMANDS for side in sides],
    )


def _bayes_row(name: str, side: Side) -> tuple[Cell | str, ...]:
    """Write one Bayes factor, or that there is no verdict."""
    found = side.findings.get(name)
    if found is None:
        return (ESTIMANDS[name], side.letter, *[_NONE] * 3, _REFUSED, "–")
    bayes = found.log_bf_independent_linked
    sign = 1 if bayes.value >= 0 else -1
    times, reach = multiple_with_range(sign * bayes.value, bayes.mcse)
    way = "no link" if sign > 0 else "a link"
    return (
        ESTIMANDS[name],
        side.letter,
        Cell(number(bayes.value), bayes.value),
        Cell(error(bayes.mcse, 2), bayes.mcse),
        Cell(number(bayes.ceiling), bayes.ceiling),
        f"{times} times for {way}" + (f" ({reach})" if reach else ""),
        METHODS.get(bayes.method, bayes.method.replace("_", " ")).removeprefix("the "),
    )


def prediction_table(sides: tuple[Side, ...]) -> Table:
    """Set each run's differences of expected log predictive density side by side."""
    known = [row for side in sides for one in side.findings.values() for row in one.elpd]
    models = list(dict.fromkeys(row.model for row in known))
    return table_of(
        "How well each model predicts a judgement that it has not seen: the difference in "
        "expected log predictive density from the best of its run, with its standard error. "
        f"Below {INDISTINGUISHABLE:g} is indistinguishable.",
        ("Estimand", "Run", *(MODELS.get(model, model).split(":")[0] for model in models)),
        [
            (ESTIMANDS[name], side.letter, *_accuracies(side.findings.get(name), models))
            for name in ESTIMANDS
            for side in sides
        ],
    )


def _accuracies(found: EstimandEvidence | None, models: list[str]) -> list[Cell | str]:
    """Write each model's difference from the best of a run."""
    if found is None:
        return [_REFUSED, *["–"] * (len(models) - 1)] if models else []
    rows = {row.model: row for row in found.elpd}
    cells: list[Cell | str] = []
    for model in models:
        row = rows.get(model)
        if row is None:
            cells.append("–")
        elif not row.difference:
            cells.append("Best")
        else:
            cells.append(f"{signed(row.difference, 1)} (SE {number(row.difference_se, 1)})")
    return cells


def movers_table(found: Agreement, *, every: bool = False) -> Table:
    """List the authorities that moved most, or every one; no rank without its interval."""
    shown = found.table if every else found.table.head(MOVERS)
    first, second = view_name(found.first), view_name(found.second)
    caption = (
        f"{'Every authority' if every else f'The {len(shown)} that moved most'}, {first} against "
        f"{second}: effectiveness and rank in both with their intervals, the shift of the "
        "posterior mean with its Monte Carlo standard error, and whether the intervals of "
        "effectiveness overlap."
    )
    short = [short_name(view, found) for view in (found.first, found.second)]
    return table_of(
        caption,
        (
            *("Authority", "Region"),
            *(f"Effectiveness, {one}" for one in short),
            *("Shift", "Intervals"),
            *(f"Rank, {one}" for one in short),
        ),
        [_mover(row) for row in shown.to_dict("records")],
        tall=every,
        choices=(1, 5) if every else (),
    )


def _mover(row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    """Write one authority."""
    effects = [_in_view(row, "effectiveness", view, 2) for view in ("first", "second")]
    ranks = [_in_view(row, "rank", view, 0) for view in ("first", "second")]
    return (
        Cell(row["name"]),
        Cell(row["region"]),
        *effects,
        Cell(f"{signed(row['shift'])} ({error(row['shift_mcse'], 2)})", float(row["shift"])),
        Cell("Apart" if row["apart"] else "Overlap"),
        *ranks,
    )


def _in_view(row: Mapping[Any, Any], quantity: str, view: str, places: int) -> Cell:
    """Write a quantity with its interval in one of the two views."""
    mean, lower, upper = (
        float(row[f"{quantity}{end}_{view}"]) for end in ("", "_lower", "_upper")
    )
    return Cell(with_interval(mean, lower, upper, places), mean)


def view_name(view: View) -> str:
    """Name a view within a sentence."""
    return f"{view.side.letter} {ESTIMANDS[view.estimand].lower()}"


def short_name(view: View, found: Agreement) -> str:
    """Name a view by what tells it from the other."""
    if found.first.side is found.second.side:
        return ESTIMANDS[view.estimand].lower()
    return view.side.letter


def _years(side: Side) -> str:
    """Write the years of a run's panel."""
    years = side.inputs.evidence.panel.years
    return f"{years[0]} to {years[-1]}" if years else "none"
