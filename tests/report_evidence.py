"""What a made-up run found: its ``evidence.json``."""

from collections.abc import Collection
from typing import Any

GRADES = ("Inadequate", "Requires improvement", "Good", "Outstanding")
ESTIMANDS = ("concordance", "adjusted")
REGIONS = ("positive_unrestricted", "positive_negative", "none_positive", "within_beyond")
YEARS = (2021, 2022, 2023, 2024, 2025)
LINKS = {"concordance": (0.12, 0.09), "adjusted": (0.16, 0.088)}


def evidence_of(
    simulated: bool, refused: Collection[str], challenger_converged: bool
) -> dict[str, Any]:
    truth = {"truth": {"rho": 0.3}} if simulated else {}
    return {
        "panel": {
            "simulated": simulated,
            "england": not simulated,
            "authorities": 153,
            "indicators": 18,
            "years": list(YEARS),
            "judged": 151,
            "release": "simulated, seed 1" if simulated else "2025",
            "title": "Simulated panel like England's" if simulated else "England, 2021 to 2025",
        },
        "settings": {
            "interval": 0.95,
            "rope": 0.1,
            "structure": "composite",
            "factors": 2,
            "suppression": "interval",
            "top_share": 0.1,
            "deprivation": "imd",
            "link_prior": 2.0,
        },
        "estimands": {
            name: estimand_of(name, name in refused, challenger_converged) for name in ESTIMANDS
        },
        **truth,
    }


def estimand_of(name: str, refused: bool, challenger_converged: bool) -> dict[str, Any]:
    mean, sd = LINKS[name]
    reasons = ["R-hat of rho is 1.034; wanted at most 1.01.", "3 divergences remain."]
    verdict = {
        "code": "refused" if refused else "inconclusive",
        "sentence": "The fit did not converge, so no verdict is given."
        if refused
        else "The data are not enough to tell whether there is a link: "
        f"ρ = {mean:.2f} (95% interval {mean - 1.96 * sd:.2f} to {mean + 1.96 * sd:.2f}).",
    }
    return {
        "converged": not refused,
        "reasons": reasons if refused else [],
        "rho": link_of(mean, sd),
        "log_bf_independent_linked": {
            "value": 1.2238,
            "mcse": 0.05,
            "method": "savage_dickey",
            "ceiling": 1.79,
            "ceiling_mcse": 0.004,
        },
        "savage_dickey": {"value": 1.2, "mcse": 0.03},
        "regions": {name: {"value": 0.1, "mcse": 0.01} for name in REGIONS},
        "prior_widths": [],
        "marginal_likelihoods": [],
        "elpd": elpd_rows(),
        "judgement_scores": score_rows(),
        "decile_table": decile_rows(),
        "top_decile_by_judgement": top_rows(),
        "ratio": {
            "mean": 0.71,
            "lower": 0.28,
            "upper": 1.32,
            "mcse": 0.01,
            "what": "P(top 10% | Requires improvement or worse) / P(top 10% | Good or better)",
        },
        "challenger": {
            "structure": "one_factor",
            "converged": challenger_converged,
            "modes": 1 if challenger_converged else 2,
            "reasons": [] if challenger_converged else ["R-hat of rho is 1.52."],
            "rho": link_of(0.2, 0.1),
            "indicator_elpd_difference": -48.3,
            "indicator_elpd_difference_se": 14.2,
        },
        "smallest_link": {"value": 0.27, "power": 0.8, "odds": 3.0},
        "standings": {
            "authorities": 153,
            "above_median": 21,
            "below_median": 18,
            "near_limit": 3,
            "expected_wrong": 0.4,
            "rank_width": 97.0,
            "pairs": 11628,
            "pairs_apart": 1860,
            "pairs_expected_wrong": 12.3,
        },
        "verdict": verdict,
    }


def link_of(mean: float, sd: float) -> dict[str, float]:
    return {
        "mean": mean,
        "sd": sd,
        "lower": mean - 1.96 * sd,
        "upper": mean + 1.96 * sd,
        "probability": 0.91,
        "probability_rope": 0.39,
        "ess_bulk": 2100.0,
        "ess_tail": 1800.0,
        "rhat": 1.002,
        "mcse": 0.002,
    }


def elpd_rows() -> list[dict[str, Any]]:
    names = ("linked", "independent", "deprivation_only")
    rows = zip(names, (-160.1, -160.9, -166.4), (0.0, -0.8, -6.3), (0.0, 1.4, 3.1), strict=True)
    return [
        {
            "model": model,
            "elpd": elpd,
            "se": 7.2,
            "difference": difference,
            "difference_se": se,
            "weight": weight,
            "pareto_k_max": 0.41,
            "pareto_k_high": 0,
        }
        for (model, elpd, difference, se), weight in zip(rows, (0.61, 0.33, 0.06), strict=True)
    ]


def score_rows() -> list[dict[str, Any]]:
    rows = (
        *(("linked", 0.439, 0.0, 0.0), ("independent", 0.482, 0.043, 0.018)),
        *(("deprivation_only", 0.5, 0.061, 0.02), ("grade_shares", 0.515, 0.077, 0.024)),
    )
    return [
        {
            "forecast": name,
            "cases": 151,
            "ranked_probability_score": score,
            "ranked_probability_score_mcse": 0.001,
            "ranked_probability_score_difference": gap,
            "ranked_probability_score_difference_se": error,
            "log_score": -1.1 - gap,
            "log_score_mcse": 0.002,
            "log_score_difference": -gap,
            "log_score_difference_se": error,
            "miscalibration": 0.04,
            "miscalibration_expected": 0.043,
            "miscalibration_se": 0.007,
            "miscalibration_p": 0.65,
            "discrimination": 0.11,
            "uncertainty": 0.509,
        }
        for name, score, gap, error in rows
    ]


def decile_rows() -> list[dict[str, Any]]:
    rows = []
    for grade, total in zip(GRADES, (17, 44, 68, 22), strict=True):
        for band, share in (("bottom", 0.1), ("middle", 0.8), ("top", 0.1)):
            expected = total * share
            tilt = {"bottom": 1.3, "middle": 1.0, "top": 0.7}[band] if grade < "H" else 1.0
            rows.append(
                {
                    "judgement": grade,
                    "band": band,
                    "mean": expected * tilt,
                    "lower": max(0.0, expected * tilt - 2),
                    "upper": expected * tilt + 2.4,
                    "mcse": 0.02,
                    "independent": expected,
                    "no_link_lower": max(0.0, expected - 2.5),
                    "no_link_upper": expected + 3.0,
                    "no_link_probability": 0.31,
                    "no_link_probability_mcse": 0.01,
                }
            )
    return rows


def top_rows() -> list[dict[str, Any]]:
    labels = (*GRADES, "Good or better", "Requires improvement or worse")
    shares = (0.06, 0.08, 0.11, 0.13, 0.115, 0.075)
    return [
        {
            "judgement": label,
            "authorities": count,
            "probability": share,
            "lower": share * 0.4,
            "upper": share * 1.8,
            "mcse": 0.001,
            "no_link_lower": 0.04,
            "no_link_upper": 0.2,
            "no_link_probability": 0.31,
            "no_link_probability_mcse": 0.01,
        }
        for label, count, share in zip(labels, (17, 44, 68, 22, 90, 61), shares, strict=True)
    ]
