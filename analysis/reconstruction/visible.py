r"""What a comparison of ratings and bands could have seen, were the link this large.

Quality q and effectiveness θ are standard normal with correlation λ. The scale behind a rating
is :math:`\sqrt{r}\,q + \sqrt{1-r}\,\epsilon`, the score :math:`\sqrt{s}\,\theta +
\sqrt{1-s}\,\epsilon'`, with r and s their reliabilities. As many authorities have each rating as
in the study, the lowest scales the lowest; bands are of the score. Each simulated study is put
to the study's own questions: are the Inadequate as often in the top band as the Good or better
(Fisher's exact test; the Bayes factor of Gunel and Dickey), and do ratings and scores go together
(Spearman)? No authority is left out, nothing is suppressed and the score is normal: a real
study sees less.

A probability k/n has as its Monte Carlo error the standard deviation of a Beta(k + 1/2,
n - k + 1/2).
"""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, fisher_exact, rankdata
from scipy.stats import t as student

from analysis.evidence.contingency import log_bayes_factor
from analysis.reconstruction.claim import GOOD, INADEQUATE
from analysis.reconstruction.config import VisibleSection

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


def what_could_be_seen(
    ratings: Counts, places: int, section: VisibleSection, alpha: float
) -> pd.DataFrame:
    """Simulate the comparison at each link.

    Parameters
    ----------
    ratings
        Authorities of each rating, from Inadequate to Outstanding.
    places
        Of the top band, and of the bottom band.
    section
        Links, reliabilities, odds and how many studies to simulate.
    alpha
        Level of the tests.

    Returns
    -------
    pd.DataFrame
        A row for each link: the shares of studies in which Spearman's and Fisher's tests are
        significant (``spearman_significant``, ``fisher_significant``), the Bayes factor is above
        the odds for a difference, in either direction (``for_difference``), or for none
        (``for_none``), an Inadequate authority is in the top (``inadequate_in_top``),
        and one is while a Good or better one is in the bottom (``both_crossings``); the means of
        Spearman's correlation (``spearman``) and of the Inadequate in the top
        (``inadequate_top``, with ``inadequate_top_unlinked`` were ratings dealt out at random);
        each with its ``_mcse``. ``largest_for_none``: the largest Bayes factor for no difference
        that groups of these sizes can give.
    """
    rng = np.random.default_rng(section.seed)
    number = int(ratings.sum())
    shape = section.simulations, number
    rating = np.repeat(np.arange(ratings.size), ratings)
    effective, other, misread, noise = (rng.standard_normal(shape) for _ in range(4))
    score = _mixed(section.score_reliability, effective, noise)
    rows = []
    for link in section.links:
        quality = _mixed(link**2, np.sign(link) * effective, other)
        scale = _mixed(section.rating_reliability, quality, misread)
        # The authority of the lowest scale has the lowest rating, and so on.
        ordered = np.take_along_axis(score, np.argsort(scale, axis=1), axis=1)
        rows.append({"link": link} | _seen(ordered, rating, places, section, alpha))
    largest = _largest_for_none(int(ratings[INADEQUATE]), int(ratings[GOOD:].sum()), places)
    return pd.DataFrame(rows).assign(
        authorities=number,
        places=places,
        inadequate_top_unlinked=ratings[INADEQUATE] * places / number,
        largest_for_none=largest,
    )


def _mixed(share: float, signal: Array, noise: Array) -> Array:
    """Return unit-variance sums of a signal and noise."""
    return np.sqrt(share) * signal + np.sqrt(1.0 - share) * noise


def _seen(
    score: Array, rating: Counts, places: int, section: VisibleSection, alpha: float
) -> dict[str, float]:
    """Summarise what the simulated studies of one link show."""
    size, number = score.shape
    rank = np.argsort(np.argsort(score, axis=1), axis=1)
    top, bottom = rank >= number - places, rank < places
    failing, good = rating == INADEQUATE, rating >= GOOD
    counts = np.stack([top[:, failing].sum(axis=1), top[:, good].sum(axis=1)], axis=1)
    tested = [_tested(int(a), int(b), int(failing.sum()), int(good.sum())) for a, b in counts]
    fisher, log_bf = np.array(tested).T
    spearman = _spearman(rating, rank.astype(float))
    freedom = number - 2
    statistic = spearman * np.sqrt(freedom / np.maximum(1.0 - spearman**2, 1e-12))
    crossing = counts[:, 0] > 0
    odds = np.log(section.odds)
    shares = {
        "spearman_significant": 2.0 * student.sf(np.abs(statistic), freedom) < alpha,
        "fisher_significant": fisher < alpha,
        "for_difference": log_bf > odds,
        "for_none": log_bf < -odds,
        "inadequate_in_top": crossing,
        "both_crossings": crossing & bottom[:, good].any(axis=1),
    }
    found: dict[str, float] = {}
    for name, said in shares.items():
        count = int(said.sum())
        found[name] = count / size
        found[f"{name}_mcse"] = float(beta.std(count + 0.5, size - count + 0.5))
    for name, values in {"spearman": spearman, "inadequate_top": counts[:, 0]}.items():
        found[name] = float(values.mean())
        found[f"{name}_mcse"] = float(values.std(ddof=1) / np.sqrt(size))
    return found


def _spearman(rating: Counts, rank: Array) -> Array:
    """Correlate ranks, ties of ratings at their mean rank."""
    own = rankdata(rating)
    own = (own - own.mean()) / own.std()
    ranked = (rank - rank.mean(axis=1, keepdims=True)) / rank.std(axis=1, keepdims=True)
    return np.asarray(ranked @ own / own.size)


@lru_cache(maxsize=4096)
def _tested(first: int, second: int, of_first: int, of_second: int) -> tuple[float, float]:
    """Return Fisher's two-sided p, and the log Bayes factor for a difference."""
    if not of_first or not of_second:
        return 1.0, 0.0
    table = [[first, second], [of_first - first, of_second - second]]
    return float(fisher_exact(table).pvalue), log_bayes_factor(table)


def _largest_for_none(of_first: int, of_second: int, places: int) -> float:
    """Return the largest Bayes factor for no difference that any table of the groups has."""
    logs = [
        -_tested(first, second, of_first, of_second)[1]
        for first in range(min(of_first, places) + 1)
        for second in range(min(of_second, places - first) + 1)
    ]
    return float(np.exp(max(logs)))
