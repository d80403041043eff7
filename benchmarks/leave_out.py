"""Hold a run's leave-one-authority-out scores to exact refits with other random numbers.

Run ``python -m benchmarks.leave_out RUN FIT [DRAWS [NAME...]]``, where RUN is the folder of a
finished run of the collapsed engine and FIT one of its fits, such as
``composite-adjusted-linked``. The fit is drawn again with DRAWS draws of each chain (8,000 if not
given, so that Monte Carlo errors on either side stay well below 0.1) and scored as a run scores
it: by importance weights where they are to be relied on, by refits elsewhere. Twenty authorities,
those with the ten largest Pareto k and ten at random, are then scored by refits of another seed.
A refit whose bridge has a Monte Carlo error above 0.05 is drawn again with four times the draws.

Half an hour of the processor for England, and twenty minutes more for each authority named by
NAME, whose refits have 60,000 draws of each chain: one whose chains pass seldom between modes.
"""

import sys
import time
from pathlib import Path

import numpy as np

from analysis.evidence.convergence import examine
from analysis.evidence.prediction import leave_one_out
from analysis.files.read_table import load_fits
from data.panel_files import load_panel
from models.fit import CompiledStructure
from models.fitted import Fit
from models.inputs import prepare
from models.leave_out import leave_out
from models.left_out_weights import left_out_weights
from models.refits import score_everything
from models.spec import SamplerSpec, Variant

OWN, OTHER = 20260101, 777
DRAWS, LONG = 2000, 60000


def sampler(seed: int, draws: int) -> SamplerSpec:
    """Say how every fit here is drawn."""
    return SamplerSpec(seed=seed, draws=draws, target_accept=0.8, cores=1)


def main() -> None:
    """Fit, score and compare."""
    run, name, *more = sys.argv[1:]
    draws, slow = int(more[0]) if more else 8000, set(more[1:])
    structure, estimand, link = name.split("-")
    old = load_fits([Path(run) / "fits" / f"{name}.nc"])[name]
    spec = Fit.of(old).specification
    inputs = prepare(load_panel(Path(run) / "panel.nc"), spec)
    variant = Variant.model_validate({"structure": structure, "estimand": estimand, "link": link})
    compiled = CompiledStructure(spec, variant.structure, inputs)
    fit = compiled.sample(variant, inputs, sampler(OWN, draws))
    gate = examine(fit)
    print(f"{name}: 4 x {draws} draws, converged {gate.converged} {gate.reasons}")

    weights = left_out_weights(fit, "everything")
    k = weights.pareto_k.values
    worst = np.argsort(k)[::-1][:10]
    rest = np.setdiff1d(np.arange(k.size), worst)
    drawn = np.random.default_rng(20261126).choice(rest, min(10, rest.size), replace=False)
    scored = leave_one_out(fit)
    judged = scored.judgement.elpd_i
    names = fit["constant_data"]["authority_name"].values
    codes = fit["log_likelihood"]["authority"].values
    gaps = []
    for one in [*worst, *drawn]:
        started = time.process_time()
        at = np.array([one])
        length = LONG if names[one] in slow else DRAWS
        (both, error), rhat = score_everything(
            compiled, variant, inputs, fit, at, sampler(OTHER, length)
        )
        alone = leave_out(compiled, variant, inputs, at, sampler(OTHER, 1000), "judgement")
        has = codes[one] in judged.authority.values
        judgement = float(judged.sel(authority=codes[one])) if has else 0.0
        exact, spread = (float(values[0]) for values in alone.judgements())
        if not has:
            exact, spread = 0.0, 0.0
        indicators, own_error, by = float(scored.indicators.elpd_i.values[one]), np.nan, "weights"
        if k[one] > weights.threshold:
            own = score_everything(compiled, variant, inputs, fit, at, sampler(OWN, length))[0]
            indicators, own_error, by = own[0] - judgement, own[1], "refits"
        gaps.append((indicators - (both - exact), judgement - exact))
        print(
            f"{names[one]}: k {k[one]:.2f}, by {by}; judgement {judgement:.3f}, exact "
            f"{exact:.3f} ({spread:.3f}), gap {gaps[-1][1]:+.3f}; indicators {indicators:.3f} "
            f"({own_error:.3f}), exact {both - exact:.3f} ({error:.3f}), gap {gaps[-1][0]:+.3f}; "
            f"R-hat {rhat:.3f}, {alone.rhat:.3f}; {time.process_time() - started:.0f} CPU s",
            flush=True,
        )
    largest = np.abs(np.array(gaps)).max(axis=0)
    print(f"Largest gap: indicators {largest[0]:.3f}, judgement {largest[1]:.3f}")


if __name__ == "__main__":
    main()
