"""What is asked of processes, on every system alike."""

import sys

import psutil


def peak_memory() -> int:
    """Return this process's largest resident size, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def kill(process: int) -> None:
    """End a process at once, if it is there."""
    try:
        psutil.Process(process).kill()
    except psutil.NoSuchProcess:
        return
