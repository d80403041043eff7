"""A second process that draws figures of the same run while the first is busy with the rest.

Figures are independent of each other, and drawing is work for one core. The assistant is a
program of its own that reads the run's folder, so that it needs nothing of the process that
started it but its command: ``python -m analysis.report.assistant FOLDER``. It is told the key of
a figure on its standard input and answers on its standard output, one pickle after another, until
it is stopped. What it draws is to the byte what the first process would have drawn.
"""

import os
import pickle
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from analysis.files.read_table import ReportError
from analysis.pages.illustrations import Illustration, illustrate
from analysis.report.read import read_inputs


class Shared:
    """Figures that are drawn by this process and, if there is a core for it, an assistant.

    Both take the next key that nobody has taken, so that neither waits for the other before
    the last figure. Within its ``with`` the assistant draws already; :meth:`finish` draws what
    is left. Without an assistant, all is drawn there.

    Parameters
    ----------
    keys
        Of the figures.
    folder
        Of the run, for the assistant.
    """

    def __init__(self, keys: Collection[str], folder: Path) -> None:
        self._keys = tuple(keys)
        self._waiting = deque(self._keys)
        self._folder = folder
        self._assistant: _Assistant | None = None

    def __enter__(self) -> Self:
        if len(self._keys) > 1 and cores() > 1:
            self._assistant = _Assistant(self._folder, self._waiting)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._assistant is not None:
            self._assistant.stop()

    def finish(self, draw: Callable[[str], Illustration]) -> dict[str, Illustration]:
        """Draw what nobody has taken, and wait for what the assistant is at.

        Returns
        -------
        dict
            By key, in the order of the keys.

        Raises
        ------
        ReportError
            If the assistant could not draw a figure that it had taken, with what it said;
            whatever ``draw`` raises.
        """
        drawn: dict[str, Illustration] = {}
        while self._assistant is None or self._assistant.fault is None:
            try:
                key = self._waiting.popleft()
            except IndexError:
                break
            drawn[key] = draw(key)
        if self._assistant is not None:
            drawn |= self._assistant.finish()
        return {key: drawn[key] for key in self._keys}


def cores() -> int:
    """Count the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Assistant:
    """The assistant as the first process sees it: a thread that hands it keys."""

    def __init__(self, folder: Path, waiting: deque[str]) -> None:
        self.fault: ReportError | None = None
        self._waiting = waiting
        self._drawn: dict[str, Illustration] = {}
        self._at_work = False
        # -P: a folder of the same name where the user stands is not taken for this package.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(folder.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._thread = Thread(target=self._hand_out, daemon=True)
        self._thread.start()

    def finish(self) -> dict[str, Illustration]:
        """Wait for the figure that it is at, if it is at one, and give what it drew."""
        if self._at_work:
            self._thread.join()
        if self.fault is not None:
            raise self.fault
        return self._drawn

    def stop(self) -> None:
        """End the assistant, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _hand_out(self) -> None:
        """Hand out keys one by one, once the assistant has said that it is ready."""
        key = ""
        try:
            self._receive()
            while True:
                self._at_work = True  # said before a key is taken, so that none is forgotten
                key = self._waiting.popleft()
                self._send(key)
                self._drawn[key] = self._receive()
        except IndexError:
            pass
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            # One that ended before it took a figure is no fault: all is drawn without it.
            if key:
                self.fault = ReportError(
                    f"figure {key}: the process that was to draw it ended "
                    f"({type(error).__name__}). Write the report again."
                )
        except ReportError as error:
            self.fault = error
        finally:
            self._at_work = False

    def _send(self, key: str) -> None:
        """Ask for a figure."""
        pipe = self._process.stdin
        assert pipe is not None
        pickle.dump(key, pipe)
        pipe.flush()

    def _receive(self) -> Any:
        """Read an answer: a figure, or why there is none."""
        pipe = self._process.stdout
        assert pipe is not None
        answer = pickle.load(pipe)
        if isinstance(answer, _Failed):
            raise ReportError(f"figure {answer.key}: cannot be drawn.\n{answer.told}")
        return answer


class _Failed:
    """Why a figure could not be drawn."""

    def __init__(self, key: str, told: str) -> None:
        self.key, self.told = key, told


def serve(folder: Path) -> None:
    """Draw what standard input asks for until it ends."""
    from analysis.report.drawings import draw_run

    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not stand between the answers
    drawings = draw_run(read_inputs(folder))
    _answer(answers, "ready")
    while True:
        try:
            key = pickle.load(asked)
        except EOFError:
            return
        try:
            _answer(answers, illustrate(key, drawings[key]))
        except Exception:
            _answer(answers, _Failed(key, traceback.format_exc()))


def _answer(pipe: Any, what: Any) -> None:
    """Write one answer, at once."""
    pickle.dump(what, pipe)
    pipe.flush()


if __name__ == "__main__":
    # By the module's own name, under which the first process knows what is pickled.
    from analysis.report import assistant

    assistant.serve(Path(sys.argv[1]))
