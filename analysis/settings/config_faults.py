"""What is wrong with a configuration, in plain words: which key, what it holds, what is wanted."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from data.characters import strange_character
from data.near import nearest

_SHOWN = 5
_LONGEST = 60

_WANTED = {
    "missing": "a value; the key is missing",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "tuple_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "too_short": "at least {min_length} in the list",
    "too_long": "at most {max_length} in the list",
    "string_pattern_mismatch": "letters, digits, - and _, at most 40",
    "literal_error": "{expected}",
    "recursion_loop": "no table within itself",
}
"""By pydantic's type of error, what was wanted; its context fills the braces."""


def faults(error: ValidationError, form: type[BaseModel]) -> str:
    """Put every complaint in one line, the first few whole."""
    told: dict[str, list[Any]] = {}
    for fault in error.errors(include_url=False):
        told.setdefault(key_of(fault["loc"]), []).append(fault)
    lines = [_fault(key, own, form) for key, own in told.items()]
    more = len(lines) - _SHOWN
    rest = [f"And {more} more fault{'s' if more > 1 else ''} of this kind."] if more > 0 else []
    return " ".join([*lines[:_SHOWN], *rest])


def wanted(error: ValidationError) -> str:
    """State what was wanted in the place of the first value at fault."""
    return f"wanted {_wanted(error.errors(include_url=False)[0])}"


def key_of(place: tuple[int | str, ...]) -> str:
    """Write a place as a dotted key, without the alternatives that a value may have."""
    return ".".join(str(part) for part in place if "[" not in str(part))


def deepest(text: str) -> int:
    """Count how deep brackets stand within one another, those in text and comments aside."""
    depth = most = 0
    quote = ""
    place = 0
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\" and quote[0] == '"':
                place += 1
            elif text.startswith(quote, place):
                place += len(quote) - 1
                quote = ""
            elif character == "\n" and len(quote) == 1:
                quote = ""
        elif character in "\"'":
            quote = character * 3 if text.startswith(character * 3, place) else character
            place += len(quote) - 1
        elif character == "#":
            place = text.find("\n", place)
            if place < 0:
                break
        elif character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
        place += 1
    return most


def _fault(key: str, own: list[Any], form: type[BaseModel]) -> str:
    """Put what is wrong with one key as a sentence."""
    first = own[0]
    if first["type"] == "extra_forbidden":
        valid = _keys_at(form, first["loc"][:-1])
        near = nearest(str(first["loc"][-1]), valid)
        hint = f" Did you mean {near}?" if near else ""
        known = f" Keys are {', '.join(valid)}." if valid and not near else ""
        return f"{shortened(key)}: there is no such key.{hint}{known}"
    if first["type"] == "missing":
        return f"{key}: is missing; wanted a value. Add the key."
    if first["type"] == "value_error":
        said = first["msg"].removeprefix("Value error, ")
        if isinstance(first["input"], dict | BaseModel):
            # Of keys that do not go together: the message names them.
            return f"{key}: {said}." if key else f"{said}."
    hint = ""
    for fault in own:
        if fault["type"] == "literal_error":
            expected = fault["ctx"]["expected"].replace(" or ", ",")
            near = nearest(str(fault["input"]), [part.strip("' ") for part in expected.split(",")])
            hint = f" Did you mean {near}?" if near else ""
    asked = " or ".join(dict.fromkeys(map(_wanted, own)))
    return f"{shortened(key)} = {shown(first['input'])}: wanted {asked}.{hint}"


def _wanted(fault: Any) -> str:
    """State what a value should have been."""
    if fault["type"] == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ").removeprefix("wanted ")
    words = _WANTED.get(fault["type"])
    if words is None:
        return "another value (" + str(fault["msg"]) + ")"
    return words.format(**fault.get("ctx", {}))


def shown(value: object) -> str:
    """Write a value as a configuration would, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | BaseModel):
        return "a table"
    if isinstance(value, tuple | list):
        return shortened("[" + ", ".join(map(shown, value[:_LONGEST])) + "]")
    if isinstance(value, int) and value.bit_length() > 128:
        return "a number of very many digits"
    return shortened(
        ascii(value)
        if isinstance(value, str) and strange_character(value)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )


def shortened(text: str) -> str:
    """Cut text that would fill the screen."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _keys_at(form: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """List the keys that are valid at a place in the configuration."""
    section: Any = form
    for part in place:
        section = _form(section)
        fields = getattr(section, "model_fields", {})
        if isinstance(part, str) and part in fields:
            section = fields[part].annotation
    return sorted(getattr(_form(section), "model_fields", []))


def _form(annotation: Any) -> Any:
    """Take the section out of one that may be left out, or of which there are several."""
    return next((one for one in get_args(annotation) if hasattr(one, "model_fields")), annotation)
