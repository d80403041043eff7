"""The functions that the sampler calls, put together so that numba compiles them fast.

The sampler calls a model through two C functions, one for the log density and its gradient and
one for the variables. Each looks up the model's data and hands them to the compiled graph. nutpie
writes that for any backend by unrolling a loop over the arrays, and numba then spends more time on
the loop than on anything else: ten seconds and more for the twenty arrays of a panel. Here the
same look-ups are written out one by one. What the sampler computes is the same to the last bit.
"""

from typing import Any

import numba
import numpy as np
from numba.core import cgutils
from nutpie import compile_pymc as adapted

# What nutpie itself has for these functions, by name.
OF_NUTPIE = {
    name: getattr(adapted, name, None) for name in ("_make_c_logp_func", "_make_c_expand_func")
}


def use_light_wrappers() -> bool:
    """Have nutpie compile models with these functions; return whether it has a place for them."""
    if not all(OF_NUTPIE.values()):
        return False
    adapted._make_c_logp_func = _log_density
    adapted._make_c_expand_func = _expand
    return True


@numba.extending.intrinsic
def _at_address(_: Any, address: Any) -> Any:
    """Turn an address into a pointer."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return numba.types.voidptr(address), generate


@numba.extending.intrinsic
def _read_only(_: Any, array: Any) -> Any:
    """Turn an array into a read-only one, which the compiled graph wants."""

    def generate(_context: Any, _builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[0]

    return array.copy(readonly=True)(array), generate


def _with_data(inner: Any, arrays: dict[str, Any], keys: list[str], record: Any) -> Any:
    """Write the function that calls a compiled graph with its data.

    Parameters
    ----------
    inner
        The compiled graph: a function of the point and of each array.
    arrays, keys
        All of the model's data by key, and the keys of those that the graph takes.
    record
        Layout of what the sampler hands over: addresses, sizes and shapes, each a word.
    """
    start = record.fields["shared"][1]
    shared = record["shared"]

    def word(kind: str, key: str) -> int:
        offset = start + shared.fields[kind][1] + shared[kind].fields[key][1]
        return int(offset // 8)

    names: dict[str, Any] = {
        "inner": inner,
        "carray": numba.carray,
        "at_address": _at_address,
        "read_only": _read_only,
        "word": np.int64,
    }
    lines = [
        "def call(x, user_data):",
        f"    words = carray(user_data, ({record.itemsize // 8},), word)",
    ]
    for place, key in enumerate(keys):
        names[f"dtype_{place}"] = arrays[key].dtype
        first = word("shape", key)
        shape = "".join(f"words[{first + axis}], " for axis in range(arrays[key].ndim))
        lines.append(
            f"    data_{place} = read_only(carray(at_address(words[{word('data', key)}]), "
            f"({shape}), dtype_{place}))"
        )
    given = "".join(f", data_{place}" for place in range(len(keys)))
    lines.append(f"    return inner(x{given})")
    exec("\n".join(lines), names)  # of numbers alone: nothing that a user wrote is in it
    return numba.njit(names["call"])


def _log_density(
    size: int, inner: Any, user_data: Any, keys: list[str], arrays: dict[str, Any]
) -> tuple[Any, Any]:
    """Return the C function of the log density and its gradient, and its signature."""
    call = _with_data(inner, arrays, keys, user_data.dtype)
    pointer = numba.types.CPointer(numba.types.double)
    signature = numba.types.int64(
        numba.types.uint64, pointer, pointer, pointer, numba.types.voidptr
    )

    def log_density(dim: Any, x_: Any, out_: Any, value_: Any, user_data_: Any) -> int:
        if dim != size:
            return -1
        try:
            out = numba.carray(out_, (size,))
            value = numba.carray(value_, (1,))
            found, gradient = call(numba.carray(x_, (size,)), user_data_)
            if gradient.size != size:
                return 1
            value[0] = found.item()
            finite = True
            for at in range(size):
                out[at] = gradient[at]
                finite = finite and np.isfinite(gradient[at])
            if not finite:
                return 3
            if not np.isfinite(value[0]):
                return 4
        except Exception:
            return 1
        return 0

    return log_density, signature


def _expand(
    size: int, expanded: int, inner: Any, user_data: Any, keys: list[str], arrays: dict[str, Any]
) -> tuple[Any, Any]:
    """Return the C function that computes every variable at a point, and its signature."""
    call = _with_data(inner, arrays, keys, user_data.dtype)
    pointer = numba.types.CPointer(numba.types.double)
    signature = numba.types.int64(
        numba.types.uint64, numba.types.uint64, pointer, pointer, numba.types.voidptr
    )

    def expand(dim: Any, length: Any, x_: Any, out_: Any, user_data_: Any) -> int:
        if dim != size or length != expanded:
            return -1
        try:
            out = numba.carray(out_, (expanded,))
            (values,) = call(numba.carray(x_, (size,)), user_data_)
            if values.size != expanded:
                return -2
            for at in range(expanded):
                out[at] = values[at]
        except Exception:
            return -2
        return 0

    return expand, signature
