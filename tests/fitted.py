"""One small run, fitted once for the whole suite: compiling is what costs."""

from analysis.settings.config import RunConfig
from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth
from models.fitted import Fit
from models.spec import SamplerSpec, Variant

INDICATORS = ("rereferral_12m", "cla_dental", "cl_eet_17_18", "cl_eet_19_21", "sw_agency")
YEARS = (2023, 2024)
SAMPLER = SamplerSpec(tune=500, draws=800, seed=7)
"""With 500 draws the R-hat of a fit in seven is above its limit by chance."""


def small_panel(rho=0.5, seed=5):
    return simulate_panel(SimulatedTruth(rho=rho), indicators=INDICATORS, years=YEARS, seed=seed)


def small_config():
    return RunConfig.model_validate(
        {
            "panel": {
                "indicators": list(INDICATORS),
                "years": list(YEARS),
                "simulation": {"rho": 0.5, "seed": 5},
            },
            "sampler": SAMPLER.model_dump(),
            "evidence": {"simulated_panels": 20},
        }
    )


def as_fit(tree, spec, link="linked"):
    """A made-up tree as a fit of a specification's primary structure."""
    variant = Variant(structure=spec.structure, estimand="adjusted", link=link)
    tree.attrs |= variant.model_dump()
    tree.attrs |= {"engine": "collapsed", "specification": spec.model_dump_json()}
    return Fit.of(tree)


TINY = """
[panel]
indicators = ["rereferral_12m", "cla_dental", "cl_eet_17_18"]
years = [2024]
simulation = { seed = 5 }
[model]
factors = 1
challenger = "none"
[sampler]
chains = 4
tune = 300
draws = 500
seed = 7
refits = false
[evidence]
simulated_panels = 0
"""
"""The smallest run that is weighed: a minute, most of it compiling."""
