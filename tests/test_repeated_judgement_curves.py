"""The likelihood of ρ from repeated judgements, and what follows from it, against integrals."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.stats import beta, norm

from analysis.evidence.repeated_judgement_curves import _JudgementsGiven, repeated_judgement_curves
from models.spec import InspectionSpec, ModelSpec
from tests.fitted import as_fit

GRADE = np.array([[2, 3], [0, -1], [1, 2]])
MEAN, SD = np.array([0.8, -0.6, 0.1]), np.array([0.5, 0.6, 0.4])
PREDICTOR = np.array([[0.1, 0.4], [-0.2, 0.0], [0.0, 0.3]])
EDGES = np.array([-np.inf, -1.2, -0.4, 0.8, np.inf])
RHO, R = 0.4, 0.55
NODES = np.array([-0.7, -0.1, 0.0, 0.33, 0.8])


def fit_of(spec, grade):
    """Give a fit of one draw a chain, with the variables that the curves read."""

    def drawn(values, *dims):
        values = np.asarray(values, dtype=float)
        return ("chain", "draw", *dims), np.broadcast_to(values, (2, 1, *values.shape))

    cutpoints = EDGES[1:-1].reshape(1, 1, 3)
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "rho": drawn(RHO),
                    "reliability": drawn(R),
                    "effectiveness_mean": drawn(MEAN, "authority"),
                    "effectiveness_sd": drawn(SD, "authority"),
                    "reading_predictor": drawn(
                        PREDICTOR[:, : grade.shape[1]], "authority", "reading"
                    ),
                    "cutpoints": drawn(cutpoints, "framework", "judgement", "cutpoint"),
                }
            ),
            "constant_data": xr.Dataset(
                {
                    "reading_grade": (("authority", "reading", "judgement"), grade[..., None]),
                    "reading_framework": (("authority", "reading"), np.zeros_like(grade)),
                }
            ),
        }
    )
    return as_fit(tree, ModelSpec(inspection=spec))


def exact(rho, authority):
    """Integrate one authority's lasting part out, at the share w of the draw."""
    w = (R - RHO**2) / (1.0 - RHO**2)
    r = rho**2 + (1.0 - rho**2) * w
    spread = np.sqrt(rho**2 * SD[authority] ** 2 + r - rho**2)

    def density(a):
        product = norm.pdf(a, rho * MEAN[authority], spread)
        for grade, eta in zip(GRADE[authority], PREDICTOR[authority], strict=True):
            if grade >= 0:
                bounds = (EDGES[grade : grade + 2] - eta - a) / np.sqrt(1.0 - r)
                product *= np.diff(norm.cdf(bounds))[0]
        return product

    return quad(density, -7, 7, limit=200)[0]


def prior(rho):
    w = (R - RHO**2) / (1.0 - RHO**2)
    r = rho**2 + (1.0 - rho**2) * w
    return beta.logpdf(r, 6, 4) - beta.logsf(rho**2, 6, 4) + np.log1p(-(rho**2))


def test_the_curve_of_repeats_is_the_product_of_integrals():
    logs, information = repeated_judgement_curves(
        fit_of(InspectionSpec(scope="repeats"), GRADE), NODES
    )
    expected = [sum(np.log(exact(rho, one)) for one in range(3)) + prior(rho) for rho in NODES]

    assert logs.shape == (2, 1, NODES.size)
    assert logs[0, 0] == pytest.approx(expected, abs=1e-3)
    assert (information > 0).all()


def test_the_curve_of_many_authorities_is_exact_between_its_points_too():
    one = fit_of(InspectionSpec(scope="repeats"), GRADE)
    many = xr.DataTree.from_dict(
        {
            group: xr.concat(
                [one.tree[group].to_dataset()] * 60,
                "authority",
                data_vars="minimal",
                coords="minimal",
            )
            for group in ("posterior", "constant_data")
        }
    )
    many = as_fit(many, one.specification)
    logs, _ = repeated_judgement_curves(many, NODES)

    # At a strong contrary link 180 authorities are less likely by a factor of exp(-3,000).
    exactly = np.array(_JudgementsGiven(many).log_likelihood(0, NODES))
    assert exactly.min() < exactly.max() - 100.0
    assert logs[0, 0] == pytest.approx(exactly, abs=0.01)


def test_the_information_of_one_reading_is_that_of_its_grade():
    grade = GRADE[:, :1]
    _, information = repeated_judgement_curves(
        fit_of(InspectionSpec(curve="probit"), grade), NODES
    )

    # (φ' difference over Φ difference) at each grade given: the score's square at ρ = 0.
    total = 0.0
    for mean, one, eta in zip(MEAN, grade[:, 0], PREDICTOR[:, 0], strict=True):
        low, high = EDGES[one : one + 2] - eta
        share = norm.cdf(high) - norm.cdf(low)
        ends = [0.0 if np.isinf(at) else at * norm.pdf(at) for at in (low, high)]
        located = (norm.pdf(low) - norm.pdf(high)) / share
        left = 1.0 + (ends[0] - ends[1]) / share - located**2
        total += mean**2 * (1.0 - left)
    assert information[0, 0] == pytest.approx(total, abs=1e-4)
