"""Fit the joint model: the reference for what the collapsed engine approximates.

A fit is an ArviZ DataTree with the groups ``posterior``, ``sample_stats`` and
``constant_data`` and the names of :mod:`models.fit`, so that whatever reads the one reads the
other. There is no pointwise ``log_likelihood``: conditional on sampled latent variables it
would answer no question about an authority left out.
"""

import json
import time

import numpy as np
import xarray as xr

from data.panel import Progress, silent
from models.counts import Counts
from models.inputs import ModelInputs
from models.joint.build import SWITCHED, build_joint
from models.joint.latents import LATENTS, Form
from models.link import Switches, switches
from models.sampling import compile_model, draw
from models.spec import Likelihood, ModelSpec, SamplerSpec, Structure, Variant

# Steps on the way to named quantities; unnamed rotations and signs among them.
_SCRATCH = {"link_share", "domain_link_share", "first_cutpoint", "cutpoint_gap", "region_z"}


class CompiledJoint:
    """A joint model compiled for one panel, for every variant of one structure.

    Attributes
    ----------
    structure, likelihood, form
        What was compiled, as for :func:`models.joint.build.build_joint`.
    """

    def __init__(
        self,
        spec: ModelSpec,
        structure: Structure,
        inputs: ModelInputs,
        counts: Counts,
        likelihood: Likelihood = "binomial",
        form: Form = "informed",
    ) -> None:
        self.structure, self.likelihood, self.form = structure, likelihood, form
        self._spec, self._inputs = spec, inputs
        everything = Switches(deprivation=True, region=True, link=True)
        model = build_joint(spec, structure, inputs, counts, everything, likelihood, form)
        self._compiled = compile_model(model)

    def sample(
        self,
        variant: Variant,
        sampler: SamplerSpec,
        report: Progress = silent,
        *,
        keep_latents: bool = False,
    ) -> xr.DataTree:
        """Draw from the posterior of one variant.

        Parameters
        ----------
        variant
            A variant of this structure.
        sampler
            Chains, draws and seed.
        report
            Called with the draws made so far.
        keep_latents
            Whether to keep what the sampler moved for each authority and cell, which is a
            hundred times the rest.

        Returns
        -------
        xr.DataTree
            As the module says; ``attrs`` hold the engine, the likelihood, the variant and the
            seconds taken.
        """
        on = switches(variant, self._spec)
        seed = np.random.SeedSequence([sampler.seed, *variant.name.encode()])
        fixed = self._inputs.data(on, self.structure)
        started = time.perf_counter()
        tree = draw(
            self._compiled.with_data(**{name: fixed[name] for name in SWITCHED}),
            sampler,
            seed,
            f"sampling {variant.name}, {self.likelihood}",
            report,
        )
        seconds = time.perf_counter() - started
        unused = _SCRATCH | on.idle | (set() if keep_latents else set(LATENTS))
        posterior = tree["posterior"].to_dataset().drop_vars(unused, errors="ignore")
        # Given the sampled latents effectiveness is known: its conditional has no spread.
        effectiveness = posterior["effectiveness"]
        posterior = posterior.assign(
            effectiveness_mean=effectiveness, effectiveness_sd=xr.zeros_like(effectiveness)
        )
        if not keep_latents:
            posterior = posterior.drop_dims(["cell", "latent_factor"], errors="ignore")
        fit = xr.DataTree.from_dict(
            {
                "posterior": posterior,
                "sample_stats": tree["sample_stats"].to_dataset(),
                "constant_data": self._inputs.constants(on),
            }
        )
        fit.attrs = {
            **variant.model_dump(),
            "engine": "joint",
            "likelihood": self.likelihood,
            "form": self.form,
            "seconds": round(seconds, 2),
            "specification": self._spec.model_dump_json(),
            "panel": json.dumps(self._inputs.facts),
        }
        return fit
