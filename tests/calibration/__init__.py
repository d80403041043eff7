"""Simulation-based calibration: posteriors must hold the truth as often as they say."""
