"""Indicators after the inspection given those before it, and the judgement."""
