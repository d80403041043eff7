"""A made-up run folder, complete enough that a report can be written from it."""

import json
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tests.report_authorities import authority_indicators_table, inspections_table
from tests.report_evidence import ESTIMANDS, GRADES, LINKS, YEARS, evidence_of, link_of

HOSTILE = "<script>alert('x')</script> & \"Quoted\" Council $a_b$"
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogochshire"
NON_LATIN = "Οδυσσέας · Тестград · Ærøskøbing"
INDICATORS = {
    "rereferral_12m": ("Referrals within 12 months of an earlier referral", "front_door"),
    "cpp_second_plan": (
        "Plans that are a second or later <b>&amp; “plan”</b>",
        "protection",
    ),
    "icpc_15_days": ("Child protection conferences held within 15 working days", "protection"),
    "placements_3": (
        "Children in care who had three or more placements in the year",
        "stability",
    ),
    "placement_2y": (
        "Children in long-term care who lived with the same carer for two years",
        "stability",
    ),
    "placed_20_miles": (
        "New placements outside the authority and more than 20 miles from home",
        "stability",
    ),
    "health": ("Children in care who had their annual health assessment", "health"),
    "dental": ("Children in care whose teeth were checked by a dentist", "health"),
    "sdq": (
        "Children in care with a completed strengths and difficulties questionnaire",
        "health",
    ),
    "leavers_17_eet": (
        "Care leavers aged 17 to 18 in education, employment or training",
        "care_leavers",
    ),
    "leavers_19_eet": (
        "Care leavers aged 19 to 21 in education, employment or training",
        "care_leavers",
    ),
    "leavers_19_home": (
        "Care leavers aged 19 to 21 in suitable accommodation",
        "care_leavers",
    ),
    "absence_cla": ("Children in care who were persistently absent from school", "education"),
    "absence_cin": ("Children in need who were persistently absent from school", "education"),
    "turnover": ("Social workers who left in the year", "workforce"),
    "agency": ("Social workers employed through an agency", "workforce"),
    "caseload": ("Cases for each social worker who holds cases", "workforce"),
    "vacancy": ("Social worker posts that are vacant", "workforce"),
}
REGIONS = ("North East", "North West", "Yorkshire and The Humber", "East Midlands", "London")


def write_inputs(
    folder: Path,
    *,
    simulated: bool = True,
    refused: Collection[str] = (),
    challenger_converged: bool = False,
    authorities: int = 153,
    indicators: int = 18,
) -> Path:
    """Write every file that a run leaves, except the figures and the report."""
    random = np.random.default_rng(20260101)
    (folder / "tables").mkdir(parents=True)
    (folder / "fits").mkdir()
    evidence = evidence_of(simulated, refused, challenger_converged)
    write_json(folder / "evidence.json", evidence)
    write_json(folder / "provenance.json", provenance())
    (folder / "run.toml").write_text('name = "demo"\n[data]\nsimulated = true\n', "utf-8")
    tables = {
        "authorities": authorities_table(random, authorities),
        "indicators": indicators_table(random, indicators),
        "link": link_table(refused, challenger_converged),
        "coverage": coverage_table(random, indicators),
        "judgements": judgements_table(random),
        "joins": joins_table(),
        "diagnostics": diagnostics_table(refused, challenger_converged),
    }
    codes = list(tables["authorities"]["authority"].unique())
    chosen = dict(list(INDICATORS.items())[:indicators])
    tables["authority_indicators"] = authority_indicators_table(random, codes, chosen, YEARS)
    tables["inspections"] = inspections_table(random, codes)
    for name, table in tables.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    for estimand, (mean, sd) in LINKS.items():
        draws = random.normal(mean, sd, (4, 500)).clip(-0.99, 0.99)
        posterior = xr.Dataset({"rho": (("chain", "draw"), draws)})
        posterior["effectiveness"] = effectiveness_draws(random, tables["authorities"], estimand)
        tree = xr.DataTree.from_dict({"posterior": posterior})
        for link in ("linked", "independent"):
            tree.to_netcdf(folder / "fits" / f"composite-{estimand}-{link}.nc", engine="h5netcdf")
    return folder


def effectiveness_draws(
    random: np.random.Generator, authorities: pd.DataFrame, estimand: str
) -> xr.DataArray:
    own = authorities[authorities["estimand"] == estimand]
    sd = (own["effectiveness_upper"] - own["effectiveness_lower"]) / (2 * 1.96)
    drawn = own["effectiveness"].to_numpy() + sd.to_numpy() * random.normal(
        size=(4, 500, len(own))
    )
    return xr.DataArray(
        drawn, dims=("chain", "draw", "authority"), coords={"authority": own["authority"].tolist()}
    )


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1), "utf-8")


