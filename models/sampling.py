"""Compile a model for the sampler and draw from it, as every engine does.

Models are compiled without PyTensor's fast arithmetic, which lets a compiler reorder sums: the
order that it takes depends on what else is compiled with a function, so that a model compiled
afresh and the same one put together from the compile cache would differ in the last bits, and
by NUTS in every draw. Without it they are identical.
"""

import numpy as np
import pymc as pm
import pytensor
import xarray as xr

from data.panel import Progress, silent
from models.sampler import Compiled, compile_pymc, sample
from models.spec import Coordinates, SamplerSpec


def compile_model(model: pm.Model) -> Compiled:
    """Compile a model, so that it gives the same numbers to the last bit in every process."""
    with pytensor.config.change_flags(numba__fastmath=False):
        return compile_pymc(model)


def draw(
    compiled: Compiled,
    sampler: SamplerSpec,
    seed: np.random.SeedSequence,
    what: str,
    report: Progress = silent,
    coordinates: Coordinates = "own",
) -> xr.DataTree:
    """Draw from the posterior of a compiled model with its data in place.

    At each of the sampler's targets of acceptance in turn, until no transition diverges.

    Parameters
    ----------
    compiled
        What :func:`compile_model` made of a PyMC model.
    sampler
        Chains, draws, cores and target of acceptance; its own seed is not used.
    seed
        Of every random number.
    what, report
        ``report`` is called with ``what``, the draws made so far over all chains, and those
        wanted.
    coordinates
        That the compiled model is in, on which the usual targets of acceptance depend.

    Returns
    -------
    xr.DataTree
        With the groups ``posterior`` and ``sample_stats``, over chain and draw; ``attrs`` of the
        latter hold the target of acceptance of these draws.
    """
    total = sampler.chains * (sampler.tune + sampler.draws)
    for target in sampler.targets(coordinates):
        tree = sample(
            compiled,
            chains=sampler.chains,
            tune=sampler.tune,
            draws=sampler.draws,
            cores=sampler.cores,
            target_accept=target,
            seed=int(seed.generate_state(1)[0]),
            tell=lambda done: report(what, done, total),
        )
        tree["sample_stats"].attrs["target_accept"] = target
        if not tree["sample_stats"]["diverging"].any():
            break
    return tree
