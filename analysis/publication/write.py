"""Sheets into files beside the CSV of the same name."""

from collections.abc import Mapping
from pathlib import Path

from analysis.publication.render import as_html, as_latex
from analysis.publication.sheets import Sheet


def write_sheets(made: Mapping[str, Sheet], folder: Path) -> None:
    """Write each sheet as ``NAME.html`` and ``NAME.tex``.

    Parameters
    ----------
    made
        Sheets by the name of their CSV.
    folder
        Of the tables; what an earlier report left there and this one refuses is removed.
    """
    for path in (*folder.glob("*.html"), *folder.glob("*.tex")):
        path.unlink()
    for name, sheet in made.items():
        (folder / f"{name}.html").write_text(as_html(sheet, name), "utf-8")
        (folder / f"{name}.tex").write_text(as_latex(sheet, name), "utf-8")
