"""Where PyTensor and Numba keep what they have compiled.

Read from ``PYTENSOR_FLAGS`` without importing PyTensor, so that a command can say at once that
the folder cannot be used, and a worker can choose its own.
"""

import os
import re
import sys
from pathlib import Path

_FLAG = re.compile(r"(?:^|,)base_compiledir=([^,]+)")
_SOURCES = "generated_src_dir"


def compile_cache(flags: str | None = None) -> Path:
    """Return the folder that PyTensor compiles into, whether it is there or not."""
    named = _FLAG.search(os.environ.get("PYTENSOR_FLAGS", "") if flags is None else flags)
    if named:
        return Path(named.group(1)).expanduser()
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        return Path(os.environ["LOCALAPPDATA"]) / "PyTensor"
    return Path.home() / ".pytensor"


def use_cache(folder: Path) -> None:
    """Have PyTensor, which must not be imported yet, compile into a folder."""
    flags = _FLAG.sub("", os.environ.get("PYTENSOR_FLAGS", "")).strip(",")
    kept = [flag for flag in flags.split(",") if flag and not flag.startswith(f"{_SOURCES}=")]
    os.environ["PYTENSOR_FLAGS"] = ",".join([*kept, f"base_compiledir={folder}"])
    keep_sources_in_cache()


def keep_sources_in_cache() -> None:
    """Have the sources that PyTensor generates stand in its cache, which it cleans.

    It would leave each in the system's folder of temporary files, several dozen a run.
    """
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if f"{_SOURCES}=" in flags:
        return
    folder = compile_cache() / "generated"
    os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, [flags, f"{_SOURCES}={folder}"]))
    if "pytensor" in sys.modules:
        sys.modules["pytensor"].config.generated_src_dir = str(folder)
