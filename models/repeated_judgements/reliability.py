r"""The reliability of one judgement, and its prior, which knows that it cannot fall below ρ².

The underlying scale of one judgement has unit variance given its predictor. Of it the share r
lasts from one inspection of an authority to the next (reliability), and ρ² is what lasts
*and* effectiveness explains: :math:`r > \rho^2`. The prior of r given ρ is a Beta cut off below
ρ²,

.. math:: r \mid \rho \sim \mathrm{Beta}(a, b)\;\text{on}\;(\rho^2, 1),

so that the prior of ρ is what it is without r, and at ρ = 0 that of r is the whole Beta: models
with and without a link are nested, as Bayes factors want them. What is sampled is the share
:math:`w = (r - \rho^2)/(1 - \rho^2)` between 0 and 1, with log density

.. math::

    (a - 1)\log r + (b - 1)\log(1 - w)
    - \log\int_0^1 (\rho^2 + (1 - \rho^2)t)^{a-1}(1 - t)^{b-1}\,dt ,

the integral by Gauss-Jacobi quadrature. Everywhere ρ² stands for the share that the link
explains, which in ``domain_factors`` is more than that of θ.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable
from scipy import stats
from scipy.special import roots_jacobi

from models.priors import PRIORS
from models.spec import PriorScales

Array = NDArray[np.float64]

_NODES = 20


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityPrior:
    """The Beta of r and the quadrature of what is cut off.

    Attributes
    ----------
    a, b
        Parameters of the Beta.
    nodes, weights
        Of Gauss-Jacobi quadrature on 0..1 with the weight :math:`(1 - t)^{b-1}`.
    """

    a: float
    b: float
    nodes: Array
    weights: Array

    @classmethod
    def of(cls, scales: PriorScales) -> "ReliabilityPrior":
        """Take mean and concentration from the configuration."""
        law = PRIORS["reliability"].law(scales)
        a, b = float(law.kwds["a"]), float(law.kwds["b"])
        nodes, weights = roots_jacobi(_NODES, b - 1.0, 0.0)
        return cls(a, b, (nodes + 1.0) / 2.0, weights / 2.0**b)

    def log_density(self, w: Array, explained: Array) -> Array:
        """Return the log density of w given the explained share, in NumPy."""
        r = explained + (1.0 - explained) * w
        at = explained[..., None] + (1.0 - explained[..., None]) * self.nodes
        whole = (self.weights * at ** (self.a - 1.0)).sum(axis=-1)
        return np.asarray(
            (self.a - 1.0) * np.log(r) + (self.b - 1.0) * np.log1p(-w) - np.log(whole)
        )

    def place(self, explained: TensorVariable) -> TensorVariable:
        """Place w in the model at hand; give r."""
        nodes, weights = self.nodes, self.weights
        a, b = self.a, self.b

        def log_density(value: TensorVariable, share: TensorVariable) -> TensorVariable:
            r = share + (1.0 - share) * value
            whole = (weights * (share + (1.0 - share) * nodes) ** (a - 1.0)).sum()
            return (a - 1.0) * pt.log(r) + (b - 1.0) * pt.log1p(-value) - pt.log(whole)

        def random(share: Array, rng: np.random.Generator, size: Any = None) -> Array:
            below = stats.beta.cdf(share, a, b)
            drawn = below + (1.0 - below) * rng.uniform(size=size)
            r = stats.beta.ppf(drawn, a, b)
            return np.asarray(np.clip((r - share) / (1.0 - share), 1e-12, 1.0 - 1e-12))

        w = pm.CustomDist(
            "reliability_share",
            explained,
            logp=log_density,
            random=random,
            support_point=lambda rv, size, share: pt.full_like(share, 0.5),
            transform=pm.distributions.transforms.logodds,
            signature="()->()",
        )
        return explained + (1.0 - explained) * w
