"""Sample models of England in our coordinates and by what nutpie itself adapts, in one run.

Run ``python -m benchmarks.adaptation``, with ``composite`` or ``dynamic`` for that alone; it needs
EFFECTIVENESS_DATA, the folder of published files. The composite is that of
``configs/england.toml`` (concordance, linked), the dynamic model that of
``configs/england_dynamic.toml`` (adjusted, linked). Each is compiled once and then sampled with
the chains, draws and seed of its configuration: in whitened coordinates (:mod:`models.whitened`),
and in the model's own with nutpie's diagonal metric and its low-rank one. nutpie's normalising
flow needs flowjax and a model compiled by JAX, which these kernels are not. ``--tune`` and
``--draws`` change both for all; ``--seeds`` draws with as many seeds.

Quantities are those that no rotation of the factors and no sign changes: ρ; *sampled*, the
parameters that the sampler moves and a report names; *all*, everything that the convergence gate
judges (:mod:`analysis.evidence.convergence`), effectiveness and the correlations that the loadings
imply among it. ESS is the least of any element, bulk and tail. Seconds are of the processor, all
threads together: sampling, with finding the coordinates (``placing``, which is the same for a fit
of any length), and without compiling.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from analysis.dynamic.weigh import examine_paths
from analysis.evidence.convergence import Convergence, examine
from analysis.settings.config import RunConfig
from analysis.settings.sources import obtain_panel
from benchmarks.problem import machine, processor_seconds
from models import affine
from models.density import Density
from models.dynamic.fit import CompiledDynamic
from models.dynamic.inputs import prepare_dynamic
from models.fit import CompiledStructure
from models.inputs import prepare
from models.link import switches
from models.sampler import Adaptation, Compiled, sample
from models.spec import Coordinates, SamplerSpec, Variant

CONFIGS = Path(__file__).parents[1] / "configs"
OURS = "whitened"


@dataclass(frozen=True)
class Way:
    """One way to sample: coordinates, nutpie's adaptation, and a target of acceptance."""

    coordinates: Coordinates
    adaptation: Adaptation
    target: float

    @property
    def name(self) -> str:
        """The name in the table."""
        return f"{OURS if self.coordinates == OURS else self.adaptation} {self.target}"


@dataclass(frozen=True)
class Problem:
    """A compiled model with its data, and what turns its draws into judged quantities."""

    name: str
    sampler: SamplerSpec
    compiled: Compiled
    place: Callable[[Compiled, SamplerSpec], Compiled]
    judge: Callable[[xr.DataTree], Convergence]
    ways: tuple[Way, ...]
    compiling: float

    def run(self, way: Way, seed: int) -> "Row":
        """Sample one way, and time it."""
        how = self.sampler.model_copy(update={"coordinates": way.coordinates, "seed": seed})
        started = processor_seconds()
        placed = self.place(self.compiled, how)
        placing = processor_seconds() - started
        tree = sample(
            placed,
            chains=how.chains,
            tune=how.tune,
            draws=how.draws,
            cores=how.cores,
            target_accept=way.target,
            seed=seed % 2**32,
            tell=lambda done: told(way, done),
            adaptation=way.adaptation,
        )
        seconds = processor_seconds() - started
        steps = float(tree["sample_stats"]["n_steps"].mean())
        judged = self.judge(tree)
        free = [name for name in judged.table.index if name in Density(self.compiled).places]
        table = judged.table
        return Row(
            way=way,
            placing=placing,
            seconds=seconds,
            draws=how.chains * how.draws,
            steps=steps,
            rho=float(table.loc["rho", "ess_bulk"]),
            sampled=float(table.loc[free, "ess_bulk"].min()),
            sampled_tail=float(table.loc[free, "ess_tail"].min()),
            bulk=float(table["ess_bulk"].min()),
            tail=float(table["ess_tail"].min()),
            least=str(table["ess_bulk"].idxmin()),
            rhat=float(table["rhat"].max()),
            divergences=judged.divergences,
        )


@dataclass(frozen=True)
class Row:
    """What one way of sampling took and gave."""

    way: Way
    placing: float
    seconds: float
    draws: int
    steps: float
    rho: float
    sampled: float
    sampled_tail: float
    bulk: float
    tail: float
    least: str
    rhat: float
    divergences: int

    def line(self, ours: "Row") -> str:
        """Put the figures in a line of the table, with the ratio of ESS a second to ours."""
        rates = [(one.rho / one.seconds, one.bulk / one.seconds) for one in (self, ours)]
        ratios = [mine / base for mine, base in zip(*rates, strict=True)]
        return (
            f"{self.way.name:14s} {self.placing:7.1f} {self.seconds:8.1f} "
            f"{self.draws:6d} {self.steps:6.1f} "
            f"{self.rho:7.0f} {self.sampled:7.0f} {self.sampled_tail:7.0f} {self.bulk:7.0f} "
            f"{self.tail:7.0f} {self.rhat:6.3f} {self.divergences:4d} "
            f"{rates[0][0]:8.2f} {rates[0][1]:8.2f} {ratios[0]:7.3f} {ratios[1]:7.3f}  "
            f"{self.least}"
        )


