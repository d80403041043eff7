"""Whose a panel is: England's published record, or somebody else's.

What is said of Ofsted, of the Department for Education and of their licence holds for England's
panel alone. A simulated panel is nobody's, and a panel of a user's own tables is the user's.
"""

import json
from collections.abc import Iterable

import xarray as xr

from data.sources import read_sources


def is_england(panel: xr.Dataset) -> bool:
    """Return whether a panel was built from England's published files, as its sources say."""
    sources = json.loads(panel.attrs.get("sources", "[]"))
    files = (str(one.get("file", "")) for one in sources)
    return from_england(simulated=bool(panel.attrs["simulated"]), files=files)


def from_england(*, simulated: bool, files: Iterable[str]) -> bool:
    """Return whether what was read from these files is England's published record.

    Parameters
    ----------
    simulated
        Whether the figures are invented; then it is not, whatever was read.
    files
        Paths below the folder of published files, as a panel's sources name them.
    """
    registered = {source.path for source in read_sources()}
    return not simulated and any(file in registered for file in files)
