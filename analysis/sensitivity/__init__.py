"""Hundreds of specifications from one file: a grid, its execution, one table and one picture."""
