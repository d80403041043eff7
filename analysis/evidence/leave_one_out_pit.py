r"""Leave-one-out probability integral transforms: whether predictions are as wide as they say.

With authority i left out whole, each value of its indicators lies at the probability

.. math:: u_{ki} = \sum_s w_{si}\, \Phi\!\left(\frac{y_{ki} - \alpha_k - \gamma_k x_i}
    {\sqrt{\Sigma_{kk} + \tau_k^2 + V_{ki}}}\right)

of its predictive distribution, w being the importance weights of
:mod:`analysis.evidence.prediction` that leave the authority out; its judgement, given its own
indicators and with the weights that leave the judgement out, lies between the probabilities of a
worse grade and of its own, and is put between them at random (Czado, Gneiting and Held 2009,
doi:10.1111/j.1541-0420.2009.01191.x). If the model is right they are uniform over authorities;
:mod:`analysis.evidence.uniformity` tests that, with p-values adjusted for the number of
quantities. A ``spread`` above 1 says that predictive distributions are too narrow. The test takes
authorities as independent, which they are only given the parameters.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.evidence.prediction import Prediction
from analysis.evidence.uniformity import uniformity
from models.fitted import Fit
from models.inputs import ModelInputs

Array = NDArray[np.float64]

_PLACES = 99


def pit_table(
    fit: Fit,
    inputs: ModelInputs,
    scored: Prediction,
    said: Array | None,
    seed: int,
) -> pd.DataFrame:
    """Test the transforms of each indicator's last year, and of the judgement.

    Parameters
    ----------
    fit, inputs
        A fit of the collapsed engine, and what it was fitted to.
    scored
        Its leave-one-out scores, for their weights.
    said
        Draws of the probability of each grade given the indicators, (chain, draw, judged
        authority, grade); None where the model has none.
    seed
        Of the places between grades.

    Returns
    -------
    pandas.DataFrame
        As :func:`analysis.evidence.uniformity.uniformity`, ``quantity`` a column.
    """
    parts = [
        pd.DataFrame({"quantity": name, "rank": np.floor(u * (_PLACES + 1)).astype(int)})
        for name, u in transforms(fit, inputs, scored, said, seed).items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table["rank"] = table["rank"].clip(0, _PLACES)
    return uniformity(table, _PLACES).reset_index().rename(columns={"replicates": "authorities"})


def transforms(
    fit: Fit, inputs: ModelInputs, scored: Prediction, said: Array | None, seed: int
) -> dict[str, Array]:
    """Return the transforms by indicator and of ``judgement``; parameters as above."""
    alone, whole = (
        weights.transpose("chain", "draw", "authority").values
        for weights in (scored.weights, scored.whole_weights)
    )
    measured = inputs.measurements
    found = {}
    for place, name in enumerate(measured.coords["indicator"]):
        year = int(np.flatnonzero(measured.observed[place].any(axis=1))[-1])
        seen = np.flatnonzero(measured.observed[place, year] > 0)
        cells = measured.y[place, year, seen], measured.variance[place, year, seen]
        centre, variance = _predicted(fit, str(name), year, seen)
        below = ndtr((cells[0] - centre) / np.sqrt(variance + cells[1]))
        found[str(name)] = (below * whole[..., seen]).sum(axis=(0, 1))
    if said is not None:
        judged = np.flatnonzero(inputs.judgements.judged > 0)
        grade = inputs.judgements.grade[judged]
        probability = np.einsum("cda,cdag->ag", alone[..., judged], said)
        upper = np.cumsum(probability, axis=1)[np.arange(grade.size), grade]
        own = probability[np.arange(grade.size), grade]
        found["judgement"] = upper - own * np.random.default_rng(seed).uniform(size=grade.size)
    return found


def _predicted(fit: Fit, name: str, year: int, seen: NDArray[np.intp]) -> tuple[Array, Array]:
    """Return mean and variance of a value before its sampling noise, (chain, draw, authority)."""
    posterior = fit.posterior.sel(indicator=name)

    def over(variable: str) -> Array:
        return np.asarray(posterior[variable].transpose("chain", "draw").values)[..., None]

    centre, variance = over("level"), over("indicator_variance")
    if "level_shift" in posterior:
        shift = posterior["level_shift"].isel(year=year).transpose("chain", "draw")
        centre = centre + shift.values[..., None]
    if "deprivation_slope" in posterior:
        deprivation = fit.constant_data["deprivation"].values[seen]
        centre = centre + over("deprivation_slope") * deprivation
    if "year_sd" in posterior:
        variance = variance + over("year_sd") ** 2
    return centre, variance
