"""The store of fits: what enters an identity, and what happens to an entry."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.files import fits
from analysis.files.fits import FitStore, fit_identity
from data.netcdf import read_tree
from models.spec import ModelSpec, SamplerSpec, Variant
from tests.fitted import small_panel

VARIANTS = tuple(
    Variant(structure="composite", estimand="adjusted", link=link)
    for link in ("linked", "independent")
)
DRAWS = xr.Dataset({"rho": (("chain", "draw"), np.arange(8.0).reshape(2, 4))})


@pytest.fixture
def panel():
    return small_panel()


@pytest.fixture
def store(tmp_path):
    return FitStore(tmp_path / "store")


@pytest.fixture
def asked(monkeypatch):
    """Stand for the engine: count what is compiled and fitted."""
    told = []

    class Engine:
        def __init__(self, panel, expected, *_):
            told.append(tuple(one.name for one in expected))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __call__(self, variant):
            told.append(variant.name)
            return xr.DataTree.from_dict({"posterior": DRAWS + len(variant.name)})

    monkeypatch.setattr("models.engine.fitting", Engine)
    return told


def obtained(store, panel, variants=VARIANTS, spec=None, sampler=None):
    found = store.fits(panel, variants, spec or ModelSpec(), sampler or SamplerSpec())
    return {name: fit["posterior"].to_dataset() for name, fit in found}


def test_a_fit_is_made_once_and_nothing_is_compiled_then(store, panel, asked):
    first = obtained(store, panel, VARIANTS[:1])
    both = obtained(store, panel)

    assert asked == [
        (VARIANTS[0].name,),
        VARIANTS[0].name,
        (VARIANTS[1].name,),
        VARIANTS[1].name,
    ]
    again = obtained(store, panel)
    assert len(asked) == 4
    xr.testing.assert_identical(first[VARIANTS[0].name], again[VARIANTS[0].name])
    xr.testing.assert_identical(both[VARIANTS[1].name], again[VARIANTS[1].name])


@pytest.mark.parametrize(
    "change",
    [
        {"spec": ModelSpec(factors=1)},
        {"spec": ModelSpec(priors={"level": 0.4})},
        {"sampler": SamplerSpec(draws=900)},
        {"sampler": SamplerSpec(seed=1)},
    ],
)
def test_another_model_or_sampler_is_another_fit(store, panel, asked, change):
    obtained(store, panel)
    before = len(asked)
    obtained(store, panel, **change)

    assert len(asked) == before + 3


def test_another_value_of_the_panel_is_another_fit(store, panel, asked):
    obtained(store, panel)
    before = len(asked)
    obtained(store, panel.assign(deprivation=panel["deprivation"] + 1e-9))

    assert len(asked) == before + 3


@pytest.mark.parametrize(
    "change",
    [
        {"spec": ModelSpec(challenger="none")},
        {"spec": ModelSpec(identical=True)},
        {"sampler": SamplerSpec(cores=1)},
    ],
)
def test_what_changes_no_draw_needs_no_fit(store, panel, asked, change):
    obtained(store, panel)
    before = len(asked)
    obtained(store, panel, **change)

    assert len(asked) == before


def test_code_of_the_analysis_changes_no_fit_and_that_of_the_models_does(panel, monkeypatch):
    read = []
    whole = fits.code_identity

    def seen(parts=("data", "models", "analysis")):
        read.append(parts)
        return whole(parts)

    monkeypatch.setattr(fits, "code_identity", seen)
    fit_identity(panel)

    assert read == [("data", "models")]


def test_a_changed_line_of_code_changes_the_identity_of_its_part_alone(tmp_path, monkeypatch):
    for name in ("models/fit.py", "analysis/evidence/weigh.py", "analysis/pages/style.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(fits, "ROOT", tmp_path)
    parts = ("models", "analysis/evidence", "analysis/pages", "analysis/evidence/weigh.py")
    before = {part: fits.code_identity.__wrapped__((part,)) for part in parts}
    (tmp_path / "analysis/pages/style.css").write_text("after")

    changed = [part for part in parts if fits.code_identity.__wrapped__((part,)) != before[part]]
    assert changed == ["analysis/pages"]
    assert len(set(before.values())) == 3  # a module alone is hashed as in its package


def test_the_code_that_enters_an_identity_is_there():
    own = [fits.code_identity((part,)) for part in ("data", "models", "analysis")]

    assert len(set(own)) == 3
    with pytest.raises(ValueError, match="no source file"):
        fits.code_identity(("analysis/moved",))


@pytest.mark.parametrize(
    "parts",
    [
        (np.arange(3.0),),
        (np.arange(3),),
        (pd.DataFrame({"a": [1, 2]}),),
        (pd.DataFrame({"b": [1, 2]}),),
        (["a", "b"],),
        ("a",),
        (None,),
        (),
    ],
)
def test_parts_of_every_kind_have_identities_of_their_own(parts):
    others = [(np.arange(4.0),), (pd.DataFrame({"a": [1, 3]}),), (["ab"],), ("a", "")]

    assert fit_identity(*parts) == fit_identity(*parts)
    assert fit_identity(*parts) not in {fit_identity(*other) for other in others}


def test_what_has_no_identity_is_refused():
    with pytest.raises(TypeError, match="object has no identity"):
        fit_identity(object())


def test_a_damaged_entry_is_made_again_and_said_so(store, panel, asked, capsys):
    first = obtained(store, panel, VARIANTS[:1])
    [file] = store.folder.glob("*/fit.nc")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    again = obtained(store, panel, VARIANTS[:1])

    assert asked.count(VARIANTS[0].name) == 2
    assert "missing or changed since it was finished" in capsys.readouterr().err
    xr.testing.assert_identical(first[VARIANTS[0].name], again[VARIANTS[0].name])


SLOW = """
import sys, time
from pathlib import Path
from analysis.files.fits import FitStore
from tests.test_fits import DRAWS

