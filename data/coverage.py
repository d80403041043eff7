"""What a panel holds and lacks: tables for a report, and text for the terminal."""

import json
import textwrap
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from data.panel import GRADES
from data.reference import references
from data.release import unregistered

USABLE = ("observed", "low")
"""Statuses with a value: ``low`` is about zero."""

_JOIN_COLUMNS = ["source", "code", "name", "years", "action", "reason"]


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What a panel holds.

    Attributes
    ----------
    statuses
        By indicator: the shares of its cells that are ``observed`` (or about zero),
        ``suppressed`` and ``missing`` for any other reason.
    authorities
        By indicator and year: how many authorities have a value.
    judgements
        By year of inspection: how many were given each grade overall, and ``None``.
        An inspection without a start date counts in the year of its report.
    joins
        The panel's records of what was not joined directly.
    """

    statuses: pd.DataFrame
    authorities: pd.DataFrame
    judgements: pd.DataFrame
    joins: pd.DataFrame


def summarise_panel(panel: xr.Dataset) -> Coverage:
    """Count what a valid panel holds, published or simulated."""
    records = json.loads(panel.attrs["joins"])
    return Coverage(
        statuses=_statuses(panel),
        authorities=_authorities(panel),
        judgements=_judgements(panel),
        joins=pd.DataFrame(records, columns=_JOIN_COLUMNS),
    )


def count_cells(panel: xr.Dataset) -> pd.DataFrame:
    """Count the authorities by what is known of them, for each indicator and year.

    Returns
    -------
    pd.DataFrame
        ``indicator``, ``title``, ``domain``, ``period`` (what a year's figure covers),
        ``year`` and the counts ``observed`` (or
        about zero), ``suppressed`` and ``missing``, one row an indicator and year.
    """
    usable = panel["status"].isin(USABLE).sum("authority")
    suppressed = (panel["status"] == "suppressed").sum("authority")
    counts = xr.Dataset({"observed": usable, "suppressed": suppressed})
    counts["missing"] = panel.sizes["authority"] - usable - suppressed
    table = counts.to_dataframe().reset_index()
    periods = {
        str(name): one.text
        for name, one in zip(panel["indicator"].values, references(panel), strict=True)
    }
    table["period"] = table["indicator"].map(periods)
    columns = ["indicator", "indicator_title", "domain", "period", "year", *counts.data_vars]
    return table[columns].rename(columns={"indicator_title": "title"})


def describe(panel: xr.Dataset) -> str:
    """State in plain text what a panel holds, for the terminal."""
    coverage = summarise_panel(panel)
    years = panel["year"].to_numpy()
    inspected = int(pd.Series(panel["inspected_authority"].to_numpy()).nunique())
    parts = [
        "SIMULATED PANEL: invented authorities and figures."
        if panel.attrs["simulated"]
        else textwrap.fill(f"Published panel: {panel.attrs['release']}.", width=100),
        f"{panel.sizes['authority']} authorities, {panel.sizes['indicator']} indicators, "
        f"years {years.min()} to {years.max()}; "
        f"{panel.sizes['inspection']} inspections of {inspected} authorities.",
        _titled("Share of cells (per cent)", (100 * coverage.statuses).round(1)),
        _titled("Authorities with a value", coverage.authorities),
        _titled("Overall judgement by year of inspection", coverage.judgements),
        _describe_joins(coverage.joins),
        _describe_sources(panel),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _statuses(panel: xr.Dataset) -> pd.DataFrame:
    """Share of each indicator's cells by what is known of them."""
    over = ("authority", "year")
    observed = panel["status"].isin(USABLE).mean(over)
    suppressed = (panel["status"] == "suppressed").mean(over)
    return pd.DataFrame(
        {
            "observed": observed.to_series(),
            "suppressed": suppressed.to_series(),
            "missing": (1 - observed - suppressed).clip(0).to_series(),
        }
    )


def _authorities(panel: xr.Dataset) -> pd.DataFrame:
    """Count authorities with a value, by indicator and year."""
    usable = panel["status"].isin(USABLE).sum("authority")
    return pd.DataFrame(
        usable.transpose("indicator", "year").to_numpy(),
        index=panel["indicator"].to_index(),
        columns=panel["year"].to_index(),
    )


def _judgements(panel: xr.Dataset) -> pd.DataFrame:
    """Count overall judgements by year and grade."""
    grades = panel["judgement_grade"].sel(judgement="overall").to_numpy()
    when = panel["inspection_start"].fillna(panel["publication"]).dt.year.to_numpy()
    names = pd.Series([GRADES[grade] if grade >= 0 else "None" for grade in grades], dtype=str)
    counts = pd.crosstab(pd.Series(when, name="year"), names)
    counts = counts.reindex(columns=[*GRADES, "None"], fill_value=0).rename_axis(columns=None)
    return counts.assign(total=counts.sum(axis=1))


def _describe_joins(joins: pd.DataFrame) -> str:
    """List what was not joined directly, one line for each authority and action."""
    if joins.empty:
        return "Every authority was joined directly."
    averaged = joins["action"] == "averaged"
    lines = [
        (str(action), f"{name} ({code})", _span(rows["years"]), _files(rows["source"].nunique()))
        for (action, code, name), rows in joins[~averaged].groupby(["action", "code", "name"])
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["Not joined directly (what was done, published as, years, in how many files)"]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        text.append("  ".join(cells).rstrip())
    if averaged.any():
        counties = joins.loc[averaged, "code"].nunique()
        text.append(f"averaged: {counties} counties, deprivation scores from their districts")
    return "\n".join(text)


def _span(years: pd.Series) -> str:
    """Write the first and last of several lists of years."""
    every = sorted({year for some in years for year in some})
    if not every:
        return ""
    return str(every[0]) if len(every) == 1 else f"{every[0]}-{every[-1]}"


def _files(number: int) -> str:
    """Count files in words."""
    return "1 file" if number == 1 else f"{number} files"


def _describe_sources(panel: xr.Dataset) -> str:
    """Name the files that are not the registered ones."""
    other = unregistered(json.loads(panel.attrs["sources"]))
    if not other:
        return ""
    return "Not the registered edition:\n" + "\n".join(f"  {file}" for file in other)


def _titled(title: str, table: pd.DataFrame) -> str:
    """Put a title above a table's text."""
    shown = table.rename_axis(index=None, columns=None)
    return f"{title}\n{shown.to_string()}"
