"""The Department's statistical neighbours: the ten authorities most like each one."""

from datetime import date
from pathlib import Path

import pandas as pd

from data.geography import code_of_number, resolve
from data.panel import PanelError
from data.text import LINE, read_text

FILE = "dfe_statistical_neighbours/sn_model_2025_wide.csv"
NUMBER = 10
CLOSENESS = (
    "Extremely close",
    "Very close",
    "Close",
    "Somewhat close",
    "Not close",
)

_IN_FORCE = date(2025, 3, 31)


def read_neighbours(root: Path) -> pd.DataFrame:
    """Read the model of 2025.

    Parameters
    ----------
    root
        Folder of published files.

    Returns
    -------
    pd.DataFrame
        ``neighbour`` (code) and ``closeness`` (of :data:`CLOSENESS`), indexed by
        ``authority`` and ``order`` (1 is the most alike).

    Raises
    ------
    PanelError
        If the file or a column is not there, a number stands for no authority, a
        closeness is unknown, or an authority stands twice or is its own neighbour.
    """
    orders = range(1, NUMBER + 1)
    numbers = ["old_la_code", *(f"SN_{order}" for order in orders)]
    table = read_text(root, FILE, [*numbers, *(f"SN_{order}P" for order in orders)])
    codes = {
        number: _authority(number, f"{FILE}: column {column}")
        for column in numbers
        for number in table[column].unique()
    }
    rows = []
    for _, row in table.iterrows():
        authority = codes[row["old_la_code"]]
        for order in orders:
            neighbour, closeness = codes[row[f"SN_{order}"]], row[f"SN_{order}P"].strip()
            if closeness not in CLOSENESS:
                raise PanelError(
                    f"{FILE}: column SN_{order}P, line {row[LINE]}: got {closeness!r}; wanted "
                    f"one of {', '.join(CLOSENESS)}. Mend the file."
                )
            rows.append((authority, order, neighbour, closeness))
    found = pd.DataFrame(rows, columns=["authority", "order", "neighbour", "closeness"])
    faulty = found[
        found.duplicated(["authority", "order"])
        | found.duplicated(["authority", "neighbour"])
        | (found["authority"] == found["neighbour"])
    ]
    if not faulty.empty:
        one = faulty.iloc[0]
        raise PanelError(
            f"{FILE}: {one['authority']} has {one['neighbour']} twice, or itself, as a neighbour; "
            f"wanted {NUMBER} others, each once. Mend the file."
        )
    return found.set_index(["authority", "order"])


def _authority(number: str, where: str) -> str:
    """Find the panel's authority that a number stands for."""
    code = code_of_number(number.strip(), _IN_FORCE, where=where)
    return resolve(code, where=where).authorities[0]
