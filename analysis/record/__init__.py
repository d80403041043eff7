"""What a run found: the record, its parts, the rule of the verdict and its thresholds."""
