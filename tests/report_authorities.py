"""What a made-up run folder says of each authority: its figures and its inspections."""

import numpy as np
import pandas as pd

from data.panel import JUDGEMENTS

GRADES = ("Inadequate", "Requires improvement", "Good", "Outstanding")
KINDS = ("observed", "observed", "observed", "suppressed", "low", "not_applicable")


def authority_indicators_table(
    random: np.random.Generator,
    codes: list[str],
    indicators: dict[str, tuple[str, str]],
    years: tuple[int, ...],
) -> pd.DataFrame:
    rows = []
    for place, code in enumerate(codes):
        for at, (indicator, (title, domain)) in enumerate(indicators.items()):
            for year in years:
                last = year == years[-1]
                status = KINDS[(place + at) % len(KINDS)] if last else "observed"
                rate = domain == "workforce"
                value = float(random.uniform(0.1, 0.4))
                ends = (value - 0.05, value + 0.06)
                scale = 100.0 if rate else 1.0
                shown = status in ("observed", "low")
                counted = not rate and status in ("observed", "suppressed")
                rows.append(
                    {
                        "authority": code,
                        "indicator": indicator,
                        "title": title,
                        "domain": domain,
                        "direction": ("lower", "higher")[at % 2],
                        "unit": "percent" if rate else "proportion",
                        "year": year,
                        "status": status,
                        "value": (0.0 if status == "low" else scale * value) if shown else "",
                        "value_lower": ends[0] if counted else "",
                        "value_upper": ends[1] if counted else "",
                        "tenth": 0.15 * scale,
                        "median": 0.25 * scale,
                        "ninetieth": 0.37 * scale,
                    }
                )
    return pd.DataFrame(rows)


def inspections_table(random: np.random.Generator, codes: list[str]) -> pd.DataFrame:
    """Two inspections each, but for the first authority, which had none."""
    rows = [
        {
            "authority": code,
            "inspection_start": start,
            "publication": report,
            "framework": framework,
            "inspection_type": "standard",
            **{name: str(random.choice(GRADES)) for name in JUDGEMENTS[:-1]},
            "care_leavers": "",
        }
        for code in codes[1:]
        for start, report, framework in (
            ("", "2016-02-19", "SIF"),
            ("2023-05-12", "2023-07-03", "ILACS"),
        )
    ]
    return pd.DataFrame(rows)
