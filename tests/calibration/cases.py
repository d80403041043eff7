"""What is calibrated: a structure, an engine, and the kind of data that it is given."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from data.simulate import simulate_panel
from models.counts import Counts, count
from models.generate import SMALL, Cells, Hidden, remeasure
from models.inputs import ModelInputs, prepare
from models.spec import ModelSpec, Structure, Variant

Engine = Literal["collapsed", "joint"]

# Two domains of two indicators and two of one; the last is a rate, without counts. (With two
# rates a third of the data sets have a `year_sd` near zero somewhere, and are slow.)
INDICATORS = (
    "cla_3plus_placements",
    "cla_same_carer_2y",
    "cla_dental",
    "cl_eet_17_18",
    "cl_eet_19_21",
    "sw_agency",
)
YEARS = (2023, 2024)
_EVERY = 4
# Divisors of the denominators where small counts are wanted.
_FEWER = {"cla_3plus_placements": 10, "cl_eet_17_18": 6}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to calibrate.

    Attributes
    ----------
    name
        That figures and tables bear.
    structure, spec
        The model, as for :func:`models.collapsed.build.build_model`.
    engine
        Which engine fits.
    cells
        ``gaussian``: data from the very model that the collapsed engine fits. ``binomial``:
        counts, which the joint engine takes as they are and the collapsed engine by its
        approximation, so that its calibration then measures the approximation.
    hidden
        Numerators that are hidden, as for :meth:`models.generate.Generator.draw`; the panel's
        denominators are small then.
    """

    name: str
    structure: Structure
    spec: ModelSpec = field(default_factory=ModelSpec)
    engine: Engine = "collapsed"
    cells: Cells = "gaussian"
    hidden: Hidden = None

    @property
    def exact(self) -> bool:
        """Whether the data come from the very model that is fitted."""
        return self.engine == "joint" or self.cells == "gaussian"

    @property
    def variant(self) -> Variant:
        """The variant that is fitted: everything switched on."""
        return Variant(structure=self.structure, estimand="adjusted", link="linked")


def _spec(structure: Structure, **changed: str) -> ModelSpec:
    """Give a specification of one structure alone."""
    return ModelSpec.model_validate({"structure": structure, "challenger": "none", **changed})


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("composite", "composite", _spec("composite")),
        Case("one_factor", "one_factor", _spec("one_factor")),
        Case("composite_unstructured", "composite", _spec("composite", covariance="unstructured")),
        Case(
            "one_factor_unstructured",
            "one_factor",
            _spec("one_factor", covariance="unstructured"),
        ),
        Case("domain_factors", "domain_factors", _spec("domain_factors")),
        Case("joint_hidden", "composite", _spec("composite"), "joint", "binomial", SMALL),
        Case("composite_counts", "composite", _spec("composite"), cells="binomial"),
        Case("composite_hidden", "composite", _spec("composite"), cells="binomial", hidden=SMALL),
        Case("one_factor_free", "one_factor", _spec("one_factor", loadings="free")),
    )
}
"""Every case by its name."""


def shape(case: Case) -> tuple[ModelInputs, Counts]:
    """Give the inputs whose shape every data set of a case has: 39 authorities, 6 indicators.

    Every fourth authority of the simulated panel, with its judgement; where small counts are
    wanted, with smaller denominators.
    """
    panel = simulate_panel(indicators=INDICATORS, years=YEARS, seed=20260101)
    kept = panel.authority.values[::_EVERY]
    panel = panel.sel(authority=kept)
    panel = panel.sel(inspection=np.isin(panel.inspected_authority.values, kept))
    inputs = prepare(panel, case.spec)
    counts = count(panel, inputs.measurements)
    if case.hidden is None:
        return inputs, counts
    divisor = np.array([_FEWER.get(name, 1) for name in INDICATORS])[:, None, None]
    fewer = np.where(counts.observed, np.maximum(counts.denominator // divisor, 2), 0)
    counts = replace(
        counts,
        denominator=np.where(counts.denominator > 0, fewer, 0),
        low=counts.low // divisor,
        high=counts.high // divisor,
    )
    return replace(inputs, measurements=remeasure(counts, inputs.measurements)), counts
