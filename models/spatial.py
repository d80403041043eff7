r"""BYM2: effectiveness that neighbouring authorities share, beside what is each one's own.

With :math:`\theta^\circ` the effectiveness of a structure, independent between authorities and
of unit variance,

.. math::

    \theta = \sqrt{1 - \varsigma}\,\theta^\circ + \sqrt{\varsigma}\,u, \qquad
    u \sim N(0, C),

where C is the scaled generalised inverse of the graph Laplacian (Riebler, Sørbye, Simpson and
Rue 2016, doi:10.1177/0962280216660421): with W the 0-1 matrix of neighbours and D its row sums,
:math:`C = (D - W)^-/s`, s the geometric mean of the diagonal of :math:`(D - W)^-`, so that
:math:`\varsigma` is the share of effectiveness's variance that follows the map, whatever the
graph. Each connected component of the graph is scaled by itself, and an authority that touches
nobody has its own standard normal (Freni-Sterrantino, Ventrucci and Rue 2018,
doi:10.1016/j.sste.2018.04.002): joining islands to the mainland by hand is not needed.

An indicator's lasting effect takes part as far as it goes with effectiveness: it moves by
:math:`c_k\sqrt{\varsigma/(1 - \varsigma)}\,u_i`, :math:`c_k = \mathrm{Cov}(\phi_k, \theta^\circ)`
under the structure's Σ, which makes the weighted sum of the effects the θ above times
:math:`1/\sqrt{1 - \varsigma}`. The field is written on the eigenvectors of C, of which each
component has one fewer than authorities: exact, and independent standard normals are sampled.
The prior of :math:`\varsigma` is a Beta(1, b): densest where there is nothing spatial.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable
from scipy.sparse.csgraph import connected_components

from data.panel import PanelError
from models.link import Explained
from models.prior_variables import place, place_offsets
from models.spec import PriorScales
from models.structures.placed import Placed

Array = NDArray[np.float64]


def neighbours_of(panel: xr.Dataset) -> NDArray[np.bool_]:
    """Return which of a panel's authorities touch, (authority, neighbour).

    Raises
    ------
    PanelError
        If the panel does not say, or not of each of its authorities.
    """
    if "adjacency" not in panel:
        raise PanelError(
            "model.spatial = 'bym2', and the panel has no variable adjacency (authority, "
            "neighbour), which published boundaries give. Say panel.source = 'published', or "
            "model.spatial = 'none'."
        )
    missing = sorted(set(panel.authority.values) - set(panel.neighbour.values))
    if missing:
        raise PanelError(
            f"panel: adjacency has no neighbour {missing[0]} ({len(missing)} such), which is an "
            "authority. Give both dimensions the same codes, or leave the authority out by "
            "panel.exclude."
        )
    return np.asarray(panel.adjacency.sel(neighbour=panel.authority.values).values, dtype=bool)


def scaled_axes(touches: NDArray[np.bool_]) -> Array:
    r"""Return B with :math:`B^\top B = C`, the scaled covariance of the field.

    Parameters
    ----------
    touches
        Symmetric, (authority, authority); the diagonal does not matter.

    Returns
    -------
    numpy.ndarray
        (axis, authority): as many axes as there are authorities, less one for each
        connected component of two or more.
    """
    graph = touches & ~np.eye(len(touches), dtype=bool)
    number, component = connected_components(graph, directed=False)
    axes = []
    for one in range(number):
        members = np.flatnonzero(component == one)
        own = np.zeros((max(members.size - 1, 1), len(graph)))
        own[:, members] = _component_axes(graph[np.ix_(members, members)])
        axes.append(own)
    return np.concatenate(axes)


def _component_axes(graph: NDArray[np.bool_]) -> Array:
    """Return B of one connected component."""
    if len(graph) == 1:
        return np.ones((1, 1))
    laplacian = np.diag(graph.sum(axis=1)) - graph.astype(float)
    values, vectors = np.linalg.eigh(laplacian)
    # The constant has the eigenvalue 0: a generalised inverse leaves it out.
    axes = vectors[:, 1:].T / np.sqrt(values[1:, None])
    scale = np.exp(np.log((axes**2).sum(axis=0)).mean())
    return np.asarray(axes / np.sqrt(scale))


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The spatial part of effectiveness, in the model at hand.

    Attributes
    ----------
    share
        ς, how much of effectiveness's variance follows the map.
    at
        √ς u, what each authority's effectiveness has of it, (authority,).
    slopes
        Of the indicators on the axes, (indicator, axis).
    """

    share: TensorVariable
    at: TensorVariable
    slopes: TensorVariable

    def left(self, explained: Explained) -> Explained:
        """Return what the independent part of the effects explains of the judgement's scale."""
        rest = 1.0 - self.share
        return replace(
            explained,
            on_factors=explained.on_factors * pt.sqrt(rest),
            on_own=explained.on_own * pt.sqrt(rest),
            share=explained.share * rest,
        )


def place_field(scales: PriorScales, placed: Placed, axes: TensorVariable) -> Field:
    """Place ς and the field in the model at hand.

    Parameters
    ----------
    scales
        Priors.
    placed
        The structure, which says what effectiveness is made of.
    axes
        As :func:`scaled_axes` gives them, (axis, authority).
    """
    share = place("spatial_share", scales)
    z = place_offsets("spatial_z", "spatial_axis")
    loading, own = placed.effects.loading, placed.effects.own_variance
    covariance = (loading * placed.on_factors[None, :]).sum(axis=1) + own * placed.on_own
    return Field(
        share=share,
        # Sums of products: a matrix product would call BLAS, whose wrapper compiles for 30 s.
        at=pt.sqrt(share) * (z[:, None] * axes).sum(axis=0),
        slopes=covariance[:, None] * (pt.sqrt(share / (1.0 - share)) * z)[None, :],
    )
