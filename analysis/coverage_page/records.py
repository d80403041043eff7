"""What the other figures of the coverage page show, as tables."""

import numpy as np
import pandas as pd
import xarray as xr

from data.coverage import count_cells
from data.panel import GRADES

_PAIR = ["from_framework", "to_framework"]
_FRAMEWORKS = ("SIF", "ILACS")
"""Oldest first; whatever else a panel names comes after."""


def cells_by_series(panel: xr.Dataset) -> pd.DataFrame:
    """Count cells by what is known of them, and mark where a definition broke.

    Returns
    -------
    pd.DataFrame
        :func:`data.coverage.count_cells`, domain by domain, with ``series`` (empty where
        the panel does not say) and ``broken``: the last year that was published before
        it follows another series, so that the two may not be compared.
    """
    table = count_cells(panel)
    domains = list(dict.fromkeys(table["domain"]))
    table["series"] = ""
    if "series" in panel:
        series = panel["series"].to_series()
        keys = pd.MultiIndex.from_frame(table[["indicator", "year"]])
        table["series"] = series.reindex(keys).fillna("").to_numpy()
    named = table["series"].where(table["series"] != "")
    before = named.groupby(table["indicator"]).transform(lambda one: one.ffill().shift())
    table["broken"] = (named.notna() & before.notna() & (named != before)).to_numpy()
    return table.sort_values("domain", key=lambda one: one.map(domains.index), kind="stable")


def count_transitions(panel: xr.Dataset) -> pd.DataFrame:
    """Count the steps of the overall grade from an inspection to the next.

    The next inspection of an authority is the one published next that gave an overall
    grade. An abolished authority's inspections are its own, and lead to none of its
    successors'.

    Returns
    -------
    pd.DataFrame
        ``from_framework``, ``to_framework``, ``from_grade``, ``to_grade`` and ``steps``:
        every pair of grades for each pair of frameworks that occurs, best grade first.
    """
    names = ["inspected_authority", "framework", "publication", "inspection_start"]
    reports = panel[names].to_dataframe().reset_index()
    reports["grade"] = panel["judgement_grade"].sel(judgement="overall").to_numpy()
    reports = reports[reports["grade"] >= 0].sort_values(["publication", "inspection_start"])
    following = reports.groupby("inspected_authority")[["framework", "grade"]].shift(-1)
    steps = pd.DataFrame(
        {
            "from_framework": reports["framework"],
            "to_framework": following["framework"],
            "from_grade": reports["grade"],
            "to_grade": following["grade"],
        }
    ).dropna()
    columns = list(steps)
    found = steps.astype({"to_grade": int}).value_counts(columns)
    order = {name: at for at, name in enumerate(_FRAMEWORKS)}
    pairs = sorted(
        {(str(one), str(two)) for one, two in zip(steps[_PAIR[0]], steps[_PAIR[1]], strict=True)},
        key=lambda pair: [(order.get(one, len(order)), one) for one in pair],
    )
    ranks = range(len(GRADES))[::-1]
    every = [(*pair, one, two) for pair in pairs for one in ranks for two in ranks]
    rows = [
        (one, two, GRADES[first], GRADES[then], int(found.get((one, two, first, then), 0)))
        for one, two, first, then in every
    ]
    return pd.DataFrame(rows, columns=[*columns, "steps"])


def deprivation_table(panel: xr.Dataset) -> pd.DataFrame:
    """List the deprivation of every authority by vintage of the index.

    Returns
    -------
    pd.DataFrame
        ``authority``, ``name``, ``region``, ``vintage``, ``score`` (average score),
        ``rank`` and ``fifth`` among the panel's authorities, 1 the most deprived; empty
        for a panel that has no vintages.
    """
    columns = ["authority", "name", "region", "vintage", "score", "rank", "fifth"]
    if "deprivation_vintage" not in panel:
        return pd.DataFrame(columns=columns)
    scores = panel["deprivation_vintage"].sel(measure="imd", drop=True).rename("score")
    table = scores.to_dataframe().reset_index().rename(columns={"authority_name": "name"})
    table["rank"] = table.groupby("vintage")["score"].rank(ascending=False, method="first")
    many = table.groupby("vintage")["score"].transform("count")
    table["fifth"] = np.ceil(5 * table["rank"] / many)
    return table[columns].astype({"rank": "Int64", "fifth": "Int64"})
