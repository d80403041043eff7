"""One specification on a worker: from its payload to its folder.

The panel is read once a process, inputs are prepared once for all specifications that share
them, and a structure is compiled once for all that share its shape. Draws are taken from the store
of fits where they are there; nothing is compiled then.

The folder is a run's in a light form: ``run.toml``, ``provenance.json``, ``diagnostics.json``,
``evidence.json``. It has no ``panel.nc`` (the provenance names its hash, and the grid's own
folder holds the panel that all specifications are parts of), no ``fits/`` (hundreds of
posteriors, which the store of fits keeps for a while), no tables and no report.
"""

import json
import time
from collections.abc import Callable
from copy import copy
from importlib import import_module
from pathlib import Path
from typing import Any, assert_never

import xarray as xr
from threadpoolctl import threadpool_limits

from analysis.execution.worker_cache import cached
from analysis.files.fits import FitStore
from analysis.sensitivity.payload import Payload, part_of, whole_panel
from analysis.sensitivity.row import SpecificationFinding, write_found
from analysis.settings.config_file import by_content
from models.fitted import Fit
from models.spec import Variant
from models.traits import STRUCTURE_TRAITS

_INPUTS, _COMPILED = 8, 2
# The first two are what xarray loads to read a panel.
_LIBRARIES = (
    "dask.array",
    "h5netcdf",
    "analysis.evidence.bayes_factor",
    "models.fit",
    "models.screen",
)
# The ceiling of the Bayes factor is a mean over draws that hardly differ in it; so few do.
_CEILING_DRAWS = 20


def compute(payload: Payload, folder: Path) -> None:
    """Fit one specification and fill its folder.

    Raises
    ------
    data.panel.PanelError
        If its part of the panel cannot be fitted.
    models.posterior_mode.LaplaceError
        If the screen finds no maximum.
    """
    # Workers share the processor's cores; threads of linear algebra would wait for each other.
    with threadpool_limits(1):
        _compute(payload, folder)


def _compute(payload: Payload, folder: Path) -> None:
    """Fit one specification on one thread."""
    loading = _load_libraries()
    started = time.process_time()
    inputs, framing = _inputs(payload)
    engine = payload.config.sampler.engine
    match engine:
        case "joint":
            found, compiling = _by_joint(payload, inputs)
        case "collapsed" | "laplace" if payload.tier == "laplace":
            found, compiling = _by_screen(payload, inputs)
        case "collapsed" | "laplace":
            found, compiling = _by_sampling(payload, inputs)
        case _:
            assert_never(engine)
    facts = {**inputs.facts, "judged": found.judged}
    _write_about(payload, folder)
    compiling += framing
    seconds = time.process_time() - started - compiling
    found = found.model_copy(
        update={"seconds": round(seconds, 3), "compile_seconds": round(loading + compiling, 3)}
    )
    write_found(found, facts, folder)


def _load_libraries() -> float:
    """Import what samples, so that no specification is charged with it; give the seconds."""
    started = time.process_time()
    for name in _LIBRARIES:
        import_module(name)
    return time.process_time() - started


def _part(payload: Payload) -> xr.Dataset:
    """Take the specification's part of the panel, once for neighbours that share it."""
    return cached("part", payload.panel_sha256, lambda: part_of(whole_panel(payload), payload))


def _inputs(payload: Payload) -> tuple[Any, float]:
    """Prepare what the model conditions on; give the seconds that the shape's frame took now."""
    from models.inputs import prepare
    from models.padding import pad

    spec = payload.config.model
    # Inputs are the same whatever is believed of them.
    wanted = (payload.panel_sha256, spec.model_dump_json(exclude={"priors", "region", "drift"}))

    part = _part(payload)
    started = time.process_time()
    frame = None if payload.frame is None else _frame(payload)
    framing = time.process_time() - started

    def make() -> Any:
        inputs = prepare(part, spec)
        return inputs if frame is None else pad(inputs, frame)

    return cached("inputs", wanted, make, _INPUTS), framing


