"""Every threshold and default by which results are judged, each once.

Nothing here imports a sampling library, so that what only draws or writes need not.
"""

R_HAT = 1.01
"""Most that a rank-normalised, split R-hat may be."""
ESS = 400.0
"""Least that a bulk or tail effective sample size may be."""

MODERATE = 3.0
"""Least Bayes factor that is moderate evidence (:mod:`analysis.record.verdict`)."""
STRONG = 10.0
"""Least Bayes factor that is strong evidence."""
ERRORS = 2.0
"""Monte Carlo standard errors by which a log Bayes factor is drawn towards no verdict."""
APART = 3.0
"""Joint errors beyond which two estimates of one log Bayes factor disagree."""

INDISTINGUISHABLE = 4.0
"""Differences of expected log predictive density below this are called indistinguishable."""
MISCALIBRATED = 0.05
"""A forecast whose probability under calibration is below this is called miscalibrated."""

INTERVAL = 0.95
"""Probability of every interval, unless the run is asked for another."""
ROPE = 0.1
"""Links smaller than this are practically none, unless the run is asked for another limit."""
TOP_SHARE = 0.1
"""Share of authorities in the top and in the bottom band, unless asked for another."""
SIMULATED_PANELS = 200
"""Sets of judgements simulated at each stated link, unless asked for another number."""
POWER = 0.8
"""Probability with which the smallest link is to be shown."""
