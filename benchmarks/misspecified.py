"""Bias and coverage of ρ where deprivation acts along a curve, or authorities vary unequally.

Run ``python -m benchmarks.misspecified [PANELS]`` (100 panels each by default; a minute or two of
the processor for ten). Data sets of 153 authorities, 10 indicators and 2 years are drawn forwards
in NumPy, and fitted by the screening tier (:func:`models.screen.screen_link`) as the model is by
default and with the key that allows for what is wrong. Printed are the mean error of ρ's
posterior mean with its standard error, and how often the posterior mean within 1.645 posterior
standard deviations holds the truth (0.90 is right; 100 panels tell it to about 0.03). Panels whose
posterior no normal could approximate are left out, and the number fitted is printed.

The truths, in standard deviations:

``curve``
    A parabola of deprivation, standardised, raises each indicator by 0.15 and the judgement's
    scale by 0.3; no link.
``straight``
    The same without the parabola: what the spline costs where it is not needed.
``size``
    Of lasting effects and of years the logarithm of the standard deviation falls by 0.3 for one
    standard deviation of log population; a link of 0, and of 0.4.
``both``
    As ``size``, and the judgement's scale varies with it too, which no key allows for.
"""

import sys
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.simulate import simulate_panel
from models.fit import CompiledStructure
from models.inputs import ModelInputs, prepare
from models.posterior_mode import LaplaceError
from models.screen import screen_link
from models.spec import ModelSpec, Variant

Array = NDArray[np.float64]

PLAIN = ModelSpec(challenger="none", drift=False, region=False, factors=1)
SPLINE = PLAIN.model_copy(update={"deprivation_form": "spline"})
SIZE = PLAIN.model_copy(update={"effect_spread": "size"})
VARIANT = Variant(structure="composite", estimand="adjusted", link="linked")
_INDICATORS = (
    *("rereferral_12m", "cpp_second_plan", "icpc_15_days", "cla_same_carer_2y"),
    *("new_placement_far", "cla_health_assessment", "cla_sdq_completed"),
    *("cl_eet_17_18", "sw_turnover", "sw_agency"),
)
_CUTPOINTS = np.array([-1.2, 0.0, 1.2])
_NORMAL_90 = 1.645


@dataclass(frozen=True, slots=True)
class Truth:
    """What data sets are drawn from; see the module."""

    rho: float = 0.0
    indicator_curve: float = 0.0
    judgement_curve: float = 0.0
    size_slope: float = 0.0
    judgement_too: bool = False


TRUTHS: dict[str, tuple[Truth, tuple[ModelSpec, ModelSpec]]] = {
    "curve": (Truth(indicator_curve=0.15, judgement_curve=0.3), (PLAIN, SPLINE)),
    "straight": (Truth(), (PLAIN, SPLINE)),
    "size": (Truth(size_slope=-0.3), (PLAIN, SIZE)),
    "size, ρ 0.4": (Truth(rho=0.4, size_slope=-0.3), (PLAIN, SIZE)),
    "both": (Truth(size_slope=-0.3, judgement_too=True), (PLAIN, SIZE)),
    "both, ρ 0.4": (Truth(rho=0.4, size_slope=-0.3, judgement_too=True), (PLAIN, SIZE)),
}


def draw(truth: Truth, inputs: ModelInputs, size: Array, rng: np.random.Generator) -> ModelInputs:
    """Draw measurements and grades in the shape of given inputs."""
    measured = inputs.measurements
    indicators, _, authorities = measured.y.shape
    x = inputs.deprivation
    curve = (x**2 - (x**2).mean()) / (x**2).std()
    ratio = np.exp(2.0 * truth.size_slope * size)
    ratio /= ratio.mean()
    loading = np.column_stack([rng.uniform(0.15, 0.55, indicators), np.zeros(indicators)])
    own = np.maximum(1.0 - (loading**2).sum(axis=1), 0.1)
    unit = loading @ rng.normal(size=(2, authorities))
    unit += np.sqrt(own)[:, None] * rng.normal(size=unit.shape)
    spread = np.sqrt(np.diag(loading @ loading.T) + own)
    weight = 1.0 / spread
    theta = weight @ unit / np.sqrt(weight @ (loading @ loading.T + np.diag(own)) @ weight)
    lasting = np.sqrt(ratio) * unit + rng.normal(0.0, 0.2, indicators)[:, None] * x
    lasting += truth.indicator_curve * curve
    years = 0.4 * np.sqrt(ratio) * rng.normal(size=measured.y.shape)
    noise = np.sqrt(measured.variance) * rng.normal(size=measured.y.shape)
    y = 0.8 * (lasting[:, None, :] + years) + noise
    theta = np.sqrt(ratio) * theta
    rest = np.sqrt(1.0 - truth.rho**2) * rng.normal(size=authorities)
    if truth.judgement_too:
        rest *= np.sqrt(ratio)
    scale = truth.rho * theta + rest - 0.2 * x + truth.judgement_curve * curve
    grade = np.searchsorted(_CUTPOINTS, scale) * (inputs.judgements.judged > 0)
    return replace(
        inputs,
        measurements=replace(measured, y=np.where(measured.observed > 0, y, 0.0)),
        judgements=replace(inputs.judgements, grade=grade.astype(np.int64)),
    )


def run(name: str, panels: int) -> None:
    """Draw and fit the panels of one truth, and print a line for each specification."""
    truth, specifications = TRUTHS[name]
    panel = simulate_panel(indicators=_INDICATORS, years=(2024, 2025), seed=20260101)
    size = prepare(panel, SIZE).size
    assert size is not None
    for spec in specifications:
        inputs = prepare(panel, spec)
        compiled = CompiledStructure(spec, "composite", inputs)
        found = []
        for number in range(panels):
            drawn = draw(truth, inputs, size, np.random.default_rng([7, number]))
            try:
                fit = screen_link(compiled, VARIANT, drawn, seed=number)
            except LaplaceError:
                continue
            found.append((fit["rho_mean"], fit["rho_sd"]))
        mean, sd = np.array(found).T
        error = mean - truth.rho
        held = np.abs(error) < _NORMAL_90 * sd
        print(
            f"{name:14s} {mean.size:4d} {spec.deprivation_form:7s} {spec.effect_spread:6s} "
            f"error {error.mean():+.3f} ({error.std(ddof=1) / np.sqrt(mean.size):.3f}) "
            f"coverage {held.mean():.2f}  mean sd {sd.mean():.3f}  "
            f"sd of means {mean.std(ddof=1):.3f}",
            flush=True,
        )


def main() -> None:
    """Print the table, or one truth's lines where it is named after the number of panels."""
    panels = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name in sys.argv[2:] or TRUTHS:
        run(name, panels)


if __name__ == "__main__":
    main()
