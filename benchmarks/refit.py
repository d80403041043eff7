"""Time the first compile of a structure, and a refit on new data that compiles nothing.

Run ``python -m benchmarks.refit``, with cases such as ``composite-2-5`` for those alone. Each
structure and shape has a process of its own, with PyTensor's and Numba's caches empty (``cold``)
and then another that finds them filled (``warm``) and refits. ``import`` is what a process needs
for the libraries; what this project compiles when it is imported counts as compiling. A refit is
4 chains of 1,000 + 1,000 draws for data of the same shape under another seed, in whitened
coordinates, the default, and in the parameters' own, at the usual target of acceptance of each:
``draws`` are the sampler's, finding the coordinates among them, ``refit`` adds all that is
evaluated from them. Seconds are of the processor, all threads together.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.fit import CompiledStructure
    from models.inputs import ModelInputs

COORDINATES = ("whitened", "own")
CASES = [
    (structure, factors, years)
    for years in (1, 5)
    for structure, factors in (
        ("one_factor", 1),
        ("composite", 1),
        ("composite", 2),
        ("composite", 3),
    )
]


def cases(names: list[str]) -> Iterator[tuple[str, int, int]]:
    """Give the cases to run: all, or those named as structure-factors-years."""
    for case in CASES:
        if not names or "-".join(map(str, case)) in names:
            yield case


def apart(case: tuple[str, int, int], caches: str, what: str) -> dict[str, float]:
    """Measure a case in a process of its own; ``what`` is ``compile`` or ``refit`` too."""
    environment = os.environ | {
        "PYTENSOR_FLAGS": f"base_compiledir={caches}/pytensor",
        "NUMBA_CACHE_DIR": f"{caches}/numba",
    }
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.refit", what, *map(str, case)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(structure: str, factors: int, years: int, refit: bool) -> dict[str, float]:
    """Compile one structure and, if wanted, fit it to other data of the same shape."""
    import arviz
    import pymc
    import scipy.stats
    import xarray

    import models.sampler
    from benchmarks.problem import five_years, one_year, processor_seconds

    del arviz, models, pymc, scipy, xarray
    taken = {"import": processor_seconds()}
    from models import affine
    from models.fit import CompiledStructure
    from models.inputs import prepare
    from models.spec import ModelSpec

    spec = ModelSpec(structure=structure, challenger="none", factors=factors)
    panel = one_year if years == 1 else five_years
    taken["compile"] = processor_seconds() - taken["import"]
    first, second = (prepare(panel(structure, seed), spec) for seed in (1, 2))
    started = processor_seconds()
    compiled = CompiledStructure(spec, structure, first)
    taken["compile"] += processor_seconds() - started
    if refit:
        # As `make setup` leaves them: coordinates are compiled once for all structures.
        affine.log_density()
        affine.expand()
        for coordinates in COORDINATES:
            measured = again(compiled, structure, second, coordinates)
            taken |= {f"{coordinates} {name}": value for name, value in measured.items()}
    return taken


def again(
    compiled: "CompiledStructure", structure: str, inputs: "ModelInputs", coordinates: str
) -> dict[str, float]:
    """Fit a compiled structure to other data, in given coordinates."""
    import numpy as np

    from benchmarks.problem import least_ess, processor_seconds
    from models.link import switches
    from models.sampling import draw
    from models.spec import SamplerSpec, Variant

    variant = Variant(structure=structure, estimand="adjusted", link="linked")
    sampler = SamplerSpec(chains=4, tune=1000, draws=1000, cores=2, coordinates=coordinates)
    started = processor_seconds()
    ready = compiled.with_data(inputs, switches(variant, compiled.spec))
    placed = compiled.in_coordinates(ready, sampler)
    seed = np.random.SeedSequence(1)
    tree = draw(placed, sampler, seed, "refit", coordinates=sampler.coordinates)
    draws = processor_seconds() - started
    posterior, stats = (tree[group].to_dataset() for group in ("posterior", "sample_stats"))
    fit = compiled.finish(posterior, stats, variant, inputs, np.random.default_rng(1), draws)
    return {
        "draws": draws,
        "refit": processor_seconds() - started,
        "ess": least_ess(fit["posterior"].to_dataset(), ("rho",))[0],
        "steps": float(stats["n_steps"].mean()),
    }


def main() -> None:
    """Print the table, or measure one case for the process that prints it."""
    from benchmarks.problem import machine

    if sys.argv[1:2] in (["compile"], ["refit"]):
        what, structure, factors, years = sys.argv[1:]
        print(json.dumps(measure(structure, int(factors), int(years), what == "refit")))
        return
    print(f"{machine()}; CPU seconds; 153 x 22 in one year, 153 x 18 in five")
    titles = ("import", "cold", "warm", *("draws", "refit", "ESS rho", "steps") * 2)
    print(f"{'':18s}{'':21s}" + "".join(f"{one:>28s}" for one in COORDINATES))
    print(f"{'':18s}" + "".join(f"{title:>7s}" for title in titles))
    for case in cases(sys.argv[1:]):
        with tempfile.TemporaryDirectory() as caches:
            cold, warm = apart(case, caches, "compile"), apart(case, caches, "refit")
        numbers = [cold["import"], cold["compile"], warm["compile"]]
        for coordinates in COORDINATES:
            numbers += [
                warm[f"{coordinates} {name}"] for name in ("draws", "refit", "ess", "steps")
            ]
        print(
            f"{'-'.join(map(str, case)):18s}" + "".join(f"{n:7.1f}" for n in numbers), flush=True
        )


if __name__ == "__main__":
    main()
