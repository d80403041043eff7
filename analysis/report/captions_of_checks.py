"""Titles, captions and alternative texts of the figures that check the models."""

import pandas as pd

from analysis.evidence.gate import ESS, R_HAT
from analysis.report.captions import Description, describe
from analysis.report.evidence import Evidence
from analysis.report.numerals import number, plural, signed
from analysis.report.vocabulary import ESTIMANDS, INDISTINGUISHABLE
from analysis.report.words import interval_name


def describe_grade_checks(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the judgements given beside those that the model would give."""
    held = (table["lower"] <= table["observed"]) & (table["observed"] <= table["upper"])
    told = "; ".join(
        f"{row['check']}: {row['observed']:.0f} observed, {row['lower']:.0f} to "
        f"{row['upper']:.0f} expected"
        for row in table.to_dict("records")
    )
    return describe(
        evidence,
        f"{int(held.sum())} of {len(table)} counts of judgements are as the model would have "
        f"them ({ESTIMANDS[estimand].lower()})",
        "Posterior predictive check: authorities with each judgement, and what the model with a "
        "link gives when it judges the same authorities again. Thick bars: central 50%; thin: "
        f"{interval_name(evidence.settings)}.",
        f"Counts of authorities. {told}.",
        evidence.panel.judged,
    )


def describe_left_out(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the scores by authority."""
    total = float(table["difference"].sum())
    error = float((len(table) ** 0.5) * table["difference"].std(ddof=1))
    high = int((table["pareto_k"] > table["threshold"]).sum())
    verdict = (
        "indistinguishable"
        if abs(total) < INDISTINGUISHABLE
        else "the link foresees better"
        if total > 0
        else "no link foresees better"
    )
    return describe(
        evidence,
        f"Judgements not seen, with and without a link: {signed(total, 1)} in all (standard error "
        f"{number(error, 1)}), {verdict} ({ESTIMANDS[estimand].lower()})",
        "Log probability of each authority’s judgement, the authority left out: the model with "
        "a link less the one without. Pareto k, the larger of the two models’, says how far the "
        "importance weights may be relied on.",
        f"{len(table)} authorities in the order of their difference, from "
        f"{signed(float(table['difference'].min()))} to {signed(float(table['difference'].max()))}. "
        f"{plural(high, 'authority has', 'authorities have')} a Pareto k too high to rely on.",
        len(table),
    )


def describe_prior_posterior(
    table: pd.DataFrame, estimand: str, evidence: Evidence
) -> Description:
    """Describe what the data taught."""
    labels = list(dict.fromkeys(table["label"]))
    return describe(
        evidence,
        "What the data taught: every posterior is narrower than its prior"
        if _all_narrower(table)
        else "What the data taught: prior and posterior of each parameter of the judgements",
        f"Densities, {ESTIMANDS[estimand].lower()}. Dashed: prior; filled: posterior. The "
        "judgement’s scale has standard deviation 1.",
        f"Small panels of densities for {', '.join(labels)}.",
    )


def _all_narrower(table: pd.DataFrame) -> bool:
    """Say whether each posterior's highest density is above its prior's."""
    tops = table.groupby("label")[["prior", "posterior"]].max()
    return bool((tops["posterior"] > tops["prior"]).all())


def describe_chains(
    table: pd.DataFrame, fit: str, divergences: int, evidence: Evidence
) -> Description:
    """Describe how one fit was sampled."""
    worst = float(table["rhat"].max())
    least = float(table[["ess_bulk", "ess_tail"]].min().min())
    sound = worst <= R_HAT and least >= ESS and not divergences
    return describe(
        evidence,
        (
            "The chains agree: "
            if sound
            else "The chains do not meet the gate, and nothing of this fit is reported: "
        )
        + f"largest R-hat {worst:.3f}, least effective sample size {least:,.0f}",
        f"Fit {fit}. Ranks of ρ by chain, with a grey band for 95% of the bins of chains that "
        "agree; energy and its changes from draw to draw; effective sample sizes (bulk and "
        f"tail) and R-hat of everything reported. {plural(divergences, 'divergence')}.",
        f"Three panels. R-hat at most {worst:.3f} (wanted {R_HAT:g}); least effective sample size "
        f"{least:,.0f} (wanted {ESS:.0f}); {plural(divergences, 'divergence')}.",
    )
