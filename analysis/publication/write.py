"""Sheets into files beside the CSV of the same name."""

from collections.abc import Mapping
from pathlib import Path

from analysis.publication.render import as_html, as_latex
from analysis.publication.sheets import Sheet
from data.storage import write_file


def render_sheets(made: Mapping[str, Sheet]) -> dict[str, str]:
    """Return each sheet as the texts of ``NAME.html`` and ``NAME.tex``, by these names."""
    rendered = {}
    for name, sheet in made.items():
        rendered[f"{name}.html"] = as_html(sheet, name)
        rendered[f"{name}.tex"] = as_latex(sheet, name)
    return rendered


def write_sheets(rendered: Mapping[str, str], folder: Path) -> list[Path]:
    """Write rendered sheets; return the files.

    Parameters
    ----------
    rendered
        Texts by the names of their files.
    folder
        Of the tables; what an earlier report left there and this one refuses is removed.
    """
    for path in (*folder.glob("*.html"), *folder.glob("*.tex")):
        path.unlink()
    for name, text in rendered.items():
        write_file(folder / name, text.encode())
    return [folder / name for name in rendered]
