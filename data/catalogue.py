"""The indicators that the project knows, as ``catalogue.toml`` declares them.

An indicator is an entry in a file, never a branch in code: adding one is writing
down its id, its direction, and where its numerator and denominator stand in which
published file. A user may bring a catalogue of their own.
"""

import tomllib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from data.panel import PanelError

DEFAULT_CATALOGUE = Path(__file__).with_name("catalogue.toml")


class Indicator(BaseModel):
    """One published indicator, and where to find it.

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
    file
        Path below the folder of published files.
    layout
        ``wide``: one row an authority and year, parts in columns. ``long``: parts in
        rows, told apart by the column ``breakdown``, counts in the column ``count``.
    filters
        Column and exact text that a row must hold; text ending in ``*`` is a prefix.
    numerator, denominator
        Columns (wide) or breakdown texts (long) that are added up.
    complement
        The parts that, with the numerator, add up to the denominator. Given, a
        suppressed numerator is bounded by what the others leave; without it, it is
        1 to 5.
    value
        Column of a rate.
    unit
        ``proportion`` for counts; the published unit for rates.
    transform
        Scale on which a Gaussian is taken to hold: ``logit`` for counts; ``log``,
        ``sqrt`` or ``identity`` for rates.
    reference_date
        What the publisher's year label means, if not the year ending 31 March.
    notes
        Anything a user of the indicator must know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    domain: str
    sets: tuple[str, ...]
    direction: Literal["higher", "lower", "contested"]
    kind: Literal["count", "rate"]
    file: str
    layout: Literal["wide", "long"]
    filters: dict[str, str] = {}
    breakdown: str = ""
    count: str = ""
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    complement: tuple[str, ...] = ()
    value: str = ""
    unit: str = "proportion"
    transform: Literal["logit", "log", "sqrt", "identity"] = "logit"
    reference_date: str = "31 March"
    notes: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Refuse an entry that lacks what its kind or layout needs."""
        if self.kind == "count" and not (self.numerator and self.denominator):
            raise ValueError("a count needs numerator and denominator")
        if self.kind == "count" and self.transform != "logit":
            raise ValueError(f"a count is taken on the logit scale, not {self.transform}")
        if self.kind == "rate" and (not self.value or self.transform == "logit"):
            raise ValueError("a rate needs value, and a transform other than logit")
        if self.layout == "long" and not (self.breakdown and self.count):
            raise ValueError("the long layout needs breakdown and count")
        return self


@cache
def read_catalogue(path: Path = DEFAULT_CATALOGUE) -> tuple[Indicator, ...]:
    """Read the declared indicators, in the file's order.

    Raises
    ------
    PanelError
        If the file is missing, is no TOML, repeats an id or holds a faulty entry.
    """
    try:
        with path.open("rb") as file:
            entries = tomllib.load(file).get("indicator", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PanelError(f"{path}: cannot be read as a catalogue: {error}.") from error
    indicators: list[Indicator] = []
    for position, entry in enumerate(entries, start=1):
        label = entry.get("id", f"number {position}")
        try:
            indicators.append(Indicator.model_validate(entry))
        except ValidationError as error:
            fault = error.errors()[0]
            key = ".".join(map(str, fault["loc"])) or "entry"
            raise PanelError(
                f"{path}: indicator {label}: {key}: {fault['msg']}; got {fault['input']!r}."
            ) from error
        if [one.id for one in indicators].count(label) > 1:
            raise PanelError(f"{path}: indicator {label} is declared twice. Keep one entry.")
    return tuple(indicators)


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
            near = get_close_matches(name, sorted(ids | sets), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Sets are {', '.join(sorted(sets))}."
            raise PanelError(f"catalogue: no indicator or set {name!r}. {hint}")
    return tuple(
        indicator
        for indicator in catalogue
        if indicator.id in names or set(indicator.sets) & set(names)
    )
