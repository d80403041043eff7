"""A page on paper: A4, with the number of each part's page in the table of contents.

Page numbers at the foot are set by the style sheet. Chromium cannot yet set numbers of other
pages into a text (CSS ``target-counter``), so the page is printed twice: first with
numbers that only take their room, then with those on which the parts were found.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from pypdf import PdfReader

from analysis.files.read_table import ReportError
from analysis.pages.chromium import print_page

_ROOM = 888
_TRIES = 4


class _Room(dict[str, int]):
    """Numbers as wide as any that will follow, for parts whose page is not known yet."""

    def __missing__(self, key: str) -> int:
        return _ROOM


def print_with_contents(render: Callable[[Mapping[str, int]], str], path: Path) -> Path:
    """Print a page whose contents list tells on which page each part begins.

    Parameters
    ----------
    render
        Gives the page for page numbers by the names of anchors.
    path
        Where the PDF is to stand.

    Raises
    ------
    ReportError
        If it cannot be printed, or the numbers do not settle.
    """
    pages: Mapping[str, int] = _Room()
    for _ in range(_TRIES):
        print_page(render(pages), path)
        found = pages_of_anchors(path)
        if found == pages:
            return path
        pages = found
    path.unlink()
    raise ReportError(
        f"{path}: the numbers in its table of contents did not settle in {_TRIES} printings. "
        "Print report.html from a browser instead."
    )


def pages_of_anchors(path: Path) -> dict[str, int]:
    """Return the page, counted from 1, of every anchor that a link of the PDF leads to."""
    reader = PdfReader(path)
    return {
        name.removeprefix("/"): (reader.get_destination_page_number(place) or 0) + 1
        for name, place in reader.named_destinations.items()
    }
