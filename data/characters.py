"""Names that users give: which characters none may hold, and files that are called after them."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping

_CATEGORIES = {"Cc": "a control character", "Cs": "half of a character", "Zl": "a line break"}
_CATEGORIES["Zp"] = _CATEGORIES["Zl"]
# They turn the direction of what follows, so that text reads otherwise than it is.
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def strange_character(text: str) -> str:
    """Name the first character that text for readers may not hold; empty if there is none."""
    if text.isascii() and text.isprintable():
        return ""
    for character in text:
        category = unicodedata.category(character)
        if category in _CATEGORIES or character in _TURNING:
            what = _CATEGORIES.get(category, "a character that turns the direction of writing")
            return f"{what} ({ascii(character)[1:-1]})"
    return ""


def strange_text(told: object, key: str = "") -> str:
    """State which key or text holds a character that none may hold; empty if none does."""
    for place, text in _texts(told, key):
        strange = strange_character(text)
        if strange:
            return f"{ascii(place)[1:-1] or 'a key'} holds {strange}"
    return ""


def file_stem(name: str) -> str:
    """Return a name as it can stand in a file's, on every system, another for each name."""
    if re.fullmatch(r"[a-z0-9_-]{1,60}", name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:50].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest


def _texts(told: object, key: str) -> Iterator[tuple[str, str]]:
    """Yield every key and text with its place."""
    if isinstance(told, str):
        yield key, told
    elif isinstance(told, Mapping):
        for name, value in told.items():
            yield f"{key}.{name}" if key else str(name), str(name)
            yield from _texts(value, f"{key}.{name}" if key else str(name))
    elif isinstance(told, list | tuple):
        for number, value in enumerate(told):
            yield from _texts(value, f"{key}.{number}" if key else str(number))