def authorities_table(random: np.random.Generator, count: int) -> pd.DataFrame:
    names = [HOSTILE, LONG, NON_LATIN, *(f"Aldermere and Thornwick {i}" for i in range(3, count))]
    for place in range(4, count, 3):
        names[place] = f"Eastbrook {place}"
    tables = []
    for estimand in ESTIMANDS:
        effect = random.normal(0, 0.8, count)
        sd = random.uniform(0.3, 0.6, count)
        rank = (-effect).argsort().argsort() + 1
        spread = (sd * count / 3).round()
        table = pd.DataFrame(
            {
                "estimand": estimand,
                "authority": [f"E9{place:07d}" for place in range(count)],
                "name": names,
                "region": [REGIONS[place % 5] for place in range(count)],
                "judgement": [""] * 2
                + list(random.choice(GRADES, count - 2, p=[0.11, 0.29, 0.45, 0.15])),
                "inspection_start": ["", "", *["2023-05-12"] * (count - 2)],
                "effectiveness": effect,
                "effectiveness_lower": effect - 1.96 * sd,
                "effectiveness_upper": effect + 1.96 * sd,
                "rank": rank,
                "rank_lower": (rank - spread).clip(1),
                "rank_upper": (rank + spread).clip(max=count),
                "against_median": np.where(
                    rank + spread < (count + 1) / 2,
                    "above",
                    np.where(rank - spread > (count + 1) / 2, "below", ""),
                ),
                "probability_top": 1 / (1 + np.exp(-3 * (effect - 1))),
                "probability_bottom": 1 / (1 + np.exp(3 * (effect + 1))),
                "cells": random.integers(60, 91, count),
            }
        )
        tables.append(table)
    return pd.concat(tables)


def indicators_table(random: np.random.Generator, count: int = 18) -> pd.DataFrame:
    rows = []
    for estimand in ESTIMANDS:
        for structure in ("composite", "one_factor"):
            for indicator, (title, domain) in list(INDICATORS.items())[:count]:
                mean = float(random.uniform(-0.05, 0.65))
                half = float(random.uniform(0.05, 0.2))
                noise = float(random.uniform(0.1, 0.7))
                rows.append(
                    {
                        "estimand": estimand,
                        "structure": structure,
                        "indicator": indicator,
                        "title": title,
                        "domain": domain,
                        "correlation": mean,
                        "correlation_lower": mean - half,
                        "correlation_upper": min(mean + half, 0.99),
                        "correlation_mcse": 0.003,
                        "noise_share": noise,
                        "noise_share_lower": noise - 0.08,
                        "noise_share_upper": noise + 0.08,
                    }
                )
    return pd.DataFrame(rows)


def link_table(refused: Collection[str], challenger_converged: bool) -> pd.DataFrame:
    rows = []
    for estimand, (mean, sd) in LINKS.items():
        for structure in ("composite", "one_factor"):
            converged = estimand not in refused
            if structure == "one_factor":
                converged = challenger_converged
            rows.append(
                {
                    "estimand": estimand,
                    "structure": structure,
                    "model": "linked",
                    **{key: link_of(mean, sd)[key] for key in ("mean", "sd", "lower", "upper")},
                    "probability": 0.91,
                    "rhat": 1.002 if converged else 1.52,
                    "ess_bulk": 2100.0,
                    "ess_tail": 1800.0,
                    "converged": converged,
                }
            )
    return pd.DataFrame(rows)


def coverage_table(random: np.random.Generator, count: int = 18) -> pd.DataFrame:
    rows = []
    for indicator, (title, domain) in list(INDICATORS.items())[:count]:
        for year in YEARS:
            missing = 153 if (indicator, year) == ("sdq", 2021) else int(random.integers(0, 9))
            suppressed = 0 if missing == 153 else int(random.integers(0, 30))
            rows.append(
                {
                    "indicator": indicator,
                    "title": title,
                    "domain": domain,
                    "year": year,
                    "observed": 153 - missing - suppressed,
                    "suppressed": suppressed,
                    "missing": missing,
                }
            )
    return pd.DataFrame(rows)


def judgements_table(random: np.random.Generator) -> pd.DataFrame:
    rows = [
        {"year": year, "grade": grade, "inspections": int(random.integers(0, 30))}
        for year in range(2018, 2026)
        for grade in GRADES
    ]
    return pd.DataFrame(rows)


def joins_table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "source": "ofsted_judgements",
                "code": "E06000028",
                "name": "Bournemouth",
                "years": "2018",
                "action": "kept as a predecessor",
                "reason": "abolished 2019-04-01",
            }
        ]
    )


def diagnostics_table(refused: Collection[str], challenger_converged: bool) -> pd.DataFrame:
    rows = []
    for estimand in ESTIMANDS:
        for structure, model in (
            ("composite", "linked"),
            ("composite", "independent"),
            ("one_factor", "linked"),
        ):
            converged = estimand not in refused
            if structure == "one_factor":
                converged = challenger_converged
            rows.append(
                {
                    "fit": f"{structure}-{estimand}-{model}",
                    "estimand": estimand,
                    "structure": structure,
                    "model": model,
                    "divergences": 0 if converged else 3,
                    "max_rhat": 1.004 if converged else 1.52,
                    "min_ess_bulk": 1500.0 if converged else 9.0,
                    "min_ess_tail": 1400.0 if converged else 22.0,
                    "worst": "loading[dental]",
                    "seconds": 31.2,
                    "converged": converged,
                }
            )
    return pd.DataFrame(rows)


def provenance() -> dict[str, Any]:
    digest = f"{zlib.crc32(b'source'):08x}" * 8
    return {
        "created": "2026-01-01T12:00:00+00:00",
        "seconds": 284.2,
        "seed": 20260101,
        "code_version": "0.1.0",
        "python": "3.12.8",
        "packages": {"numpy": "2.3.5", "pymc": "6.4.0", "xarray": "2026.1.0"},
        "sources": [
            {
                "file": "dfe_children_in_need/"
                "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv",
                "sha256": digest,
                "publisher": "Department for Education",
            },
            {"file": "ofsted/judgements.ods", "sha256": digest},
        ],
        "configuration_sha256": digest,
        "command": "effectiveness run configs/demo.toml",
    }
