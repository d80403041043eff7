"""The dynamic model of a run: evidence, sweep over lags, tables, figures and page."""
