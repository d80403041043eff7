"""Fit the dynamic model: compile once, then draw for every lag."""

import json
import time

import numpy as np
import nutpie
import pytensor
import xarray as xr
from pytensor.compile.mode import Mode

from data.panel import Progress, silent
from models.dynamic.build import build_dynamic, model_data, moments_of
from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicEstimand, DynamicSpec
from models.dynamic.summary import quantities
from models.sampling import draw
from models.spec import SamplerSpec

# Steps on the way to named quantities; unnamed signs and rotations among them.
_SCRATCH = ["link_share", "predictive_share", "loading", "standard_quality", "level"]


class CompiledDynamic:
    """A dynamic model compiled for data of one shape; further lags cost only the sampling."""

    def __init__(
        self, spec: DynamicSpec, estimand: DynamicEstimand, inputs: DynamicInputs
    ) -> None:
        self.spec, self.estimand = spec, estimand
        self.written = build_dynamic(spec, estimand, inputs)
        self._compiled = nutpie.compile_pymc_model(self.written.model)

    def sample(
        self,
        inputs: DynamicInputs,
        sampler: SamplerSpec,
        lag: float = 0.0,
        report: Progress = silent,
    ) -> xr.DataTree:
        """Draw from the posterior at one lag.

        Parameters
        ----------
        inputs
            Data of the shape for which the model was compiled, with breaks in the same years.
        sampler
            Chains, draws and seed.
        lag
            Years from an inspection to the effectiveness it is compared with.
        report
            Called with the draws made so far.

        Returns
        -------
        xr.DataTree
            Groups ``posterior`` (what :func:`models.dynamic.summary.quantities` gives besides
            the free variables), ``sample_stats`` and ``constant_data`` (the inspections).
        """
        data = model_data(inputs, moments_of(self.spec, self.estimand, inputs, lag), self.estimand)
        seed = np.random.SeedSequence([sampler.seed, round(100 * (lag + 50.0))])
        started = time.perf_counter()
        tree = draw(
            self._compiled.with_data(**data), sampler, seed, f"sampling at lag {lag:g}", report
        )
        seconds = time.perf_counter() - started
        drawn = tree["posterior"].to_dataset()
        posterior = drawn.merge(quantities(drawn, self.spec, self.estimand, inputs))
        fit = xr.DataTree.from_dict(
            {
                "posterior": posterior.drop_vars(_SCRATCH, errors="ignore"),
                "unnamed": drawn[[name for name in _SCRATCH if name in drawn]],
                "sample_stats": tree["sample_stats"].to_dataset(),
                "constant_data": inspections(inputs),
            }
        )
        fit.attrs = {
            "estimand": self.estimand,
            "lag": lag,
            "engine": "collapsed",
            "seconds": round(seconds, 2),
            "specification": self.spec.model_dump_json(),
            "panel": json.dumps(inputs.facts),
        }
        return fit

    def quality(self, inputs: DynamicInputs, fit: xr.DataTree, most: int = 400) -> xr.DataArray:
        """Evaluate q at every inspection, at evenly spaced draws of a fit.

        Returns
        -------
        xr.DataArray
            Over chain, draw and inspection.
        """
        model = self.written.model
        data = model_data(
            inputs, moments_of(self.spec, self.estimand, inputs, fit.attrs["lag"]), self.estimand
        )
        for name, values in data.items():
            model[name].set_value(values)
        evaluate = pytensor.function(
            model.free_RVs,
            self.written.quality,
            mode=Mode(linker="py", optimizer="fast_compile"),
            on_unused_input="ignore",
        )
        drawn = fit["posterior"].to_dataset().merge(fit["unnamed"].to_dataset())
        step = max(1, drawn.sizes["chain"] * drawn.sizes["draw"] // most)
        drawn = drawn.isel(draw=slice(None, None, step))
        values = [
            [
                evaluate(
                    *(
                        drawn[variable.name].isel(chain=chain, draw=number).values
                        for variable in model.free_RVs
                    )
                )
                for number in range(drawn.sizes["draw"])
            ]
            for chain in range(drawn.sizes["chain"])
        ]
        return xr.DataArray(
            np.asarray(values),
            dims=("chain", "draw", "inspection"),
            coords={"inspection": inputs.judgements.inspection},
            name="quality",
        )


def inspections(inputs: DynamicInputs) -> xr.Dataset:
    """Give what a reader of a fit needs to know of the inspections."""
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
