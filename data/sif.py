"""Read the single inspections (SIF) of 2013 to 2018: both tables of the 2023 edition.

The first table has the authorities of the day, the second those abolished since. Only
the date of the report is published, so an inspection has no start; it was about two to
five months earlier. Two judgements, of adoption and of the safeguarding board, exist in
this framework alone.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from data.geography import Resolution, require_areas, resolve
from data.inspection_rows import InspectionBlock, read_blocks
from data.joins import Join
from data.panel import FURTHER_JUDGEMENTS, JUDGEMENTS, PanelError

FILE = "ofsted/Childrens_social_care_in_England_2023_underlying_data.ods"
SHEET = "LA_inspections_2009-2023"
FRAMEWORK = "SIF"
HEADING = "LA inspections 2009-2023"
LATEST = date(2018, 3, 31)
"""By when every authority had been inspected under the framework, a few of them twice."""

GRADED = {
    **dict.fromkeys(("overall", "leadership", "help_and_protection"), 173),
    **{"in_care": 172, "care_leavers": 172, "adoption": 171, "safeguarding_board": 152},
}
"""How many grades of each judgement were ever given: the framework has ended."""

_SINGLE = "Single Inspection of LA Children's Services (SIF)"
_BOARD = "LSCB Overall Effectiveness"


def _block(prefix: str, label: str) -> InspectionBlock:
    """Name the columns of the first inspection or of the re-inspection."""
    grades = {
        "overall": f"{prefix} Overall Judgement (OE)",
        "leadership": f"{prefix} leadership, management and governance",
        "help_and_protection": f"{prefix} children who need help and protection",
        "in_care": f"{prefix} children looked after and achieving permanence",
        "care_leavers": f"{prefix} CLA Sub: Experiences and progress of care leavers",
        "adoption": f"{prefix} CLA Sub: Adoption Performance",
    }
    return InspectionBlock(f"{_SINGLE} {prefix} publication date", grades, label=label)


_FIRST = _block("First SIF", "first")
BLOCKS = (
    InspectionBlock(
        _FIRST.date, {**_FIRST.grades, "safeguarding_board": _BOARD}, label=_FIRST.label
    ),
    _block("SIF Re-inspection", "re-inspection"),
)


def read_single_inspections(root: Path) -> tuple[pd.DataFrame, list[Join]]:
    """Read every single inspection.

    Parameters
    ----------
    root
        Folder of published files.

    Returns
    -------
    tuple
        A frame as :func:`data.ofsted.read_inspections` gives it, in order of
        publication, ``inspection_start`` always missing, with a grade for each of
        :data:`data.panel.FURTHER_JUDGEMENTS` too; and a record of each authority whose
        inspections stand under a code that is none of the panel's, or was renumbered.

    Raises
    ------
    PanelError
        As :func:`data.inspection_rows.read_blocks` says, or if a grade is missing.
    """
    found = read_blocks(root, FILE, SHEET, BLOCKS, HEADING)
    require_areas(found["code"], LATEST, where=f"{FILE}: sheet {SHEET}")
    for name, number in GRADED.items():
        there = int((found[name] >= 0).sum())
        if there != number:
            raise PanelError(
                f"{FILE}: sheet {SHEET} has {there} grades of {name}; wanted the {number} that "
                "were given under the framework. Get the whole file."
            )
    resolved = {code: resolve(code, where=FILE, shareable=False) for code in found["code"]}
    table = pd.DataFrame(
        {
            "inspected_authority": found["authority"],
            "inspection_start": pd.NaT,
            "publication": found["date"],
            "framework": FRAMEWORK,
            "inspection_type": found["type"],
            **{name: found[name] for name in JUDGEMENTS},
            **{name: found[name].fillna(-1).astype(int) for name in FURTHER_JUDGEMENTS},
        }
    )
    table["inspection"] = [
        f"{authority}-{FRAMEWORK}-{day}"
        for authority, day in zip(table["inspected_authority"], table["publication"], strict=True)
    ]
    ordered = table.sort_values(["publication", "inspection"]).set_index("inspection")
    return ordered, _joins(found, resolved)


def _joins(found: pd.DataFrame, resolved: dict[str, Resolution]) -> list[Join]:
    """Record the authorities whose code is none of the panel's."""
    return [
        Join(
            FILE,
            code,
            str(rows["name"].iloc[0]),
            tuple(sorted({day.year for day in rows["date"]})),
            resolved[code].action,
            resolved[code].reason
            if resolved[code].authorities
            else f"{resolved[code].reason} Its inspections stay under its own code.",
        )
        for code, rows in ((str(code), rows) for code, rows in found.groupby("code"))
        if resolved[code].action != "direct"
    ]
