"""What the priors page says of its figures and tables."""

import pandas as pd

from analysis.pages.captions import Description
from analysis.pages.tables import Cell, Table, table_of
from analysis.priors_page.densities import PriorDensity
from analysis.words.numerals import number, percentage, span

_CHECKS = {
    "spread": "Spread between authorities",
    "persistence": "Correlation from year to year",
    "grade_shares": "Share of the grade",
    "top_shares": "Share in the top {share}",
    "bands": "Authorities in a band",
    "correlation_mean": "Mean correlation of two indicators",
    "correlation_sd": "SD between those correlations",
    "polyserial": "Polyserial correlation",
}
_SHARES = {"grade_shares", "top_shares"}


def describe(key: str, table: pd.DataFrame, draws: int, whose: str) -> Description:
    """Describe a figure of prior predictive checks.

    Parameters
    ----------
    key
        ``spread``, ``persistence``, ``grade_shares``, ``top_shares`` or ``correlations``.
    table
        The checks that it shows.
    draws
        Data sets that were drawn.
    whose
        Whose data they are.
    """
    subject, caption = _FIGURES[key]
    outside = table[(table["observed"] < table["lower"]) | (table["observed"] > table["upper"])]
    told = (
        "Every observed value lies within the central 95% of what the priors give."
        if outside.empty
        else f"{len(outside)} of {len(table)} observed values lie outside the central 95%."
    )
    held = len(table) - len(outside)
    count = f"all {held}" if outside.empty else f"{held} of {len(table)}"
    title = f"{subject}: {count} observed {'is' if held == 1 else 'are'} as the priors expect"
    whole = f"{caption} {told} {draws:,} data sets drawn from the priors. {whose}"
    return Description(title, whole, f"{told} The numbers are in the tables below.", whole)


_FIGURES = {
    "spread": (
        "How far authorities lie apart",
        "From the authority that a tenth lie below to the one that a tenth lie above, latest "
        "year, as a multiple of the observed range: 1 is what was published.",
    ),
    "persistence": (
        "What lasts from year to year",
        "Correlation of an authority’s value with its value a year earlier, pooled over years.",
    ),
    "grade_shares": (
        "Shares of the grades",
        "Latest judgement of each authority.",
    ),
    "top_shares": (
        "Shares of the grades at the top",
        "Top by the raw score: the mean of an authority’s standardised indicators, noise and "
        "deprivation in it. Grades that nobody has in a data set drawn are left out of it.",
    ),
    "correlations": (
        "Correlations",
        "Left or first: correlation of each pair of indicators over the authorities’ means over "
        "years. The other: polyserial correlation of the grade with the raw score.",
    ),
}


def describe_densities(densities: list[PriorDensity], structure: str) -> Description:
    """Describe the figure of densities."""
    changed = sum(one.changed for one in densities)
    names = "; ".join(f"{one.prior.label}: {one.law}" for one in densities)
    return Description(
        f"{changed} of {len(densities)} priors {'differs' if changed == 1 else 'differ'} from "
        "the defaults"
        if changed
        else f"All {len(densities)} priors are the defaults",
        f"Densities of the priors of the structure {structure.replace('_', ' ')}, each under its "
        "distribution. What one unit is stands in the table below.",
        f"{len(densities)} densities. {names}.",
        f"Densities of the priors of the structure {structure.replace('_', ' ')}.",
    )


def priors_table(densities: list[PriorDensity]) -> Table:
    """List each prior with the keys that change it."""
    return table_of(
        "Priors as configured. Keys stand under [model.priors] in the configuration.",
        ("Parameter", "Prior", "Unit", "Key", "Default"),
        [
            (
                one.prior.label,
                one.law,
                one.prior.unit,
                ", ".join(one.prior.keys) or "none: fixed",
                "changed" if one.changed else "yes",
            )
            for one in densities
        ],
    )


def checks_table(table: pd.DataFrame, titles: dict[str, str], share: float) -> Table:
    """List every check with what was observed and what the priors give."""
    rows = []
    for row in table.to_dict("records"):
        check, of = str(row["check"]), str(row["of"])
        unit = 100.0 if check in _SHARES else 1.0
        places = {"spread": 1, "grade_shares": 0, "top_shares": 0, "bands": 0}.get(check, 2)
        sign = "%" if check in _SHARES else ""
        label = _CHECKS[check].format(share=percentage(share))
        observed, median, low, high = (
            unit * float(row[name]) for name in ("observed", "median", "lower", "upper")
        )
        rows.append(
            (
                label,
                titles.get(of, of),
                Cell(number(observed, places) + sign, observed),
                Cell(number(median, places) + sign, median),
                Cell(span(low, high, places) + sign, low),
                Cell(percentage(float(row["below"])), float(row["below"])),
            )
        )
    return table_of(
        "Every check. Spread is in percentage points, or in the rate’s own unit.",
        ("Check", "Of", "Observed", "Priors: median", "Central 95%", "Draws below observed"),
        rows,
        tall=True,
    )


def outside_sentences(table: pd.DataFrame, titles: dict[str, str], share: float) -> list[str]:
    """Name each observed value that the priors hold for unlikely."""
    outside = table[(table["observed"] < table["lower"]) | (table["observed"] > table["upper"])]
    return [
        f"{_CHECKS[str(row['check'])].format(share=percentage(share))}"
        + (f", {titles.get(str(row['of']), str(row['of']))}" if row["of"] else "")
        + f": observed {number(float(row['observed']))}, priors "
        + span(float(row["lower"]), float(row["upper"]))
        for row in outside.to_dict("records")
    ]
