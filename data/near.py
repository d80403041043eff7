"""The nearest of known names, where one is near."""

from collections.abc import Iterable
from difflib import get_close_matches

_CUTOFF = 0.7
_STEM = 5


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that a reader most likely meant; None if none is near.

    A name that differs in case, in hyphens, underscores and spaces, or in the order of its letters
    alone, is near; so is one that begins with the first word, if that has five letters or more,
    and one that has all of its words, or only words of it.
    """
    by_letters = {_letters(one): one for one in known}
    wanted = _letters(name)
    stem = wanted.partition(" ")[0]
    near = get_close_matches(wanted, list(by_letters), n=1, cutoff=_CUTOFF)
    near = near or [one for one in by_letters if sorted(one) == sorted(wanted)]
    near = near or [one for one in by_letters if len(stem) >= _STEM and one.startswith(stem)]
    words = set(wanted.split())
    near = near or [
        one for one in by_letters if words <= set(one.split()) or set(one.split()) <= words
    ]
    return by_letters[near[0]] if near else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean ...?`` where a name is near, otherwise what there is."""
    there = list(known)
    near = nearest(name, there)
    return f"Did you mean {near!r}?" if near else f"There are {', '.join(map(str, there))}."


def _letters(name: str) -> str:
    """Put a name in lower case, with a space between its words."""
    return " ".join(str(name).casefold().replace("_", " ").replace("-", " ").split())
