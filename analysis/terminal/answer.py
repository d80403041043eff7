"""How a command meets its surroundings: signs that cannot be written, signals, refusals.

A fault of the user's, or of the machine, is one line and exit code 2. A command that is stopped
says what is kept: code 130 after Ctrl-C, 143 after SIGTERM, 141 where nobody reads its output.
"""

import codecs
import errno
import io
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType

_SPELLED = {
    "ρ": "rho", "θ": "theta", "α": "alpha", "β": "beta", "σ": "sigma", "×": "x", "−": "-",
    "–": "-", "—": "-", "≤": "<=", "≥": ">=", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...",
    "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
_IN_A_MOMENT = 0.05
_FULL = ("ENOSPC", "EDQUOT")
_OF_THE_MACHINE = (
    *_FULL,
    *("EACCES", "EPERM", "EROFS", "EISDIR", "ENOTDIR", "ENOTEMPTY", "ENAMETOOLONG", "ELOOP"),
    *("EIO", "EMFILE", "ENFILE", "ESTALE", "EBUSY", "EFBIG", "ENOMEM", "ETXTBSY"),
)
"""Names of errors, which not every system has."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came; what is prepared for Ctrl-C is prepared for it."""


def answer(app: Callable[[], object]) -> int:
    """Run a command line to its end; return the exit code."""
    _write_every_sign()
    before = {one: signal.signal(one, _stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SystemExit as ended:
        return _code(ended)
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt as stopped:
        terminated = isinstance(stopped, Terminated)
        _say(f"{'terminated' if terminated else 'stopped'}; {_kept(stopped)}")
        return 143 if terminated else 130
    except ValueError as error:
        if type(error).__module__.split(".")[0] not in {"data", "models", "analysis"}:
            raise
        _say(_with_notes(str(error), error))
        return 2
    except OSError as error:
        if not is_of_the_machine(error):
            raise
        _say(_with_notes(_about(error), error))
        return 2
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    return 0


def is_of_the_machine(error: OSError) -> bool:
    """Return whether an error is about permissions, room or the like, and not a mistake here."""
    return errno.errorcode.get(error.errno or 0) in _OF_THE_MACHINE


def _about(error: OSError) -> str:
    """Put what the machine refused on one line."""
    where = f"{error.filename}: " if error.filename else ""
    told = f"{where}{error.strerror}"
    if errno.errorcode.get(error.errno or 0) in _FULL:
        return f"{told}. Make room, and give the same command again."
    return f"{told}. Check the permissions of the path, or name another."


def _kept(stopped: BaseException) -> str:
    """State what a stopped command can go on from."""
    notes = getattr(stopped, "__notes__", [])
    return " ".join(notes) or "finished fits are kept and not repeated."


def _with_notes(text: str, error: BaseException) -> str:
    """Add what was noted while an error passed."""
    notes: list[str] = getattr(error, "__notes__", [])
    return " ".join([text, *(f"{one[:1].upper()}{one[1:]}" for one in notes)])


def _say(text: str) -> None:
    sys.stderr.write(f"effectiveness: {text}\n")


def _code(ended: SystemExit) -> int:
    """Return the exit code that a command chose."""
    if isinstance(ended.code, int):
        return ended.code
    if ended.code is None:
        return 0
    _say(str(ended.code))
    return 1


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise what a signal stands for, where it is not lost."""
    inner = frame
    while inner is not None:
        # Python ignores what is raised while it removes an object: ask again in a moment.
        if inner.f_code.co_name == "__del__" or inner.f_code.co_filename == weakref.__file__:
            timer = threading.Timer(_IN_A_MOMENT, _send_again, (number,))
            timer.daemon = True
            timer.start()
            return
        inner = inner.f_back
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _send_again(number: int) -> None:
    """Send a signal to the main thread, which may be waiting for something."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:  # Windows
        signal.raise_signal(number)


def _write_every_sign() -> None:
    """Have signs that a stream's encoding lacks spelled, as where Windows redirects to a file."""
    codecs.register_error("spelled", _spell)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spelled")


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Spell what cannot be encoded: a handler of :mod:`codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    spelled = "".join(_SPELLED.get(sign, "?") for sign in signs)
    return spelled, error.end
