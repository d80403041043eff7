"""Bambi's cumulative probit and ours give the same answer on the same data.

With the link off, our judgement's model is an ordinary ordered probit on deprivation,
which Bambi writes in one formula: an independent check of likelihood and sampler.
"""

import bambi
import numpy as np
import pandas as pd
import pytest

from models.fit import CompiledStructure
from models.inputs import prepare
from models.spec import ModelSpec, PriorScales, SamplerSpec, Variant
from tests.fitted import small_panel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Bambi's dependencies are not ours to hold to silence
]


def test_deprivation_slope_and_its_error_agree():
    spec = ModelSpec(drift=False, priors=PriorScales(judgement_deprivation=2.0))
    inputs = prepare(small_panel(), spec)
    variant = Variant(structure="composite", estimand="adjusted", link="deprivation_only")
    fit = CompiledStructure(spec, "composite", inputs).sample(variant, inputs, SamplerSpec())
    ours = fit["posterior"]["judgement_deprivation"].values.ravel()
    grade = pd.Categorical(inputs.judgements.grade, categories=range(4), ordered=True)
    frame = pd.DataFrame({"grade": grade, "x": inputs.deprivation})
    model = bambi.Model(
        "grade ~ 0 + x",
        frame,
        family="cumulative",
        link="probit",
        priors={"x": bambi.Prior("Normal", mu=0, sigma=2.0)},
    )
    theirs = model.fit(
        draws=1000, tune=1000, chains=4, cores=2, random_seed=1, inference_method="nutpie"
    )["posterior"]["x"].values.ravel()

    # Monte Carlo error of each mean about 0.002; cutpoint priors differ a little.
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.02)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.1)
