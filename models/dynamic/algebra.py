"""Small dense matrices, one for each authority of a block, factorised side by side.

Arrays run (row, column, authority), authorities last, so that the compiler turns every
inner loop into vector instructions.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Pivots multiplied before a logarithm is taken: no product of so few can overflow.
_MULTIPLIED = 12

# Nothing may be reordered or fused (:mod:`models.sampling` says why).
# What kernel.py and adjoint.py compile is cached with the functions they call here and in each
# other, and numba notices a change in their own files alone: after a change here or in kernel.py
# touch those that call it, or empty the cache.
compiled = numba.njit(cache=True, error_model="numpy")


@compiled
def invert(matrix: Array, inverse: Array, half_log_determinant: Array) -> None:
    """Invert symmetric positive definite matrices.

    Parameters
    ----------
    matrix
        (row, row, authority), of which the lower triangle is read; overwritten.
    inverse
        Where the inverses are put, both triangles, (row, row, authority).
    half_log_determinant
        Where half of each log determinant is put, (authority,).
    """
    rows, _, size = matrix.shape
    product = np.ones(size)
    half_log_determinant[:] = 0.0
    for a in range(rows):
        for b in range(a + 1):
            cell = matrix[a, b]
            for j in range(b):
                one, other = matrix[a, j], matrix[b, j]
                for i in range(size):
                    cell[i] -= one[i] * other[i]
            if a == b:
                for i in range(size):
                    cell[i] = 1.0 / np.sqrt(cell[i])
                    product[i] *= cell[i]
            else:
                reciprocal = matrix[b, b]
                for i in range(size):
                    cell[i] *= reciprocal[i]
        if (a + 1) % _MULTIPLIED == 0 or a == rows - 1:
            for i in range(size):
                half_log_determinant[i] -= np.log(product[i])
                product[i] = 1.0
    _invert_lower(matrix)
    for a in range(rows):
        for b in range(a + 1):
            cell = inverse[a, b]
            cell[:] = 0.0
            for j in range(a, rows):
                one, other = matrix[j, a], matrix[j, b]
                for i in range(size):
                    cell[i] += one[i] * other[i]
            if a != b:
                inverse[b, a, :] = cell


@compiled
def _invert_lower(root: Array) -> None:
    """Replace lower triangles, whose diagonals are kept as reciprocals, by their inverses."""
    rows, _, size = root.shape
    row = np.empty((rows, size))
    for a in range(1, rows):
        row[:a] = root[a, :a]
        reciprocal = root[a, a]
        for b in range(a):
            cell = root[a, b]
            cell[:] = 0.0
            for j in range(b, a):
                along, below = row[j], root[j, b]
                for i in range(size):
                    cell[i] -= along[i] * below[i]
            for i in range(size):
                cell[i] *= reciprocal[i]


@compiled
def multiply(matrix: Array, vector: Array, product: Array) -> None:
    """Put each authority's matrix times its vector, (row, authority), into ``product``."""
    rows, _, size = matrix.shape
    for a in range(rows):
        into = product[a]
        into[:] = 0.0
        for b in range(rows):
            cell, one = matrix[a, b], vector[b]
            for i in range(size):
                into[i] += cell[i] * one[i]


@compiled
def add_dot(one: Array, other: Array, into: Array) -> None:
    """Add each authority's inner product of two vectors, (row, authority), to ``into``."""
    rows, size = one.shape
    for a in range(rows):
        left, right = one[a], other[a]
        for i in range(size):
            into[i] += left[i] * right[i]
