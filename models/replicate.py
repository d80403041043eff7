"""Data sets drawn from a fit's posterior, for posterior predictive checks.

The same forwards model as :mod:`models.generate`, at draws of the posterior in the place of draws
from the prior: every authority's effects are new, so that a replicate is of other authorities of
the same kind, with the same cells, deprivation, regions and dates. That is the comparison that a
model with the effects integrated out makes.
"""

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.replace import vectorize_graph

from data.panel import PanelError
from models.fitted import Fit
from models.generate import Generated, Generator
from models.inputs import ModelInputs
from models.link import switches

Array = NDArray[np.float64]


def replicate(fit: Fit, inputs: ModelInputs, draws: int, *, seed: int) -> list[Generated]:
    """Draw data sets like those that were fitted.

    Parameters
    ----------
    fit
        Of a structure with a single link, by the collapsed engine or for screening.
    inputs
        What it was fitted to.
    draws
        Data sets, each at a posterior draw of its own.
    seed
        Of the draws and of the data.

    Raises
    ------
    data.panel.PanelError
        If judgements are repeated, or each domain has a link of its own.
    """
    spec, variant = fit.specification, fit.variant
    if not fit.structure_traits.single_link:
        raise PanelError(
            f"replicate: {variant.structure} has a link for each domain, which a fit does not "
            "keep in the form that data are drawn from. Use another structure."
        )
    generator = Generator(spec, variant.structure, inputs, switches(variant, spec))
    rng = np.random.default_rng(seed)
    posterior = fit.posterior
    chosen = {
        dim: xr.DataArray(rng.integers(posterior.sizes[dim], size=draws), dims="replicate")
        for dim in ("chain", "draw")
    }
    values = _free(generator, posterior.isel(chosen))
    values |= _wanted(generator, values)
    if "rho" in posterior:
        # A factor that is loaded downwards: its own link is -ρ (models.link).
        downwards = values["rho"] * posterior["rho"].isel(chosen).values < 0.0
        if downwards.any():
            values["link_share"] = np.where(
                downwards, 1.0 - values["link_share"], values["link_share"]
            )
            values |= _wanted(generator, values)
    return [
        generator.one({name: value[one] for name, value in values.items()}, own, None, None)
        for one, own in enumerate(rng.spawn(draws))
    ]


def _free(generator: Generator, taken: xr.Dataset) -> dict[str, Array]:
    """Return the model's free variables, (replicate, ...): those kept, and those from what is."""
    known: dict[str, Any] = {}
    cutpoints = taken["cutpoints"].transpose("replicate", ...).values
    known["first_cutpoint"], known["cutpoint_gap"] = cutpoints[:, 0], np.diff(cutpoints, axis=1)
    if "rho" in taken:
        known["link_share"] = (taken["rho"].values + 1.0) / 2.0
    if "region_effect" in taken:
        sd = taken["region_sd"].values[:, None]
        known["region_z"] = taken["region_effect"].transpose("replicate", ...).values / sd
    size = taken.sizes["replicate"]
    found = {}
    for variable in generator.model.free_RVs:
        name = variable.name
        if name in known:
            found[name] = np.asarray(known[name], dtype=float)
        elif name in taken:
            found[name] = taken[name].transpose("replicate", ...).values.astype(float)
        else:
            # Switched off in this fit: any value serves, and a half is within every support.
            shape = [int(one) for one in variable.shape.eval()]
            found[name] = np.full((size, *shape), 0.5)
    return found


def _wanted(generator: Generator, values: dict[str, Array]) -> dict[str, Array]:
    """Evaluate what data sets are drawn from at the free variables, (replicate, ...)."""
    variables = generator.model.free_RVs
    batched = [
        pt.tensor(one.name, dtype=one.dtype, shape=(None, *one.type.shape)) for one in variables
    ]
    outputs = vectorize_graph(
        list(generator.wanted.values()), replace=dict(zip(variables, batched, strict=True))
    )
    evaluate = pytensor.function(
        batched,
        outputs,
        mode=Mode(linker="py", optimizer="fast_compile"),
        on_unused_input="ignore",
    )
    size = len(next(iter(values.values())))
    found = evaluate(*(values[one.name] for one in variables))
    return {
        name: value
        if np.ndim(value) > plain.ndim
        else np.broadcast_to(value, (size, *value.shape))
        for (name, plain), value in zip(generator.wanted.items(), found, strict=True)
    }
