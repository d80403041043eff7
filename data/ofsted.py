"""Read Ofsted's history of inspections of children's services (ILACS).

Each inspection is kept, those of abolished authorities too: a judgement belongs to
the authority that was inspected and never passes to a successor. Ofsted joins two of
the nine regions, so regions come from the register.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from data.dates import is_inspection_day
from data.geography import Resolution, require_areas, resolve
from data.inspection_rows import refuse_twice
from data.integrity import require_names
from data.joins import Join
from data.panel import JUDGEMENTS, PanelError
from data.sheets import LINE, read_sheet
from data.source_vocabulary import GRADE_WORDS, INSPECTION_TYPES
from data.validate_table import validate_table

FILE = "ofsted/LA_Inspection_Outcomes_as_at_31_March_2025.ods"
SHEET = "ILACS_inspection_history"
LATEST_SHEET = "Inspections_as_at_31_March"
"""Ofsted's own list of the latest inspection of each authority."""
FRAMEWORK = "ILACS"
_HEADING = "ILACS inspection history"

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
_COLUMNS = {
    "code": _CODE,
    "name": _NAME,
    "start": _START,
    "publication": _PUBLICATION,
    "type": _TYPE,
    **_JUDGEMENT_COLUMNS,
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
    sheet = read_sheet(root, FILE, SHEET, columns, _HEADING).astype(object).fillna("")
    validate_table(
        sheet.rename(columns={column: name for name, column in _COLUMNS.items()}),
        "inspections",
        f"{FILE}: sheet {SHEET}",
        names=_COLUMNS,
        label="name",
    )
    require_names(sheet, f"{FILE}: sheet {SHEET}", code=_CODE, name=_NAME, line=LINE)
    found = {
        code: resolve(str(code), where=_where(row, _CODE), shareable=False)
        for code, row in sheet.drop_duplicates(_CODE).set_index(_CODE, drop=False).iterrows()
    }
    table = pd.DataFrame(
        {
            "inspected_authority": [(*found[c].authorities, str(c))[0] for c in sheet[_CODE]],
            "inspection_start": sheet[_START].map(_day),
            "publication": sheet[_PUBLICATION].map(_day),
            "framework": FRAMEWORK,
            "inspection_type": sheet[_TYPE].map(INSPECTION_TYPES),
        },
        index=sheet.index,
    )
    for judgement in JUDGEMENTS:
        table[judgement] = sheet[_JUDGEMENT_COLUMNS[judgement]].astype(str).map(GRADE_WORDS)
    table["inspection"] = sheet[_CODE] + "-" + table["inspection_start"].astype(str)
    _refuse_early(sheet)
    refuse_twice(
        table.assign(name=sheet[_NAME], row=sheet[LINE]),
        ["inspected_authority", "inspection_start"],
        f"{FILE}: sheet {SHEET}",
    )
    _hold_to_latest(root, table)
    ordered = table.sort_values(["inspection_start", "inspection"]).set_index("inspection")
    return ordered, _joins(sheet, table, found)


def _hold_to_latest(root: Path, table: pd.DataFrame) -> None:
    """Refuse a history whose latest inspections are not those of Ofsted's own list.

    Inspections begun later than any in the list, or published later, are not in it.
    """
    where = f"{FILE}: sheet {LATEST_SHEET}"
    columns = {name: column for name, column in _COLUMNS.items() if name != "type"}
    listed = read_sheet(root, FILE, LATEST_SHEET, list(columns.values())).astype(object).fillna("")
    listed = listed.rename(columns={column: name for name, column in columns.items()})
    validate_table(listed, "latest_inspections", where, names=columns, label="name")
    require_names(listed, where, name="name", line=LINE)
    given = listed[listed["start"].map(is_inspection_day)]
    begun, published = given["start"].map(_day), given["publication"].map(_day)
    require_areas(listed["code"], begun.max(), where=where)
    known = table[
        (table["inspection_start"] <= begun.max()) & (table["publication"] <= published.max())
    ]
    last = known.sort_values("inspection_start").groupby("inspected_authority").tail(1)
    of = last.set_index("inspected_authority")
    for (_, row), start, out in zip(given.iterrows(), begun, published, strict=True):
        code = resolve(str(row["code"]), where=where, shareable=False).authorities[0]
        said = {"inspection_start": start, "publication": out}
        said |= {name: GRADE_WORDS[str(row[name]).strip()] for name in JUDGEMENTS}
        has = of.loc[code] if code in of.index else pd.Series(dtype=object)
        other = [name for name, what in said.items() if name not in has or has[name] != what]
        if other:
            raise PanelError(
                f"{where}, row {row[LINE]} ({row['name']}): its latest inspection differs from "
                f"that of sheet {SHEET} in {', '.join(other)}; wanted the same in both. "
                "Get the whole file."
            )


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


def _day(cell: date) -> date:
    """Take the day of a cell that the workbook holds as a date, with a time or without."""
    return cell.date() if isinstance(cell, datetime) else cell


def _where(row: pd.Series, column: str) -> str:
    """Name the cell."""
    return f"{FILE}: sheet {SHEET}, column {column}, row {row[LINE]} ({row[_NAME]})"


def _refuse_early(sheet: pd.DataFrame) -> None:
    """Refuse a report that was published before its inspection began."""
    early = sheet[sheet[_PUBLICATION].map(_day) < sheet[_START].map(_day)]
    if not early.empty:
        row = early.iloc[0]
        raise PanelError(
            f"{_where(row, _PUBLICATION)}: got {row[_PUBLICATION]}; wanted no day before the "
            f"inspection began, {row[_START]}. Correct one of them."
        )
