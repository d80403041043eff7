"""Effectiveness and inspected quality as paths over the years."""
