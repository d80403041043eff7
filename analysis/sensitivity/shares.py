"""How many specifications speak for a link, against one, or for neither; and what that says.

A specification counts by the rule of :mod:`analysis.record.verdict`. The error allowed for is
two Monte Carlo standard errors where NUTS sampled it; where the screen stands alone, the
screen's largest error in the second pass. A specification that NUTS failed to fit counts by its
screen, and the number of such is told beside; one without any answer is counted apart. These are
shares of choices that were declared, not probabilities.
"""

import json
from typing import Any

import numpy as np
import pandas as pd

from analysis.record.thresholds import ERRORS
from analysis.record.verdict import IntervalNull, find_row
from analysis.words.vocabulary import AGAINST, NOT_ENOUGH

KINDS = ("for", "against", "inconclusive")
_KIND = {"link": "for", "no link": "against", "either": "inconclusive"}
_MOST = 0.9


def classify(table: pd.DataFrame, screen_error: float) -> pd.Series:
    """Return for each specification what its Bayes factor speaks for; empty without an answer.

    Parameters
    ----------
    table
        The grid's table.
    screen_error
        To allow for where a specification was screened alone, in natural logarithms.
    """
    kinds = [_kind_of(row, screen_error / ERRORS) for row in table.to_dict("records")]
    return pd.Series(kinds, index=table.index, name="evidence", dtype=object)


def _kind_of(row: dict[Any, Any], screen_mcse: float) -> str:
    """State what one row speaks for."""
    if not np.isfinite(row["log_bf"]):
        return ""
    screened = not np.isfinite(row["log_bf_mcse"])
    mcse = screen_mcse if screened else row["log_bf_mcse"]
    null = None
    if np.isfinite(row["rope"]):
        error = mcse if screened else row["within_beyond_mcse"]
        null = IntervalNull(row["rope"], row["link_prior"], row["within_beyond"], error)
    return _KIND[find_row(row["log_bf"], mcse, null).favours]


def share_table(table: pd.DataFrame, evidence: pd.Series) -> pd.DataFrame:
    """Count by estimand.

    Returns
    -------
    pandas.DataFrame
        ``estimand``, ``evidence``, ``specifications``, ``share`` (of those with an answer),
        ``sampled``, ``unconverged`` (failed the convergence gate) and ``positive`` (ρ > 0); the
        last row of an estimand, ``none``, those without an answer.
    """
    rows = []
    for estimand, own in table.groupby("estimand"):
        kinds = evidence.loc[own.index]
        answered = int((kinds != "").sum())
        for kind in (*KINDS, "none"):
            chosen = own[kinds == ("" if kind == "none" else kind)]
            rows.append(
                {
                    "estimand": estimand,
                    "evidence": kind,
                    "specifications": len(chosen),
                    "share": len(chosen) / answered if answered and kind != "none" else np.nan,
                    "sampled": int((chosen["status"] == "sampled").sum()),
                    "unconverged": int((chosen["status"] == "unconverged").sum()),
                    "positive": int((chosen["rho_mean"] > 0).sum()),
                }
            )
    return pd.DataFrame(rows)


def summarise(
    table: pd.DataFrame, shares: pd.DataFrame, axes: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    """Return each estimand's numbers and its sentence."""
    found = {}
    for estimand, own in table.groupby("estimand"):
        rho = own["rho_mean"].dropna()
        mine = shares[shares["estimand"] == estimand].set_index("evidence")
        first: list[dict[str, Any]] = [
            {str(name): value for name, value in row.items()}
            for row in axes[axes["estimand"] == estimand].head(1).to_dict("records")
        ]
        found[str(estimand)] = {
            "specifications": len(own),
            "answered": int(rho.size),
            "unconverged": int(mine["unconverged"].sum()),
            "rho": {name: float(rho.quantile(at)) for name, at in _QUANTILES}
            if rho.size
            else None,
            "counts": {kind: int(mine["specifications"][kind]) for kind in KINDS},
            "most_moved_by": first[0]["axis"] if first else None,
            "sentence": sentence(str(estimand), own, mine, first[0] if first else None),
        }
    return found


_QUANTILES = (("smallest", 0.0), ("median", 0.5), ("largest", 1.0))


def sentence(
    estimand: str, own: pd.DataFrame, counts: pd.DataFrame, first: dict[str, Any] | None
) -> str:
    """Put one estimand's curve into one sentence, from fixed templates.

    The four verdicts, by the specifications with an answer: at least nine tenths speak for a
    link of one sign; or against; or none but the inconclusive are so many; or the answer depends
    on the choices.
    """
    rho = own["rho_mean"].dropna()
    if rho.empty:
        return f"{estimand}: no specification has an answer."
    number = rho.size
    kinds = {kind: int(counts["specifications"][kind]) for kind in KINDS}
    signs = int((rho > 0).sum())
    one_sign = signs in (0, number)
    tally = (
        f"of {number} specifications {kinds['for']} speak for a link, {kinds['against']} against, "
        f"{kinds['inconclusive']} for neither"
    )
    if kinds["for"] >= _MOST * number and one_sign:
        way = "positive" if signs else "negative"
        head = f"the choices hardly matter to the answer, a {way} link"
    elif kinds["against"] >= _MOST * number:
        head = f"the choices hardly matter to the answer, evidence {AGAINST}"
    elif kinds["inconclusive"] >= _MOST * number:
        head = f"whatever is chosen, the data are {NOT_ENOUGH}"
    else:
        head = "the answer depends on the choices"
    spread = f"ρ from {rho.min():.2f} to {rho.max():.2f}, median {rho.median():.2f}"
    tail = ""
    if first is not None:
        tail = (
            f"; {first['axis']} moves ρ most ({first['share']:.0%} of its variance over "
            f"specifications, {first['lower']:.0%} to {first['upper']:.0%})"
        )
    unconverged = int(counts["unconverged"].sum())
    failed = f"; {unconverged} that NUTS refitted did not converge" if unconverged else ""
    none = len(own) - number
    missing = f"; {none} have no answer" if none else ""
    return f"{estimand}: {head}: {tally} ({spread}){tail}{failed}{missing}."


def as_json(summary: dict[str, dict[str, Any]]) -> str:
    """Write the summary down."""
    return json.dumps(summary, indent=2, ensure_ascii=False)
