"""What further figures are drawn from: tables that a run may have, and its chains.

A run that was written before there was such a table lacks it, and its report lacks the
figure; a table that is there must have its columns.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from analysis.files.read_table import ReportError, open_fit, read_table, read_text, reading
from analysis.words.vocabulary import ESTIMANDS

_BAND = ("mean", "lower", "upper")
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "effectiveness_by_judgement": (("estimand", "judgement"), ("authorities", *_BAND)),
    "posterior_predictive": (
        ("estimand", "check", "quantity"),
        ("observed", *_BAND, "p"),
    ),
    "left_out": (
        ("estimand", "authority", "name", "judgement"),
        ("difference", "pareto_k", "threshold"),
    ),
    "prior_posterior": (
        ("estimand", "parameter", "label"),
        ("x", "prior", "posterior", "prior_sd", "posterior_sd"),
    ),
    "deprivation_points": (("authority",), ("deprivation",)),
    "deprivation_curves": (
        ("quantity",),
        ("deprivation", *_BAND, "change", "change_lower", "change_upper"),
    ),
    "deprivation_shares": (("quantity",), ("deprivation", "share", "authorities")),
    "around_inspection": (
        ("group",),
        (
            *("lag", "inspections", *_BAND),
            *("change", "change_lower", "change_upper", "change_inspections"),
        ),
    ),
}
"""Columns of text and of numbers of each table."""


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """How one fit was sampled.

    Attributes
    ----------
    fit
        Its name.
    rho
        Over chain and draw.
    energy
        Of the Hamiltonian, over chain and draw; None where the sampler leaves none.
    quantities
        Index: all that is reported of the fit; ``rhat``, ``ess_bulk`` and ``ess_tail``.
    divergences
        Transitions that diverged.
    """

    fit: str
    rho: NDArray[np.float64]
    energy: NDArray[np.float64] | None
    quantities: pd.DataFrame
    divergences: int


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Where the authorities lie.

    Attributes
    ----------
    shapes
        Boundaries in degrees, by code.
    tiles
        ``authority``, and ``column`` and ``row`` of its hexagon (:mod:`data.tiles`).
    """

    shapes: dict[str, shapely.Geometry]
    tiles: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class FigureInputs:
    """What further figures are drawn from.

    Attributes
    ----------
    tables
        By name, those of :data:`TABLES` that the run has.
    chains
        By estimand, of the primary fits with a link, also of those that did not converge.
    map
        Where the authorities lie; None where that is not known.
    """

    tables: dict[str, pd.DataFrame]
    chains: dict[str, Chains]
    map: Map | None

    def of(self, name: str, estimand: str = "") -> pd.DataFrame | None:
        """Return a table, of one estimand if one is named; None where it has no rows."""
        table = self.tables.get(name)
        if table is not None and estimand:
            table = table[table["estimand"] == estimand].reset_index(drop=True)
        return None if table is None or table.empty else table


def read_figure_inputs(folder: Path, structure: str) -> FigureInputs:
    """Read what a run's folder has of it.

    Raises
    ------
    ReportError
        If a file that is there is not what it should be.
    """
    tables = {}
    for name, (text, numbers) in TABLES.items():
        path = folder / "tables" / f"{name}.csv"
        if path.is_file():
            tables[name] = read_table(path, text, numbers)
    return FigureInputs(tables, _read_chains(folder, structure), _read_map(folder / "map.geojson"))


def _read_map(path: Path) -> Map | None:
    """Read boundaries and hexagons, if the run has them."""
    if not path.is_file():
        return None
    try:
        features = json.loads(read_text(path))["features"]
        tiles = pd.DataFrame([one["properties"] for one in features])
        shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in features]
        return Map(
            dict(zip(tiles["authority"], shapes, strict=True)),
            tiles[["authority", "column", "row"]],
        )
    except (ValueError, KeyError, TypeError, shapely.GEOSException) as error:
        raise ReportError(
            f"{path}: cannot be read as a map ({type(error).__name__}: {error}); wanted GeoJSON "
            "with authority, column and row of each feature. Remove it, or run again."
        ) from error


def _read_chains(folder: Path, structure: str) -> dict[str, Chains]:
    """Read the chains of ρ and what the convergence gate saw."""
    path = folder / "diagnostics.json"
    if not path.is_file():
        return {}
    with reading(path):
        diagnostics: dict[str, Any] = dict(json.loads(read_text(path)))
    found = {}
    for estimand in ESTIMANDS:
        name = f"{structure}-{estimand}-linked"
        file = folder / "fits" / f"{name}.nc"
        if name in diagnostics and file.is_file():
            told = diagnostics[name]
            with reading(path):
                quantities = pd.DataFrame.from_dict(told["quantities"], orient="index")
                quantities, divergences = quantities.astype(float), int(told["divergences"])
                quantities[["rhat", "ess_bulk", "ess_tail"]]  # which every figure reads
            rho, energy = _read_draws(file)
            found[estimand] = Chains(name, rho, energy, quantities, divergences)
    return found


def _read_draws(file: Path) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Read ρ and the energy of one fit, over chain and draw."""
    with open_fit(file) as fit:
        if "rho" not in fit["posterior"].data_vars:
            raise ReportError(f"{file}: no variable rho in the group posterior.")
        rho = np.asarray(fit["posterior"]["rho"].transpose("chain", "draw").values, dtype=float)
        energy = None
        if "sample_stats" in fit.children and "energy" in fit["sample_stats"].data_vars:
            energy = np.asarray(fit["sample_stats"]["energy"].values, dtype=float)
    return rho, energy
