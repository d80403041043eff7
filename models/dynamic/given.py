r"""The posterior of the link given what the indicators say of effectiveness, as a normal.

Draws of the indicators' parameters give, at an authority's inspections, effectiveness as a
mixture of normals (h, S). Its first two moments,

.. math::

    \bar h = \mathrm{mean}(h), \qquad \bar S = \mathrm{mean}(S) + \mathrm{cov}(h),

stand for the mixture, and only the judgements' parameters and one share an inspection but an
authority's last are sampled: seconds, where the whole model takes minutes. What is lost is how the
judgements bear on the indicators' parameters, and what of the indicators' parameters the
authorities have in common.

For simulations, where the draws are of the indicators' posterior alone
(``tests/dynamic_screen.py``). And for the sweep over lags, where they are of the whole model's
posterior, on which the judgements bore already through the indicators' parameters, and the
judgements are then given again: they count twice. The whole model at lag 0 stands beside it.
"""

import numpy as np
import pymc as pm
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES, Progress, silent
from models.dynamic.inputs import DynamicInputs
from models.dynamic.judged import followed, judgement_data, place_judgements
from models.dynamic.parameters import place_judgement_parameters
from models.dynamic.spec import DynamicSpec
from models.sampling import compile_model, draw
from models.spec import Estimand, SamplerSpec

Array = NDArray[np.float64]


def combine(means: Array, spreads: Array) -> tuple[Array, Array]:
    """Return the first two moments of a mixture of normals.

    Parameters
    ----------
    means, spreads
        As :meth:`models.dynamic.fit.CompiledDynamic.effectiveness` gives them.

    Returns
    -------
    tuple
        (slot, authority) and (slot, slot, authority).
    """
    centre = means.mean(axis=0)
    away = means - centre
    between = np.einsum("mji,mli->jli", away, away) / len(means)
    return centre, spreads.mean(axis=0) + between


class JudgedPaths:
    """The judgements' part of a dynamic model, compiled for inspections of one shape.

    Parameters
    ----------
    spec
        Priors.
    inputs
        Inspections of the shape for which to compile.
    """

    def __init__(self, spec: DynamicSpec, inputs: DynamicInputs) -> None:
        judged = inputs.judgements
        slots, authorities = int(judged.slot.max()) + 1, len(inputs.cells.authorities)
        blank = {
            "effectiveness_mean": np.zeros((slots, authorities)),
            "effectiveness_covariance": np.zeros((slots, slots, authorities)),
        }
        coords = {
            "followed": [judged.inspection[at] for at in followed(inputs)],
            "framework": judged.frameworks,
            "gap": list(GRADES[1:-1]),
        }
        with pm.Model(coords=coords) as model:
            data = {
                name: pm.Data(name, values)
                for name, values in {**judgement_data(inputs, True), **blank}.items()
            }
            likelihood = place_judgements(
                data,
                place_judgement_parameters(spec),
                data["effectiveness_mean"],
                data["effectiveness_covariance"],
                slots,
            )
            pm.Potential("judgements", likelihood.sum())
        self._compiled = compile_model(model)

    def sample(
        self,
        moments: tuple[Array, Array],
        inputs: DynamicInputs,
        estimand: Estimand,
        sampler: SamplerSpec,
        what: str = "sampling the judgements",
        report: Progress = silent,
    ) -> xr.DataTree:
        """Draw the judgements' parameters.

        Parameters
        ----------
        moments
            As :func:`combine` gives them.
        inputs, estimand
            Inspections of the shape compiled for, and what is held equal.
        sampler
            Chains, draws and seed.
        what, report
            As in :func:`models.sampling.draw`.

        Returns
        -------
        xr.DataTree
            Groups ``posterior`` (``rho`` and ``quality_link`` besides the free variables) and
            ``sample_stats``.
        """
        mean, covariance = moments
        compiled = self._compiled.with_data(
            effectiveness_mean=mean,
            effectiveness_covariance=covariance,
            **judgement_data(inputs, estimand == "adjusted"),
        )
        seed = np.random.SeedSequence([sampler.seed, *what.encode()])
        tree = draw(compiled, sampler, seed, what, report)
        drawn = tree["posterior"].to_dataset()
        link = 2.0 * drawn["link_share"] - 1.0
        posterior = drawn.assign(rho=np.sqrt(drawn["reliability"]) * link, quality_link=link)
        return xr.DataTree.from_dict(
            {"posterior": posterior, "sample_stats": tree["sample_stats"].to_dataset()}
        )
