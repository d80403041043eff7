"""Compare the editions of Ofsted's history: the newest wins, and differences are told.

The editions of 2023 and 2024 have one row an authority, without codes. Each of their
inspections is matched with the history of the newest edition: the nth of an authority
with its nth, and each of the list of latest inspections with the last begun by then.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from data import ofsted, sif
from data.inspection_rows import InspectionBlock, read_blocks
from data.panel import GRADES, JUDGEMENTS, PanelError
from data.source_vocabulary import INSPECTION_TYPES

FILE_2024 = "ofsted/LA_Inspection_Outcomes_as_at_March_2024.ods"
HISTORY_2024 = "ILACS_inspections_2018-2024"
LATEST_2024 = "Inspections_31_March_2024"
AS_AT_2024 = date(2024, 3, 31)

COLUMNS = ("edition", "inspection", "name", "what", "older", "newest")


def _nth(prefix: str, words: tuple[str, str, str], *, leavers: bool) -> InspectionBlock:
    """Name the columns of an authority's nth inspection."""
    overall, leaders, care = words
    grades = {
        "overall": f"{prefix} {overall}",
        "leadership": f"{prefix} {leaders}",
        "help_and_protection": (
            f"{prefix} experiences and progress of children who need help and protection"
        ),
        "in_care": f"{prefix} experiences and progress of children in {care}",
    }
    if leavers:
        grades["care_leavers"] = f"{prefix} experiences and progress of care leavers"
    return InspectionBlock(f"{prefix} publication date", grades, type=f"{prefix} inspection type")


_WORDS = ("overall effectiveness", "impact of leaders", "care")
HISTORIES = {
    "2023": (
        sif.FILE,
        sif.SHEET,
        (
            _nth("First ILACS framework", (*_WORDS[:2], "care and care leavers"), leavers=False),
            _nth("Second ILACS framework", _WORDS, leavers=True),
        ),
    ),
    "2024": (
        FILE_2024,
        HISTORY_2024,
        (_nth("First ILACS", _WORDS, leavers=True), _nth("Second ILACS", _WORDS, leavers=True)),
    ),
}
_HEADINGS = {
    sif.SHEET: sif.HEADING,
    HISTORY_2024: "ILACS inspections 2018-2024",
    LATEST_2024: "31 March 2024",
}
LATEST = InspectionBlock(
    "Inspection date",
    {
        "overall": "Overall effectiveness",
        "leadership": "Impact of leaders",
        "help_and_protection": (
            "Experiences and progress of children who need help and protection"
        ),
        "in_care": "Experiences and progress of children in care",
        "care_leavers": "Experiences and progress of care leavers",
    },
    region="Ofsted region",
)


def read_differences(root: Path, history: pd.DataFrame) -> pd.DataFrame:
    """List what the older editions say otherwise than the newest.

    Parameters
    ----------
    root
        Folder of published files.
    history
        The newest edition, as :func:`data.ofsted.read_inspections` gives it.

    Returns
    -------
    pd.DataFrame
        :data:`COLUMNS`: the older edition, the inspection's id in the newest, the
        authority, what differs, and what each edition says.

    Raises
    ------
    PanelError
        As :func:`data.inspection_rows.read_blocks` says, or if the newest lacks an
        inspection that an older one has.
    """
    rows: list[tuple[str, ...]] = []
    for edition, (file, sheet, blocks) in HISTORIES.items():
        found = read_blocks(root, file, sheet, blocks, _HEADINGS[sheet])
        known = history[history["publication"] <= found["date"].max()]
        for _, older in found.iterrows():
            own = known[known["inspected_authority"] == older["authority"]]
            newest = own.iloc[older["position"] : older["position"] + 1]
            rows += _differences(edition, older, newest, "publication")
    for _, older in read_blocks(
        root, FILE_2024, LATEST_2024, (LATEST,), _HEADINGS[LATEST_2024]
    ).iterrows():
        own = history[history["inspected_authority"] == older["authority"]]
        newest = own[own["inspection_start"] <= AS_AT_2024].iloc[-1:]
        rows += _differences("2024, latest", older, newest, "inspection_start")
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _differences(
    edition: str, older: pd.Series, newest: pd.DataFrame, dated: str
) -> list[tuple[str, ...]]:
    """Compare one inspection with the newest edition's."""
    if newest.empty:
        raise PanelError(
            f"{ofsted.FILE}: sheet {ofsted.SHEET} lacks an inspection of {older['name']} that the "
            f"edition of {edition} has ({older['date']}); wanted each. Get the whole file."
        )
    now = newest.iloc[0]
    says = {dated: (str(older["date"]), str(now[dated]))}
    if older["type"]:
        says["type"] = (INSPECTION_TYPES.get(older["type"], older["type"]), now["inspection_type"])
    for judgement in JUDGEMENTS:
        if judgement in older.index and not pd.isna(older[judgement]):
            says[judgement] = (_word(older[judgement]), _word(now[judgement]))
    return [
        (edition, str(newest.index[0]), str(older["name"]), what, before, after)
        for what, (before, after) in says.items()
        if before != after
    ]


def _word(grade: float) -> str:
    """Put a grade in words."""
    return GRADES[int(grade)] if grade >= 0 else "none"
