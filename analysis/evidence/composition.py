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
"""

import xarray as xr


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
