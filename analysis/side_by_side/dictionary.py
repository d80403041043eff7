"""The numbers of a comparison as tables for a machine, and what their columns mean."""

import pandas as pd

from analysis.record.evidence import EstimandEvidence
from analysis.side_by_side.sides import Side
from analysis.words.vocabulary import ESTIMAND_MEANING

_MEANINGS = {
    "run": "folder of the run",
    "estimand": ESTIMAND_MEANING,
    "verdict": "code of the verdict; refused where the computation cannot be relied on",
    "rho": "posterior mean of the link; empty where refused",
    "rho_mcse": "Monte Carlo standard error of that mean",
    "log_bf": "natural logarithm of the Bayes factor for no link; negative: for a link",
    "log_bf_mcse": "Monte Carlo standard error of that logarithm",
    "log_bf_ceiling": "the most that the data could have given for no link",
    "authority": "ONS code of the authority (invented in simulated panels)",
    "name": "name of the authority",
    "region": "its region",
    "effectiveness": "posterior mean of effectiveness, standard deviations across authorities",
    "rank": "posterior mean of the rank; 1 is the most effective",
    "shift": "effectiveness in the second view less that in the first",
    "shift_mcse": "Monte Carlo standard error of the shift",
    "apart": "whether the two intervals of effectiveness do not overlap",
    "first": "folder of the run that is compared",
    "second": "folder of the run that it is compared with",
}


def links(sides: tuple[Side, ...]) -> pd.DataFrame:
    """Return a row for each run and estimand."""
    return pd.DataFrame(
        [
            {"run": side.folder.name, "estimand": name, **_link(side.findings.get(name))}
            for side in sides
            for name, _ in side.inputs.evidence.estimands.items()
        ]
    )


def _link(found: EstimandEvidence | None) -> dict[str, object]:
    """Return the numbers of one finding, or that it is refused."""
    if found is None:
        return {"verdict": "refused"}
    bayes = found.log_bf_independent_linked
    return {
        "verdict": found.verdict.code,
        "rho": found.rho.mean,
        "rho_lower": found.rho.lower,
        "rho_upper": found.rho.upper,
        "rho_mcse": found.rho.mcse,
        "log_bf": bayes.value,
        "log_bf_mcse": bayes.mcse,
        "log_bf_ceiling": bayes.ceiling,
    }


def dictionary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """List every column of every table with its meaning."""
    return pd.DataFrame(
        [
            {"table": name, "column": column, "meaning": meaning(str(column))}
            for name, table in tables.items()
            for column in table.columns
        ]
    )


def meaning(column: str) -> str:
    """Explain a column, by itself or by what its endings say of another."""
    if column in _MEANINGS:
        return _MEANINGS[column]
    for ending, words in {
        "_first": ", in the first view",
        "_second": ", in the second view",
    }.items():
        if column.endswith(ending):
            return meaning(column.removesuffix(ending)) + words
    for ending, words in {
        "_lower": "lower end of the central interval of ",
        "_upper": "upper end of the central interval of ",
    }.items():
        if column.endswith(ending):
            return words + column.removesuffix(ending)
    stem, _, kind = column.partition("_")
    return f"{kind} of the {stem} view"
