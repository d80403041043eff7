"""Fits by name, that show themselves with their diagnostics.

A fit that did not converge shows why, and no number of what it found.
"""

from collections.abc import Mapping

import xarray as xr

from analysis.evidence.convergence import Convergence, examine
from analysis.evidence.link import summarise_link
from analysis.pages.tables import Cell, Table, table_of
from analysis.publication.render import great_table
from analysis.publication.sheets import Sheet
from analysis.record.thresholds import INTERVAL
from analysis.words.numerals import error, number, with_interval


class Fits(dict[str, xr.DataTree]):
    """Fits by name: ``Fits(fit_models(panel))``, or those of an opened run.

    In a notebook it shows a row for each fit: engine, draws, divergences, R-hat, effective
    sample sizes, and the link with its interval where the fit converged.
    """

    def gates(self) -> dict[str, Convergence]:
        """Hold every fit to the convergence gate."""
        return {name: examine(fit) for name, fit in self.items()}

    def _repr_html_(self) -> str:
        """Show the fits in a notebook."""
        return fits_html(self, self.gates())


def fits_html(fits: Mapping[str, xr.DataTree], gates: Mapping[str, Convergence]) -> str:
    """Show every fit with its diagnostics; a link only of those that converged."""
    notes = [
        f"{name} did not converge, and no number of it is shown: {'; '.join(gate.reasons)}."
        for name, gate in gates.items()
        if not gate.converged
    ]
    told = (
        f"Brackets hold {100 * INTERVAL:g}% credible intervals; beside the link stands the Monte "
        "Carlo standard error of its mean."
    )
    sheet = Sheet("Fits", {"": _fits_table(fits, gates)}, (told, *notes))
    return great_table(sheet, "fits").as_raw_html()


def _fits_table(fits: Mapping[str, xr.DataTree], gates: Mapping[str, Convergence]) -> Table:
    """Return a row for each fit."""
    return table_of(
        "Fits.",
        (
            *("Fit", "Engine", "Converged", "Chains × draws", "Divergences"),
            *("Largest R-hat", "Least bulk ESS", "Least tail ESS", "Link ρ", "Error"),
        ),
        [_fit_row(name, fit, gates[name]) for name, fit in fits.items()],
    )


def _fit_row(name: str, fit: xr.DataTree, gate: Convergence) -> tuple[Cell | str, ...]:
    """Write one fit."""
    sizes = fit["posterior"].sizes
    rhat, bulk, tail = (
        float(one)
        for one in (
            gate.table["rhat"].max(),
            gate.table["ess_bulk"].min(),
            gate.table["ess_tail"].min(),
        )
    )
    link, mcse = Cell("–", float("nan")), Cell("–", float("nan"))
    if gate.converged and fit.attrs.get("link") == "linked":
        found = summarise_link(fit)
        link = Cell(with_interval(found.mean, found.lower, found.upper), found.mean)
        mcse = Cell(error(found.mcse), found.mcse)
    return (
        name,
        str(fit.attrs.get("engine", "")),
        "Yes" if gate.converged else "No",
        f"{sizes['chain']} × {sizes['draw']}",
        Cell(str(gate.divergences), float(gate.divergences)),
        Cell(number(rhat, 3), rhat),
        Cell(number(bulk, 0), bulk),
        Cell(number(tail, 0), tail),
        link,
        mcse,
    )
