"""Numbers as a reader sees them: true minus signs, few digits, never a false certainty."""

import math
from datetime import date
from typing import Protocol

NOT_KNOWN = "not known"


def number(value: float, places: int = 2) -> str:
    """Write a number with a true minus sign; what rounds to zero has no sign."""
    if not math.isfinite(value):
        return NOT_KNOWN
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def signed(value: float, places: int = 2) -> str:
    """Write a difference, with its sign even where it is positive."""
    text = number(value, places)
    return text if text.startswith("−") or not math.isfinite(value) else f"+{text}"


def span(lower: float, upper: float, places: int = 2) -> str:
    """Write an interval's two ends."""
    return f"{number(lower, places)} to {number(upper, places)}"


def with_interval(mean: float, lower: float, upper: float, places: int = 2) -> str:
    """Write a number with its interval in brackets."""
    return f"{number(mean, places)} ({span(lower, upper, places)})"


def counted(mean: float, lower: float, upper: float) -> str:
    """Write a mean count with its interval, whose ends are whole where they can be."""
    ends = (number(end, 1).removesuffix(".0") for end in (lower, upper))
    return f"{number(mean, 1)} ({' to '.join(ends)})"


def error(value: float, places: int = 3) -> str:
    """Write a Monte Carlo error, never as 0.000; what was not drawn has none."""
    if math.isnan(value):
        return "–"
    if value == 0:
        return "none"
    return above_nothing(value, places)


def above_nothing(value: float, places: int) -> str:
    """Write a number that is not negative, and what would round to zero as less than the least."""
    text = number(value, places)
    rounded = math.isfinite(value) and not float(text.replace(",", ""))
    return f"under {10.0**-places:.{places}f}" if rounded else text


def percentage(share: float, places: int = 0) -> str:
    """Write a probability as a percentage, never as 0% or 100% unless it must be."""
    if not math.isfinite(share):
        return NOT_KNOWN
    least = 10.0**-places
    text = f"{100 * share:.{places}f}"  # halves are rounded to even: 0.5 would be 0
    if float(text) <= 0:
        return f"under {least:.{places}f}%"
    if float(text) >= 100:
        return f"over {100 - least:.{places}f}%"
    return f"{text}%"


def percentage_with_interval(share: float, lower: float, upper: float) -> str:
    """Write a probability as a percentage with its interval in brackets."""
    return f"{percentage(share)} ({percentage(lower)} to {percentage(upper)})"


def in_unit(value: float, unit: str) -> str:
    """Write a published figure in its unit: proportions and percentages with one decimal."""
    if unit == "proportion":
        return f"{number(100 * value, 1)}%"
    return f"{number(value, 1)}%" if unit == "percent" else f"{number(value, 1)} {unit}"


def multiple(factor: float) -> str:
    """Write how many times: a decimal below ten, no more than 'more than 1,000'."""
    if not math.isfinite(factor):
        return NOT_KNOWN if math.isnan(factor) else "more than 1,000"
    if factor > 1000:
        return "more than 1,000"
    if round(factor, 1) < 10:
        return f"{factor:.1f}"
    return f"{factor:,.0f}"


def multiple_with_range(logarithm: float, error: float) -> tuple[str, str]:
    """Write a factor, and the range of two Monte Carlo errors either way if it can be told.

    The range is empty where both its ends are written alike, as beyond 1,000.
    """
    around = 1.96 * error if math.isfinite(error) else math.inf
    least, middle, most = (
        multiple(exponential(logarithm + shift)) for shift in (-around, 0.0, around)
    )
    return middle, "" if least == most else f"{least} to {most}"


def exponential(logarithm: float) -> float:
    """Undo a natural logarithm; what is too large is infinite."""
    try:
        return math.exp(logarithm)
    except OverflowError:
        return math.inf


def duration(seconds: float) -> str:
    """Write a time: seconds below two minutes, minutes above."""
    if not math.isfinite(seconds):
        return NOT_KNOWN
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def day(written: str) -> str:
    """Write an ISO day as a reader does; what is none as it stands, nothing as a dash."""
    try:
        told = date.fromisoformat(written)
    except ValueError:
        return written or "–"
    return f"{told.day} {told:%B %Y}"


class Interval(Protocol):
    """Settings that say how probable intervals are."""

    @property
    def interval(self) -> float:
        """Probability of an interval."""
        ...


def interval_name(settings: Interval) -> str:
    """Return the name of the intervals: their probability and their kind."""
    return f"{100 * settings.interval:g}% credible interval"
