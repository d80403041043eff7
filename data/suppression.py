"""What publishers write in place of a number, and what is known of the number then.

A published cell is a number or a code. The code says why there is no number, and
sometimes what the number can be: a suppressed count lies in an interval, a rate that
rounds to zero is about zero. Nothing here guesses a number; a code that is not known
is refused.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

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

Where = Callable[[int], str]
"""Names the column and row of the cell at a position, for messages."""


def read_cells(
    text: pd.Series, where: Where, *, whole: bool, codes: Mapping[str, str] = CODES
) -> pd.DataFrame:
    """Tell numbers from codes.

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
    number = pd.to_numeric(stripped, errors="coerce").astype(float)
    number = number.where(np.isfinite(number))
    status = stripped.map(codes).where(number.isna(), "observed")
    _refuse_first(status.isna(), text, where, f"a number or one of {_known(codes)}")
    wanted = "a whole count, 0 or more" if whole else "a figure of 0 or more"
    faulty = (number < 0) | ((number % 1 > 0) & whole)
    _refuse_first(faulty, text, where, wanted)
    return pd.DataFrame({"status": status, "number": number})


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
    total = _published_sum(denominator)
    status = _worst_status([*numerator, *denominator])
    top = _published_sum(numerator)
    low, high = _interval(numerator, complement, total, largest)
    suppressed = (status == "suppressed") & _suppressed_parts(numerator).gt(0) & total.notna()
    status = status.mask((status == "observed") & (total == 0), "not_applicable")
    return pd.DataFrame(
        {
            "status": status,
            "suppression": _provenance(status, numerator, complement, total),
            "numerator": top,
            "numerator_low": top.where(~suppressed, low),
            "numerator_high": top.where(~suppressed, high),
            "denominator": total,
            "value": (top / total).where(status == "observed"),
        }
    )


def _provenance(
    status: pd.Series,
    numerator: Sequence[pd.DataFrame],
    complement: Sequence[pd.DataFrame],
    total: pd.Series,
) -> pd.Series:
    """Say of each suppressed cell whether it may be hidden only to protect another.

    ``primary`` is a count of 1 to 5, ``possibly_secondary`` stands beside another hidden
    part, and of an ``unresolved`` one no published rows tell.
    """
    hidden = _suppressed_parts(numerator)
    told = pd.Series("unresolved", index=status.index)
    if complement:
        hidden = hidden + _suppressed_parts(complement)
        known = total.notna() & _suppressed_parts(numerator).gt(0)
        told = told.mask(known & hidden.eq(1), "primary")
        told = told.mask(known & hidden.gt(1), "possibly_secondary")
    return told.where(status == "suppressed", "")


def _interval(
    numerator: Sequence[pd.DataFrame],
    complement: Sequence[pd.DataFrame],
    total: pd.Series,
    largest: int,
) -> tuple[pd.Series, pd.Series]:
    """Give the least and the greatest numerator that the published parts allow."""
    hidden, shown = _suppressed_parts(numerator), _shown_sum(numerator)
    left = total - shown
    if complement:
        others = _suppressed_parts(complement)
        left = left - _shown_sum(complement) - others
        # a part suppressed with no other beside it protects none: it is 1 to 5
        left = left.where(hidden + others > 1, left.clip(upper=LARGEST_SUPPRESSED))
    else:
        left = left.clip(upper=largest * hidden)
    # a few tables leave less than 1 for each hidden part: then it can be 0
    least = np.minimum(hidden, (total - shown).clip(lower=0).fillna(hidden))
    return shown + least, shown + np.maximum(left, least)


def _column(parts: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Lay one column of several parts side by side."""
    return pd.concat([part[name] for part in parts], axis=1, keys=range(len(parts)))


def _suppressed_parts(parts: Sequence[pd.DataFrame]) -> pd.Series:
    """Count the suppressed parts of each cell."""
    return (_column(parts, "status") == "suppressed").sum(axis=1)


def _shown_sum(parts: Sequence[pd.DataFrame]) -> pd.Series:
    """Add up the parts that are published, taking hidden ones as nothing."""
    return _column(parts, "number").sum(axis=1)


def _published_sum(parts: Sequence[pd.DataFrame]) -> pd.Series:
    """Add up the parts; NaN where any is not published."""
    return _column(parts, "number").sum(axis=1, skipna=False)


def _worst_status(parts: Sequence[pd.DataFrame]) -> pd.Series:
    """Give the status that says most about why the sum of the parts is not there."""
    statuses = _column(parts, "status")
    worst = pd.Series("observed", index=statuses.index)
    for status in reversed(_WORST_FIRST):
        worst = worst.mask((statuses == status).any(axis=1), status)
    return worst


def _refuse_first(faulty: pd.Series, text: pd.Series, where: Where, wanted: str) -> None:
    """Raise for the first cell at which ``faulty`` holds."""
    at = np.flatnonzero(faulty.to_numpy(bool))
    if at.size:
        raise PanelError(
            f"{where(int(at[0]))}: got {text.iloc[at[0]]!r}; wanted {wanted}. "
            "Mend the file, or add the code to CODES in data/suppression.py."
        )


def _known(codes: Mapping[str, str]) -> str:
    """List the known codes."""
    return ", ".join(code or "an empty cell" for code in codes)
