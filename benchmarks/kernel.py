"""Time the collapsed likelihood with its gradient against the same thing in PyTensor's graph.

Run ``python -m benchmarks.kernel``. Prints the machine's cores, microseconds of the processor
for one evaluation with gradient, how the cost grows with authorities and indicators, and the
ratio to a peer measured in the same run: the one-factor likelihood of one year written
with PyTensor's own operations and differentiated there. Each number is a median over repeats
and, in brackets, the least of them: what the median would be on a machine with nothing else
to do lies between.
"""

import time
from collections.abc import Callable

import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.problem import machine
from models.collapsed.kernel import collapse, collapse_gradient


def arguments(
    authorities: int, indicators: int, years: int, factors: int
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Draw data and parameters of a given size."""
    rng = np.random.default_rng(0)
    shape = (indicators, years, authorities)
    data = (
        rng.normal(size=shape),
        rng.uniform(0.01, 0.3, shape),
        (rng.uniform(size=shape) > 0.05).astype(float),
        rng.normal(size=(1, authorities)),
    )
    parameters = (
        0.1 * rng.normal(size=(indicators, years)),
        0.2 * rng.normal(size=(indicators, 1)),
        rng.uniform(0.1, 0.4, indicators),
        rng.uniform(0.2, 0.8, indicators),
        0.4 * rng.normal(size=(indicators, factors)),
        rng.normal(size=factors),
        0.2 * rng.normal(size=indicators),
        np.ones(authorities),
        np.ones(authorities),
    )
    return data, parameters


def microseconds(call: Callable[[], object], repeats: int = 400) -> tuple[float, float]:
    """Time a call on the processor: the median over repeats and the least, in microseconds."""
    call()
    times = []
    for _ in range(repeats):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return 1e6 * float(np.median(times)), 1e6 * min(times)


def ours(authorities: int, indicators: int, years: int, factors: int) -> tuple[float, float]:
    """Time the kernel's value and gradient."""
    data, parameters = arguments(authorities, indicators, years, factors)
    seeds = np.ones((3, authorities))

    def call() -> object:
        *outputs, kept = collapse(*data, *parameters)
        return outputs, collapse_gradient(*data, *parameters, kept, *seeds)

    return microseconds(call, 400 if authorities < 1000 else 40)


def peer(authorities: int, indicators: int) -> tuple[float, float]:
    """Time the one-factor, one-year likelihood and gradient as a PyTensor graph."""
    (y, variance, observed, x), parameters = arguments(authorities, indicators, 1, 1)
    symbols = [
        pt.tensor(dtype="float64", shape=tuple(1 if size == 1 else None for size in p.shape))
        for p in parameters[:5]
    ]
    alpha, gamma, tau2, psi2, loading = symbols
    w = observed[:, 0] / (tau2[:, None] + psi2[:, None] + variance[:, 0])
    r = y[:, 0] - alpha - gamma @ x
    precision = 1.0 + (w * loading**2).sum(axis=0)
    b = (w * r * loading).sum(axis=0)
    logs = pt.log(pt.where(observed[:, 0] > 0, w, 1.0)).sum(axis=0)
    total = (logs - (w * r**2).sum(axis=0) - pt.log(precision) + b**2 / precision).sum() / 2.0
    function = pytensor.function(symbols, [total, *pt.grad(total, symbols)], mode="NUMBA")
    function.trust_input = True
    return microseconds(lambda: function(*parameters[:5]))


def main() -> None:
    """Print the table."""
    print(f"{machine()}; CPU microseconds of value and gradient, median (least)")
    for label, size in {
        "one factor, 153 x 22, 1 year": (153, 22, 1, 1),
        "three factors, 153 x 22, 1 year": (153, 22, 1, 3),
        "two factors, 153 x 18, 5 years": (153, 18, 5, 2),
        "one factor, 153 x 44, 1 year": (153, 44, 1, 1),
        "one factor, 1,530 x 22, 1 year": (1530, 22, 1, 1),
        "one factor, 22,000 x 22, 1 year": (22000, 22, 1, 1),
    }.items():
        print("{:36s} {:10.0f} ({:.0f})".format(label, *ours(*size)))
    graph, kernel = peer(153, 22), ours(153, 22, 1, 1)
    print("{:36s} {:10.0f} ({:.0f})".format("PyTensor graph, numba, 153 x 22", *graph))
    ratios = [one / other for one, other in zip(graph, kernel, strict=True)]
    print("{:36s} {:10.1f} ({:.1f})".format("graph over kernel", *ratios))


if __name__ == "__main__":
    main()
