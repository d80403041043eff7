"""One structure on one panel: sampling, prediction, link, composition and cost."""

import math
import time
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from analysis.comparison.candidates import Candidate
from analysis.evidence.composition import composition
from analysis.evidence.convergence import examine, modes
from analysis.evidence.link import summarise_link
from analysis.evidence.prediction import leave_one_out
from analysis.evidence.ranks import summarise
from analysis.execution.process import peak_memory
from analysis.record.withhold import blank_values
from models.spec import ESTIMANDS, SamplerSpec, Variant

# What is not a number where the fit did not converge.
_OF_THE_FIT = (
    *("rho", "rho_sd", "rho_lower", "rho_upper", "rho_mcse"),
    *("elpd_indicators", "elpd_judgement"),
)


def measure(candidate: Candidate, panel: xr.Dataset, sampler: SamplerSpec) -> dict[str, Any]:
    """Fit one candidate under both estimands and say how it went.

    Meant for a process of its own: processor time and peak memory are the process's.

    Returns
    -------
    dict
        ``rows``: one for each estimand, plain numbers and text; ``composition``: one row an
        indicator and estimand; ``pointwise``: log predictive density of each authority's
        indicators and judgement by estimand, for paired differences.
    """
    from models.fit import CompiledStructure
    from models.inputs import prepare
    from models.posterior_mode import LaplaceError
    from models.screen import screen

    inputs = prepare(panel, candidate.spec)
    started = time.process_time()
    compiled = CompiledStructure(candidate.spec, candidate.structure, inputs)
    compile_seconds = time.process_time() - started
    rows, made_of, pointwise = [], [], {}
    for estimand in ESTIMANDS:
        variant = Variant(structure=candidate.structure, estimand=estimand, link="linked")
        started = time.process_time()
        fit = compiled.sample(variant, inputs, sampler)
        sampling = time.process_time() - started
        gate, score, link = examine(fit), leave_one_out(fit), summarise_link(fit)
        ess = float(gate.table[["ess_bulk", "ess_tail"]].min().min())
        row: dict[str, Any] = {
            "structure": candidate.name,
            "estimand": estimand,
            "converged": gate.converged,
            "modes": modes(fit),
            "rhat": float(gate.table["rhat"].max()),
            "ess_bulk": float(gate.table["ess_bulk"].min()),
            "ess_tail": float(gate.table["ess_tail"].min()),
            "divergences": gate.divergences,
            "rho": link.mean,
            "rho_sd": link.sd,
            "rho_lower": link.lower,
            "rho_upper": link.upper,
            "rho_mcse": link.mcse,
            "elpd_indicators": float(score.indicators.elpd_i.values.sum()),
            "elpd_judgement": float(score.judgement.elpd_i.values.sum()),
            "pareto_k_high": int((score.indicators_pareto_k > score.threshold).sum()),
            "compile_cpu_seconds": round(compile_seconds, 1),
            "sampling_cpu_seconds": round(sampling, 1),
            "ess_per_cpu_second": round(ess / sampling, 1),
            "peak_memory_mib": round(peak_memory() / 2**20),
        }
        try:
            quick = screen(compiled, variant, inputs, draws=1000, seed=sampler.seed)
            posterior = quick["posterior"]["rho"]
            row |= {
                "laplace_rho": quick.attrs.get("rho_mean", float(posterior.mean())),
                "laplace_rho_sd": quick.attrs.get("rho_sd", float(posterior.std())),
                "laplace_modes": quick.attrs["modes"],
                "laplace_seconds": quick.attrs["seconds"],
                "laplace_log_marginal_likelihood": quick.attrs["log_marginal_likelihood"],
            }
        except LaplaceError as error:
            row["laplace_fault"] = str(error)
        made = _composition_rows(fit, candidate.name, estimand)
        scores = {
            "indicators": score.indicators.elpd_i.values,
            "judgement": score.judgement.elpd_i.values,
        }
        if not gate.converged:
            row = row | dict.fromkeys(_OF_THE_FIT, math.nan)
            made = [blank_values(one) for one in made]
            scores = {side: np.full_like(values, np.nan) for side, values in scores.items()}
        rows.append(row)
        made_of += made
        pointwise[estimand] = {side: values.tolist() for side, values in scores.items()}
    return {"rows": rows, "composition": made_of, "pointwise": pointwise}


def _composition_rows(fit: xr.DataTree, name: str, estimand: str) -> list[dict[str, Any]]:
    """Return each indicator's correlation with effectiveness and its share of noise."""
    made_of = composition(fit)
    rows = []
    for indicator in made_of.indicator.values:
        row: dict[str, Any] = {"structure": name, "estimand": estimand, "indicator": indicator}
        for quantity in ("correlation", "noise_share"):
            draws = made_of[quantity].sel(indicator=indicator).transpose("chain", "draw")
            said = summarise(draws.values.astype(float), 0.95)
            row |= {f"{quantity}_{key}": value for key, value in said.items()}
        rows.append(row)
    return rows


def differences(measured: dict[str, dict[str, Any]], primary: str) -> pd.DataFrame:
    """Put the rows together, with each structure's elpd less the primary's.

    Returns
    -------
    pandas.DataFrame
        One row a structure and estimand; differences of elpd with the standard error of the
        paired differences over authorities. A structure conditioned on other cells than the
        primary (complete cases) has no difference.
    """
    rows = []
    for name, one in measured.items():
        for row in one["rows"]:
            row = dict(row)
            if not name.endswith("complete_case"):
                for side in ("indicators", "judgement"):
                    ours = pd.Series(one["pointwise"][row["estimand"]][side])
                    other = pd.Series(measured[primary]["pointwise"][row["estimand"]][side])
                    gap = ours - other
                    row[f"difference_{side}"] = float(gap.sum())
                    row[f"difference_{side}_se"] = float((gap.size * gap.var(ddof=1)) ** 0.5)
            rows.append(row)
    return pd.DataFrame(rows)


def fewest_factors(table: pd.DataFrame) -> str:
    """Name the composite with the fewest factors whose elpd is within 4 of the best one's.

    Among those that converged, by the indicators under the adjusted estimand; empty if none did.
    """
    known = table[
        (table["estimand"] == "adjusted")
        & table["converged"]
        & table["structure"].str.fullmatch(r"composite-\d+")
    ]
    near = known[known["difference_indicators"] >= known["difference_indicators"].max() - 4.0]
    numbers = near["structure"].str.removeprefix("composite-").astype(int)
    return f"composite-{numbers.min()}" if len(numbers) else ""
