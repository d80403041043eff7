"""What the commands have in common."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Folder = Annotated[Path | None, Parameter(negative="")]
Switch = Annotated[bool, Parameter(negative="")]


def command_line() -> str:
    """Give the command line as typed, the program by its name."""
    return " ".join(["effectiveness", *sys.argv[1:]])
