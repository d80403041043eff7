r"""Sheets as HTML that stands alone and as LaTeX, by great_tables.

The LaTeX wants ``array``, ``booktabs``, ``caption`` and ``longtable``. The signs that plain
LaTeX does not know as letters are written as mathematics; names in other scripts want XeLaTeX or
LuaLaTeX.
"""

import re

import pandas as pd
from great_tables import GT

from analysis.publication.sheets import Sheet

LONG = 30
"""Rows beyond which a LaTeX table runs over several pages."""
_GROUP = "group"
_WIDE = 7
_BROAD = 15  # letters beyond which a cell is rather broken than given more room
_PLAIN, _SMALL = "12px", "9px"  # 9 and 6.75 points
_RULE = r"\midrule\addlinespace[2.5pt]"
_UNBROKEN = "\N{NO-BREAK SPACE}"
_SIGNS = {
    _UNBROKEN: "~",
    "−": "$-$",
    "ρ": r"$\rho$",
    "–": "--",
    "’": "'",
    "±": r"$\pm$",
}
_FONT = ["Arial", "Liberation Sans", "Helvetica", "sans-serif"]


def great_table(sheet: Sheet, name: str) -> GT:
    """Build the table; everything in it is text.

    Parameters
    ----------
    sheet
        What to print.
    name
        A word by which HTML tells this table from others on a page.
    """
    parts = list(sheet.parts.items())
    columns = parts[0][1].columns
    names = [f"column{place}" for place in range(len(columns))]
    numeric = [names[place] for place in sorted(parts[0][1].numeric)]
    rows = [
        {_GROUP: heading}
        | {
            at: cell.text.replace(" ", _UNBROKEN) if at in numeric else cell.text
            for at, cell in zip(names, row, strict=True)
        }
        for heading, part in parts
        for row in part.rows
    ]
    grouped = any(heading for heading, _ in parts)
    frame = pd.DataFrame(rows, columns=[_GROUP, *names])
    if not grouped:
        frame = frame.drop(columns=_GROUP)
    table = (
        GT(frame, groupname_col=_GROUP if grouped else None, id=f"table-{name}")
        .tab_header(title=sheet.title)
        .cols_label(dict(zip(names, columns, strict=True)))
        .cols_align("left", columns=names)
        .cols_align("right", columns=numeric)
        .opt_table_font(font=_FONT)
        .tab_options(
            # What holds the table scrolls, and can be reached by keyboard.
            container_overflow_x="visible",
            container_overflow_y="visible",
            heading_align="left",
            heading_title_font_size="15px",
            heading_title_font_weight="bold",
            table_font_size="13px",
            data_row_padding="5px",
            source_notes_font_size="11px",
            row_group_font_weight="bold",
            column_labels_font_weight="bold",
        )
    )
    for note in sheet.notes:
        table = table.tab_source_note(note)
    return table


def as_html(sheet: Sheet, name: str) -> str:
    """Return a page that holds the table alone and loads nothing."""
    body = great_table(sheet, name).as_raw_html()
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{_escaped(sheet.title)}</title>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def as_latex(sheet: Sheet, name: str) -> str:
    """Return the table as LaTeX, over several pages where it is long."""
    columns = len(next(iter(sheet.parts.values())).columns)
    long = sum(len(part.rows) for part in sheet.parts.values()) > LONG
    size = _SMALL if columns > _WIDE else _PLAIN
    table = great_table(sheet, name).tab_options(table_font_size=size)
    text = _with_widths(table.as_latex(use_longtable=long), sheet)
    if long:
        text = _with_headings_repeated(text)
    for sign, written in _SIGNS.items():
        text = text.replace(sign, written)
    return f"\\begingroup\\setlength{{\\tabcolsep}}{{3pt}}\n{text.strip()}\n\\endgroup\n"


def _with_widths(text: str, sheet: Sheet) -> str:
    """Let columns break their lines, since great_tables sets no widths in LaTeX."""
    numeric = next(iter(sheet.parts.values())).numeric
    columns = "".join(
        f">{{\\{'raggedleft' if place in numeric else 'raggedright'}\\arraybackslash}}"
        f"p{{\\dimexpr {share:.3f}\\linewidth-2\\tabcolsep\\relax}}"
        for place, share in enumerate(_shares(sheet))
    )
    return re.sub(
        r"(\\begin\{(?:longtable|tabular\*)\}.*?)[lrc]+\}\n",
        lambda found: f"{found[1]}{columns}}}\n",
        text,
        count=1,
    )


def _shares(sheet: Sheet) -> list[float]:
    """Share the width of the text among the columns by what is in them."""
    tables = list(sheet.parts.values())
    asked = []
    for place, heading in enumerate(tables[0].columns):
        cells = [row[place].text for table in tables for row in table.rows]
        words = max(map(len, re.split(r"[\s-]", heading)))
        broad = max(map(len, cells))
        # A number stays on one line with its interval; words may be broken.
        if place not in tables[0].numeric:
            broad = min(broad, _BROAD if place else 2 * _BROAD)
        asked.append(max(words, broad) + 2)
    return [one / sum(asked) for one in asked]


def _with_headings_repeated(text: str) -> str:
    """Let the headings of a long table stand on every page; its title on the first alone."""
    start = text.index(r"\toprule")
    end = text.index(_RULE, start) + len(_RULE)
    headings = text[start:end]
    return f"{text[:end]}\n\\endfirsthead\n{headings}\n\\endhead{text[end:]}"


def _escaped(text: str) -> str:
    """Write text so that HTML shows it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
