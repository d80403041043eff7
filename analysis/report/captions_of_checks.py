"""Titles, captions and alternative texts of the figures that check the models."""

import pandas as pd

from analysis.pages.captions import Description, describe
from analysis.record.evidence import Evidence
from analysis.record.thresholds import ESS, INDISTINGUISHABLE, R_HAT
from analysis.report.read_figures import Chains
from analysis.words.numerals import number, plural, signed
from analysis.words.vocabulary import ESTIMANDS
from data.panel import GRADES


def counts_of_judgements(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the counts of each grade: of all authorities, then at the top and the bottom."""
    rows = []
    for check, ending, label in (
        ("grade", "", ""),
        ("decile", ", top", ", at the top"),
        ("decile", ", bottom", ", at the bottom"),
    ):
        own = table[table["check"] == check].set_index("quantity")
        rows += [
            {**own.loc[f"{grade}{ending}"].to_dict(), "label": f"{grade}{label}"}
            for grade in reversed(GRADES)
            if f"{grade}{ending}" in own.index
        ]
    return pd.DataFrame(rows)


def describe_predictive(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the counts of judgements beside those of data that the model makes."""
    shown = counts_of_judgements(table)
    held = (shown["lower"] <= shown["observed"]) & (shown["observed"] <= shown["upper"])
    outside = int((~held).sum())
    told = "; ".join(
        f"{row['label']}: {row['observed']:.0f} observed, {row['lower']:.0f} to "
        f"{row['upper']:.0f} expected"
        for row in shown.to_dict("records")
    )
    counted = f"{len(shown)} counts of judgements"
    title = (
        f"{outside} of {counted} {'is' if outside == 1 else 'are'} unlike the model’s"
        if outside
        else f"All {counted} are like the model’s"
    )
    share = f"{100 * evidence.settings.top_share:g}%"
    return describe(
        evidence,
        f"{title} ({ESTIMANDS[estimand].lower()})",
        "Posterior predictive check: authorities of each judgement in the data, and in data "
        f"sets that the model with a link makes. Top and bottom: {share} by the plain mean of the "
        f"indicators as observed. Bars: mean and {100 * evidence.settings.interval:g}% predictive "
        "interval of the model’s data sets. Of many counts, a few lie outside by chance.",
        f"Counts of authorities. {told}.",
    )


def describe_left_out(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the scores by authority."""
    total = float(table["difference"].sum())
    error = float((len(table) ** 0.5) * table["difference"].std(ddof=1))
    high = int((table["pareto_k"] > table["threshold"]).sum())
    better = "A link foresees" if total > 0 else "No link foresees"
    if abs(total) < INDISTINGUISHABLE:
        title = "A link hardly changes how well judgements are foreseen"
    elif abs(total) < 2 * error:
        title = f"{better} judgements better, by less than two standard errors"
    else:
        title = f"{better} judgements better"
    summed = f"{signed(total, 1)} (standard error {number(error, 1)})"
    return describe(
        evidence,
        f"{title} ({ESTIMANDS[estimand].lower()})",
        "Log probability of each authority’s judgement, its indicators known and itself left "
        f"out: the model with a link less the one without; {summed} in all. Pareto k, the larger "
        "of the two models’, says how far the importance weights behind it may be relied on.",
        f"{len(table)} authorities in the order of their difference, from "
        f"{signed(float(table['difference'].min()))} to {signed(float(table['difference'].max()))}"
        f"; {summed} in all. {plural(high, 'authority has', 'authorities have')} a Pareto k too "
        "high to rely on.",
        len(table),
    )


def describe_prior_posterior(
    table: pd.DataFrame, estimand: str, evidence: Evidence
) -> Description:
    """Describe what the data taught."""
    each = table.drop_duplicates("label").set_index("label")
    narrower = int((each["posterior_sd"] < each["prior_sd"]).sum())
    told = "; ".join(
        f"{label}: standard deviation {number(row['prior_sd'])} before, "
        f"{number(row['posterior_sd'])} after"
        for label, row in each.iterrows()
    )
    title = (
        "The data narrowed every belief about the judgements"
        if narrower == len(each)
        else f"The data narrowed {narrower} of {len(each)} beliefs about the judgements"
    )
    return describe(
        evidence,
        f"{title} ({ESTIMANDS[estimand].lower()})",
        "Densities. Dashed: prior; filled: posterior. The judgement’s underlying scale has "
        "standard deviation 1; deprivation is in standard deviations of authorities.",
        f"Small panels of densities. {told}.",
    )


def describe_chains(chains: Chains, estimand: str, evidence: Evidence) -> Description:
    """Describe how one fit was sampled."""
    table, divergences = chains.quantities, chains.divergences
    worst = float(table["rhat"].max())
    least = float(table[["ess_bulk", "ess_tail"]].min().min())
    sound = worst <= R_HAT and least >= ESS and not divergences
    return describe(
        evidence,
        f"The chains agree ({ESTIMANDS[estimand].lower()})"
        if sound
        else f"The chains do not agree, so nothing is reported ({ESTIMANDS[estimand].lower()})",
        f"The fit {chains.fit}. Ranks of ρ by chain, with a grey band for 95% of the bins of "
        "chains that agree; energy "
        "and its changes from draw to draw, with the Bayesian fraction of missing information "
        "(BFMI; below 0.3 is a bad sign); effective sample sizes and R-hat of everything "
        f"reported, the worst where it is several numbers. {plural(divergences, 'divergence')}.",
        f"Three panels. R-hat at most {worst:.3f} (wanted {R_HAT:g}); least effective sample size "
        f"{least:,.0f} (wanted {ESS:.0f}); {plural(divergences, 'divergence')}.",
    )
