"""The tables of plain regressions of a made-up run."""

import pandas as pd

DIAGNOSTICS = {"rhat": 1.001, "ess_bulk": 2000.0, "ess_tail": 1800.0}


def links():
    rows = [
        ("One", 0.30, 0.10, 0.50, 0.22, 0.05, 0.39),
        ("Two", 0.21, 0.01, 0.41, 0.15, -0.02, 0.32),
        ("Three", -0.05, -0.25, 0.15, 0.02, -0.15, 0.19),
    ]
    names = ("title", "mean", "lower", "upper", "pooled_mean", "pooled_lower", "pooled_upper")
    return pd.DataFrame(
        [
            {
                "estimand": estimand,
                "indicator": row[0].lower(),
                "domain": "health",
                "aspect": "process",
                "authorities": 150,
                "mcse": 0.002,
                "pooled_mcse": 0.001,
                **dict(zip(names, row, strict=True)),
                **DIAGNOSTICS,
            }
            for estimand in ("concordance", "adjusted")
            for row in rows
        ]
    )


def summary(reasons=""):
    nothing = float("nan")
    rows = []
    for estimand in ("concordance", "adjusted"):
        for model, quantity in (("composite", "correlation"), ("good_or_better", "slope")):
            failed = reasons if model == "good_or_better" else ""
            numbers = (nothing,) * 4 if failed else (0.3, 0.1, 0.5, 0.002)
            rows.append(
                {"estimand": estimand, "model": model, "aspect": "", "quantity": quantity}
                | {"reasons": failed}
                | dict(zip(("mean", "lower", "upper", "mcse"), numbers, strict=True))
                | DIAGNOSTICS
                | {"observations": 150}
            )
    return pd.DataFrame(rows)
