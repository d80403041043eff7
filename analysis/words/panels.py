"""What a panel is and how much it holds, in a sentence."""

import xarray as xr

from analysis.words.numerals import plural
from analysis.words.whose import whose
from data.origin import is_england


def whose_data(panel: xr.Dataset) -> str:
    """State whose data a figure shows."""
    of_whom = whose(simulated=bool(panel.attrs["simulated"]), england=is_england(panel))
    return f"{of_whom.caption} {size_sentence(panel)}"


def size_sentence(panel: xr.Dataset) -> str:
    """State how much a panel holds."""
    years = panel["year"].to_numpy()
    inspected = len(set(panel["inspected_authority"].to_numpy()))
    return (
        f"{plural(panel.sizes['authority'], 'authority', 'authorities')}, "
        f"{plural(panel.sizes['indicator'], 'indicator')}, years {years.min()} to {years.max()}; "
        f"{plural(panel.sizes['inspection'], 'inspection')} of "
        f"{plural(inspected, 'authority', 'authorities')}."
    )
