"""One way to fit, whatever the structure: compile once, then draw for each variant.

A fit is an ArviZ DataTree with the groups ``posterior`` (effectiveness included, drawn
from its conditional given indicators and judgement), ``sample_stats``,
``log_likelihood`` (by authority, latent variables integrated out: ``indicators`` and
``judgement``) and ``constant_data``. It can be read without this project.
"""

import json
import time

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from data.panel import Progress, silent
from models.collapsed.build import build_model
from models.collapsed.derived import DerivedQuantities
from models.density import Density
from models.inputs import ModelInputs
from models.link import Switches, switches
from models.marginal import marginal_likelihood, store
from models.repeated_judgements.quality import draw_quality
from models.sampler import Compiled
from models.sampling import compile_model, draw
from models.spec import ModelSpec, SamplerSpec, Structure, Variant
from models.traits import loadings_rotate
from models.whitened import whitened

Array = NDArray[np.float64]

LIKELIHOODS = {
    "indicator_log_likelihood": "indicators",
    "judgement_log_likelihood": "judgement",
}


# Steps on the way to named quantities; unnamed rotations and signs among them.
_SCRATCH = {
    "link_share",
    "domain_link_share",
    "first_cutpoint",
    "cutpoint_gap",
    "region_z",
    "judgement_mean",
    "judgement_variance",
    "judgement_covariance",
    "reliability_share",
    "residual_variance",
    "inspector_z",
    "spatial_z",
}


class CompiledStructure:
    """A structure compiled for data of one shape; refits cost only the sampling."""

    def __init__(self, spec: ModelSpec, structure: Structure, inputs: ModelInputs) -> None:
        self.spec = spec
        self.structure = structure
        everything = Switches(deprivation=True, region=True, link=True, reliability=True)
        written = build_model(spec, structure, inputs, everything)
        self._compiled = compile_model(written.model)
        self.derived = DerivedQuantities(written, structure)

    def sample(
        self,
        variant: Variant,
        inputs: ModelInputs,
        sampler: SamplerSpec,
        report: Progress = silent,
        marginal: bool = False,
    ) -> xr.DataTree:
        """Draw from the posterior of one variant.

        Parameters
        ----------
        variant
            A variant of this structure.
        inputs
            Data of the shape for which the structure was compiled.
        sampler
            Chains, draws and seed.
        report
            Called with the draws made so far.
        marginal
            Whether to estimate the log marginal likelihood as well (:mod:`models.marginal`).

        Returns
        -------
        xr.DataTree
            As the module says; ``attrs`` hold the variant and the seconds taken.
        """
        on = switches(variant, self.spec)
        seed = np.random.SeedSequence([sampler.seed, *variant.name.encode()])
        first, second, third = seed.spawn(3)
        started = time.perf_counter()
        compiled = self.with_data(inputs, on)
        tree = draw(
            self.in_coordinates(compiled, sampler),
            sampler,
            first,
            f"sampling {variant.name}",
            report,
            sampler.coordinates,
        )
        seconds = time.perf_counter() - started
        drawn, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
        rng = np.random.default_rng(second)
        fit = self.finish(drawn, stats, variant, inputs, rng, seconds)
        if marginal:
            found = marginal_likelihood(Density(compiled), drawn, self.spec, self.structure, third)
            store(fit, found)
        return fit

    def with_data(self, inputs: ModelInputs, on: Switches) -> Compiled:
        """Return the compiled model with data in place, nothing compiled again."""
        # What a specification leaves out (drift) is optimised away together with its data.
        held = self._compiled.data_names
        data = inputs.data(on, self.structure)
        return self._compiled.with_data(**{name: data[name] for name in data if name in held})

    def in_coordinates(self, compiled: Compiled, sampler: SamplerSpec) -> Compiled:
        """Return the compiled model with data in place in the coordinates that are sampled."""
        if sampler.coordinates == "own":
            return compiled
        return whitened(compiled, loadings_rotate(self.structure, self.spec), sampler.seed)

    def finish(
        self,
        posterior: xr.Dataset,
        stats: xr.Dataset,
        variant: Variant,
        inputs: ModelInputs,
        rng: np.random.Generator,
        seconds: float,
    ) -> xr.DataTree:
        """Make a fit of draws of the free variables, over chain and draw.

        Parameters
        ----------
        posterior, stats
            The draws, and the sampler's statistics.
        variant, inputs
            What was fitted, and to what.
        rng
            For the draws of effectiveness.
        seconds
            That the draws took.
        """
        on = switches(variant, self.spec)
        posterior = posterior.merge(self.derived.evaluate(posterior, inputs, on))
        if inputs.repeated_judgements is None:
            drawn = {"effectiveness": draw_effectiveness(posterior, inputs, rng)}
        else:
            drawn = draw_quality(posterior, inputs.constants(on), self.spec.inspection, rng)
        posterior = posterior.assign(drawn)
        likelihood = posterior[list(LIKELIHOODS)].rename(LIKELIHOODS)
        # What the data did not touch, and steps on the way to named quantities, are left out.
        unused = _SCRATCH | set(LIKELIHOODS) | on.idle
        fit = xr.DataTree.from_dict(
            {
                "posterior": posterior.drop_vars(unused, errors="ignore"),
                "sample_stats": stats,
                "log_likelihood": likelihood,
                "constant_data": inputs.constants(on),
            }
        )
        fit.attrs = {
            **variant.model_dump(),
            "engine": "collapsed",
            "seconds": round(seconds, 2),
            "specification": self.spec.model_dump_json(),
            "panel": json.dumps(inputs.facts),
        }
        return fit


