"""The panel: what the loaders hand to the models, and the contract that it keeps.

A panel is one :class:`xarray.Dataset`. Published files become a panel in
:mod:`data.build`, a simulation becomes one in :mod:`data.simulate`, and every
model starts from one, after :func:`validate_panel` has found nothing to refuse.
Nothing here reads a published file or repairs a value.

Dimensions and coordinates
    ``authority`` ONS code, with ``authority_name`` and ``region``; ``indicator``
    catalogue id, with ``indicator_title``, ``domain``, ``direction`` (higher, lower
    or contested: which way is better), ``kind`` (count or rate), ``unit`` and
    ``transform``, and the period that its figures cover (:mod:`data.reference`):
    ``reference_end`` (its last day in the year of the label, MM-DD), ``reference_months`` (its
    length; 0 for a count on that day) and ``publication_months`` (from that day until figures
    are published); ``year`` the publisher's label, the year ending 31 March for most;
    ``inspection`` an id, with ``framework`` and ``inspection_type``; ``judgement``
    as in :data:`JUDGEMENTS`; ``measure`` of deprivation (``imd``, ``idaci``).
Variables over (authority, indicator, year)
    ``numerator`` and ``denominator`` (counts, NaN where not published),
    ``numerator_low`` and ``numerator_high`` (the closed interval in which the
    numerator lies; both equal it where it is published), ``value`` (a proportion
    for counts, the published figure in its ``unit`` for rates) and ``status`` (one
    of :data:`STATUSES`).
Variables over other dimensions
    ``deprivation`` (authority, measure), average scores; ``population`` (authority,
    year), residents aged 0 to 17 at the mid-year before the year's end;
    ``judgement_grade`` (inspection, judgement), -1 where none was given, otherwise a
    position in :data:`GRADES`; ``inspected_authority``, ``inspection_start`` and
    ``publication`` (inspection). An inspected authority may have been abolished and
    be absent from ``authority``; a start date may be missing (frameworks that
    publish only the report's date).
What it may hold besides (the published record does, a simulated panel need not)
    ``aspect`` (indicator): what effectiveness is taken to be of (outcomes, process, workforce);
    :func:`data.panel_queries.aspects` gives the domain where a panel has none.
    ``release`` and ``series`` (indicator, year): the release that the figures come
    from, and the definition that they follow. Two years of an indicator may be
    compared only if they share a series: :func:`data.panel_queries.comparable_years`.
    ``published`` (indicator, year), how many published codes have a figure, before any join;
    ``earlier_release`` and ``earlier_value``, what the next older release said of the same year;
    ``suppression`` (a word of :data:`SUPPRESSIONS`). ``further_grade`` (inspection,
    further_judgement), judgements that one framework alone gave. ``deprivation_vintage`` and
    ``deprivation_rank`` (authority, measure, vintage; 1 is the most deprived) with
    ``vintage_of_year`` (year). ``context`` (authority, year, context_measure) and ``ethnicity``
    (authority, ethnic_group), shares. ``adjacency`` (authority, neighbour), whether two
    authorities touch, with the codes of ``authority`` along ``neighbour`` (:mod:`data.adjacency`).
What its attrs hold
    ``simulated`` (0 or 1), ``release``, ``loader_version``, and as JSON text
    ``sources`` (file and sha256 of each input), ``joins`` (what could not be joined
    directly, and what was done) and ``truth`` (simulated panels only).
"""

import json
from collections.abc import Callable, Iterable

import numpy as np
import xarray as xr

from data.characters import strange_character, strange_text
from data.dates import EARLIEST, LATEST, numpy_day
from data.reference import LONGEST, is_day

GRADES = ("Inadequate", "Requires improvement", "Good", "Outstanding")
JUDGEMENTS = ("overall", "leadership", "help_and_protection", "in_care", "care_leavers")
STATUSES = ("observed", "suppressed", "not_applicable", "not_available", "low", "no_data")
DIRECTIONS = ("higher", "lower", "contested")
KINDS = ("count", "rate")
MEASURES = ("imd", "idaci")
SUPPRESSIONS = ("", "primary", "possibly_secondary", "unresolved")
FURTHER_JUDGEMENTS = ("adoption", "safeguarding_board")

