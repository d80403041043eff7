"""From a panel to named fits, by whichever engine the configuration names.

``collapsed`` integrates the authorities' effects out and samples the rest
(:mod:`models.fit`); ``joint`` samples every latent variable and knows the exact likelihoods
of the counts (:mod:`models.joint.fit`); ``laplace`` approximates the collapsed posterior for
screening (:mod:`models.screen`). All three give fits with the same names.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import assert_never

import xarray as xr

from data.panel import Progress, silent
from models.counts import count
from models.fit import CompiledStructure
from models.inputs import ModelInputs, Prepare, prepare
from models.joint.fit import CompiledJoint
from models.leave_out import agrees
from models.leave_regions import with_region_refits
from models.link import variants
from models.refits import with_refits
from models.screen import screen
from models.spec import ModelSpec, SamplerSpec, Structure, Variant

Fits = Callable[
    [xr.Dataset, Iterable[Variant], ModelSpec, SamplerSpec, Progress, Prepare],
    Iterator[tuple[str, xr.DataTree]],
]
"""What yields named fits, as :func:`fit_each` does."""

Keep = Callable[[str, tuple[object, ...], Callable[[], xr.Dataset]], xr.Dataset]
"""From a name, all that draws depend on, and what computes them, to the draws."""

Sampling = Callable[[Variant, Progress], xr.DataTree]


def computed(_: str, __: tuple[object, ...], make: Callable[[], xr.Dataset]) -> xr.Dataset:
    """Compute draws and keep them nowhere (:data:`Keep`)."""
    return make()


def fit_models(
    panel: xr.Dataset,
    spec: ModelSpec | None = None,
    sampler: SamplerSpec | None = None,
    report: Progress = silent,
) -> dict[str, xr.DataTree]:
    """Fit every variant that a specification asks for.

    Parameters
    ----------
    panel
        A valid panel.
    spec, sampler
        What to fit and how; the defaults are those of the configuration.
    report
        Called while compiling and sampling.

    Returns
    -------
    dict
        Fits by name, as :attr:`models.spec.Variant.name`.

    Raises
    ------
    data.panel.PanelError
        If the panel cannot be fitted; nothing has been compiled then.
    models.posterior_mode.LaplaceError
        If a posterior has no maximum that a normal could approximate (engine ``laplace``).
    """
    spec, sampler = spec or ModelSpec(), sampler or SamplerSpec()
    return dict(fit_each(panel, variants(spec), spec, sampler, report))


def fit_each(
    panel: xr.Dataset,
    wanted: Iterable[Variant],
    spec: ModelSpec,
    sampler: SamplerSpec,
    report: Progress = silent,
    prepare: Prepare = prepare,
) -> Iterator[tuple[str, xr.DataTree]]:
    """Yield the named fits one by one; parameters and errors are those of :func:`fit_models`.

    ``prepare`` returns inputs that were prepared before, where the caller keeps them.
    """
    wanted = tuple(wanted)
    with fitting(panel, wanted, spec, sampler, report, prepare) as fit:
        for variant in wanted:
            yield variant.name, fit(variant)


@contextmanager
def fitting(
    panel: xr.Dataset,
    expected: Iterable[Variant],
    spec: ModelSpec,
    sampler: SamplerSpec,
    report: Progress = silent,
    prepare: Prepare = prepare,
) -> Iterator[Callable[[Variant], xr.DataTree]]:
    """Lend what fits one variant after another; parameters are those of :func:`fit_each`.

    Each structure is compiled once; a second one of those that are expected while the first is
    being sampled, since the sampler's threads do not need the interpreter.
    """
    report("preparing", 0, 1)
    inputs = prepare(panel, spec)
    report("preparing", 1, 1)
    with ThreadPoolExecutor(max_workers=1) as pool:

        @cache
        def compiled(structure: Structure) -> Future[Sampling]:
            return pool.submit(_compile, panel, inputs, spec, structure, sampler)

        for variant in expected:
            compiled(variant.structure)

        def fit(variant: Variant) -> xr.DataTree:
            what = f"compiling {variant.structure}"
            report(what, 0, 1)
            sample = compiled(variant.structure).result()
            report(what, 1, 1)
            drawn = sample(variant, report)
            drawn.attrs["seed"] = sampler.seed
            return drawn

        yield fit


def _compile(
    panel: xr.Dataset,
    inputs: ModelInputs,
    spec: ModelSpec,
    structure: Structure,
    sampler: SamplerSpec,
) -> Sampling:
    """Compile a structure for an engine; give what fits a variant of it."""
    match sampler.engine:
        case "joint":
            counts = count(panel, inputs.measurements)
            joint = CompiledJoint(spec, structure, inputs, counts, spec.likelihood)
            return lambda variant, report: joint.sample(variant, sampler, report)
        case "laplace":
            screened = CompiledStructure(spec, structure, inputs)
            draws = sampler.chains * sampler.draws
            return lambda variant, report: screen(
                screened, variant, inputs, draws=draws, seed=sampler.seed
            )
        case "collapsed":
            return _collapsed(inputs, spec, structure, sampler)
        case _:
            assert_never(sampler.engine)


def _collapsed(
    inputs: ModelInputs, spec: ModelSpec, structure: Structure, sampler: SamplerSpec
) -> Sampling:
    """Compile a structure for the collapsed engine, with the refits that are asked for."""
    collapsed = CompiledStructure(spec, structure, inputs)

    def sample(variant: Variant, report: Progress) -> xr.DataTree:
        # No Bayes factor is taken of the challenger: its bridge would cost seconds for nothing.
        weighed = variant.structure == spec.structure
        fit = collapsed.sample(variant, inputs, sampler, report, marginal=weighed)
        sound = agrees(fit)
        if sampler.refits and sound:
            fit = with_refits(collapsed, variant, inputs, fit, sampler, report)
        if sampler.region_refits and weighed and sound:
            fit = with_region_refits(collapsed, variant, inputs, fit, sampler, report)
        return fit

    return sample
