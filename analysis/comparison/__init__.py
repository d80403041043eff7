"""Structures beside each other on one panel: how each samples, predicts, and links."""
