"""A table as HTML that stands alone, everything in it escaped."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = "text-align: left; padding: 0.3em 0.8em 0.3em 0; border-bottom: 1px solid #bfbfbf"


def html_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], notes: Iterable[str]
) -> str:
    """Return a table with its title above it and its notes below it.

    Parameters
    ----------
    title, columns, rows, notes
        Plain text; a row has a cell for each column.
    """
    heads = "".join(f'<th scope="col" style="{_STYLE}">{escape(one)}</th>' for one in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_STYLE}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    told = "".join(f"<p><small>{escape(note)}</small></p>" for note in notes)
    return (
        f'<table style="border-collapse: collapse"><caption style="text-align: left; font-weight: '
        f'bold">{escape(title)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody>'
        f"</table>{told}"
    )
