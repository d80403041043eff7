r"""The joint model, written down in PyMC; nothing is sampled here.

The same priors, structures and links as the collapsed model, with every latent variable in
the graph. A cell's expectation on the oriented standardised scale is

.. math:: z_{ikt} = \alpha_{kt} + \gamma_k x_i + \phi_{ik} + e_{ikt}, \qquad
    \phi = \Lambda f + \delta,

and the logit of a count's proportion :math:`m_{kt} + s_k o_k z_{ikt}` (:mod:`models.counts`).
With one year :math:`\delta` and e cannot be told apart and there is only the former. The
judgement's scale is :math:`u = \eta + b^\top f + c^\top\delta + \epsilon` given the sampled
latents, with the b and c of :mod:`models.link`.
"""

from typing import assert_never

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from data.panel import PanelError
from models.counts import Counts
from models.inputs import ModelInputs
from models.inspection import log_probability
from models.joint import beta_binomial, binomial, gaussian
from models.joint.cells import Cells, flatten
from models.joint.latents import Form, Guide, Latents, place_latents
from models.link import Explained, Switches, place_link
from models.prior_variables import judgement_priors, measurement_priors
from models.spec import Likelihood, ModelSpec, Structure
from models.structures.place import columns_of, place_structure
from models.structures.placed import Placed
from models.traits import LIKELIHOOD_TRAITS

# Written out authority by authority, the Cholesky factor grows with the cube of the factors.
_MOST_INFORMED = 8

# What changes between variants of one structure; everything else is fixed in the graph.
SWITCHED = ("deprivation", "region_switch", "link_switch")


def build_joint(
    spec: ModelSpec,
    structure: Structure,
    inputs: ModelInputs,
    counts: Counts,
    on: Switches,
    likelihood: Likelihood = "binomial",
    form: Form = "informed",
) -> pm.Model:
    """Write the joint model down for one structure.

    Parameters
    ----------
    spec, structure, inputs, on
        As for :func:`models.collapsed.build.build_model`.
    counts
        The counts behind ``inputs.measurements``.
    likelihood
        Of the counts.
    form
        What the sampler moves (:mod:`models.joint.latents`).

    Returns
    -------
    pm.Model
        With the deterministics ``rho``, ``cutpoints``, ``region_effect``, ``effectiveness``
        by authority, ``indicator_correlation`` and ``indicator_variance``, and
        ``domain_link`` where domains have their own.

    Raises
    ------
    PanelError
        If there are too many factors for the informed form.
    """
    cells = flatten(counts, inputs.measurements, "count")
    rates = flatten(counts, inputs.measurements, "rate")
    several_years = len(counts.coords["year"]) > 1
    with pm.Model(coords=inputs.coords(columns_of(structure, spec.factors))) as model:
        fixed = inputs.data(on, structure)
        data = {name: pm.Data(name, fixed[name]) for name in SWITCHED}
        indicators = measurement_priors(spec.priors, several_years)
        weight = pt.as_tensor_variable(fixed["weight"]) if "weight" in fixed else None
        placed = place_structure(structure, spec, indicators["own_sd"], weight, inputs.domain)
        explained = place_link(placed, spec.priors, data["link_switch"])
        judgement = judgement_priors(spec.priors, spec.drift)

        slope = indicators["deprivation_slope"][:, None] * data["deprivation"][None, :]
        years = pt.zeros((1, len(counts.coords["year"])))
        base = (indicators["level"] + years)[:, :, None] + slope[:, None, :]
        latents = _latents(form, likelihood, placed, indicators, base, inputs, cells)

        expected = base.ravel()[cells.grid] + latents.effects.ravel()[cells.effect]
        if latents.year is not None:
            expected = expected + latents.year
        pm.Potential("latents", latents.adjustment)
        pm.Potential("counts", _counts(likelihood, cells, expected, indicators).sum())
        if rates.grid.size:
            expected = base.ravel()[rates.grid] + latents.effects.ravel()[rates.effect]
            noise = indicators["year_sd"][rates.indicator] ** 2
            pm.Potential("rates", gaussian.log_likelihood(rates, expected, noise).sum())
        predictor = _predictor(inputs, data, judgement)
        pm.Deterministic("judgement_predictor", predictor, dims="authority")
        judged = _judgements(inputs, predictor, judgement, explained, latents)
        pm.Potential("judgements", judged.sum())
        _record(placed, explained, judgement, latents)
    return model


