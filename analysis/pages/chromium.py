"""A Chromium found on the machine, never downloaded, that prints a page without a network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from analysis.files.read_table import ReportError
from data.storage import write_file

NAMES = (
    *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    *("microsoft-edge-stable", "microsoft-edge", "chrome", "msedge"),
)
"""What browsers of this kind are called on the PATH."""

QUIET = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""What keeps such a browser from asking for anything that its page does not."""

_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_NAMED = "EFFECTIVENESS_CHROMIUM"
_SECONDS = 300


def find_chromium() -> str | None:
    """Find Chromium, Chrome or Edge; the variable EFFECTIVENESS_CHROMIUM may name one."""
    named = os.environ.get(_NAMED)
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, (*NAMES, *_ELSEWHERE))), None)


def print_page(page: str, path: Path) -> Path:
    """Print a page as PDF, tagged for screen readers and with an outline.

    Parameters
    ----------
    page
        HTML that holds everything it shows; its ``@page`` rules give size and margins.
    path
        Where the PDF is to stand, whole or not at all.

    Raises
    ------
    ReportError
        If there is no browser, or it printed nothing.
    """
    browser = find_chromium()
    if browser is None:
        raise ReportError(_not_found())
    # A profile of its own: a browser that is open on the desk keeps its own locked.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, "utf-8")
        told = _run(_command(browser, Path(folder) / "profile", source, printed))
        if not printed.is_file() or not printed.stat().st_size:
            raise ReportError(f"{path}: {browser} printed nothing. It said: {told or 'nothing'}.")
        write_file(path, printed.read_bytes())
    return path


def _command(browser: str, profile: Path, source: Path, printed: Path) -> list[str]:
    """Return the options for printing; no name of any host is looked up."""
    # Chromium refuses its sandbox to root, as whom containers run; the page is our own.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        *(browser, "--headless", *QUIET, *(("--no-sandbox",) if root else ())),
        *(f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND"),
        *("--no-pdf-header-footer", "--generate-pdf-document-outline"),
        *(f"--print-to-pdf={printed}", source.as_uri()),
    ]


def _run(command: list[str]) -> str:
    """Run a browser to its end; give the last line that it said."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_SECONDS} seconds"
    except OSError as error:
        return str(error)
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else ""


def _not_found() -> str:
    """State what was looked for, and what to install."""
    named = os.environ.get(_NAMED)
    if named:
        return (
            f"--pdf: {_NAMED} is {named!r}; wanted a program that can be run. Correct or unset it."
        )
    return (
        f"--pdf: none of {', '.join(NAMES)} is on the PATH; a page is printed by one of them. "
        "Install Chromium (Debian and Ubuntu: apt-get install chromium), Google Chrome or "
        f"Microsoft Edge, or name the program in {_NAMED}. report.html needs none of them."
    )
