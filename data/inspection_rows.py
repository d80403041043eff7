"""Read Ofsted's sheets that have one row an authority and a block of columns an inspection.

So are laid out the single inspections (SIF) of 2013 to 2018 and the older editions of
the history. They name authorities without codes, so names are resolved at the date of
the report: "Dorset" is two authorities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from data.geography import code_of_name, read_register, resolve
from data.integrity import plain
from data.panel import PanelError
from data.sheets import LINE, read_sheet
from data.source_vocabulary import BLOCK_GRADES, NO_DATE, NOT_GIVEN
from data.validate_table import validate_table

NAME = "Local authority name"


@dataclass(frozen=True, slots=True)
class InspectionBlock:
    """The columns of one inspection.

    Attributes
    ----------
    date
        Column of its date; an authority without one was not inspected.
    grades
        Column of each judgement.
    type
        Column of its type, if the sheet has one.
    label
        What to call the inspection where no column says.
    region
        Column of the region that Ofsted inspects from, one of its own for two of the nine.
    """

    date: str
    grades: Mapping[str, str]
    type: str = ""
    label: str = ""
    region: str = "LA region"

    @property
    def columns(self) -> list[str]:
        """Every column of the block."""
        return [self.date, *self.grades.values(), *([self.type] if self.type else [])]


def read_blocks(
    root: Path, file: str, sheet: str, blocks: Sequence[InspectionBlock], says: str = ""
) -> pd.DataFrame:
    """Read every inspection of a sheet.

    Parameters
    ----------
    root
        Folder of published files.
    file, sheet
        Where the sheet is.
    blocks
        The inspections that a row may hold, in order of time.
    says
        What the heading of the right sheet says.

    Returns
    -------
    pd.DataFrame
        One row an inspection: ``code`` as in force on the date, ``authority`` of the
        panel that it means (the code itself if none), ``name``, ``date``,
        ``type``, ``position`` (0 for the first of the authority), ``row`` of the sheet,
        and a position in :data:`data.panel.GRADES` for each judgement, -1 for none.

    Raises
    ------
    PanelError
        If the sheet or a column is not there, a second table has other columns, or a
        cell holds no date, an unknown grade or an unknown authority, grades have no
        date, an authority is in another region, or has two rows.
    """
    columns = list(dict.fromkeys(name for block in blocks for name in block.columns))
    region = blocks[0].region
    table = read_sheet(root, file, sheet, [NAME, region, *columns], says).astype(object).fillna("")
    again = table[NAME] == NAME
    for _, header in table[again].iterrows():
        _refuse_other_header(header, columns, f"{file}: sheet {sheet}")
    rows = table[~again]
    for block in blocks:
        _validate_block(rows, block, f"{file}: sheet {sheet}")
    found = [
        _inspection(row, block, position, f"{file}: sheet {sheet}")
        for _, row in rows.iterrows()
        for position, block in enumerate(blocks)
        if str(row[block.date]) not in NO_DATE
    ]
    if not found:
        raise PanelError(
            f"{file}: sheet {sheet}: no inspection below the header; wanted a table. Get the "
            "whole file."
        )
    inspections = pd.DataFrame(found)
    _require_regions(inspections, rows, region, f"{file}: sheet {sheet}")
    for which in ("position", "date"):
        refuse_twice(inspections, ("authority", which), f"{file}: sheet {sheet}")
    return inspections


def _require_regions(found: pd.DataFrame, rows: pd.DataFrame, region: str, where: str) -> None:
    """Refuse a row whose region is not its authority's: its name is another's."""
    stated = rows.set_index(LINE)[region].reindex(found["row"])
    known = read_register()["region"].reindex(found["code"])
    own = zip(plain(known), plain(stated), strict=True)
    other = [at for at, (of, said) in enumerate(own) if of not in said]
    if other:
        row = found.iloc[other[0]]
        raise PanelError(
            f"{where}, row {row['row']} ({row['name']}): the column {region} has "
            f"{stated.iloc[other[0]]!r}; wanted {known.iloc[other[0]]}. Mend the row."
        )


def _validate_block(rows: pd.DataFrame, block: InspectionBlock, where: str) -> None:
    """Validate one block of columns against its schema; grades without a date are refused."""
    names = {"date": block.date, **block.grades}
    held = pd.DataFrame({name: rows[column] for name, column in names.items()})
    validate_table(
        held.assign(**{LINE: rows[LINE], NAME: rows[NAME]}),
        "inspection_block",
        where,
        names=names,
        label=NAME,
    )
    words = rows[list(names.values())].astype(str)
    graded = ~words[list(block.grades.values())].isin(NOT_GIVEN).all(axis=1)
    stray = rows[graded & words[block.date].isin(NO_DATE)]
    if not stray.empty:
        row = stray.iloc[0]
        raise PanelError(
            f"{where}, column {block.date}, row {row[LINE]} ({row[NAME]}): got "
            f"{row[block.date]!r} beside grades; wanted a date. Correct the cell."
        )


def _inspection(
    row: pd.Series, block: InspectionBlock, position: int, where: str
) -> dict[str, object]:
    """Read one block of one row."""
    when = row[block.date]
    day = when.date() if isinstance(when, datetime) else when
    grades = {name: BLOCK_GRADES[str(row[column])] for name, column in block.grades.items()}
    at = f"{where}, row {row[LINE]} ({row[NAME]})"
    code = code_of_name(str(row[NAME]), day, where=at)
    return {
        "code": code,
        "authority": (*resolve(code, where=at, shareable=False).authorities, code)[0],
        "name": str(row[NAME]),
        "date": day,
        "type": str(row[block.type]) if block.type else block.label,
        "position": position,
        "row": int(row[LINE]),
        **grades,
    }


def refuse_twice(found: pd.DataFrame, key: Sequence[str], where: str) -> None:
    """Refuse an inspection that stands twice, under whatever codes of its authority.

    Parameters
    ----------
    found
        Inspections, with the columns of the key, ``name`` and ``row``.
    key
        What only one may have: the authority, as codes resolve to it, and which or when.
    where
        What to call the table.
    """
    twice = found[found.duplicated(list(key))]
    if not twice.empty:
        both = found[(found[list(key)] == twice[list(key)].iloc[0]).all(axis=1)]["row"].unique()
        raise PanelError(
            f"{where}: {twice['name'].iloc[0]} stands on rows {' and '.join(map(str, both))}; "
            "wanted one row. Remove one."
        )


def _refuse_other_header(header: pd.Series, columns: Sequence[str], where: str) -> None:
    """Refuse a second table whose header differs in a column that is read.

    Abolished authorities had one inspection: there the columns of a second are blank, and
    "First" and "framework" come and go.
    """
    for column in columns:
        got = str(header[column])
        if got and _ordinary(got) != _ordinary(column):
            raise PanelError(
                f"{where}, row {header[LINE]}: the second table has {got!r} where the first has "
                f"{column!r}; wanted the same columns. Mend the sheet."
            )


def _ordinary(name: str) -> str:
    """Put a column's name without the words that come and go."""
    bare = name.removeprefix("First ").replace("ILACS framework", "ILACS")
    return bare.replace("in care and care leavers", "in care")
