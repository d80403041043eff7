"""BYM2: the scaled field of neighbours, its likelihood, and recovery of its share."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from analysis.settings.config import RunConfig
from data.adjacency import read_adjacency
from data.panel import PanelError
from models.collapsed.build import build_model
from models.collapsed.derived import DerivedQuantities
from models.fit import CompiledStructure
from models.inputs import prepare
from models.link import switches
from models.spatial import scaled_axes
from models.spec import ModelSpec, SamplerSpec, Variant
from tests.fitted import small_panel

SPEC = ModelSpec(challenger="none", spatial="bym2", factors=1, drift=False)
VARIANT = Variant(structure="composite", estimand="concordance", link="linked")


def lattice(rows, columns, islands):
    """Touch left and right, up and down; islands touch nobody."""
    size = rows * columns
    row, column = np.divmod(np.arange(size), columns)
    apart = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    touches = np.zeros((size + islands, size + islands), dtype=bool)
    touches[:size, :size] = apart == 1
    return touches


def with_lattice(panel):
    """Give a panel of 153 authorities a map of 151 and two islands of one."""
    touches = lattice(1, 151, 2)
    touches[:150, :150] |= lattice(10, 15, 0)
    return panel.assign(
        adjacency=(("authority", "neighbour"), touches), neighbour=panel.authority.values
    ).set_coords("neighbour")


def test_three_in_a_row_have_the_covariance_worked_out_by_hand():
    axes = scaled_axes(lattice(1, 3, 0))

    # The Laplacian's generalised inverse is [5 -1 -4; -1 2 -1; -4 -1 5] / 9.
    by_hand = np.array([[5.0, -1.0, -4.0], [-1.0, 2.0, -1.0], [-4.0, -1.0, 5.0]]) / 9.0
    scale = np.cbrt(5.0 * 2.0 * 5.0) / 9.0
    assert axes.T @ axes == pytest.approx(by_hand / scale)


def test_a_ring_has_unit_variances_and_its_known_correlations():
    n = 12
    ring = np.roll(np.eye(n, dtype=bool), 1, axis=1)
    covariance = scaled_axes(ring | ring.T).T @ scaled_axes(ring | ring.T)

    # Of a ring: variance (n^2 - 1)/(12 n), and at distance d less by d (n - d)/(2 n).
    distance = np.arange(n)
    known = (n**2 - 1) / (12 * n) - distance * (n - distance) / (2 * n)
    assert covariance[0] == pytest.approx(known / known[0])


def test_each_component_is_scaled_by_itself_and_an_island_has_unit_variance():
    touches = lattice(3, 4, 1)
    touches = np.block(
        [[touches, np.zeros((13, 5), bool)], [np.zeros((5, 13), bool), lattice(1, 5, 0)]]
    )
    variance = (scaled_axes(touches) ** 2).sum(axis=0)

    assert scaled_axes(touches).shape == (11 + 1 + 4, 18)
    assert variance[12] == pytest.approx(1.0)
    for component in (slice(0, 12), slice(13, 18)):
        assert np.log(variance[component]).mean() == pytest.approx(0.0, abs=1e-12)


def test_england_has_two_islands_and_one_mainland(published):
    touches = read_adjacency(published, join_islands=False)
    axes = scaled_axes(touches.values)
    island = touches.island.values

    assert axes.shape == (2 + 150, 153)
    variance = (axes**2).sum(axis=0)
    assert variance[island] == pytest.approx(1.0)
    assert np.log(variance[~island]).mean() == pytest.approx(0.0, abs=1e-12)
    # A field that is smooth: neighbours are alike.
    correlation = axes.T @ axes / np.sqrt(np.outer(variance, variance))
    assert correlation[touches.values].mean() > 0.5


def test_likelihood_and_moments_are_those_of_the_normal_written_out():
    panel = with_lattice(small_panel())
    inputs = prepare(panel, SPEC)
    on = switches(VARIANT, SPEC)
    written = build_model(SPEC, "composite", inputs, on)
    rng = np.random.default_rng(1)
    k, t, axes = 5, 2, len(inputs.spatial_axes)
    own, loading = rng.uniform(0.4, 0.8, k), rng.normal(0.0, 0.4, (k, 1))
    level, shift = rng.normal(0.0, 0.1, k), rng.normal(0.0, 0.1, (k, t))
    year_sd, share, z = rng.uniform(0.3, 0.5, k), 0.4, rng.normal(size=axes)
    free = {
        "level": level,
        "level_shift": shift,
        "deprivation_slope": np.zeros(k),
        "own_sd": own,
        "year_sd": year_sd,
        "loading": loading,
        "link_share": 0.7,
        "spatial_share": share,
        "spatial_z": z,
        "first_cutpoint": -1.2,
        "cutpoint_gap": np.ones(2),
        "region_sd": 0.3,
        "region_z": np.zeros(9),
        "judgement_deprivation": 0.0,
    }
    draws = xr.Dataset(
        {
            name: (("chain", "draw", *(f"{name}_{d}" for d in range(np.ndim(value)))), one)
            for name, value in free.items()
            for one in [np.asarray(value, dtype=float)[None, None]]
        },
        coords={"chain": [0], "draw": [0]},
    )
    found = DerivedQuantities(written, "composite").evaluate(draws, inputs, on).squeeze()

    sigma = loading @ loading.T + np.diag(own**2)
    weight = inputs.weight / np.sqrt(np.diag(sigma))
    weight /= np.sqrt(weight @ sigma @ weight)
    covariance = sigma @ weight
    u = z @ inputs.spatial_axes
    seen = inputs.measurements
    for i in (0, 7, 152):
        there = seen.observed[:, :, i].ravel() > 0
        onto = np.repeat(np.eye(k), t, axis=0)[there]
        noise = (seen.variance[:, :, i] + year_sd[:, None] ** 2).ravel()[there]
        marginal = onto @ sigma @ onto.T + np.diag(noise)
        expected = (level[:, None] + shift).ravel()[there]
        expected = expected + onto @ covariance * np.sqrt(share / (1.0 - share)) * u[i]
        error = seen.y[:, :, i].ravel()[there] - expected
        solved = np.linalg.solve(marginal, error)
        _, log_determinant = np.linalg.slogdet(2.0 * np.pi * marginal)
        log_likelihood = -0.5 * (error @ solved + log_determinant)
        gain = onto @ covariance
        alone = 1.0 - gain @ np.linalg.solve(marginal, gain)
        mean = np.sqrt(1.0 - share) * (gain @ solved) + np.sqrt(share) * u[i]
        at = found.isel(authority=i)
        assert float(at.indicator_log_likelihood) == pytest.approx(log_likelihood)
        assert float(at.effectiveness_mean) == pytest.approx(mean)
        assert float(at.effectiveness_sd) ** 2 == pytest.approx((1.0 - share) * alone)
        # The judgement's scale: rho theta, and what is left to make its variance 1.
        assert float(at.judgement_mean) == pytest.approx(0.4 * mean)
        spread = 1.0 - 0.16 + 0.16 * (1.0 - share) * alone
        assert float(at.judgement_variance) == pytest.approx(spread)
        assert float(at.judgement_covariance) == pytest.approx(0.4 * (1.0 - share) * alone)


def test_a_panel_without_a_map_is_refused():
    with pytest.raises(PanelError, match=r"no variable adjacency"):
        prepare(small_panel(), SPEC)


@pytest.mark.parametrize(
    "other", [{"sampler": {"engine": "joint"}}, {"model": {"challenger": "domain_factors"}}]
)
def test_what_does_not_know_the_map_is_refused(other):
    asked = {"model": {"spatial": "bym2", "challenger": "none"}, "sampler": {}}
    for section, keys in other.items():
        asked[section] |= keys
    with pytest.raises(ValueError, match=r"model\.spatial = 'bym2'"):
        RunConfig.model_validate(asked)


def simulated(inputs, share, rho, rng):
    """Draw indicators and judgements of a known field, on the inputs' own map."""
    seen, judged = inputs.measurements, inputs.judgements
    k, _, n = seen.y.shape
    sigma = np.full((k, k), 0.25) + 0.35 * np.eye(k)
    weight = inputs.weight / np.sqrt(np.diag(sigma))
    weight /= np.sqrt(weight @ sigma @ weight)
    u = rng.normal(size=len(inputs.spatial_axes)) @ inputs.spatial_axes
    lasting = rng.multivariate_normal(np.zeros(k), sigma, n)
    theta = np.sqrt(1.0 - share) * lasting @ weight + np.sqrt(share) * u
    effects = lasting + np.outer(u, sigma @ weight) * np.sqrt(share / (1.0 - share))
    noise = np.sqrt(0.3**2 + seen.variance)
    y = (effects.T[:, None] + noise * rng.normal(size=seen.y.shape)) * seen.observed
    scale = rho * theta + np.sqrt(1.0 - rho**2) * rng.normal(size=n)
    grade = np.searchsorted([-1.2, -0.3, 0.9], scale)
    return (
        replace(
            inputs,
            measurements=replace(seen, y=y),
            judgements=replace(judged, grade=grade, judged=np.ones(n)),
        ),
        theta,
    )


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.7])
def test_a_known_share_and_link_are_recovered(share):
    rng = np.random.default_rng(int(100 * share))
    inputs, theta = simulated(prepare(with_lattice(small_panel()), SPEC), share, 0.5, rng)
    compiled = CompiledStructure(SPEC, "composite", inputs)
    fit = compiled.sample(VARIANT, inputs, SamplerSpec(chains=2, tune=500, draws=500, seed=1))
    drawn = fit["posterior"].to_dataset()

    for name, true in (("spatial_share", share), ("rho", 0.5)):
        low, high = np.quantile(drawn[name], [0.005, 0.995])
        assert low < true < high
    estimated = drawn.effectiveness.mean(("chain", "draw")).values
    assert np.corrcoef(estimated, theta)[0, 1] > 0.85
