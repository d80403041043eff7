"""Compile a model for the sampler and draw from it: the calls of nutpie that every engine makes.

Models are compiled without PyTensor's fast arithmetic, which lets a compiler reorder sums: the
order that it takes depends on what else is compiled with a function, so that a model compiled
afresh and the same one put together from the compile cache would differ in the last bits, and
by NUTS in every draw. Without it they are identical.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytensor
import xarray as xr
from nutpie.compile_pymc import CompiledPyMCModel

from data.panel import Progress, silent
from models.light_wrappers import use_light_wrappers
from models.spec import Coordinates, SamplerSpec

use_light_wrappers()


def compile_model(model: pm.Model) -> CompiledPyMCModel:
    """Compile a model, so that it gives the same numbers to the last bit in every process."""
    with pytensor.config.change_flags(numba__fastmath=False):
        return nutpie.compile_pymc_model(model)


def draw(
    compiled: CompiledPyMCModel,
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
    for target in sampler.targets(coordinates):
        # By itself nutpie answers Ctrl-C with the draws made so far, as if they were all.
        under_way = nutpie.sample(
            compiled,
            draws=sampler.draws,
            tune=sampler.tune,
            chains=sampler.chains,
            cores=min(sampler.cores, sampler.chains),
            target_accept=target,
            seed=int(seed.generate_state(1)[0]),
            save_warmup=False,
            progress_bar=False,
            progress_callback=_reporter(what, sampler, report),
            blocking=False,
        )
        try:
            tree = under_way.wait()
        except BaseException:
            under_way.cancel()
            raise
        tree["sample_stats"].attrs["target_accept"] = target
        if not tree["sample_stats"]["diverging"].any():
            break
    return tree


def _reporter(what: str, sampler: SamplerSpec, report: Progress) -> Callable[[Any], None]:
    """Turn the sampler's own progress into ours: draws made, over all chains."""
    total = sampler.chains * (sampler.tune + sampler.draws)

    def tell(chains: Any) -> None:
        report(what, sum(chain.finished_draws for chain in chains), total)

    return tell
