"""Plain regressions that stand beside the joint model: transparent, and less than it."""
