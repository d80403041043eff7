"""The tables behind a run's figures: computed from fits and panel, drawn from by the report."""
