r"""What effectiveness is made of: quantities of Σ that do not depend on rotation or sign.

With :math:`\Sigma = \Lambda\Lambda^\top + \mathrm{diag}(\psi^2)`,

``correlation``
    of an indicator's lasting effect, turned so that more is better, with effectiveness:
    for a composite :math:`(\Sigma w)_k / \sqrt{\Sigma_{kk}\, w^\top\Sigma w}`, for one factor
    :math:`\lambda_k/\sqrt{\Sigma_{kk}}` (its standardised loading).
``noise_share``
    of an indicator's spread between authorities in one year: the part that is sampling
    noise (the harmonic mean of V over cells: that of a cell of average information) or
    particular to the year,
    :math:`(\tau_k^2 + \bar V_k)/(\Sigma_{kk} + \tau_k^2 + \bar V_k)`.

``others``
    correlation of an indicator's lasting effect with the composite of the *other* indicators. An
    indicator is a part of its composite, and of independent indicators each would correlate with
    it at :math:`w_k / \sqrt{\sum_j w_j^2}` (0.24 of 18 that count equally). With c the correlation
    above and :math:`s = \sum_j w_j c_j`, the composite's standard deviation in units of the
    standardised effects, it is :math:`(s c_k - w_k) / \sqrt{s^2 - 2 w_k s c_k + w_k^2}`.
"""

import numpy as np
import xarray as xr

from models.fitted import Fit
from models.inputs import declared_weights


def composition(fit: xr.DataTree) -> xr.Dataset:
    """Gather both from a fit's posterior.

    Returns
    -------
    xr.Dataset
        ``correlation`` and ``noise_share`` over chain, draw and indicator.
    """
    posterior = fit["posterior"].to_dataset()
    correlation, variance = posterior["indicator_correlation"], posterior["indicator_variance"]
    noise = fit["constant_data"]["sampling_variance"].drop_vars(
        ["indicator_title", "domain", "direction"], errors="ignore"
    )
    if "year_sd" in posterior:
        noise = noise + posterior["year_sd"] ** 2
    dims = ("chain", "draw", "indicator")
    return xr.Dataset(
        {
            "correlation": correlation.transpose(*dims),
            "noise_share": (noise / (variance + noise)).transpose(*dims),
        }
    )


def with_others(fit: Fit) -> tuple[xr.DataArray, xr.DataArray] | None:
    """Return ``others``, and what each correlation with the whole would be by independence.

    Returns
    -------
    tuple or None
        Over chain, draw and indicator, and over indicator; None where effectiveness is no
        weighted sum of the indicators, or shares a part with the neighbours.
    """
    spec = fit.specification
    if not fit.structure_traits.weighted or spec.spatial != "none":
        return None
    correlation = composition(fit.tree)["correlation"]
    weight = xr.DataArray(
        declared_weights(fit.constant_data, spec.weights),
        dims="indicator",
        coords={"indicator": correlation["indicator"]},
    )
    whole = (weight * correlation).sum("indicator")
    variance = whole**2 - 2.0 * weight * whole * correlation + weight**2
    with_rest = (whole * correlation - weight) / xr.ufuncs.sqrt(variance)
    return (
        with_rest.transpose("chain", "draw", "indicator"),
        weight / float(np.sqrt((weight**2).sum())),
    )