def draw_effectiveness(
    posterior: xr.Dataset, inputs: ModelInputs, rng: np.random.Generator
) -> xr.DataArray:
    r"""Draw each authority's effectiveness given its indicators and its judgement.

    Given the indicators :math:`\theta \sim N(h, s^2)`, the judgement's scale
    :math:`u \sim N(\mu, v)`, and their covariance is c. The judgement says that u lies
    between two cutpoints: u is drawn from its truncated normal, then θ from
    :math:`N(h + c (u - \mu)/v,\; s^2 - c^2/v)`: exact, no chain.

    Returns
    -------
    xr.DataArray
        Over chain, draw and authority, on the scale where authorities have unit variance.
    """
    mean, sd, centre, variance, covariance = (
        posterior[name].transpose("chain", "draw", "authority").values
        for name in (
            "effectiveness_mean",
            "effectiveness_sd",
            "judgement_mean",
            "judgement_variance",
            "judgement_covariance",
        )
    )
    cutpoints = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    beyond = np.full((*cutpoints.shape[:2], 1), np.inf)
    edges = np.concatenate([-beyond, cutpoints, beyond], axis=-1)
    judged = inputs.judgements.judged > 0
    grade = inputs.judgements.grade
    lower = np.where(judged, edges[..., grade], -np.inf)
    upper = np.where(judged, edges[..., grade + 1], np.inf)
    spread = np.sqrt(variance)
    standard = _truncated_normal((lower - centre) / spread, (upper - centre) / spread, rng)
    left = sd**2 - covariance**2 / variance
    drawn = mean + covariance / spread * standard + np.sqrt(left) * rng.standard_normal(mean.shape)
    return posterior["effectiveness_mean"].copy(data=drawn).rename("effectiveness")


def _truncated_normal(lower: Array, upper: Array, rng: np.random.Generator) -> Array:
    """Draw standard normals between bounds by inversion, from the side of the small tails."""
    reflected = lower > -upper
    low, high = np.where(reflected, -upper, lower), np.where(reflected, -lower, upper)
    share = rng.uniform(size=low.shape)
    drawn = ndtri(ndtr(low) + share * (ndtr(high) - ndtr(low)))
    return np.where(reflected, -drawn, drawn)
