"""What is worked out of each fit of a run, each once, when it is first asked for.

Evidence, tables and figures ask for the same things of the same fits: whether they converged, how
well they predict what is left out, the link.
"""

from collections.abc import Mapping
from functools import cached_property

import pandas as pd
import xarray as xr

from analysis.evidence.convergence import Convergence, examine
from analysis.evidence.left_out_regions import region_scores
from analysis.evidence.link import summarise_link
from analysis.evidence.predicted_judgements import (
    PredictedByFit,
    PredictedJudgements,
    predict_fit,
    predict_judgements,
)
from analysis.evidence.prediction import Prediction, leave_one_out
from analysis.record.schema import LinkPosterior
from analysis.record.thresholds import INTERVAL, ROPE
from data.seeds import child_seed
from models.fitted import Fit, FitError, typed
from models.link import variants
from models.spec import ESTIMANDS, Estimand, ModelSpec


class FitsError(ValueError):
    """The fits are not those of one whole run."""


class FitSummaries:
    """The fits of one run with what has been worked out of each.

    Parameters
    ----------
    fits
        By name, as :func:`models.engine.fit_models` returns them.
    seed
        Of which the seeds of all simulations are named children; that of the fits if not given.
    spec
        What was asked for; what the fits say of it if not given. A fit that the store had may
        have been made for a run that asked for other fits beside it.
    interval
        Probability of every interval.
    rope
        Links smaller than this count as practically none.

    Raises
    ------
    FitsError
        If there is no fit, or one that an estimand needs is missing; the message names it.
    """

    def __init__(
        self,
        fits: Mapping[str, xr.DataTree],
        seed: int | None = None,
        spec: ModelSpec | None = None,
        interval: float = INTERVAL,
        rope: float = ROPE,
    ) -> None:
        if not fits:
            raise FitsError("weigh: there is no fit; wanted those of one run, by name.")
        self.trees = fits
        try:
            self.fits = typed(fits)
        except FitError as error:
            raise FitsError(f"weigh: {error}") from error
        self.interval, self.rope = interval, rope
        if seed is None and "seed" not in self.first.tree.attrs:
            raise FitsError("weigh: the fits have no attribute seed. Give weigh their seed.")
        self._seed = int(self.first.tree.attrs["seed"]) if seed is None else seed
        self.spec = spec or self.first.specification
        missing = [one.name for one in variants(self.spec) if one.name not in fits]
        if missing:
            raise FitsError(
                f"weigh: no fit {missing[0]}; there are {', '.join(fits)}. Give every fit of the "
                "run."
            )

    def seed(self, use: str) -> int:
        """Return the seed of a named use."""
        return child_seed(self._seed, use)

    @property
    def first(self) -> Fit:
        """One of the fits, for what all have in common."""
        return next(iter(self.fits.values()))

    @cached_property
    def gates(self) -> dict[str, Convergence]:
        """What :func:`analysis.evidence.convergence.examine` says of each fit."""
        return {name: examine(fit.tree) for name, fit in self.fits.items()}

    @cached_property
    def scores(self) -> dict[str, Prediction]:
        """Each fit's scores with each authority left out.

        The joint engine has no integrated likelihood, and the conditional one would flatter it
        (docs/evidence.md): its fits have no scores.
        """
        return {name: leave_one_out(fit.tree) for name, fit in self.fits.items() if fit.integrated}

    @cached_property
    def links(self) -> dict[str, LinkPosterior]:
        """The posterior of ρ of each linked fit."""
        return {
            name: summarise_link(fit.tree, self.interval, self.rope)
            for name, fit in self.fits.items()
            if fit.linked
        }

    @cached_property
    def predicted(self) -> dict[str, PredictedByFit | None]:
        """Each fit's predictions of judgements, those of the primary structure alone."""
        used = {name: None for one in ESTIMANDS for name in models_of(self.spec, one).values()}
        return {
            name: predict_fit(self.fits[name], self.scores[name]) if name in self.scores else None
            for name in used
        }

    def of(self, estimand: Estimand) -> dict[str, Fit]:
        """Return the fits that an estimand compares, by model."""
        return {model: self.fits[name] for model, name in models_of(self.spec, estimand).items()}

    @cached_property
    def judgements(self) -> dict[Estimand, PredictedJudgements | None]:
        """The judgements that the models of each estimand predict."""
        return {
            one: predict_judgements(
                {model: self.predicted[name] for model, name in models_of(self.spec, one).items()}
            )
            for one in ESTIMANDS
        }

    @cached_property
    def regions(self) -> dict[Estimand, pd.DataFrame]:
        """The scores of the models of each estimand, regions left out."""
        return {
            one: region_scores({model: fit.tree for model, fit in self.of(one).items()})
            for one in ESTIMANDS
        }


def models_of(spec: ModelSpec, estimand: Estimand) -> dict[str, str]:
    """Name the fits that an estimand compares, by model."""
    return {
        one.link: one.name
        for one in variants(spec)
        if one.structure == spec.structure
        and (one.estimand == estimand or one.link == "deprivation_only")
    }
