"""A case in, the ranks of its true values out; one fit after the other in one process.

Replicates whose sampler did not converge are drawn again, four times as long. What
fails again is counted and named, and left out of the ranks of record, since the rank among
draws that are not of the posterior says nothing of it; the table says what the ranks would
have said with them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.uniformity import uniformity
from analysis.files.spreadsheet import write_csv
from data.panel import Progress, silent
from models.generate import Generated, Generator
from models.inputs import ModelInputs
from models.spec import SamplerSpec
from tests.calibration.cases import Case, shape
from tests.calibration.engines import EVERYTHING, Fitter, fitter
from tests.calibration.together import outside_p_value

DRAWS = 99
"""L: thinned posterior draws among which a true value is ranked."""

R_HAT = 1.05
ESS = 1.5 * DRAWS
FIRST = SamplerSpec(chains=2, tune=500, draws=1000, cores=1)
SECOND = SamplerSpec(chains=2, tune=1000, draws=4000, cores=1)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The ranks of one case.

    Attributes
    ----------
    case
        What was calibrated.
    ranks
        ``replicate``, ``quantity``, ``rank`` and ``converged``.
    fits
        By replicate: ``converged``, ``again`` (drawn a second time), ``rhat``, ``ess``,
        ``divergences``.
    """

    case: Case
    ranks: pd.DataFrame
    fits: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The tests of uniformity by quantity, of the replicates that converged."""
        return uniformity(self.ranks[self.ranks["converged"]], DRAWS)

    @property
    def summary(self) -> dict[str, str | float | int | bool]:
        """One line of the calibration."""
        table = self.table
        everything = uniformity(self.ranks, DRAWS)
        return {
            "case": self.case.name,
            "exact": self.case.exact,
            "replicates": len(self.fits),
            "failed": int((~self.fits["converged"]).sum()),
            "drawn_again": int(self.fits["again"].sum()),
            "with_divergences": int((self.fits["divergences"] > 0).sum()),
            "quantities": len(table),
            "outside": int(table["outside"].sum()),
            "worst": str(table.index[0]),
            "worst_p": float(table["ecdf_p"].iloc[0]),
            "adjusted_p": float(table["adjusted"].min()),
            "together_p": outside_p_value(self.ranks[self.ranks["converged"]], DRAWS),
            "least_chi_square_p": float(table["chi_square_p"].min()),
            "adjusted_p_with_failed": float(everything["adjusted"].min()),
        }

    def save(self, folder: Path) -> None:
        """Write the ranks, the tests, and one line of summary."""
        folder.mkdir(parents=True, exist_ok=True)
        name = self.case.name
        write_csv(self.ranks, folder / f"{name}_ranks.csv")
        write_csv(self.fits, folder / f"{name}_fits.csv", index=True)
        write_csv(self.table, folder / f"{name}_table.csv", index=True)
        (folder / f"{name}.json").write_text(json.dumps(self.summary, indent=2), "utf-8")


def calibrate(
    case: Case,
    replicates: int,
    seed: int = 20260101,
    report: Progress = silent,
    samplers: tuple[SamplerSpec, ...] = (FIRST, SECOND),
    make: Callable[[Case, ModelInputs], Fitter] = fitter,
) -> Calibration:
    """Rank the truth of ``replicates`` data sets among the draws of their posteriors.

    Parameters
    ----------
    case
        What to calibrate.
    replicates
        Data sets.
    seed
        Of data and samplers.
    report
        Called after each replicate.
    samplers
        What is tried, one after the other, until the draws converge.
    make
        Makes the engine ready; another than the case's own, to see its faults found.
    """
    inputs, counts = shape(case)
    generator = Generator(case.spec, case.structure, inputs, EVERYTHING)
    data = generator.draw(replicates, seed, cells=case.cells, counts=counts, hidden=case.hidden)
    engine = make(case, inputs)
    ranks, fits = [], []
    for number, one in enumerate(data):
        report(f"calibrating {case.name}", number, replicates)
        drawn, told = _fit(engine, one, seed + number, samplers)
        fits.append({"replicate": number, **told})
        ranks += [
            {"replicate": number, **row, "converged": told["converged"]}
            for row in _ranks(drawn, engine.truth(one))
        ]
    report(f"calibrating {case.name}", replicates, replicates)
    return Calibration(case, pd.DataFrame(ranks), pd.DataFrame(fits).set_index("replicate"))


def _fit(
    engine: Fitter, data: Generated, seed: int, samplers: tuple[SamplerSpec, ...]
) -> tuple[xr.Dataset, dict[str, float | int | bool]]:
    """Fit one data set; once more, longer, if the first attempt did not converge."""
    for sampler in samplers:
        drawn, divergences = engine.fit(data, sampler.model_copy(update={"seed": seed}))
        rhat = max(float(one) for one in az.rhat(drawn).data_vars.values())
        ess = min(float(one) for one in az.ess(drawn, method="bulk").data_vars.values())
        # A NaN fails: the comparison is written so that only a good figure passes.
        if rhat <= R_HAT and ess >= ESS:
            break
    return drawn, {
        "converged": bool(rhat <= R_HAT and ess >= ESS),
        "again": sampler is not samplers[0],
        "rhat": rhat,
        "ess": ess,
        "divergences": divergences,
    }


def _ranks(drawn: xr.Dataset, truth: xr.Dataset) -> list[dict[str, str | int]]:
    """Rank each true value among thinned draws."""
    size = drawn.sizes["chain"] * drawn.sizes["draw"]
    thinned = np.linspace(0, size - 1, DRAWS).round().astype(int)
    return [
        {
            "quantity": str(name),
            "rank": int((drawn[name].values.ravel()[thinned] < truth[name].item()).sum()),
        }
        for name in drawn
    ]
