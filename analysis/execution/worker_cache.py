"""What a worker keeps between tasks: compiled structures, panels that were read.

Kept for one process, the latest used of each kind, so that memory stays bounded.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable

_KEPT: dict[str, OrderedDict[Hashable, object]] = {}


def cached[Value](kind: str, key: Hashable, make: Callable[[], Value], most: int = 1) -> Value:
    """Return what was made for this key in this process, or make it now.

    Parameters
    ----------
    kind
        What it is: kinds do not push each other out.
    key
        Which of its kind.
    make
        Makes it.
    most
        How many of the kind to keep; the one longest unused goes.
    """
    kept = _KEPT.setdefault(kind, OrderedDict())
    if key not in kept:
        while len(kept) >= most:
            kept.popitem(last=False)
        kept[key] = make()
    kept.move_to_end(key)
    return kept[key]  # type: ignore[return-value]  # made by this kind's own `make`


def forget() -> None:
    """Drop everything that this process keeps."""
    _KEPT.clear()
