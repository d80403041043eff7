"""The combinations of the open choices, one at a time, the base first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import xarray as xr

from analysis.reconstruction.config import Direction, Missing, Pool, ReconstructionConfig
from analysis.reconstruction.universe import Refused, require_figures
from data.catalogue import choose_indicators, read_catalogue
from data.panel import PanelError


@dataclass(frozen=True, slots=True)
class Case:
    """A choice of everything on which an indicator's scale depends.

    Attributes
    ----------
    cutoff, years, missing, pool
        As in :class:`analysis.reconstruction.config.UnknownSection`; ``pool`` is its
        ``ranked_among``.
    name
        Of the set, or of the indicator where ``single``.
    indicators
        With their directions; what is left out does not stand here.
    directions
        The contested directions in words.
    single
        Whether an indicator stands by itself.
    """

    cutoff: date
    name: str
    indicators: tuple[tuple[str, Direction], ...]
    years: tuple[int, ...]
    missing: Missing
    pool: Pool
    directions: str
    single: bool

    def labels(self) -> dict[str, Any]:
        """Name the choices as the tables do."""
        return {
            "cutoff": self.cutoff.isoformat(),
            "indicators": self.name,
            "years": " ".join(map(str, self.years)),
            "missing": self.missing,
            "ranked_among": self.pool,
            "directions": self.directions,
        }


def set_cases(config: ReconstructionConfig, name: str, years: tuple[int, ...]) -> Iterator[Case]:
    """Yield the cases of one set and choice of years, the base first."""
    unknown = config.unknown
    known = catalogue_directions(config)
    for cutoff in unknown.cutoff:
        for missing in unknown.missing:
            for pool in unknown.ranked_among:
                seen = set()
                for chosen in config.directions():
                    own = {one: way for one, way in chosen.items() if one in config.sets[name]}
                    words = " ".join(f"{one}={way}" for one, way in own.items())
                    if words in seen:
                        continue
                    seen.add(words)
                    directed = tuple(
                        (one, way)
                        for one in config.sets[name]
                        if (way := own.get(one, known[one])) != "left_out"
                    )
                    yield Case(cutoff, name, directed, years, missing, pool, words, False)


def single_cases(
    panel: xr.Dataset, config: ReconstructionConfig, choices: list[tuple[int, ...]]
) -> Iterator[Case]:
    """Yield each indicator by itself, with each direction that it may have."""
    unknown, known = config.unknown, catalogue_directions(config)
    for name in config.every_indicator:
        for years in dict.fromkeys(choices):
            try:
                require_figures(panel, name, (name,), years)
            except Refused:
                continue
            ways = unknown.direction.get(name, (known[name],))
            for way in [one for one in ways if one != "left_out"]:
                words = f"{name}={way}" if name in unknown.direction else ""
                for cutoff in unknown.cutoff:
                    for missing in unknown.missing:
                        for pool in unknown.ranked_among:
                            yield Case(
                                cutoff, name, ((name, way),), years, missing, pool, words, True
                            )


def catalogue_directions(config: ReconstructionConfig) -> dict[str, Direction]:
    """Return every indicator's direction in the catalogue.

    Raises
    ------
    PanelError
        If one is contested, and the configuration declares no direction for it.
    """
    chosen = choose_indicators(config.every_indicator, read_catalogue())
    found: dict[str, Direction] = {}
    for one in chosen:
        if one.direction == "contested":
            if one.id not in config.unknown.direction:
                raise PanelError(
                    f"unknown.direction has none for {one.id}, whose direction is contested. "
                    "Declare 'higher', 'lower' or 'left_out'."
                )
            continue
        found[one.id] = one.direction
    return found | {name: ways[0] for name, ways in config.unknown.direction.items()}