def _frame(payload: Payload) -> Any:
    """Prepare the whole that padded inputs are placed in, once a process and shape."""
    from models.inputs import prepare

    assert payload.frame is not None
    indicators, years = payload.frame

    def make() -> Any:
        panel = whole_panel(payload).sel(indicator=list(indicators), year=list(years))
        # Names and places alone are taken: years of several definitions may lie side by side.
        panel = panel.drop_vars("series", errors="ignore")
        plain = payload.config.model.model_copy(update={"weights": "equal"})
        return prepare(panel, plain)

    return cached("frame", payload.group, make, _COMPILED)


def _compiled(payload: Payload, make: Callable[[], Any], took: list[float]) -> Any:
    """Return the compiled structure, and add the seconds that compiling took now."""
    started = time.process_time()
    # The group tells the joint engine from the others, which share what is compiled.
    compiled = cached("compiled", payload.group, make, _COMPILED)
    took.append(time.process_time() - started)
    return compiled


def _collapsed(payload: Payload, inputs: Any, took: list[float]) -> Any:
    """Compile the collapsed structure, or take it from a specification of the same shape."""
    from models import affine
    from models.fit import CompiledStructure

    spec = payload.config.model
    shared = _compiled(payload, lambda: CompiledStructure(spec, spec.structure, inputs), took)
    mine = copy(shared)
    mine.spec = spec  # what the compiled graph does not depend on, such as regions, may differ
    started = time.process_time()
    mine.derived.prepare()
    affine.log_density()
    affine.expand()
    took.append(time.process_time() - started)
    return mine


def _by_screen(payload: Payload, inputs: Any) -> tuple[SpecificationFinding, float]:
    """Approximate the link by nested Laplace, with the draws that the ceiling needs."""
    import numpy as np

    from analysis.evidence.bayes_factor import savage_dickey
    from analysis.record.verdict import IntervalNull
    from models.posterior_mode import LaplaceError
    from models.screen import screen

    config = payload.config
    rope, concentration = config.evidence.rope, config.model.priors.link_concentration
    if not STRUCTURE_TRAITS[config.model.structure].can_be_screened:
        raise LaplaceError(
            f"{config.model.structure} has a link for each domain and no single coordinate to "
            'screen along (docs/engines.md). Set "sampler.engine" to "joint", or leave the '
            "structure out."
        )

    def make(took: list[float]) -> xr.DataTree:
        compiled = _collapsed(payload, inputs, took)
        with np.errstate(divide="ignore", invalid="ignore"):  # places that hold nothing
            return screen(
                *(compiled, _variant(payload), inputs),
                draws=_CEILING_DRAWS,
                seed=config.sampler.seed,
                rope=rope,
            )

    fit, compiling = _stored(payload, make, _CEILING_DRAWS, rope)
    found = fit.attrs
    null = IntervalNull.of_probability(found["rho_within"], rope, concentration)
    return (
        SpecificationFinding(
            tier="laplace",
            estimand=payload.estimand,
            rho_mean=found["rho_mean"],
            rho_sd=found["rho_sd"],
            rho_lower=found["rho_lower"],
            rho_upper=found["rho_upper"],
            log_bf=found["log_bf_independent_linked"],
            log_bf_ceiling=savage_dickey(Fit.of(fit), concentration).ceiling,
            within_beyond=null.value,
            rope=rope,
            link_prior=concentration,
            modes=int(found["modes"]),
            **_counts(inputs),
        ),
        compiling,
    )


def _by_sampling(payload: Payload, inputs: Any) -> tuple[SpecificationFinding, float]:
    """Sample the linked model by NUTS."""
    import numpy as np

    def make(took: list[float]) -> xr.DataTree:
        compiled = _collapsed(payload, inputs, took)
        with np.errstate(divide="ignore", invalid="ignore"):  # places that hold nothing
            return compiled.sample(_variant(payload), inputs, payload.config.sampler)

    fit, compiling = _stored(payload, make)
    return _summarised(fit, payload, inputs), compiling


def _by_joint(payload: Payload, inputs: Any) -> tuple[SpecificationFinding, float]:
    """Sample the linked model with every latent variable."""
    from models.counts import count
    from models.joint.fit import CompiledJoint

    spec = payload.config.model

    def compile_joint() -> Any:
        counts = count(_part(payload), inputs.measurements)
        return CompiledJoint(spec, spec.structure, inputs, counts, spec.likelihood)

    def make(took: list[float]) -> xr.DataTree:
        compiled = _compiled(payload, compile_joint, took)
        return compiled.sample(_variant(payload), payload.config.sampler)

    fit, compiling = _stored(payload, make)
    return _summarised(fit, payload, inputs), compiling


