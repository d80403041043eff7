"""Time the first compile of a structure, and a refit on new data that compiles nothing.

Run ``python -m benchmarks.refit``. Each structure and shape has a process of its own, with
PyTensor's and Numba's caches empty (``cold``) and then another that finds them filled
(``warm``). A refit is 4 chains of 1,000 + 1,000 draws for data of the same shape under another
seed: ``draws`` are the sampler's, ``refit`` adds all that is evaluated from them. Seconds are
of the processor, all threads together; ``import`` is what a process needs before it starts.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

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
    import numpy as np

    from benchmarks.problem import five_years, least_ess, one_year, processor_seconds
    from models.fit import CompiledStructure
    from models.inputs import prepare
    from models.link import switches
    from models.sampling import draw
    from models.spec import ModelSpec, SamplerSpec, Variant

    spec = ModelSpec(structure=structure, challenger="none", factors=factors)
    panel = one_year if years == 1 else five_years
    first, second = (prepare(panel(structure, seed), spec) for seed in (1, 2))
    taken = {"import": processor_seconds()}
    compiled = CompiledStructure(spec, structure, first)
    taken["compile"] = processor_seconds() - taken["import"]
    if refit:
        variant = Variant(structure=structure, estimand="adjusted", link="linked")
        sampler = SamplerSpec(chains=4, tune=1000, draws=1000, cores=2)
        started = processor_seconds()
        ready = compiled.with_data(second, switches(variant, spec))
        tree = draw(ready, sampler, np.random.SeedSequence(1), "refit")
        taken["draws"] = processor_seconds() - started
        posterior, stats = (tree[group].to_dataset() for group in ("posterior", "sample_stats"))
        rng = np.random.default_rng(1)
        fit = compiled.finish(posterior, stats, variant, second, rng, taken["draws"])
        taken["refit"] = processor_seconds() - started
        taken["ess"] = least_ess(fit["posterior"].to_dataset(), ("rho",))[0]
        taken["leapfrogs"] = float(stats["n_steps"].mean())
    return taken


def main() -> None:
    """Print the table, or measure one case for the process that prints it."""
    from benchmarks.problem import machine

    if sys.argv[1:2] in (["compile"], ["refit"]):
        what, structure, factors, years = sys.argv[1:]
        print(json.dumps(measure(structure, int(factors), int(years), what == "refit")))
        return
    print(f"{machine()}; CPU seconds; 153 x 22 in one year, 153 x 18 in five")
    titles = ("import", "cold", "warm", "draws", "refit", "ESS rho", "steps")
    print(f"{'':24s}" + "".join(f"{title:>9s}" for title in titles))
    for case in cases(sys.argv[1:]):
        with tempfile.TemporaryDirectory() as caches:
            cold, warm = apart(case, caches, "refit"), apart(case, caches, "compile")
        numbers = [
            *(cold["import"], cold["compile"], warm["compile"], cold["draws"], cold["refit"]),
            *(cold["ess"], cold["leapfrogs"]),
        ]
        print(
            f"{'-'.join(map(str, case)):24s}" + "".join(f"{n:9.1f}" for n in numbers), flush=True
        )


if __name__ == "__main__":
    main()
