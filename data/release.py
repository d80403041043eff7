"""Say what a panel rests on, from the files that were read and what stood in them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr


def describe_release(panel: xr.Dataset, sources: Sequence[Mapping[str, object]]) -> str:
    """State the releases of the indicators, how far the inspections go, and what is amiss.

    Parameters
    ----------
    panel
        Laid out, but for its attributes.
    sources
        What :func:`data.sources.examine_source` says of each file that was read.

    Returns
    -------
    str
        One line: releases of the indicators as the catalogue names them, frameworks and
        latest dates of the inspections, vintages of deprivation; then years without
        residents, and files that are no registered edition.
    """
    releases = sorted({str(name) for name in np.unique(panel["release"].values)} - {""})
    parts = [f"indicators of the {_listed(releases)} releases"] if releases else []
    parts += [_inspections(panel)]
    if "vintage" in panel.coords:
        parts.append(f"deprivation of {_listed(map(str, panel['vintage'].values))}")
    unpublished = panel["population"].count("authority").values == 0
    unknown = panel["year"].values[unpublished]
    if len(unknown):
        parts.append(f"no residents published for {_listed(map(str, unknown))}")
    other = unregistered(sources)
    if other:
        parts.append(f"NOT THE REGISTERED EDITION: {', '.join(other)}")
    return "; ".join(parts)


def unregistered(sources: Iterable[Mapping[str, object]]) -> list[str]:
    """List the files that are not the registered ones."""
    return [str(one["file"]) for one in sources if not one.get("matches_register", True)]


def _inspections(panel: xr.Dataset) -> str:
    """State by framework when the latest inspection began, or its report came out."""
    found = panel[["inspection_start", "publication", "framework"]].to_dataframe()
    said = []
    for name, rows in found.groupby("framework"):
        begun, out = rows["inspection_start"].max(), rows["publication"].max()
        start = "" if pd.isna(begun) else f"begun by {_day(begun)}, "
        said.append(f"{name} inspections {start}reported by {_day(out)}")
    return "; ".join(said)


def _day(when: pd.Timestamp) -> str:
    """Write a date."""
    return f"{when.day} {when:%B %Y}"


def _listed(words: Iterable[str]) -> str:
    """Join words with commas and a last ``and``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
