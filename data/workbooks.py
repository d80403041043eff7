"""Open a published workbook (ODS or Excel) by its content, within bounds.

A small file can unpack to gigabytes, put one cell at the far corner of a sheet, or repeat a
row a million times; the library that reads workbooks lays out every cell in between and may
end the process. So the parts of a workbook are scanned first: their unpacked size, where
cells stand, and how often they repeat. Two ways of writing a cell that the library reads as
an empty one are refused too: CDATA, and a formula without its value.
"""

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from data.files import read_bytes, unreadable

KIND = ("a workbook", "a whole .xlsx or .ods workbook")

LARGEST_UNPACKED = 128 * 2**20
"""Bytes of all parts of a workbook; the largest published one has 40 million."""
MOST_ROWS, MOST_CELLS = 200_000, 5_000_000
"""Of one sheet, empty cells before the last among them; published ones have 400,000."""

_AT_MOST = f"at most {LARGEST_UNPACKED:,} bytes, {MOST_ROWS:,} rows and {MOST_CELLS:,} cells"
_CUT = "Delete the rows and columns that hold nothing, or get the file again."
GAVE_UP = "the reader of workbooks gave up"

_PLACE = re.compile(rb" r *= *[\"']([A-Za-z]*)([0-9]+)")
_ROW = re.compile(rb"<table:table-row(?=[\s/>])")
_REPEATED_ROW = re.compile(rb"number-rows-repeated *= *[\"']([0-9]+)")
_REPEATED_CELL = re.compile(rb"number-columns-repeated *= *[\"']([0-9]+)")
_SPACES = re.compile(rb"text:c *= *[\"'][0-9]{5,}")
_FORMULA = b"table:formula="
_BARE_FORMULA = re.compile(
    rb"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(<v\s*/>|<v>\s*</v>)?\s*</c>"
)


def open_workbook(path: Path, kind: str = KIND[0]) -> CalamineWorkbook:
    """Open a workbook, whichever of the two formats its name says.

    Parameters
    ----------
    path
        The workbook.
    kind
        What to call it in messages.

    Raises
    ------
    PanelError
        If the file is missing, no whole workbook or of another kind, a sheet is larger than
        any published one, or a cell is written so that it would be read as empty.
    """
    content = read_bytes(path, kind, KIND[1])
    try:
        stat = path.stat()
        fault = _fault(path, stat.st_mtime_ns, stat.st_size)
        if fault:
            raise unreadable(path, kind, *fault)
        return CalamineWorkbook.from_filelike(BytesIO(content))
    except (CalamineError, BadZipFile, OSError, NotImplementedError, zlib.error) as error:
        raise unreadable(path, kind, str(error), KIND[1]) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise unreadable(path, kind, GAVE_UP, KIND[1]) from error


def is_panic(error: BaseException) -> bool:
    """Whether the library panicked, which is no :class:`Exception` that could be named."""
    return type(error).__name__ == "PanicException"


@lru_cache(maxsize=64)
def _fault(path: Path, _changed: int, _size: int) -> tuple[str, str, str] | None:
    """State how a workbook would swell, or which cells would be read as empty.

    Returns
    -------
    tuple
        What is wrong, what is wanted, and what to do; None if nothing is. Kept for as long
        as the file is not changed, for a workbook is opened once for each of its sheets.
    """
    with ZipFile(path) as parts:
        names = parts.namelist()
        if len(set(names)) < len(names):
            return "it has a part twice", KIND[1], "Get the file again."
        if any(name.endswith(".bin") and "sheet" in name for name in names):
            return "it is binary (.xlsb)", KIND[1], "Save it as .xlsx."
        unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > LARGEST_UNPACKED:
            return f"it unpacks to {unpacked:,} bytes", _AT_MOST, _CUT
        for name in names:
            if not name.endswith((".xml", ".rels")):
                continue
            content = parts.read(name)
            ods = name == "content.xml"
            for rows, cells in _ods_sheets(content) if ods else [_xlsx_sheet(content)]:
                if rows > MOST_ROWS or cells > MOST_CELLS:
                    return f"{name} has a sheet of {rows:,} rows, {cells:,} cells", _AT_MOST, _CUT
            unseen = _unseen(content, ods=ods)
            if unseen:
                what = f"{name} has {unseen}, which would be read as an empty cell"
                return what, KIND[1], "Open it in a spreadsheet and save it."
    return None


def _xlsx_sheet(content: bytes) -> tuple[int, int]:
    """Return how many rows and cells there are up to the last cell of an Excel sheet."""
    if b"sheetData" not in content:
        return 0, 0
    places = _PLACE.findall(content.translate(bytes.maketrans(b"\t\r\n", b"   ")))
    rows = max((int(digits[:9]) for _, digits in places), default=0)
    columns = max(map(_column, {letters[:6] for letters, _ in places}), default=0)
    return rows, max(rows * columns, content.count(b"<c "))


def _column(letters: bytes) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _ods_sheets(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield how many rows and cells there are up to the last cell of each OpenDocument sheet."""
    if _SPACES.search(content):
        yield MOST_ROWS + 1, MOST_CELLS + 1  # a run of spaces as long as a book
    for table in content.split(b"<table:table ")[1:]:
        rows = used = widest = 0
        for part in _ROW.split(table)[1:]:
            row = part.partition(b"</table:table-row>")[0]
            repeated = _REPEATED_ROW.search(row[: row.find(b">") + 1])
            rows += int(repeated[1][:9]) if repeated else 1
            last = 1 + max(row.rfind(b"office:value"), row.rfind(b"<text:p"))
            if last:
                used = rows
                cells = row.count(b"<table:table-cell", 0, last) + sum(
                    int(number[:9]) for number in _REPEATED_CELL.findall(row, 0, last)
                )
                widest = max(widest, cells + row.count(b"<table:covered-table-cell", 0, last))
        yield used, used * widest


def _unseen(content: bytes, *, ods: bool) -> str:
    """State what stands in a cell that the library would read as empty, if it does."""
    if b"<![CDATA[" in content:
        return "text in CDATA"
    if ods:
        at = content.find(_FORMULA)
        while at >= 0:
            cell = content[content.rfind(b"<", 0, at) : content.find(b">", at)]
            if b"office:value-type" not in cell:
                return "a formula without its value"
            at = content.find(_FORMULA, at + 1)
    elif b"<f>" in content or b"<f " in content or b"<f/" in content:
        for cell, value in _BARE_FORMULA.findall(content):
            if not (value and re.search(rb"\bt=[\"']str", cell)):
                return "a formula without its value"
    return ""
