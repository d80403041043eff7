"""The engines as calibration needs them: data and truth in, test quantities out."""

from typing import Protocol

import numpy as np
import xarray as xr

from models.collapsed.build import build_model
from models.collapsed.derived import DerivedQuantities
from models.counts import Counts
from models.fit import CompiledStructure
from models.generate import Generated
from models.inputs import ModelInputs
from models.joint.fit import CompiledJoint
from models.link import Switches
from models.spec import SamplerSpec
from tests.calibration.cases import Case
from tests.calibration.quantities import quantities

EVERYTHING = Switches(deprivation=True, region=True, link=True)


class Fitter(Protocol):
    """Fits data sets of one shape."""

    def fit(self, data: Generated, sampler: SamplerSpec) -> tuple[xr.Dataset, int]:
        """Give the test quantities over chain and draw, and the number of divergences."""

    def truth(self, data: Generated) -> xr.Dataset:
        """Give the test quantities at the parameters that the data were drawn from."""


class Collapsed:
    """The collapsed engine, compiled once."""

    def __init__(self, case: Case, inputs: ModelInputs) -> None:
        self._case = case
        self._compiled = CompiledStructure(case.spec, case.structure, inputs)

    def fit(self, data: Generated, sampler: SamplerSpec) -> tuple[xr.Dataset, int]:
        """Give the test quantities over chain and draw, and the number of divergences."""
        fit = self._compiled.sample(self._case.variant, data.inputs, sampler)
        return self._gather(fit), int(fit["sample_stats"]["diverging"].sum())

    def truth(self, data: Generated) -> xr.Dataset:
        """Give the test quantities at the parameters that the data were drawn from."""
        fit = self._compiled.finish(
            data.parameters,
            xr.Dataset(),
            self._case.variant,
            data.inputs,
            np.random.default_rng(0),
            0.0,
        )
        return self._gather(fit, data.effectiveness)

    def _gather(self, fit: xr.DataTree, effectiveness: np.ndarray | None = None) -> xr.Dataset:
        """Put what is ranked together; a known effectiveness takes the drawn one's place."""
        likelihood = fit["log_likelihood"].to_dataset()
        posterior = fit["posterior"].to_dataset()
        posterior = posterior.assign(
            indicator_log_likelihood=likelihood["indicators"],
            judgement_log_likelihood=likelihood["judgement"],
        )
        return _ranked(posterior, self._case, effectiveness)


class Joint:
    """The joint engine, compiled again for every data set: counts are part of its graph.

    Its log likelihoods as test quantities are those of the collapsed model at its parameters:
    any function of parameters and data may be ranked, and this one has no latent variables.
    """

    def __init__(self, case: Case, inputs: ModelInputs) -> None:
        self._case = case
        written = build_model(case.spec, case.structure, inputs, EVERYTHING)
        self._derived = DerivedQuantities(written, case.structure)
        self._unconstrained: tuple[str, ...] = tuple(one.name for one in written.model.free_RVs)

    def fit(self, data: Generated, sampler: SamplerSpec) -> tuple[xr.Dataset, int]:
        """Give the test quantities over chain and draw, and the number of divergences."""
        case = self._case
        compiled = CompiledJoint(
            case.spec, case.structure, data.inputs, _counts_of(data), "binomial"
        )
        fit = compiled.sample(case.variant, sampler)
        posterior = fit["posterior"].to_dataset()
        free = _with_steps(posterior)
        derived = self._derived.evaluate(free, data.inputs, EVERYTHING)
        posterior = free.merge(derived, compat="override").assign(
            effectiveness=posterior["effectiveness"]
        )
        return _ranked(posterior, case), int(fit["sample_stats"]["diverging"].sum())

    def truth(self, data: Generated) -> xr.Dataset:
        """Give the test quantities at the parameters that the data were drawn from."""
        derived = self._derived.evaluate(data.parameters, data.inputs, EVERYTHING)
        return _ranked(data.parameters.merge(derived), self._case, data.effectiveness)


def fitter(case: Case, inputs: ModelInputs) -> Fitter:
    """Make the case's engine ready."""
    return Joint(case, inputs) if case.engine == "joint" else Collapsed(case, inputs)


def _ranked(
    posterior: xr.Dataset, case: Case, effectiveness: np.ndarray | None = None
) -> xr.Dataset:
    """Gather a case's test quantities."""
    if effectiveness is not None:
        posterior = posterior.assign(
            effectiveness=(("chain", "draw", "authority"), effectiveness[None, None])
        )
    positive = case.structure != "composite" and case.spec.loadings == "positive"
    return quantities(posterior, positive_loadings=positive)


def _counts_of(data: Generated) -> Counts:
    """Give the counts of a data set that was drawn with them."""
    if data.counts is None:
        raise TypeError("The joint engine needs data drawn as counts.")
    return data.counts


def _with_steps(posterior: xr.Dataset) -> xr.Dataset:
    """Give back the free variables that a joint fit leaves out, from what they became."""
    cut = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    dims = ("chain", "draw")
    region = posterior["region_effect"] / posterior["region_sd"]
    return posterior.assign(
        link_share=(posterior["rho"] + 1.0) / 2.0,
        first_cutpoint=(dims, cut[..., 0]),
        cutpoint_gap=((*dims, "gap"), np.diff(cut, axis=-1)),
        region_z=region,
    )
