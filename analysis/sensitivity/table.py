"""The one table of a grid: a row for each specification, whatever became of it.

Columns: the option on each axis (``axis: NAME``), ``estimand``, ``status``, the answer that
counts (``rho_mean`` and so on: by NUTS where that converged, otherwise the screen's), and both
passes' own figures with the prefixes ``screen_`` and ``nuts_``. Nothing is dropped: a
specification that failed has its error and no figures.

``status`` is ``sampled`` (NUTS, converged), ``unconverged`` (NUTS failed the gate: no figure of
it is used, the screen's is), ``screened``, ``failed`` or ``missing`` (not computed yet).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.execution.store import Store
from analysis.plots.specifications import AXIS
from analysis.sensitivity.plan import Planned
from analysis.sensitivity.row import SpecificationFinding, read_found
from data.storage import write_file
from models.traits import ENGINE_TRAITS

ANSWER = (
    "rho_mean", "rho_sd", "rho_lower", "rho_upper", "rho_mcse", "log_bf", "log_bf_mcse",
    "log_bf_ceiling", "within_beyond", "within_beyond_mcse", "rope", "link_prior",
)  # fmt: skip
TIMES = ("seconds", "compile_seconds")
"""Columns that differ from run to run; all others are the same however often it is computed."""
FILE = "specifications.parquet"
_TEXT = ("estimand", "tier", "reasons")


def build_table(
    first: Sequence[Planned], second: Mapping[str, tuple[Planned, str]], store: Store
) -> pd.DataFrame:
    """Gather what the store holds.

    Parameters
    ----------
    first
        The first pass, every specification.
    second
        Of the second pass: the task and why it was chosen, by the first pass's key.
    store
        Where results and failures stand.

    Returns
    -------
    pandas.DataFrame
        Index: the first pass's key, in the order of the grid.
    """
    rows = {}
    for one in first:
        again, why = second.get(one.task.key, (None, ""))
        rows[one.task.key, one.specification.label] = _row(one, again, why, store)
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["key", "specification"])
    table = table.reset_index("specification")
    return table.astype({name: float for name in table if _is_number(str(name))})


def write_table(table: pd.DataFrame, folder: Path) -> Path:
    """Write the table, whole or not at all."""
    file = folder / FILE
    write_file(file, table.to_parquet(None))
    return file


def _row(one: Planned, again: Planned | None, why: str, store: Store) -> dict[str, Any]:
    """Put together what is known of one specification."""
    first, error = _result(one, store)
    second, second_error = _result(again, store) if again else (None, "")
    screen = first if first and first.tier == "laplace" else None
    nuts = second or (first if first and first.tier == "nuts" else None)
    answer = nuts if nuts and nuts.converged else screen
    choices = one.specification.choices
    traits = ENGINE_TRAITS[one.specification.config.sampler.engine]
    row: dict[str, Any] = {f"{AXIS}{axis}": option for axis, option in choices.items()}
    row |= {
        "estimand": one.specification.estimand,
        "status": _status(screen, nuts, error),
        "confirmable": one.tier == "laplace" and not traits.screens,
        "confirmed_as": why,
        "error": error or second_error,
    }
    row |= {name: getattr(answer, name, None) for name in ANSWER}
    shared = ("authorities", "judged", "indicators", "years")
    row |= {name: getattr(first or second, name, None) for name in shared}
    for prefix, found in (("screen", screen), ("nuts", nuts)):
        for name in SpecificationFinding.model_fields:
            if name not in (*shared, "estimand", "tier", "reasons"):
                row[f"{prefix}_{name}"] = getattr(found, name, None)
    row["nuts_reasons"] = "; ".join(nuts.reasons) if nuts else ""
    return row


def _status(
    screen: SpecificationFinding | None, nuts: SpecificationFinding | None, error: str
) -> str:
    """State in a word what became of a specification."""
    if nuts is not None:
        return "sampled" if nuts.converged else "unconverged"
    if screen is not None:
        return "screened"
    return "failed" if error else "missing"


def _result(one: Planned, store: Store) -> tuple[SpecificationFinding | None, str]:
    """Read a task's result, or its error."""
    if store.finished(one.task.key):
        return read_found(store.place(one.task.key)), ""
    failure = store.failure(one.task.key)
    return None, failure.error if failure else ""


def _is_number(name: str) -> bool:
    """Return whether a column holds numbers, possibly missing."""
    plain = name.removeprefix("screen_").removeprefix("nuts_")
    return plain in {
        *ANSWER, *TIMES, "elpd_difference", "elpd_difference_se", "rhat", "ess", "divergences",
        "modes", "authorities", "judged", "indicators", "years",
    }  # fmt: skip


def same_results(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether two tables agree in everything but the time taken, to the last bit."""
    columns = [name for name in one if not any(str(name).endswith(time) for time in TIMES)]
    return one[columns].equals(other[columns])


def seconds_left(done: pd.DataFrame, number: int, prefix: str) -> float:
    """Estimate the processor's seconds for so many more specifications, from those done."""
    taken = done[f"{prefix}_seconds"].dropna()
    return math.nan if taken.empty else float(taken.mean() * number)
