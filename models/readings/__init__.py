"""Every inspection as a noisy reading of an authority's lasting quality."""
