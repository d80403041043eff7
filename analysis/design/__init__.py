"""Design analysis: what a study of this size and noise could have seen."""
