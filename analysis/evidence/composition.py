r"""What effectiveness is made of: quantities of Σ that do not depend on rotation or sign.

With :math:`\Sigma = \Lambda\Lambda^\top + \mathrm{diag}(\psi^2)`,

``correlation``
    of an indicator's lasting effect, turned so that more is better, with effectiveness:
    for the composite :math:`(\Sigma w)_k / \sqrt{\Sigma_{kk}\, w^\top\Sigma w}` with
    :math:`w_k = \Sigma_{kk}^{-1/2}`, for one factor :math:`\lambda_k/\sqrt{\Sigma_{kk}}`
    (its standardised loading).
``noise_share``
    of an indicator's spread between authorities in one year: the part that is sampling
    noise (its mean over cells) or particular to the year,
    :math:`(\tau_k^2 + \bar V_k)/(\Sigma_{kk} + \tau_k^2 + \bar V_k)`.
"""

import numpy as np
import xarray as xr


def composition(fit: xr.DataTree) -> xr.Dataset:
    """Compute both from a fit's posterior.

    Returns
    -------
    xr.Dataset
        ``correlation`` and ``noise_share`` over chain, draw and indicator.
    """
    posterior = fit["posterior"].to_dataset()
    loading = posterior["loading"]
    own = posterior["own_sd"] ** 2
    variance = (loading**2).sum("factor") + own
    scaled = loading / np.sqrt(variance)
    if fit.attrs["structure"] == "one_factor":
        correlation = scaled.isel(factor=0, drop=True)
    else:
        together = scaled.sum("indicator")
        share = own / variance
        total = (together**2).sum("factor") + share.sum("indicator")
        correlation = ((scaled * together).sum("factor") + share) / np.sqrt(total)
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
