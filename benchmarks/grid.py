"""Run a grid of specifications, and say what each took; on 1 worker and on 2, say so twice.

Run ``python -m benchmarks.grid CONFIG FOLDER WORKERS...``, with the folder of published files in
``EFFECTIVENESS_DATA``. Each number of workers has a folder of its own below FOLDER, begun afresh
or gone on with; where there are two, their tables are compared to the last bit
(docs/sensitivity.md says when they can differ). Seconds are of the processor, input and output
included, loading and compiling apart; the speed-up is that of the clock, and means something on a
machine that does nothing else.
"""

import os
import sys
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd

from analysis.execution.cluster import Cluster
from analysis.execution.task_counts import TaskCounts
from analysis.sensitivity.grid import read_grid
from analysis.sensitivity.plan import Planner
from analysis.sensitivity.run import run_grid
from analysis.sensitivity.table import same_results


def measure(config: Path, folder: Path, workers: int) -> tuple[pd.DataFrame, float]:
    """Run a grid on so many workers; give the table and the seconds of the clock."""
    # A store of fits of its own, so that everything is computed.
    os.environ["EFFECTIVENESS_CACHE"] = str(folder / "cache")
    grid = read_grid(config)
    planner = Planner(grid.specifications, folder)
    peak = [0]

    def watch(tally: TaskCounts) -> None:
        peak[0] = max(peak[0], tally.peak_memory)

    started = time.perf_counter()
    table = run_grid(grid, planner, folder, cluster=Cluster(workers=workers), watch=watch)
    seconds = time.perf_counter() - started
    print(f"{workers} workers: {seconds:.0f} s, peak memory of one {peak[0] / 2**20:.0f} MiB")
    for prefix in ("screen", "nuts"):
        own = table.dropna(subset=f"{prefix}_seconds")
        took = own.groupby("estimand")[f"{prefix}_seconds"].describe()
        print(f"{prefix}, CPU seconds each:\n{took.round(2).to_string()}")
        compiled = own[f"{prefix}_compile_seconds"]
        print(f"loading and compiling: {compiled[compiled > 1].round(1).tolist()}")
    return table, seconds


def main() -> None:
    """Measure for each number of workers."""
    config, folder, *numbers = sys.argv[1:]
    found = [measure(Path(config), Path(folder) / number, int(number)) for number in numbers]
    for (table, seconds), (other, others) in pairwise(found):
        print(f"identical: {same_results(table, other)}, speed-up {seconds / others:.2f}")


if __name__ == "__main__":
    main()
