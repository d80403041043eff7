"""Figures, each a function that draws and returns."""
