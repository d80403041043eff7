"""The collapsed model, written down in PyMC; nothing is sampled here.

Priors are ordinary PyMC (:mod:`models.priors`), the indicators' likelihood is the compiled
kernel (:mod:`models.collapsed.kernel`), the judgements' likelihood ordinary PyTensor
(:mod:`models.inspection`). Both likelihoods are kept by authority, with the authority's
effects integrated out, as ``indicator_log_likelihood`` and ``judgement_log_likelihood``;
``effectiveness_mean`` and ``effectiveness_sd`` are the moments of θ given the indicators
and the parameters.
"""

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.collapsed.operation import integrate_effects
from models.collapsed.structure import Functional, factors_of, place_structure
from models.inputs import Inputs
from models.inspection import log_probability
from models.link import Switches
from models.priors import judgement_priors, measurement_priors
from models.spec import ModelSpec, Structure

_DATA_DIMS = {
    "y": ("indicator", "year", "authority"),
    "variance": ("indicator", "year", "authority"),
    "observed": ("indicator", "year", "authority"),
    "deprivation": ("authority",),
    "judgement": ("authority",),
    "judged": ("authority",),
    "years_from_mean": ("authority",),
    "region_of_authority": ("authority",),
    "region_switch": (),
    "link_switch": (),
}


def build_model(spec: ModelSpec, structure: Structure, inputs: Inputs, on: Switches) -> pm.Model:
    """Write the model down for one structure.

    Parameters
    ----------
    spec
        Terms and priors.
    structure
        The structure, which may be the specification's challenger.
    inputs
        What to condition on, with the names of every dimension.
    on
        Which parts are switched on. They enter as data: a compiled model serves every
        combination through :meth:`models.inputs.Inputs.data`.

    Returns
    -------
    pm.Model
        With the dimensions ``authority``, ``indicator``, ``year``, ``factor``,
        ``region`` and ``cutpoint`` named.
    """
    factors = factors_of(structure, spec.factors)
    with pm.Model(coords=inputs.coords(factors)) as model:
        data = {
            name: pm.Data(name, values, dims=_DATA_DIMS[name])
            for name, values in inputs.data(on).items()
        }
        several_years = len(inputs.measurements.coords["year"]) > 1
        placed = measurement_priors(spec.priors, several_years)
        functional = place_structure(structure, spec.priors, placed["own_sd"])
        likelihood, mean, variance = _integrated(data, placed, functional)
        _place_judgement(spec, data, mean, variance)
        pm.Deterministic("effectiveness_mean", mean, dims="authority")
        pm.Deterministic("effectiveness_sd", pt.sqrt(variance), dims="authority")
        pm.Deterministic("indicator_log_likelihood", likelihood, dims="authority")
        pm.Potential("indicators", likelihood.sum())
    return model


def _integrated(
    data: dict[str, TensorVariable], placed: dict[str, TensorVariable], functional: Functional
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Give the indicators' log likelihood by authority, and the moments of θ."""
    psi2 = placed["own_sd"] ** 2
    tau2 = placed["year_sd"] ** 2 if "year_sd" in placed else pt.zeros_like(psi2)
    likelihood, mean, spread = integrate_effects(
        (data["y"], data["variance"], data["observed"], data["deprivation"]),
        placed["level"],
        placed["deprivation_slope"],
        tau2,
        psi2,
        functional.loading,
        functional.on_factors,
        functional.on_own * psi2,
    )
    return likelihood, mean, spread + (functional.on_own**2 * psi2).sum()


def _place_judgement(
    spec: ModelSpec,
    data: dict[str, TensorVariable],
    mean: TensorVariable,
    variance: TensorVariable,
) -> None:
    """Add the judgements, given the moments of effectiveness."""
    placed = judgement_priors(spec.priors, spec.drift)
    rho = pm.Deterministic("rho", data["link_switch"] * placed["link"])
    eta = (
        placed["drift"] * data["years_from_mean"]
        + placed["judgement_deprivation"] * data["deprivation"]
        + data["region_switch"] * placed["region_effect"][data["region_of_authority"]]
    )
    log_likelihood = data["judged"] * log_probability(
        data["judgement"], placed["cutpoints"], eta, rho, mean, variance
    )
    pm.Deterministic("judgement_predictor", eta, dims="authority")
    pm.Deterministic("judgement_log_likelihood", log_likelihood, dims="authority")
    pm.Potential("judgements", log_likelihood.sum())
