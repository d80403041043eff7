"""Bambi's cumulative probit and ours give the same answer on the same data.

With the link off, our judgement's model is an ordinary ordered probit on deprivation,
which Bambi writes in one formula: an independent check of likelihood and sampler. Cutpoints have
priors so wide on either side that the likelihood alone tells them.
"""

import logging

import arviz as az
import bambi
import numpy as np
import pandas as pd
import pytest
from pymc.distributions.transforms import ordered

from models.fit import CompiledStructure
from models.inputs import prepare
from models.spec import ModelSpec, PriorScales, SamplerSpec, Variant
from tests.fitted import small_panel

SHOW = logging.getLogger(__name__)
WIDE = 10.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Bambi's dependencies are not ours to hold to silence
]


def test_deprivation_slope_and_its_error_agree():
    priors = PriorScales(judgement_deprivation=2.0, first_cutpoint_sd=WIDE, cutpoint_gap=WIDE)
    spec = ModelSpec(drift=False, priors=priors)
    inputs = prepare(small_panel(), spec)
    variant = Variant(structure="composite", estimand="adjusted", link="deprivation_only")
    fit = CompiledStructure(spec, "composite", inputs).sample(variant, inputs, SamplerSpec())
    ours = fit["posterior"]["judgement_deprivation"].transpose("chain", "draw").values
    grade = pd.Categorical(inputs.judgements.grade, categories=range(4), ordered=True)
    frame = pd.DataFrame({"grade": grade, "x": inputs.deprivation})
    model = bambi.Model(
        "grade ~ 0 + x",
        frame,
        family="cumulative",
        link="probit",
        priors={
            "x": bambi.Prior("Normal", mu=0, sigma=2.0),
            "threshold": bambi.Prior(
                "Normal", mu=np.array([-2.0, 0.0, 2.0]), sigma=WIDE, transform=ordered
            ),
        },
    )
    theirs = (
        model.fit(
            draws=1000, tune=1000, chains=4, cores=2, random_seed=1, inference_method="nutpie"
        )["posterior"]["x"]
        .transpose("chain", "draw")
        .values
    )

    error = np.hypot(float(az.mcse(ours)), float(az.mcse(theirs)))
    spread = np.hypot(*(float(az.mcse(one, method="sd")) for one in (ours, theirs)))
    SHOW.info("ours %.4f (%.4f), Bambi's %.4f", ours.mean(), error, theirs.mean())
    assert ours.mean() == pytest.approx(theirs.mean(), abs=4 * error)
    assert np.std(ours) == pytest.approx(np.std(theirs), abs=4 * spread)