def make():
    print("begun", flush=True)
    time.sleep(1.5)
    return DRAWS

FitStore(Path(sys.argv[1])).keep("draws", (1,), make)
"""


def test_a_second_process_waits_for_the_first(store, capsys):
    first = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(store.folder)], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "begun\n"
    found = store.keep("draws", (1,), lambda: pytest.fail("made twice"))

    assert first.wait(60) == 0
    first.stdout.close()
    assert "is computing the same there; waiting for it" in capsys.readouterr().err
    xr.testing.assert_identical(found, DRAWS)


def test_what_was_not_used_for_longest_gives_way(tmp_path, panel):
    size = 0
    for number in range(4):
        store = FitStore(tmp_path / "store", most=3 * size + 1 if size else 10**9)
        store.keep("draws", (number,), lambda: DRAWS)
        first = next(store.folder.glob("*/fit.nc")).parent
        size = sum(file.stat().st_size for file in first.iterdir())
    kept = len(list(store.folder.glob("*/fit.nc")))
    made = []
    store.keep("draws", (0,), lambda: made.append(0) or DRAWS)

    assert kept == 3
    assert made == [0]


def test_where_the_cache_cannot_be_written_fits_serve_this_process(tmp_path, panel, capsys):
    (tmp_path / "file").write_text("")
    store = FitStore(tmp_path / "file" / "store")
    made = []
    for _ in range(2):
        store.keep("draws", (0,), lambda: made.append(0) or DRAWS)

    assert made == [0]
    assert "Until then fits are not kept for other runs" in capsys.readouterr().err


def test_a_fit_reads_back_in_single_precision_where_it_is_by_authority(store, panel, asked):
    [(_, file)] = store.files(panel, VARIANTS[:1], ModelSpec(), SamplerSpec())

    assert read_tree(file)["posterior"]["rho"].dtype == np.float64
