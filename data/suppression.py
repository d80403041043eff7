"""What publishers write in place of a number, and what is known of the number then.

A published cell is a number or a code. The code says why there is no number, and
sometimes what the number can be: a suppressed count lies in an interval, a rate that
rounds to zero is about zero. Nothing here guesses a number; a code that is not known
is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.panel import PanelError

CODES: Mapping[str, str] = {
    "c": "suppressed",
    "z": "not_applicable",
    "x": "not_available",
    "u": "not_available",
    ":": "not_available",
    "..": "not_available",
    "[x]": "not_available",
    "M": "not_available",
    "k": "low",
    "low": "low",
    "": "no_data",
}
"""Publishers' codes and the status that each stands for."""

SFR_CODES: Mapping[str, str] = {"x": "suppressed", "..": "not_available", "": "no_data"}
"""Codes of the wide files until 2017, where ``x`` hides a small number."""

LARGEST_SUPPRESSED = 5
"""A count is suppressed on its own account when it is 1 to 5."""

_WORST_FIRST = ("not_available", "not_applicable", "no_data", "low", "suppressed", "observed")
_NOT_APPLICABLE = _WORST_FIRST.index("not_applicable")
_SUPPRESSED = _WORST_FIRST.index("suppressed")
_OBSERVED = _WORST_FIRST.index("observed")

Where = Callable[[int], str]
"""Names the column and row of the cell at a position, for messages."""


def read_cells(
    text: pd.Series, where: Where, *, whole: bool, codes: Mapping[str, str] = CODES
) -> pd.DataFrame:
    """Return numbers from codes.

    Parameters
    ----------
    text
        Published cells, as text.
    where
        Names file, column and row of the cell at a position.
    whole
        Whether the cells are counts: whole and not negative.
    codes
        What the publisher writes in place of a number, and the status that it means.

    Returns
    -------
    pd.DataFrame
        ``status`` and ``number`` (NaN where a code stands), with the index of ``text``.

    Raises
    ------
    PanelError
        At the first cell that is neither a number that may stand there nor a code.
    """
    stripped = text.str.strip()
    number = pd.to_numeric(stripped, errors="coerce").to_numpy(float, na_value=np.nan)
    number = np.where(np.isfinite(number), number, np.nan)
    coded = np.isnan(number)
    status = np.full(len(text), "observed", dtype=object)
    status[coded] = stripped[coded].map(codes).to_numpy(object)
    advice = f"or add the code to {_table(codes)} in data/suppression.py"
    _refuse_first(pd.isna(status), text, where, f"a number or one of {_known(codes)}", advice)
    wanted = "a whole count, 0 or more" if whole else "a figure of 0 or more"
    with np.errstate(invalid="ignore"):
        faulty = (number < 0) | ((number % 1 > 0) & whole)
    _refuse_first(faulty, text, where, wanted)
    return pd.DataFrame({"status": status, "number": number}, index=text.index)


def combine_rates(value: pd.DataFrame) -> pd.DataFrame:
    """Cells of a rate that is published without counts; ``low`` is about zero."""
    number = value["number"].mask(value["status"] == "low", 0.0)
    absent = pd.Series(np.nan, index=value.index)
    return pd.DataFrame(
        {
            "status": value["status"],
            "suppression": "",
            "numerator": absent,
            "numerator_low": absent,
            "numerator_high": absent,
            "denominator": absent,
            "value": number,
        }
    )