_CELL = ("authority", "indicator", "year")
_DIMS: dict[str, tuple[str, ...]] = {
    "numerator": _CELL,
    "denominator": _CELL,
    "numerator_low": _CELL,
    "numerator_high": _CELL,
    "value": _CELL,
    "status": _CELL,
    "deprivation": ("authority", "measure"),
    "population": ("authority", "year"),
    "judgement_grade": ("inspection", "judgement"),
    "inspected_authority": ("inspection",),
    "inspection_start": ("inspection",),
    "publication": ("inspection",),
    "authority": ("authority",),
    "authority_name": ("authority",),
    "region": ("authority",),
    "indicator": ("indicator",),
    "indicator_title": ("indicator",),
    "domain": ("indicator",),
    "direction": ("indicator",),
    "kind": ("indicator",),
    "unit": ("indicator",),
    "transform": ("indicator",),
    "reference_end": ("indicator",),
    "reference_months": ("indicator",),
    "publication_months": ("indicator",),
    "year": ("year",),
    "inspection": ("inspection",),
    "framework": ("inspection",),
    "inspection_type": ("inspection",),
    "judgement": ("judgement",),
    "measure": ("measure",),
}
_OPTIONAL_DIMS: dict[str, tuple[str, ...]] = {
    "aspect": ("indicator",),
    "suppression": _CELL,
    "earlier_value": _CELL,
    "release": ("indicator", "year"),
    "series": ("indicator", "year"),
    "earlier_release": ("indicator", "year"),
    "published": ("indicator", "year"),
    "further_grade": ("inspection", "further_judgement"),
    "further_judgement": ("further_judgement",),
    "deprivation_vintage": ("authority", "measure", "vintage"),
    "deprivation_rank": ("authority", "measure", "vintage"),
    "vintage": ("vintage",),
    "vintage_of_year": ("year",),
    "context": ("authority", "year", "context_measure"),
    "context_measure": ("context_measure",),
    "ethnicity": ("authority", "ethnic_group"),
    "ethnic_group": ("ethnic_group",),
    "adjacency": ("authority", "neighbour"),
    "neighbour": ("neighbour",),
}
_ATTRS = ("simulated", "release", "loader_version", "sources", "joins")


class PanelError(ValueError):
    """The panel, or a file that should become one, cannot be used as it stands."""


def validate_panel(panel: xr.Dataset, source: str = "panel") -> xr.Dataset:
    """Refuse a panel that breaks the contract; return it unchanged otherwise.

    Parameters
    ----------
    panel
        The dataset to examine.
    source
        What to call it in a message: a file's path, or how it was made.

    Raises
    ------
    PanelError
        At the first fault, with the variable, the coordinates of the first cell at
        fault, what it holds and what was wanted.
    """
    _check_layout(panel, source)
    _check_attrs(panel, source)
    _check_labels(panel, source)
    _check_text(panel, source)
    _check_counts(panel, source)
    _check_inspections(panel, source)
    _check_record(panel, source)
    return panel


def _check_layout(panel: xr.Dataset, source: str) -> None:
    """Every variable, coordinate and attribute is there, with its dimensions."""
    for name in _DIMS:
        if name not in panel.variables:
            there = ", ".join(sorted(map(str, panel.variables)))
            raise PanelError(
                f"{source}: no variable {name}; it has {there}. Add it, or write a panel of an "
                "older version again with `effectiveness panel CONFIG`."
            )
    for name, dims in (_DIMS | _OPTIONAL_DIMS).items():
        if name not in panel.variables:
            continue
        if panel[name].dims != dims:
            raise PanelError(
                f"{source}: {name} has dims {panel[name].dims}; the contract wants {dims}."
            )
    for name in ("authority", "indicator", "year", "inspection", "judgement", "measure"):
        labels = panel[name].to_index()
        if name == "year" and not (
            labels.dtype.kind in "iu" and labels.isin(range(EARLIEST.year, LATEST.year + 1)).all()
        ):
            raise PanelError(
                f"{source}: year holds {', '.join(map(str, labels[:5]))}; wanted whole years "
                f"from {EARLIEST.year} to {LATEST.year}. Mend the loader or the file."
            )
        if not labels.is_unique:
            twice = labels[labels.duplicated()][0]
            raise PanelError(f"{source}: {name} {twice} stands more than once. Keep one.")


