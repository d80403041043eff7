"""The numbers of the convergence gate (:mod:`analysis.evidence.convergence`), by themselves.

They stand apart so that what only draws or writes need not import a sampling library.
"""

R_HAT = 1.01
"""Most that a rank-normalised, split R-hat may be."""
ESS = 400.0
"""Least that a bulk or tail effective sample size may be."""
