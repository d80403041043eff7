"""What ``provenance.json`` holds."""

from pydantic import BaseModel, ConfigDict


class Source(BaseModel):
    """One input file of the run."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    sha256: str
    publisher: str = ""


class Provenance(BaseModel):
    """What ``provenance.json`` must hold."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    created: str
    seconds: float
    seed: int
    code_version: str
    python: str
    packages: dict[str, str]
    sources: tuple[Source, ...]
    configuration_sha256: str
    command: str
