"""How a page is made: its templates, the parts that it carries within it, and writing it."""

import re
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)

from data.storage import write_file

_HERE = Path(__file__).parent


def environment(*packages: str) -> Environment:
    """Return a template engine that escapes everything and refuses unknown names.

    It finds the templates of the packages named, then those of this one.
    """
    places = (*packages, "analysis.pages")
    made = Environment(
        loader=ChoiceLoader([PackageLoader(place, ".") for place in places]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["pieces"] = pieces
    return made


def pieces(path: str) -> list[str]:
    """Part a file's path after its slashes and underscores, where a line may break."""
    return re.split(r"(?<=[/_])(?=[^/_])", path)


def page_part(name: str) -> str:
    """Read a part of the page that lies beside this module."""
    return (_HERE / name).read_text("utf-8")


def write_page(page: str, path: Path) -> Path:
    """Write a page under its name only when it is whole."""
    write_file(path, page.encode())
    return path