def _check_attrs(panel: xr.Dataset, source: str) -> None:
    """Attributes are there, and are such text and numbers as netCDF keeps."""
    for name in _ATTRS:
        if name not in panel.attrs:
            there = ", ".join(map(str, panel.attrs))
            raise PanelError(f"{source}: no attribute {name}; it has {there}.")
    for name, value in panel.attrs.items():
        plain = isinstance(value, str | int | float | np.integer | np.floating)
        if not plain or isinstance(value, bool):
            raise PanelError(
                f"{source}: attribute {name} is {value!r:.60}; wanted text or a number. Write it "
                "as text (JSON for a table or a list), or leave it out."
            )
        strange = strange_character(value) if isinstance(value, str) else ""
        if strange:
            raise PanelError(f"{source}: attribute {name} holds {strange}. Leave it out.")
    if panel.attrs["simulated"] not in (0, 1):
        raise PanelError(
            f"{source}: attribute simulated is {panel.attrs['simulated']!r:.60}; wanted 0 or 1."
        )
    for name in ("sources", "joins"):
        try:
            listed = json.loads(panel.attrs[name])
        except (TypeError, ValueError):
            listed = None
        if not isinstance(listed, list):
            raise PanelError(
                f"{source}: attribute {name} is {panel.attrs[name]!r:.60}; wanted a list as JSON "
                "text, such as []."
            )
        strange = strange_text(listed)
        if strange:
            raise PanelError(f"{source}: attribute {name}: {strange}; wanted plain text.")


def _check_text(panel: xr.Dataset, source: str) -> None:
    """Names and other text hold no character that ends a line or cannot be drawn."""
    for name in panel.variables:
        variable = panel[name]
        if variable.dtype.kind not in "OU" or variable.dims == _CELL:
            continue
        for place, text in np.ndenumerate(variable.values):
            strange = strange_character(text) if isinstance(text, str) else ""
            if strange:
                where = ", ".join(
                    f"{dim} {str(variable[dim].values[at])!r}"
                    for dim, at in zip(variable.dims, place, strict=True)
                )
                raise PanelError(
                    f"{source}: {name} at {where} is {str(text)!r} and holds {strange}; wanted "
                    "plain text. Mend the loader or the file."
                )


def _check_labels(panel: xr.Dataset, source: str) -> None:
    """Text variables hold words of their vocabulary."""
    vocabularies = {
        "status": STATUSES,
        "direction": DIRECTIONS,
        "kind": KINDS,
        "judgement": JUDGEMENTS,
        "measure": MEASURES,
        "suppression": SUPPRESSIONS,
        "further_judgement": FURTHER_JUDGEMENTS,
    }
    for name, words in vocabularies.items():
        if name not in panel.variables:
            continue
        unknown = ~panel[name].isin(words)
        _refuse(panel, unknown, name, f"one of {', '.join(words)}", source)
    for name in ("authority_name", "region", "indicator_title", "transform", "aspect"):
        if name in panel.variables:
            _refuse(panel, panel[name] == "", name, "some text", source)
    day = [is_day(str(end)) for end in panel["reference_end"].values]
    no_day = panel["reference_end"].copy(data=np.logical_not(day))
    _refuse(panel, no_day, "reference_end", "a day of every year, as MM-DD", source)
    for name in ("reference_months", "publication_months"):
        whole = panel[name].isin(range(LONGEST + 1))
        _refuse(panel, ~whole, name, f"whole months, 0 to {LONGEST}", source)


