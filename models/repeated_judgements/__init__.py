"""Every inspection as a noisy judgement of an authority's lasting quality."""
