"""The indicators that the project knows, as ``catalogue.toml`` declares them.

An indicator is an entry in a file, never a branch in code: adding one is writing
down its id, its direction, and where its numerator and denominator stand in which
published file. A user may bring a catalogue of their own.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from data.files import read_toml, unreadable
from data.near import nearest
from data.panel import PanelError
from data.reference import ReferencePeriod

DEFAULT_CATALOGUE = Path(__file__).with_name("catalogue.toml")
CONTESTED_SETS = {"contested", "all"}
"""Sets that an indicator without an agreed direction may be in; none is a default."""
_ASPECT_OF_SET = {
    "outcomes": "outcomes",
    "process": "process",
    "workforce": "workforce",
    "workforce_all": "workforce",
}

DEFAULT_UNIT = "proportion"

Layout = Literal["wide", "long", "sfr", "fingertips"]


class Facts(BaseModel):
    """What a published file has, whoever reads it: its rows are held to it.

    Attributes
    ----------
    years
        First and last year; a file must have every one between. None if not known.
    authorities
        Whose authorities have rows: those of a day of each year (``03-31``), or of one
        day whatever the year (``2023-04-01``).
    absent
        Codes of authorities that the publisher leaves out, and the years without them.
    blank
        Codes of authorities of which the publisher left figures blank, in a wide file.
    totals
        To what the publisher rounds regional counts, and 0 if the file has none that
        its authorities add up to. Only totals without a hidden part give both bounds.
    percentages
        Column of counts, and the column that has them as shares of the denominator.
    per, decimals
        What such a share is multiplied by (of one, if 0: the unit's), and to how many
        decimals it and a published rate are rounded.
    parts_decimals
        To how many decimals the parts of a published rate are rounded; exact if none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    years: tuple[int, int] | None = None
    authorities: Annotated[str, Field(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")] = "03-31"
    absent: dict[str, tuple[int, ...]] = {}
    blank: tuple[str, ...] = ()
    totals: Annotated[int, Field(ge=0)] = 0
    percentages: dict[str, str] = {}
    per: Annotated[float, Field(ge=0)] = 0
    decimals: Annotated[int, Field(ge=0)] = 0
    parts_decimals: Annotated[int, Field(ge=0)] | None = None

    def day(self, year: int) -> date:
        """Return the day whose authorities a year of the file has."""
        day = self.authorities
        return date.fromisoformat(day if len(day) > len("03-31") else f"{year}-{day}")


class Unit(BaseModel):
    """A unit: what a share is multiplied by in it, and the largest figure that can be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per: Annotated[float, Field(gt=0)] = 1
    most: Annotated[float, Field(gt=0)]


class Edition(BaseModel):
    """Where an indicator's figures stand in one published file.

    Attributes
    ----------
    release
        The publisher's release that the file belongs to.
    series
        Name of the definition and layout that the file follows. Two years of an
        indicator may be compared only if they share it.
    differs
        Why another series must not be joined to the newest one; empty for the newest.
    other_series
        Years of this file that stand apart from the rest, by the name of their series.
    years
        Years that are taken from the file; all that it has if none are named. A file
        that names no year (layout ``sfr``) must have exactly one.
    file
        Path below the folder of published files.
    layout
        ``wide``: one row an authority and year, parts in columns. ``long``: parts in
        rows, told apart by the column ``breakdown``, counts in the column ``count``.
        ``sfr``: wide, one file a year, as published until 2017. ``fingertips``: wide,
        with reasons in a column of notes.
    filters
        Column and exact text that a row must hold; text ending in ``*`` is a prefix.
    numerator, denominator
        Columns (wide) or breakdown texts (long) that are added up.
    denominator_file
        Where the denominator stands (layout ``sfr``), if not in ``file``.
    complement
        The parts that, with the numerator, add up to the denominator. Given, a
        suppressed numerator is bounded by what the others leave; without it, it is
        1 to 5.
    value
        Column of a rate. Its ``numerator`` and ``denominator``, if the file has them, are
        columns that it is checked against.
    may_exceed
        Whether the numerator may be above the denominator, since the publisher counts
        other cases in it. Such cells are left out and recorded; otherwise they are an
        error.
    may_lack
        Whether an authority without any such case may have no row. Otherwise an
        authority and year that the file has must have a row for each filter and part.
    facts
        What the file has; under ``tables`` in the catalogue, by file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str = ""
    series: str = "newest"
    differs: str = ""
    other_series: dict[str, tuple[int, ...]] = {}
    years: tuple[int, ...] = ()
    file: str
    layout: Layout
    filters: dict[str, str] = {}
    breakdown: str = ""
    count: str = ""
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    denominator_file: str = ""
    complement: tuple[str, ...] = ()
    value: str = ""
    may_exceed: bool = False
    may_lack: bool = False
    facts: Facts = Facts()


class Indicator(Edition):
    """One published indicator, and where to find it, in its newest edition first.

    Attributes
    ----------
    id
        The name by which configurations and panels know it.
    title
        The name by which a reader knows it.
    domain
        The part of the service it describes.
    sets
        Named sets that it belongs to; a configuration may name a set in place of ids.
    direction
        Which way is better; ``contested`` where thresholds or need decide.
    kind
        ``count`` (numerator over denominator) or ``rate`` (published without counts).
    unit
        ``proportion`` for counts; the published unit for rates.
    transform
        Scale on which a Gaussian is taken to hold: ``logit`` for counts; ``log``,
        ``sqrt`` or ``identity`` for rates.
    reference
        The period that a label's figure covers, and when it is published; the year to 31 March
        if not said. A catalogue may give periods names, in its table ``reference``.
    notes
        Anything a user of the indicator must know.
    earlier
        Older editions, newest first. What an entry does not say, it takes from the
        indicator.
    bounds
        What its unit is; under ``units`` in the catalogue, which knows every unit.
    """

    id: str
    title: str
    domain: str
    sets: tuple[str, ...]
    direction: Literal["higher", "lower", "contested"]
    kind: Literal["count", "rate"]
    unit: str = DEFAULT_UNIT
    transform: Literal["logit", "log", "sqrt", "identity"] = "logit"
    reference: ReferencePeriod = ReferencePeriod(end="03-31", months=12, published=8)
    notes: str = ""
    earlier: tuple[Edition, ...] = ()
    bounds: Unit = Unit(most=math.inf)

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, entry: dict[str, Any]) -> dict[str, Any]:
        """Put into each earlier edition what the indicator says and it does not."""
        said = {name: entry[name] for name in Edition.model_fields if name in entry}
        said.pop("other_series", None)
        earlier = [
            said | one if isinstance(one, dict) else one for one in entry.get("earlier", ())
        ]
        return {**entry, "earlier": earlier}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Refuse an entry that lacks what its kind or layout needs."""
        if self.kind == "count" and self.transform != "logit":
            raise ValueError(f"a count is taken on the logit scale, not {self.transform}")
        if self.kind == "rate" and self.transform == "logit":
            raise ValueError("a rate needs value, and a transform other than logit")
        if self.direction == "contested" and not set(self.sets) <= CONTESTED_SETS:
            raise ValueError(f"a contested indicator may be in {sorted(CONTESTED_SETS)} only")
        editions: tuple[Edition, ...] = (self, *self.earlier)
        for edition in editions:
            if self.kind == "count" and not (edition.numerator and edition.denominator):
                raise ValueError("a count needs numerator and denominator")
            if self.kind == "rate" and not edition.value:
                raise ValueError("a rate needs value, and a transform other than logit")
            if edition.layout == "long" and not (edition.breakdown and edition.count):
                raise ValueError("the long layout needs breakdown and count")
            if edition.layout == "sfr" and len(edition.years) != 1:
                raise ValueError("the sfr layout needs the one year of its file")
            if edition.denominator_file and edition.layout != "sfr":
                raise ValueError("only the sfr layout has its denominator in another file")
        return self

    def editions(self) -> tuple["Indicator", ...]:
        """Return the indicator as it stands in each of its files, newest first."""
        fields = [
            {name: getattr(one, name) for name in Edition.model_fields} for one in self.earlier
        ]
        return (
            self.model_copy(update={"earlier": ()}),
            *(self.model_copy(update={**one, "earlier": ()}) for one in fields),
        )

    @property
    def aspect(self) -> str:
        """What it is an indicator of: an aspect that its sets name, otherwise its domain."""
        named = (_ASPECT_OF_SET[one] for one in self.sets if one in _ASPECT_OF_SET)
        return next(named, self.domain)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of this edition."""
        return (self.file, *([self.denominator_file] if self.denominator_file else []))

    def wanted(self, years: Iterable[int]) -> list["Indicator"]:
        """Return the editions that may have one of the years: the newest, and older by theirs."""
        newest, *earlier = self.editions()
        return [newest, *(one for one in earlier if set(one.years) & set(years))]

    def series_of(self, year: int) -> str:
        """Name the series of a year of this edition."""
        apart = (name for name, years in self.other_series.items() if year in years)
        return next(apart, self.series)


@cache
def read_catalogue(
    path: Path = DEFAULT_CATALOGUE, key: str = "indicator"
) -> tuple[Indicator, ...]:
    """Read the declared indicators, in the file's order.

    Parameters
    ----------
    path
        The catalogue.
    key
        ``indicator``, or ``context`` for what surrounds the services.

    Raises
    ------
    PanelError
        If the file is missing, is no TOML, repeats an id or holds a faulty entry.
    """
    written = _written(path)
    units, tables = (
        {**_written(DEFAULT_CATALOGUE).get(name, {}), **written.get(name, {})}
        for name in ("units", "tables")
    )
    entries = written.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        wanted = f"entries under [[{key}]]"
        raise unreadable(path, "a catalogue", f"{key} is no list of entries", wanted, "Mend it.")
    indicators: list[Indicator] = []
    for position, entry in enumerate(entries, start=1):
        label = entry.get("id", f"number {position}")
        entry = _with_period(entry, written.get("reference", {}), f"{path}: indicator {label}")
        unit = entry.get("unit", DEFAULT_UNIT)
        if unit not in units:
            raise PanelError(
                f"{path}: indicator {label}: unit {unit!r} has no bounds; wanted one of "
                f"{', '.join(units)}. Add it under [units]."
            )
        try:
            with_facts = _with_facts(entry, tables)
            indicators.append(Indicator.model_validate({**with_facts, "bounds": units[unit]}))
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"])) or "entry"
            raise PanelError(
                f"{path}: indicator {label}: {place}: {fault['msg']}; got {fault['input']!r}."
            ) from error
        if [one.id for one in indicators].count(label) > 1:
            raise PanelError(f"{path}: indicator {label} is declared twice. Keep one entry.")
    return tuple(indicators)


def _with_period(entry: dict[str, Any], periods: dict[str, Any], where: str) -> dict[str, Any]:
    """Put the period that an entry names in the place of its name."""
    name = entry.get("reference")
    if not isinstance(name, str):
        return entry
    if name not in periods:
        raise PanelError(
            f"{where}: reference = {name!r}; wanted one of {', '.join(periods) or 'none'}, the "
            "periods of the table [reference]. Name one of these, or add it."
        )
    return {**entry, "reference": periods[name]}


@cache
def _written(path: Path) -> dict[str, Any]:
    """Read a catalogue as it is written."""
    return read_toml(path, "a catalogue")


def _with_facts(entry: dict[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    """Put the facts of its file into an entry and each of its earlier editions."""
    facts = tables.get(str(entry.get("file", "")), {})
    earlier = [
        {"facts": tables.get(str(one.get("file", entry.get("file", ""))), {}), **one}
        for one in entry.get("earlier", ())
    ]
    return {"facts": facts, **entry, **({"earlier": earlier} if earlier else {})}


def choose_indicators(
    names: tuple[str, ...], catalogue: tuple[Indicator, ...]
) -> tuple[Indicator, ...]:
    """Find indicators by id or by the name of a set, in catalogue order.

    Raises
    ------
    PanelError
        If a name is neither, with the nearest that is.
    """
    ids = {indicator.id for indicator in catalogue}
    sets = {name for indicator in catalogue for name in indicator.sets}
    for name in names:
        if name not in ids | sets:
            near = nearest(name, sorted(ids | sets))
            hint = f"Did you mean {near}?" if near else f"Sets are {', '.join(sorted(sets))}."
            raise PanelError(f"catalogue: no indicator or set {name!r}. {hint}")
    return tuple(
        indicator
        for indicator in catalogue
        if indicator.id in names or set(indicator.sets) & set(names)
    )
