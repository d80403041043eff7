"""Fits in, evidence and a report out."""