TITLES = (
    f"{'':14s} {'placing':>7s} {'CPU s':>8s} {'draws':>6s} {'steps':>6s} "
    f"{'rho':>7s} {'sampled':>7s} {'tail':>7s} "
    f"{'all':>7s} {'tail':>7s} {'R-hat':>6s} {'div':>4s} {'rho/s':>8s} {'all/s':>8s} "
    f"{'x ours':>7s} {'x ours':>7s}  least of all"
)


def ways(ours: float, *others: float) -> tuple[Way, ...]:
    """Return the ways to sample: ours at one target, nutpie's at others, low rank at the last."""
    diagonal = [Way("own", "diag", target) for target in others]
    return (Way(OURS, "diag", ours), *diagonal, Way("own", "low_rank", others[-1]))


def configured(name: str) -> RunConfig:
    """Read one of the configurations for England."""
    return RunConfig.model_validate(tomllib.loads((CONFIGS / f"{name}.toml").read_text("utf-8")))


def composite(changes: dict[str, int]) -> Problem:
    """Compile England's composite; nutpie's own default of 0.8, and the project's of 0.9."""
    config = configured("england")
    spec = config.model
    panel = obtain_panel(config, None)
    variant = Variant(structure="composite", estimand="concordance", link="linked")
    inputs = prepare(panel, spec)
    started = processor_seconds()
    structure = CompiledStructure(spec, "composite", inputs)
    compiling = processor_seconds() - started

    def judge(tree: xr.DataTree) -> Convergence:
        drawn, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
        return examine(
            structure.finish(drawn, stats, variant, inputs, np.random.default_rng(1), 0.0)
        )

    return Problem(
        name="composite",
        sampler=config.sampler.model_copy(update=changes),
        compiled=structure.with_data(inputs, switches(variant, spec)),
        place=structure.in_coordinates,
        judge=judge,
        ways=ways(0.7, 0.8, 0.9),
        compiling=compiling,
    )


def dynamic(changes: dict[str, int]) -> Problem:
    """Compile England's dynamic model; every way at the target of its configuration."""
    config = configured("england_dynamic")
    assert config.dynamic is not None
    assert config.sampler.target_accept is not None
    inputs = prepare_dynamic(obtain_panel(config, None), config.dynamic)
    started = processor_seconds()
    model = CompiledDynamic(config.dynamic, inputs)
    ready = model.with_data(inputs, "adjusted")
    compiling = processor_seconds() - started

    def judge(tree: xr.DataTree) -> Convergence:
        drawn, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
        return examine_paths(model.finish(drawn, stats, "adjusted", inputs, 0.0))

    return Problem(
        name="dynamic",
        sampler=config.sampler.model_copy(update=changes),
        compiled=ready,
        place=model.in_coordinates,
        judge=judge,
        ways=ways(config.sampler.target_accept, config.sampler.target_accept),
        compiling=compiling,
    )


PROBLEMS = {"composite": composite, "dynamic": dynamic}


def told(way: Way, done: int) -> None:
    """Say how far sampling has come, apart from the table."""
    print(f"{way.name}: {done} draws", end="\r", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adaptation")
    parser.add_argument("models", nargs="*", choices=[[], *PROBLEMS], default=[])
    parser.add_argument("--tune", type=int)
    parser.add_argument("--draws", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Print a table for each model."""
    given = arguments()
    changes = {key: getattr(given, key) for key in ("tune", "draws") if getattr(given, key)}
    # The coordinates are compiled once for all models.
    affine.log_density()
    affine.expand()
    for name in given.models or PROBLEMS:
        problem = PROBLEMS[name](changes)
        how = problem.sampler
        print(f"{machine()}; {name}, England; {problem.compiled.dimension} parameters")
        length = f"{how.chains} x ({how.tune} + {how.draws}) draws on {how.cores} cores"
        print(f"{length}; compiling took {problem.compiling:.0f} CPU seconds")
        for seed in range(how.seed, how.seed + given.seeds):
            print(f"seed {seed}\n{TITLES}", flush=True)
            first: Row | None = None
            for way in problem.ways:
                row = problem.run(way, seed)
                first = first or row
                print(row.line(first), flush=True)


if __name__ == "__main__":
    main()
