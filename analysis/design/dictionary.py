"""What each column of a design's tables means."""

import pandas as pd

_MEANING = {
    "authorities": "authorities, each with one judgement",
    "noise": "factor on the sampling variance of every indicator",
    "reliability": "share of one judgement's variance that is lasting quality",
    "link": "correlation between quality itself and effectiveness",
    "correlation": "correlation between one judgement's scale and effectiveness: the model's rho",
    "panel": "number of the simulated panel; the same number has the same random numbers",
    "mean": "posterior mean of rho",
    "sd": "posterior standard deviation of rho",
    "lower": "lower end of the central interval of rho",
    "upper": "upper end of the central interval of rho",
    "log_bf_independent_linked": "natural log of the Bayes factor for no link",
    "probability": "posterior probability that rho is above 0",
    "seconds": "CPU seconds of a fit",
    "fault": "why no approximation was made",
    "panels": "panels with a fit",
    "failed": "panels without one",
    "interval_excludes_zero": "share whose interval is on the true side of 0 (either side of 0 "
    "where there is no link)",
    "covered": "share whose interval holds the true rho",
    "estimate": "mean over panels of the posterior mean",
    "estimate_sd": "standard deviation over panels of the posterior mean",
    "width": "mean width of the interval",
    "posterior_sd": "root mean square of the posterior standard deviations",
    "criterion": "what counts as detected",
    "power": "probability with which the smallest link is detected",
    "largest_correlation": "largest correlation that was simulated",
    "ceiling": "largest Bayes factor for no link that a posterior of this width could give",
}
_ODDS = {
    "for": "share with a Bayes factor for a link above {}, of the right sign (of either sign "
    "where there is no link)",
    "against": "share with a Bayes factor for no link above {}",
    "wrong_sign": "share with a Bayes factor for a link above {}, of the wrong sign",
    "inconclusive": "share with neither Bayes factor above {}",
    "misleading": "share with a Bayes factor above {} for what is not true: for no link where "
    "there is one, for a link of the wrong sign, or for a link where there is none",
}


def dictionary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """List every column of every table with its meaning."""
    rows = [
        {"table": name, "column": column, "meaning": meaning(str(column))}
        for name, table in tables.items()
        for column in table.columns
    ]
    return pd.DataFrame(rows)


def meaning(column: str) -> str:
    """Explain a column.

    Raises
    ------
    KeyError
        If nothing is known of it.
    """
    if column.endswith("_mcse"):
        return f"Monte Carlo standard error of {column.removesuffix('_mcse')}"
    if column in _MEANING:
        return _MEANING[column]
    kind, _, odds = column.rpartition("_")
    return _ODDS[kind].format(odds)
