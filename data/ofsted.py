"""Read Ofsted's history of inspections of children's services (ILACS).

Each inspection is kept, those of abolished authorities too: a judgement belongs to
the authority that was inspected and never passes to a successor. Ofsted joins two of
the nine regions, so regions come from the register.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from data.geography import Resolution, resolve
from data.joins import Join
from data.panel import GRADES, JUDGEMENTS, PanelError
from data.sheets import LINE, read_sheet

FILE = "ofsted/LA_Inspection_Outcomes_as_at_31_March_2025.ods"
SHEET = "ILACS_inspection_history"
FRAMEWORK = "ILACS"

_CODE = "Local authority area code"
_NAME = "Local authority name"
_START = "Inspection date"
_PUBLICATION = "Publication date"
_TYPE = "Inspection type"
_JUDGEMENT_COLUMNS = {
    "overall": "Overall effectiveness",
    "leadership": ("The impact of leaders on social work practice with children and families"),
    "help_and_protection": "The experiences and progress of children who need help and protection",
    "in_care": "The experiences and progress of children in care",
    "care_leavers": "The experiences and progress of care leavers",
}
TYPES = {"ILACS Standard Inspection": "standard", "ILACS Short Inspection": "short"}
_GRADES = {grade: position for position, grade in enumerate(GRADES)} | {
    "Requires improvement to be good": GRADES.index("Requires improvement"),
    "": -1,
}


def read_inspections(root: Path) -> tuple[pd.DataFrame, list[Join]]:
    """Read every inspection in the history.

    Parameters
    ----------
    root
        Folder of published files.

    Returns
    -------
    tuple
        A frame indexed by ``inspection`` (code and start date), in order of start,
        with ``inspected_authority``, ``inspection_start``, ``publication``,
        ``framework``, ``inspection_type`` and a position in :data:`data.panel.GRADES`
        for each judgement (-1 where none was given); and a record of each authority
        whose inspections do not count for one of the panel's.

    Raises
    ------
    PanelError
        If the workbook, sheet or a column is not there, or a cell holds an unknown
        authority, grade or type, no date, or an inspection stands twice.
    """
    columns = [_CODE, _NAME, _START, _PUBLICATION, _TYPE, *_JUDGEMENT_COLUMNS.values()]
    sheet = read_sheet(root, FILE, SHEET, columns).fillna("")
    found = {
        code: resolve(str(code), where=_where(row, _CODE), shareable=False)
        for code, row in sheet.drop_duplicates(_CODE).set_index(_CODE, drop=False).iterrows()
    }
    table = pd.DataFrame(
        {
            "inspected_authority": [(*found[c].authorities, str(c))[0] for c in sheet[_CODE]],
            "inspection_start": [_date(row, _START) for _, row in sheet.iterrows()],
            "publication": [_date(row, _PUBLICATION) for _, row in sheet.iterrows()],
            "framework": FRAMEWORK,
            "inspection_type": [_word(row, _TYPE, TYPES) for _, row in sheet.iterrows()],
        },
        index=sheet.index,
    )
    for judgement in JUDGEMENTS:
        column = _JUDGEMENT_COLUMNS[judgement]
        table[judgement] = [_word(row, column, _GRADES) for _, row in sheet.iterrows()]
    table["inspection"] = sheet[_CODE] + "-" + table["inspection_start"].astype(str)
    _refuse_twice(sheet, table["inspection"])
    ordered = table.sort_values(["inspection_start", "inspection"]).set_index("inspection")
    return ordered, _joins(sheet, table, found)


def _joins(
    sheet: pd.DataFrame, table: pd.DataFrame, found: Mapping[object, Resolution]
) -> list[Join]:
    """Record the authorities whose code is none of the panel's."""
    return [
        Join(
            FILE,
            str(code),
            str(rows[_NAME].iloc[0]),
            tuple(sorted({start.year for start in table.loc[rows.index, "inspection_start"]})),
            found[code].action,
            found[code].reason
            if found[code].authorities
            else f"{found[code].reason} Its inspections stay under its own code.",
        )
        for code, rows in sheet.groupby(_CODE)
        if found[code].action != "direct"
    ]


def _date(row: pd.Series, column: str) -> date:
    """Read a cell that the workbook holds as a date."""
    value = row[column]
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise PanelError(
        f"{_where(row, column)}: got {value!r}; wanted a date. Correct the cell, or use the "
        "edition of the file that has dates."
    )


def _word[T](row: pd.Series, column: str, known: Mapping[str, T]) -> T:
    """Look up a cell's text among the words that may stand there."""
    value = str(row[column]).strip()
    if value not in known:
        words = ", ".join(word or "an empty cell" for word in known)
        raise PanelError(
            f"{_where(row, column)}: got {value!r}; wanted one of {words}. "
            "Correct the cell, or add the word to data/ofsted.py."
        )
    return known[value]


def _where(row: pd.Series, column: str) -> str:
    """Name the cell."""
    return f"{FILE}: sheet {SHEET}, column {column}, row {row[LINE]} ({row[_NAME]})"


def _refuse_twice(sheet: pd.DataFrame, inspection: pd.Series) -> None:
    """Refuse an inspection that stands twice."""
    twice = inspection[inspection.duplicated()]
    if not twice.empty:
        rows = sheet.loc[inspection == twice.iloc[0], LINE]
        raise PanelError(
            f"{FILE}: sheet {SHEET}, column {_START}: inspection {twice.iloc[0]} stands on rows "
            f"{' and '.join(map(str, rows))}; wanted one. Remove one."
        )