def _latents(
    form: Form,
    likelihood: Likelihood,
    placed: Placed,
    indicators: dict[str, TensorVariable],
    base: TensorVariable,
    inputs: ModelInputs,
    cells: Cells,
) -> Latents:
    """Place the latent variables that a likelihood needs."""
    model = pm.modelcontext(None)
    size = int(placed.effects.loading.shape[1].eval(mode="FAST_COMPILE"))
    if form == "informed" and size > _MOST_INFORMED:
        raise PanelError(
            f"joint engine: {size} factors; the informed form takes at most "
            f"{_MOST_INFORMED}. Take fewer, or the form non_centred."
        )
    model.add_coord("latent_factor", range(1, size + 1))
    year_sd = indicators.get("year_sd")
    own_years = year_sd if LIKELIHOOD_TRAITS[likelihood].year_effects else None
    if own_years is not None:
        model.add_coord("cell", cells.grid)
    return place_latents(
        form,
        size,
        placed.effects.loading,
        pt.sqrt(placed.effects.own_variance),
        own_years,
        _guide(inputs, base, year_sd),
        cells,
    )


def _guide(inputs: ModelInputs, base: TensorVariable, year_sd: TensorVariable | None) -> Guide:
    """Return where the Gaussian cells point."""
    measured = inputs.measurements
    noise = measured.variance
    if year_sd is not None:
        noise = noise + year_sd[:, None, None] ** 2
    return Guide(weight=measured.observed / noise, residual=measured.y - base)


def _counts(
    likelihood: Likelihood,
    cells: Cells,
    expected: TensorVariable,
    indicators: dict[str, TensorVariable],
) -> TensorVariable:
    """Return the log likelihood of every count, by the likelihood's name."""
    logit = cells.centre + cells.scale * expected
    match likelihood:
        case "gaussian":
            return gaussian.log_likelihood(cells, expected, cells.variance)
        case "beta_binomial" if "year_sd" in indicators:
            precision = beta_binomial.precision_of(cells, indicators["year_sd"])
            return beta_binomial.log_likelihood(cells, logit, precision)
        case "binomial" | "beta_binomial":
            # Without several years nothing is particular to one: both are the binomial.
            return binomial.log_likelihood(cells, logit)
        case _:
            assert_never(likelihood)


def _predictor(
    inputs: ModelInputs, data: dict[str, TensorVariable], judgement: dict[str, TensorVariable]
) -> TensorVariable:
    """Return η, what else the judgement's scale depends on, by authority."""
    given = inputs.judgements
    return (
        judgement["drift"] * given.years
        + judgement["judgement_deprivation"] * data["deprivation"]
        + data["region_switch"] * judgement["region_effect"][given.region]
    )


def _judgements(
    inputs: ModelInputs,
    predictor: TensorVariable,
    judgement: dict[str, TensorVariable],
    explained: Explained,
    latents: Latents,
) -> TensorVariable:
    """Return the log probability of every judgement given the sampled latents."""
    given = inputs.judgements
    centre = predictor + _along(explained.on_factors, explained.on_own, latents)
    log_probabilities = log_probability(
        pt.as_tensor_variable(given.grade), judgement["cutpoints"], centre, 1.0 - explained.share
    )
    return given.judged * log_probabilities


def _along(on_factors: TensorVariable, on_own: TensorVariable, latents: Latents) -> TensorVariable:
    """Return a linear functional of the effects, by authority."""
    return (on_factors[:, None] * latents.factors).sum(axis=0) + (
        on_own[:, None] * latents.own
    ).sum(axis=0)


def _record(
    placed: Placed,
    explained: Explained,
    judgement: dict[str, TensorVariable],
    latents: Latents,
) -> None:
    """Name what is reported, as the collapsed engine does."""
    pm.Deterministic("rho", explained.rho)
    pm.Deterministic("cutpoints", judgement["cutpoints"], dims="cutpoint")
    pm.Deterministic("region_effect", judgement["region_effect"], dims="region")
    effectiveness = _along(placed.on_factors, placed.on_own, latents)
    pm.Deterministic("effectiveness", effectiveness, dims="authority")
    loading, own = placed.effects.loading, placed.effects.own_variance
    variance = (loading**2).sum(axis=1) + own
    covariance = (loading * placed.on_factors[None, :]).sum(axis=1) + own * placed.on_own
    pm.Deterministic("indicator_correlation", covariance / pt.sqrt(variance), dims="indicator")
    pm.Deterministic("indicator_variance", variance, dims="indicator")
    if explained.by_domain is not None:
        pm.Deterministic("domain_link", explained.by_domain, dims="domain")