def _check_counts(panel: xr.Dataset, source: str) -> None:
    """Hold counts to be whole, within their intervals, not above their denominators."""
    for name in ("numerator", "denominator", "numerator_low", "numerator_high"):
        counts = panel[name]
        _refuse(panel, counts < 0, name, "no negative count", source)
        _refuse(panel, counts % 1 > 0, name, "a whole number", source)
    low, high, numerator = panel.numerator_low, panel.numerator_high, panel.numerator
    _refuse(panel, low > high, "numerator_low", "at most numerator_high", source)
    _refuse(panel, numerator > panel.denominator, "numerator", "at most its denominator", source)
    _refuse(panel, high > panel.denominator, "numerator_high", "at most its denominator", source)
    outside = (numerator < low) | (numerator > high)
    _refuse(panel, outside, "numerator", "within numerator_low to numerator_high", source)
    observed = panel.status == "observed"
    count = panel.kind == "count"
    _refuse(
        panel, observed & count & numerator.isnull(), "numerator", "a count where observed", source
    )
    _refuse(panel, observed & panel.value.isnull(), "value", "a value where observed", source)
    silent = ~panel.status.isin(["observed", "low"]) & panel.value.notnull()
    _refuse(panel, silent, "value", "no value where the status is not observed or low", source)
    _refuse(panel, ~np.isfinite(panel.deprivation), "deprivation", "a finite score", source)


def _check_record(panel: xr.Dataset, source: str) -> None:
    """Hold what a panel may have besides: where its figures come from, and the context."""
    if "suppression" in panel:
        stray = (panel.suppression != "") & (panel.status != "suppressed")
        _refuse(panel, stray, "suppression", "no text unless the cell is suppressed", source)
    if "series" in panel and "release" in panel:
        unnamed = (panel.release != "") & (panel.series == "")
        _refuse(panel, unnamed, "series", "a name wherever a release is named", source)
    if "context" in panel:
        _refuse(panel, panel.context < 0, "context", "no negative figure", source)
    if "vintage_of_year" in panel:
        unknown = ~panel.vintage_of_year.isin(panel.vintage)
        _refuse(panel, unknown, "vintage_of_year", "one of the vintages", source)


def _check_inspections(panel: xr.Dataset, source: str) -> None:
    """Grades are known, dates are in order, and no inspection stands twice."""
    wanted = f"-1 or a position in {', '.join(GRADES)}"
    for name in {"judgement_grade", "further_grade"} & set(panel):
        fault = (panel[name] < -1) | (panel[name] >= len(GRADES))
        _refuse(panel, fault, str(name), wanted, source)
    for name in ("publication", "inspection_start"):
        dates = panel[name]
        if dates.dtype.kind != "M":
            raise PanelError(
                f"{source}: {name} has the type {dates.dtype}; wanted dates from {EARLIEST} to "
                f"{LATEST} (datetime64). Mend the loader or the file."
            )
        outside = (dates < numpy_day(EARLIEST)) | (dates > numpy_day(LATEST))
        _refuse(panel, outside, name, f"a date from {EARLIEST} to {LATEST}", source)
    _refuse(panel, panel.publication.isnull(), "publication", "a date", source)
    late = panel.inspection_start > panel.publication
    _refuse(panel, late, "inspection_start", "no later than publication", source)


def _refuse(panel: xr.Dataset, fault: xr.DataArray, name: str, wanted: str, source: str) -> None:
    """Raise for the first cell where ``fault`` holds."""
    fault = fault.compute()
    if not bool(fault.any()):
        return
    position = dict(zip(fault.dims, np.argwhere(fault.values)[0], strict=True))
    where = ", ".join(f"{dim} {fault[dim].values[at]}" for dim, at in position.items())
    variable = panel[name]
    got = variable.isel({dim: at for dim, at in position.items() if dim in variable.dims}).values
    raise PanelError(
        f"{source}: {name} at {where} is {got}; wanted {wanted} "
        f"({int(fault.sum())} such). Mend the loader or the file."
    )


Progress = Callable[[str, int, int], None]
"""How a long step reports: what is being done, how many are done, of how many."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Report no progress."""


def counted(items: Iterable[str], report: Progress, what: str) -> Iterable[str]:
    """Yield the items, reporting each as it is finished."""
    listed = list(items)
    for done, item in enumerate(listed):
        report(what, done, len(listed))
        yield item
    report(what, len(listed), len(listed))