def _stored(
    payload: Payload, make: Callable[[list[float]], xr.DataTree], *parts: object
) -> tuple[xr.DataTree, float]:
    """Take a fit from the store, or make it; give the seconds that compiling took now.

    Parameters
    ----------
    payload
        What is fitted: draws depend on its part of the panel, model, sampler and shape.
    make
        Fits, and adds the seconds of the processor that compiling took to the list it is given.
    parts
        What else the draws depend on.
    """
    took: list[float] = []
    frame = None if payload.frame is None else json.dumps(payload.frame)
    fitted = payload.config.model, payload.config.sampler, payload.panel_sha256, frame
    store = cached("store", "", FitStore)
    name = f"{payload.tier} of a grid"
    fit = store.keep_tree(name, (_variant(payload), *fitted, *parts), lambda: make(took))
    return fit, sum(took)


def _summarised(fit: xr.DataTree, payload: Payload, inputs: Any) -> SpecificationFinding:
    """Summarise a sampled fit, and hold it to the convergence gate."""
    from analysis.evidence.bayes_factor import regions, savage_dickey
    from analysis.evidence.convergence import examine
    from analysis.evidence.curves import link_curves
    from analysis.evidence.link import summarise_link
    from analysis.sensitivity.without_link import difference_without_link

    config = payload.config
    rope, concentration = config.evidence.rope, config.model.priors.link_concentration
    gate = examine(fit)
    told: dict[str, Any] = {
        "tier": "nuts",
        "estimand": payload.estimand,
        "converged": gate.converged,
        "reasons": gate.reasons,
        "rhat": float(gate.table["rhat"].max()),
        "ess": float(gate.table[["ess_bulk", "ess_tail"]].min().min()),
        "divergences": gate.divergences,
        **_counts(inputs),
    }
    if not gate.converged:
        return SpecificationFinding(**told)
    rho = summarise_link(fit, config.evidence.interval, rope)
    known = Fit.of(fit)
    curves = link_curves(known, (-rope, 0.0, rope))
    factor = savage_dickey(curves, concentration)
    within = regions(curves, concentration, rope).within_beyond
    without = difference_without_link(known, curves, concentration)
    return SpecificationFinding(
        **told,
        rho_mean=rho.mean,
        rho_sd=rho.sd,
        rho_lower=rho.lower,
        rho_upper=rho.upper,
        rho_mcse=rho.mcse,
        log_bf=factor.value,
        log_bf_mcse=factor.mcse,
        log_bf_ceiling=factor.ceiling,
        within_beyond=within.value,
        within_beyond_mcse=within.mcse,
        rope=rope,
        link_prior=concentration,
        elpd_difference=without.difference,
        elpd_difference_se=without.error,
    )


def _counts(inputs: Any) -> dict[str, Any]:
    """State what was fitted to, places that hold nothing left out."""
    facts = inputs.facts
    return {
        "authorities": facts["authorities"],
        "indicators": facts["indicators"],
        "years": len(facts["years"]),
        "judged": int(inputs.judgements.judged.sum()),
    }


def _variant(payload: Payload) -> Variant:
    return Variant(
        structure=payload.config.model.structure, estimand=payload.estimand, link="linked"
    )


def _write_about(payload: Payload, folder: Path) -> None:
    """Write the configuration, resolved, and what else the result depends on."""
    (folder / "run.toml").write_text(by_content(payload.config).to_toml(), "utf-8")
    about = {
        "key": payload.key,
        "estimand": payload.estimand,
        "choices": payload.choices,
        "tier": payload.tier,
        "seed": payload.config.sampler.seed,
        "panel_sha256": payload.panel_sha256,
        "panel_file": Path(payload.panel).name,
        "indicators": payload.indicators,
        "years": payload.years,
        "compiled_shape": payload.frame,
        "code_sha256": payload.code_sha256,
    }
    (folder / "provenance.json").write_text(json.dumps(about, indent=2), "utf-8")
