"""Fit the dynamic model: compile once, then draw for every question."""

import json
import time
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytensor
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode

from data.panel import Progress, silent
from models.dynamic.build import build_dynamic, model_data
from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicSpec
from models.dynamic.summary import quantities
from models.sampler import Compiled
from models.sampling import compile_model, draw
from models.spec import Estimand, SamplerSpec
from models.whitened import whitened

Array = NDArray[np.float64]

# Steps on the way to named quantities; unnamed signs and rotations among them.
_SCRATCH = (
    "link_share",
    "loading",
    "own_sd_signed",
    "year_sd_signed",
    "reading_share",
    "level",
    "first_cutpoint",
    "cutpoint_gap",
)
# What the data of ``concordance`` do not touch.
_DEPRIVATION = ("deprivation_slope", "judgement_deprivation")


class CompiledDynamic:
    """A dynamic model compiled for data of one shape; refits cost only the sampling.

    Parameters
    ----------
    spec, inputs
        Terms and priors, and data of the shape for which to compile.

    Notes
    -----
    It is compiled for the sampler when it is first sampled: that takes a minute or more, and
    moments of effectiveness do without.
    """

    def __init__(self, spec: DynamicSpec, inputs: DynamicInputs) -> None:
        self.spec = spec
        self.written = build_dynamic(spec, "adjusted", inputs)
        self._moments = pytensor.function(
            self.written.model.free_RVs,
            [self.written.mean, self.written.covariance],
            mode=Mode(linker="py", optimizer="fast_compile"),
            on_unused_input="ignore",
        )

    @cached_property
    def _compiled(self) -> Compiled:
        return compile_model(self.written.model)

    def sample(
        self,
        estimand: Estimand,
        inputs: DynamicInputs,
        sampler: SamplerSpec,
        report: Progress = silent,
    ) -> xr.DataTree:
        """Draw from the posterior, effectiveness at the inspections' own dates.

        Parameters
        ----------
        estimand
            What is held equal.
        inputs
            Data of the shape for which the model was compiled, with breaks in the same years.
        sampler
            Chains, draws and seed.
        report
            Called with the draws made so far.

        Returns
        -------
        xr.DataTree
            Groups ``posterior`` (the free variables and what
            :func:`models.dynamic.summary.quantities` gives), ``unnamed`` (steps on the way to
            them), ``sample_stats`` and ``constant_data`` (the inspections).
        """
        seed = np.random.SeedSequence([sampler.seed, *estimand.encode()])
        started = time.perf_counter()
        compiled = self.in_coordinates(self.with_data(inputs, estimand), sampler)
        what = f"sampling dynamic-{estimand}"
        tree = draw(compiled, sampler, seed, what, report, sampler.coordinates)
        seconds = time.perf_counter() - started
        drawn, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
        return self.finish(drawn, stats, estimand, inputs, seconds)

    def with_data(self, inputs: DynamicInputs, estimand: Estimand) -> Compiled:
        """Return the compiled model with data in place; only the first call compiles."""
        return self._compiled.with_data(**model_data(inputs, estimand, 0.0))

    def in_coordinates(self, compiled: Compiled, sampler: SamplerSpec) -> Compiled:
        """Return the compiled model with data in place in the coordinates that are sampled."""
        if sampler.coordinates == "own":
            return compiled
        return whitened(compiled, True, sampler.seed)

    def finish(
        self,
        drawn: xr.Dataset,
        stats: xr.Dataset,
        estimand: Estimand,
        inputs: DynamicInputs,
        seconds: float,
    ) -> xr.DataTree:
        """Return a fit made of draws of the free variables, over chain and draw.

        Parameters
        ----------
        drawn, stats
            The draws, and the sampler's statistics.
        estimand, inputs
            What was fitted, and to what.
        seconds
            That the draws took.
        """
        posterior = drawn.merge(quantities(drawn, inputs.cells.weight))
        unused = _SCRATCH if estimand == "adjusted" else (*_SCRATCH, *_DEPRIVATION)
        fit = xr.DataTree.from_dict(
            {
                "posterior": posterior.drop_vars(unused),
                "unnamed": drawn[[name for name in unused if name in drawn]],
                "sample_stats": stats,
                "constant_data": inspections(inputs),
            }
        )
        fit.attrs = {
            "structure": "dynamic",
            "estimand": estimand,
            "link": "linked",
            "engine": "collapsed",
            "seconds": round(seconds, 2),
            "specification": self.spec.model_dump_json(),
            "panel": json.dumps(inputs.facts),
        }
        return fit

    def effectiveness(
        self,
        drawn: xr.Dataset,
        inputs: DynamicInputs,
        estimand: Estimand,
        lag: float = 0.0,
        weight: Array | None = None,
    ) -> tuple[Array, Array]:
        """Evaluate h and S at draws of the free variables.

        Parameters
        ----------
        drawn
            Over chain and draw.
        inputs, estimand, lag
            What is conditioned on, and when effectiveness is wanted.
        weight
            Declared weights of another composite of the same effects, (indicator,).

        Returns
        -------
        tuple
            h, (draw, slot, authority), and S, (draw, slot, slot, authority), the chains' draws
            one after another; anything in empty slots.
        """
        if weight is not None:
            inputs = replace(inputs, cells=replace(inputs.cells, weight=weight))
        model = self.written.model
        for name, values in model_data(inputs, estimand, lag).items():
            model.set_data(name, values)
        rows = drawn.stack(row=("chain", "draw")).transpose("row", ...)
        found = [
            self._moments(*(rows[variable.name].values[number] for variable in model.free_RVs))
            for number in range(rows.sizes["row"])
        ]
        return np.stack([mean for mean, _ in found]), np.stack([spread for _, spread in found])


def free_variables(fit: xr.DataTree, most: int = 400) -> xr.Dataset:
    """Return evenly spaced draws of a fit's free variables, about as many as asked for.

    What is computed from them (:mod:`models.dynamic.summary`) comes with them.
    """
    drawn = fit["posterior"].to_dataset().merge(fit["unnamed"].to_dataset())
    step = max(1, drawn.sizes["chain"] * drawn.sizes["draw"] // most)
    return drawn.isel(draw=slice(step // 2, None, step))


def inspections(inputs: DynamicInputs) -> xr.Dataset:
    """Return what a reader of a fit needs to know of the inspections."""
    judged = inputs.judgements
    names = np.asarray(inputs.names)
    codes = np.asarray(inputs.cells.authorities)
    return xr.Dataset(
        {
            "grade": ("inspection", judged.grade),
            "date": ("inspection", judged.date),
            "framework_of": ("inspection", np.asarray(judged.frameworks)[judged.framework]),
            "authority": ("inspection", codes[judged.authority]),
            "authority_name": ("inspection", names[judged.authority]),
        },
        coords={"inspection": judged.inspection},
    )
