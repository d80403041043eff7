"""The Department's statistical neighbours: the ten authorities most like each one."""

from datetime import date
from pathlib import Path

import pandas as pd

from data.geography import code_of_number, require_areas, resolve
from data.integrity import require_names
from data.panel import PanelError
from data.text import LINE, read_text
from data.validate_table import validate_table

FILE = "dfe_statistical_neighbours/sn_model_2025_wide.csv"
NUMBER = 10

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
        ``neighbour`` (code) and ``closeness`` (of
        :data:`data.source_vocabulary.CLOSENESS`), indexed by ``authority`` and ``order`` (1
        is the most alike).

    Raises
    ------
    PanelError
        If the file or a column is not there, a number stands for no authority, a
        closeness is unknown, or an authority stands twice or is its own neighbour.
    """
    orders = range(1, NUMBER + 1)
    numbers = ["old_la_code", "la_name", *(f"SN_{order}" for order in orders)]
    table = read_text(root, FILE, [*numbers, *(f"SN_{order}P" for order in orders)])
    pairs = pd.concat([_order(table, order) for order in orders])
    codes = {number: _authority(number, FILE) for number in {*pairs["own"], *pairs["neighbour"]}}
    require_names(table.assign(code=table["old_la_code"].map(codes)), FILE, name="la_name")
    require_areas([codes[one] for one in pairs["own"]], _IN_FORCE, where=FILE)
    found = pairs.assign(
        authority=pairs["own"].map(codes),
        neighbour=pairs["neighbour"].map(codes),
        closeness=pairs["closeness"],
    )
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
    return found.set_index(["authority", "order"]).sort_index()[["neighbour", "closeness"]]


def _order(table: pd.DataFrame, order: int) -> pd.DataFrame:
    """Take the nth neighbour of each authority."""
    columns = {"own": "old_la_code", "neighbour": f"SN_{order}", "closeness": f"SN_{order}P"}
    pairs = pd.DataFrame({name: table[column] for name, column in columns.items()})
    validate_table(pairs.assign(**{LINE: table[LINE]}), "neighbours", FILE, names=columns)
    return pairs.assign(order=order)


def _authority(number: str, where: str) -> str:
    """Find the panel's authority that a number stands for."""
    code = code_of_number(number, _IN_FORCE, where=where)
    return resolve(code, where=where).authorities[0]
