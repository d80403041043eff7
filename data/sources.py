"""The register of published files, and whether the files at hand are those.

``sources.toml`` says of each file who published it, under what licence, and the
sha256 of the copy that the loaders were verified against. Publishers revise files,
so another sha256 is noted in the panel and is no error.
"""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from data.panel import PanelError
from data.text import missing_file

REGISTER = Path(__file__).with_name("sources.toml")


class Source(BaseModel):
    """One published file.

    Attributes
    ----------
    path
        Below the folder of published files.
    publisher, publication, period
        Who published it, in what, and the time that it covers.
    licence, attribution
        SPDX name of the licence, and the words that it asks for.
    repository, repository_path, commit
        The pinned public copy, owner/name, from which it was taken.
    sha256
        Of the copy that the loaders were verified against.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    publisher: str
    publication: str
    period: str
    licence: str
    attribution: str
    repository: str
    repository_path: str
    commit: str
    sha256: str


@cache
def read_sources(path: Path = REGISTER) -> tuple[Source, ...]:
    """Read the register, in the file's order.

    Raises
    ------
    PanelError
        If it cannot be read or an entry is faulty.
    """
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("source", [])
        return tuple(Source.model_validate(entry) for entry in entries)
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PanelError(f"{path}: cannot be read as a register of sources: {error}.") from error


def examine_source(root: Path, file: str) -> dict[str, object]:
    """Give a file's sha256, and whether it is the registered one.

    Returns
    -------
    dict
        ``file``, ``sha256`` and ``matches_register``: false where the file differs
        from the registered one, and where none is registered.

    Raises
    ------
    PanelError
        If the file is missing.
    """
    path = root / file
    if not path.is_file():
        raise missing_file(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    registered = {source.path: source.sha256 for source in read_sources()}
    return {"file": file, "sha256": sha256, "matches_register": registered.get(file) == sha256}
