"""The tables behind further figures of a made-up run, and its diagnostics."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from tests.report_regressions import links, summary

ESTIMANDS = ("concordance", "adjusted")
GRADES = ("Inadequate", "Requires improvement", "Good", "Outstanding")
QUANTITIES = ("rho", "cutpoints", "year_sd", "effectiveness")


def write_figure_tables(folder: Path) -> None:
    """Write into a made-up run's folder what its further figures are drawn from."""
    random = np.random.default_rng(20260102)
    authorities = pd.read_csv(folder / "tables" / "authorities.csv", keep_default_na=False)
    for name, table in {
        "effectiveness_by_judgement": means_of(authorities),
        "posterior_predictive": pd.concat([predictive(name) for name in ESTIMANDS]),
        "left_out": left_out_of(authorities, random),
        "prior_posterior": pd.concat([prior_posterior(name) for name in ESTIMANDS]),
        **deprivation_of(authorities, random),
        "around_inspection": around_inspection(),
        "indicator_links": links(),
        "baselines": summary(),
    }.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    (folder / "map.geojson").write_text(json.dumps(squares(authorities)), "utf-8")
    (folder / "diagnostics.json").write_text(json.dumps(diagnostics()), "utf-8")
    path = folder / "evidence.json"
    evidence = json.loads(path.read_text("utf-8"))
    for estimand, level in zip(ESTIMANDS, (-1.0, 0.5), strict=True):
        evidence["estimands"][estimand]["prior_widths"] = prior_widths(level)
    path.write_text(json.dumps(evidence), "utf-8")


def means_of(authorities: pd.DataFrame) -> pd.DataFrame:
    judged = authorities[authorities["judgement"] != ""]
    grouped = judged.groupby(["estimand", "judgement"])["effectiveness"]
    table = grouped.agg(authorities="size", mean="mean").reset_index()
    half = 0.4 / np.sqrt(table["authorities"])
    return table.assign(lower=table["mean"] - half, upper=table["mean"] + half)


def prior_widths(level: float) -> list[dict[str, float]]:
    return [
        {
            "concentration": (sd**-2 - 1) / 2,
            "sd": sd,
            "value": level + np.log(sd / 0.2),
            "mcse": 0.04,
            "ceiling": 0.3 + 3 * sd,
        }
        for sd in (0.07, 0.1, 0.15, 0.2, 0.3, 0.45, 0.58)
    ]


def predictive(estimand: str) -> pd.DataFrame:
    rows = []
    for grade, count in zip(GRADES, (19.0, 41.0, 72.0, 19.0), strict=True):
        rows.append(("grade", grade, count, 0.95 * count, 10.0))
        for band in ("top", "bottom"):
            rows.append(("decile", f"{grade}, {band}", 4.0, 0.1 * count, 3.0))
    table = pd.DataFrame(rows, columns=["check", "quantity", "observed", "mean", "half"])
    half = table.pop("half")
    ends = {"lower": (table["mean"] - half).clip(lower=0), "upper": table["mean"] + half}
    return table.assign(estimand=estimand, **ends, p=0.5, p_mcse=0.02)


def left_out_of(authorities: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    judged = authorities[authorities["judgement"] != ""]
    return pd.DataFrame(
        {
            **{name: judged[name] for name in ("estimand", "authority", "name", "judgement")},
            "difference": random.normal(0.05, 0.3, len(judged)),
            "pareto_k": random.uniform(0.0, 0.75, len(judged)),
            "threshold": 0.7,
        }
    )


def prior_posterior(estimand: str) -> pd.DataFrame:
    tables = []
    for name, label, sd in (("rho", "Link ρ", 0.1), ("drift", "Drift, a year", 0.05)):
        x = np.linspace(-1.0, 1.0, 81)
        tables.append(
            pd.DataFrame(
                {
                    "estimand": estimand,
                    "parameter": name,
                    "label": label,
                    "x": x,
                    "prior": norm(0, 0.4).pdf(x),
                    "posterior": norm(0.15, sd).pdf(x),
                    "prior_sd": 0.4,
                    "posterior_sd": sd,
                }
            )
        )
    return pd.concat(tables)


def deprivation_of(
    authorities: pd.DataFrame, random: np.random.Generator
) -> dict[str, pd.DataFrame]:
    codes = authorities["authority"].unique()
    x = np.linspace(-2.0, 2.0, 21)
    curves, shares = [], []
    for quantity, level, slope in (
        ("effectiveness", 0.0, -0.2),
        ("good_or_better", 0.6, -0.08),
        ("inadequate", 0.12, 0.03),
    ):
        mean, change = level + slope * x, 4 * slope
        curves.append(
            pd.DataFrame(
                {
                    "quantity": quantity,
                    "deprivation": x,
                    "mean": mean,
                    "lower": mean - 0.08,
                    "upper": mean + 0.08,
                    "change": change,
                    "change_lower": change - 0.05,
                    "change_upper": change + 0.05,
                }
            )
        )
        if quantity != "effectiveness":
            middles = np.array([-1.4, -0.6, 0.0, 0.6, 1.4])
            shares.append(
                pd.DataFrame(
                    {
                        "quantity": quantity,
                        "deprivation": middles,
                        "share": level + slope * middles + [0.03, -0.04, 0.02, 0.05, -0.03],
                        "authorities": 30,
                    }
                )
            )
    return {
        "deprivation_points": pd.DataFrame(
            {"authority": codes, "deprivation": random.normal(0, 1, len(codes))}
        ),
        "deprivation_curves": pd.concat(curves),
        "deprivation_shares": pd.concat(shares),
    }


def around_inspection() -> pd.DataFrame:
    rows = []
    for at, grade in enumerate(reversed(GRADES)):
        for lag in (-2, -1, 0, 1, 2):
            mean = 55.0 - 3 * at + 0.5 * lag
            rows.append(
                {
                    **{"group": grade, "lag": lag, "inspections": 20, "mean": mean},
                    **{"lower": mean - 3, "upper": mean + 3, "change": 1.0},
                    **{"change_lower": -2.0, "change_upper": 4.0, "change_inspections": 15},
                }
            )
    return pd.DataFrame(rows)


def squares(authorities: pd.DataFrame) -> dict[str, object]:
    """Boundaries of a country of squares, six in a row, each with its hexagon."""
    features = []
    for at, code in enumerate(authorities["authority"].unique()):
        column, row = at % 6, at // 6
        west, south = -2.0 + column, 51.0 + row
        ring = [(west, south), (west + 1, south), (west + 1, south + 1), (west, south + 1)]
        features.append(
            {
                "type": "Feature",
                "properties": {"authority": code, "column": column, "row": row},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def diagnostics() -> dict[str, object]:
    table = {
        name: {"rhat": 1.001 + 0.001 * at, "ess_bulk": 2400.0 - 300 * at, "ess_tail": 1500.0}
        for at, name in enumerate(QUANTITIES)
    }
    return {
        f"composite-{estimand}-linked": {"divergences": 0, "quantities": table}
        for estimand in ESTIMANDS
    }
