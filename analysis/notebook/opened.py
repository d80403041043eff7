"""A finished run, opened to be shown part by part in a notebook or a document."""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from great_tables import GT

from analysis.files.provenance import Provenance
from analysis.files.read_table import ReportError
from analysis.pages.captions import Description
from analysis.pages.illustrations import illustration
from analysis.publication.render import great_table
from analysis.publication.sheets import Sheet, sheets
from analysis.record.evidence import Evidence
from analysis.report.build import report_context, years_misfits
from analysis.report.drawings import draw_run
from analysis.report.read import Inputs, read_inputs
from analysis.report.summary import Passage, summarise_plainly

if TYPE_CHECKING:
    from analysis.notebook.fits import Fits


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that shows itself with its title, its caption and its alternative text."""

    key: str
    image: str
    description: Description

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        told = self.description
        alternative = escape(f"{told.title}. {told.alternative}")
        return (
            f'<figure id="figure-{escape(self.key)}"><img src="{self.image}" alt="{alternative}" '
            'style="max-width: 100%; background: #fff">'
            f"<figcaption><strong>{escape(told.title)}.</strong> {escape(told.caption)}"
            "</figcaption></figure>"
        )


class OpenedRun:
    """A finished run: its evidence, sentences, figures, tables and fits.

    Everything is what the report shows, with the same refusals. In a notebook the run shows
    its evidence.
    """

    def __init__(self, folder: Path, inputs: Inputs) -> None:
        self.folder = folder
        self._inputs = inputs

    @property
    def evidence(self) -> Evidence:
        """What was found."""
        return self._inputs.evidence

    @property
    def provenance(self) -> Provenance:
        """Where it all came from."""
        return self._inputs.provenance

    @property
    def plainly(self) -> dict[str, str]:
        """The plain-language summary: a paragraph for each of its five questions."""
        passages: tuple[Passage, ...] = summarise_plainly(
            self.evidence, years_misfits(self._inputs)
        )
        return {one.heading: " ".join(one.sentences) for one in passages}

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return sheets(self.evidence, report_context(self._inputs))

    @cached_property
    def fits(self) -> "Fits":
        """Every fit of the run."""
        from analysis.files.read_table import load_fits
        from analysis.notebook.fits import Fits

        return Fits(load_fits(sorted((self.folder / "fits").glob("*.nc"))))

    def table(self, name: str) -> GT:
        """Return a table to print, such as ``findings``; it shows itself.

        Raises
        ------
        ReportError
            If the run has no such table, or what it holds is refused.
        """
        if name not in self._sheets:
            raise ReportError(
                f"{self.folder}: no table {name!r} to print; there are {', '.join(self._sheets)}. "
                "A table of what has no verdict is not given."
            )
        return great_table(self._sheets[name], name)

    def picture(self, key: str) -> Picture:
        """Draw a figure of the report, such as ``link``; it shows itself.

        Raises
        ------
        ReportError
            If the run has no such figure, or what it shows is refused.
        """
        drawings = draw_run(self._inputs)
        if key not in drawings:
            raise ReportError(
                f"{self.folder}: no figure {key!r}; there are {', '.join(drawings)}. "
                "A figure of what has no verdict is not drawn."
            )
        one = drawings[key]
        drawn = illustration(
            key, {"wide": one.draw("wide")}, one.description, one.form, forms=(one.form,)
        )
        return Picture(key, drawn.images["wide"], one.description)

    def _repr_html_(self) -> str:
        """Show the evidence in a notebook."""
        return self.evidence._repr_html_()


def open_run(folder: Path) -> OpenedRun:
    """Open a finished run.

    Raises
    ------
    ReportError
        If the folder lacks what a report needs; the message names file and key.
    """
    return OpenedRun(folder, read_inputs(folder))