def combine_counts(
    numerator: Sequence[pd.DataFrame],
    denominator: Sequence[pd.DataFrame],
    complement: Sequence[pd.DataFrame] = (),
    *,
    largest: int = LARGEST_SUPPRESSED,
) -> pd.DataFrame:
    """Add up the parts of a proportion, and bound the numerator where parts are hidden.

    A lone suppressed part is 1 to 5. A part beside another suppressed part may be
    hidden only to protect that one, and larger: it is bounded by what the published
    total leaves. Parts may fall short of the total (unknown durations), so the total
    gives an upper bound and never a lower one. Without a published denominator there
    is no upper bound, and the interval is left empty.

    Parameters
    ----------
    numerator, denominator
        What :func:`read_cells` made of each part; parts are added up.
    complement
        The parts that, with the numerator, make up the denominator.
    largest
        Greatest count of a suppressed part where no complement bounds it: such a part
        may be hidden only to protect another table's figure, and be larger than 5.

    Returns
    -------
    pd.DataFrame
        ``status``, ``suppression`` (of
        :data:`data.panel.SUPPRESSIONS`), ``numerator``,
        ``numerator_low``, ``numerator_high``, ``denominator`` and ``value``, with the
        index of the parts.
    """
    index = numerator[0].index
    top, bottom, rest = _Parts.of(numerator), _Parts.of(denominator), _Parts.of(complement)
    total = bottom.sum
    worst = np.minimum(top.worst, bottom.worst)
    hidden = (worst == _SUPPRESSED) & (top.hidden > 0) & ~np.isnan(total)
    low, high = _interval(top, rest, total, largest)
    status = np.where((worst == _OBSERVED) & (total == 0), _NOT_APPLICABLE, worst)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(status == _OBSERVED, top.sum / total, np.nan)
    return pd.DataFrame(
        {
            "status": np.array(_WORST_FIRST, dtype=object)[status],
            "suppression": _provenance(status, top, rest, total),
            "numerator": top.sum,
            "numerator_low": np.where(hidden, low, top.sum),
            "numerator_high": np.where(hidden, high, top.sum),
            "denominator": total,
            "value": value,
        },
        index=index,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Parts that are added up, for each cell.

    ``sum`` is NaN where any is not published, ``shown`` takes hidden ones as nothing,
    ``hidden`` counts the suppressed ones, and ``worst`` is the position in
    :data:`_WORST_FIRST` that says most about why the sum is not there.
    """

    number: int
    sum: NDArray[np.float64]
    shown: NDArray[np.float64]
    hidden: NDArray[np.int64]
    worst: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[pd.DataFrame]) -> Self:
        """Lay the parts side by side, and add them up."""
        if not parts:
            none = np.zeros(0)
            return cls(0, none, none, none.astype(int), none.astype(int))
        numbers = np.stack([part["number"].to_numpy(float) for part in parts])
        words = pd.Index(_WORST_FIRST)
        status = np.stack([words.get_indexer(pd.Index(part["status"])) for part in parts])
        return cls(
            len(parts),
            numbers.sum(axis=0),
            np.nansum(numbers, axis=0),
            (status == _SUPPRESSED).sum(axis=0),
            status.min(axis=0),
        )


def _provenance(
    status: NDArray[np.int64], top: _Parts, rest: _Parts, total: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return for each suppressed cell whether it may be hidden only to protect another.

    ``primary`` is a count of 1 to 5, ``possibly_secondary`` stands beside another hidden
    part, and of an ``unresolved`` one no published rows tell.
    """
    told = np.full(status.shape, "unresolved", dtype=object)
    if rest.number:
        known = ~np.isnan(total) & (top.hidden > 0)
        told[known & (top.hidden + rest.hidden == 1)] = "primary"
        told[known & (top.hidden + rest.hidden > 1)] = "possibly_secondary"
    return np.where(status == _SUPPRESSED, told, "")


def _interval(
    top: _Parts, rest: _Parts, total: NDArray[np.float64], largest: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the greatest numerator that the published parts allow."""
    room = total - top.shown
    if rest.number:
        left = room - rest.shown - rest.hidden
        # a part suppressed with no other beside it protects none: it is 1 to 5
        alone = top.hidden + rest.hidden <= 1
        left = np.where(alone, np.minimum(left, LARGEST_SUPPRESSED), left)
    else:
        left = np.minimum(room, largest * top.hidden)
    # a few tables leave less than 1 for each hidden part: then it can be 0
    least = np.minimum(top.hidden, np.maximum(room, 0))
    return top.shown + least, top.shown + np.maximum(left, least)


def _refuse_first(
    faulty: NDArray[np.bool_],
    text: pd.Series,
    where: Where,
    wanted: str,
    advice: str = "or get it again",
) -> None:
    """Raise for the first cell at which ``faulty`` holds."""
    at = np.flatnonzero(faulty)
    if at.size:
        raise PanelError(
            f"{where(int(at[0]))}: got {text.iloc[at[0]]!r}; wanted {wanted}. "
            f"Mend the file, {advice}."
        )


def _table(codes: Mapping[str, str]) -> str:
    """Name the table of codes that a file's publisher keeps to."""
    return "SFR_CODES" if codes is SFR_CODES else "CODES"


def _known(codes: Mapping[str, str]) -> str:
    """List the known codes."""
    return ", ".join(code or "an empty cell" for code in codes)
