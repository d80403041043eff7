"""Which authority a published code means, and whether its figures may be joined.

``authorities.csv`` is a dated register of upper-tier authorities: the 153 of April
2023, which a panel has, and the codes that came before and after them. A code that
was only renumbered stands for the same area and is joined. A predecessor that was
merged or split covered another area, so its figures and judgements stay its own:
they never pass to a successor. Whatever was not joined directly is recorded.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd

from data.panel import PanelError
from data.text import LINE, read_text

REGISTER = Path(__file__).with_name("authorities.csv")
_COLUMNS = ("code", "name", "region", "start", "end", "change", "stands_for", "dfe_code", "also")
JOINT = re.compile(r"\s*/\s*")
_KIND = re.compile(r"(\s+(UA|CC|MBC|Council|City|\(Pre LGR 2019\)))+\s*$")
"""What some publishers write after an authority's name."""

Action = Literal["direct", "recoded", "shared", "averaged", "inherited", "not joined", "left out"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a published code means in the panel.

    Attributes
    ----------
    authorities
        The panel's codes that take the figures; none where they are not joined.
    action
        ``direct``, ``recoded`` (same area, other code), ``shared`` (one row for
        several authorities), ``averaged`` (several districts for one authority) or
        ``not joined``.
    reason
        Why, in a sentence; empty where direct.
    """

    authorities: tuple[str, ...]
    action: Action
    reason: str = ""


@cache
def read_register(path: Path = REGISTER) -> pd.DataFrame:
    """Read the register, indexed by code; every column is text."""
    table = read_text(path.parent, path.name, _COLUMNS)
    return table.drop(columns=LINE)[list(_COLUMNS)].set_index("code")


@cache
def current_authorities() -> pd.DataFrame:
    """Name and region of the panel's 153 authorities, sorted by code."""
    register = read_register()
    return register.loc[register["change"] == "", ["name", "region"]].sort_index()


def resolve(code: str, *, where: str, shareable: bool = True) -> Resolution:
    """Return which of the panel's authorities a published code means.

    Parameters
    ----------
    code
        An ONS code, or several joined by `` / ``.
    where
        File and row, for messages.
    shareable
        Whether a row for several authorities may stand for each: a rate may, a count
        may not, since its children would be counted twice.

    Raises
    ------
    PanelError
        If the code is not in the register.
    """
    found = _resolution(code, shareable)
    if found is None:
        raise PanelError(
            f"{where}: authority code {code!r} is not known; wanted one of the "
            f"{len(read_register())} codes in data/{REGISTER.name}. "
            "Mend the file, or add the code with its dates."
        )
    return found


@cache
def _resolution(code: str, shareable: bool) -> Resolution | None:
    """Resolve a code, or several joined; none if the register has not each of them."""
    parts = tuple(JOINT.split(code.strip()))
    if not set(parts) <= set(read_register().index):
        return None
    if len(parts) == 1:
        return _resolve_one(parts[0])
    if not shareable:
        return Resolution((), "not joined", "One row of counts for several authorities.")
    found = tuple(code for part in parts for code in _resolve_one(part).authorities)
    together = " and ".join(str(read_register().loc[part, "name"]) for part in parts)
    return Resolution(
        found,
        "shared",
        f"One return for {together}: each has the same rate, so they are one observation.",
    )


@cache
def authorities_on(day: date) -> pd.DataFrame:
    """Name and region of the authorities that were there on a day, sorted by code.

    One that has only been renumbered since bears its newest code; one that has been merged
    or split bears its own.
    """
    there = [
        code
        for code, (start, end, change) in _dates().items()
        if start <= day.isoformat() < (end or "9") or not (start or end or change)
    ]
    areas = sorted({_area(code, f"data/{REGISTER.name}") for code in there})
    return read_register().loc[areas, ["name", "region"]]


def resolve_on(code: str, day: date | None, *, where: str, shareable: bool = True) -> Resolution:
    """Return which of the authorities that were there on a day a published code means.

    Parameters
    ----------
    code, where, shareable
        As in :func:`resolve`.
    day
        The day; None for the panel's own authorities, as :func:`resolve` takes them.

    Raises
    ------
    PanelError
        If the code is not in the register.
    """
    found = resolve(code, where=where, shareable=shareable)
    if day is None:
        return found
    there = authorities_on(day).index
    if code in there:
        return Resolution((code,), "direct")
    if found.authorities and not set(found.authorities) <= set(there):
        return Resolution((), "not joined", f"Not an authority on {day.isoformat()}.")
    return found


def predecessors(authority: str) -> tuple[str, ...]:
    """Name the codes whose areas became part of an authority, by what they tell of it.

    Those merged into it whole, if there are any; otherwise the one it was cut from. An
    authority that was only renumbered has none: its area is what it was.
    """
    register = read_register()
    into = register["stands_for"].str.split().map(lambda targets: authority in targets)
    for change in ("merge", "split"):
        codes = register.index[into & (register["change"] == change)]
        if len(codes):
            return tuple(map(str, codes))
    return ()


def require_areas(
    codes: Iterable[str], on: date, *, where: str, absent: Iterable[str] = ()
) -> None:
    """Refuse a table that lacks an authority which was there on a date.

    An area counts as there under any of its codes, and in a row for several. Those that
    the publisher leaves out are ``absent``.

    Raises
    ------
    PanelError
        If one is missing, or a code is not in the register.
    """
    there = {_area(one, where) for code in codes for one in JOINT.split(code.strip())}
    missing = authorities_on(on).index.difference([*there, *absent])
    if len(missing):
        raise PanelError(
            f"{where}: no row for {_name(missing[0])} ({missing[0]}, {len(missing)} such); "
            f"wanted every authority of {on.isoformat()}. Get the whole file."
        )


def _name(code: str) -> str:
    """Name the authority of a code."""
    return str(read_register().loc[code, "name"])


def _area(code: str, where: str) -> str:
    """Return the newest code of the same area."""
    return (*resolve(code, where=where, shareable=False).authorities, code)[0]


def code_of_name(name: str, on: date, *, where: str) -> str:
    """Find the code of the authority that bore a name on a date.

    Names are compared without case, spaces and signs, ``&`` as ``and``, and with the
    register's variants. The date matters: until 31 March 2019 Dorset is the county.

    Raises
    ------
    PanelError
        If no authority bore the name then.
    """
    found = _named().get(_plain(name), ())
    return _on_date(found, on, f"{where}: authority {name!r}", "name or variant")


def require_name(code: str, name: str, *, where: str) -> None:
    """Refuse a name that the authority of a code has never borne.

    Parameters
    ----------
    code, name
        As published; several of either joined by `` / ``. A code that the register does
        not have is left to whoever resolves it.
    where
        File and row, for messages.

    Raises
    ------
    PanelError
        If the register gives the code another name.
    """
    for one, said in zip(JOINT.split(code.strip()), JOINT.split(name.strip()), strict=False):
        plain = _plain(said), _plain(_KIND.sub("", said))
        known = one not in _dates() or any(one in _named().get(each, ()) for each in plain)
        if not known:
            raise PanelError(
                f"{where}: code {one} has the name {said!r}; wanted {_name(one)!r}. Mend the "
                f"file, or add the name to data/{REGISTER.name}."
            )


def code_of_number(number: str, on: date, *, where: str) -> str:
    """Find the code of the authority that had one of the Department's numbers on a date.

    Raises
    ------
    PanelError
        If no authority had the number then.
    """
    found = _numbered().get(number, ())
    return _on_date(found, on, f"{where}: authority number {number!r}", "dfe_code")


def _on_date(codes: Sequence[str], on: date, what: str, wanted: str) -> str:
    """Choose the code that was in force on a date, the panel's own first."""
    day = on.isoformat()
    dates = _dates()
    there = [code for code in codes if dates[code][0] <= day < (dates[code][1] or "9")]
    if not there:
        raise PanelError(
            f"{what} is not known on {day}; wanted a {wanted} of data/{REGISTER.name} in force "
            "then. Mend the file, or add it with its dates."
        )
    return min(there, key=lambda code: dates[code][2])


@cache
def _dates() -> dict[str, tuple[str, str, str]]:
    """Start, end and kind of change of each code."""
    register = read_register()
    columns = (register[name] for name in ("start", "end", "change"))
    return dict(zip(map(str, register.index), zip(*columns, strict=True), strict=True))


@cache
def _numbered() -> dict[str, tuple[str, ...]]:
    """Codes by the Department's number."""
    codes: dict[str, tuple[str, ...]] = {}
    for code, number in read_register()["dfe_code"].items():
        codes[number] = (*codes.get(number, ()), str(code))
    return codes


@cache
def _named() -> dict[str, tuple[str, ...]]:
    """Codes by plain name, the register's variants too."""
    codes: dict[str, tuple[str, ...]] = {}
    for code, row in read_register().iterrows():
        for name in {_plain(one) for one in (row["name"], *row["also"].split(";")) if one}:
            codes[name] = (*codes.get(name, ()), str(code))
    return codes


def same_name(code: str, one: str, other: str) -> bool:
    """Whether two names are one authority's: alike when plain, or both the register's."""
    plain, against = _plain(one), _plain(other)
    return plain == against or all(code in _named().get(name, ()) for name in (plain, against))


def _plain(name: str) -> str:
    """Put a name without case, spaces and signs."""
    return re.sub("[^a-z]", "", name.lower().replace("&", "and"))


def _resolve_one(code: str) -> Resolution:
    """Resolve a single code that the register has."""
    row = read_register().loc[code]
    if row["change"] == "":
        return Resolution((code,), "direct")
    targets = tuple(row["stands_for"].split())
    dates = " ".join(
        f"{word} {row[column]}"
        for word, column in (("from", "start"), ("until", "end"))
        if row[column]
    )
    if row["change"] == "recode":
        return Resolution(targets, "recoded", f"The code of {targets[0]} {dates}; the same area.")
    names = " and ".join(str(read_register().loc[target, "name"]) for target in targets)
    done = "merged into" if row["change"] == "merge" else "split into"
    return Resolution(
        (), "not joined", f"Abolished {row['end']} and {done} {names}, which cover other areas."
    )
