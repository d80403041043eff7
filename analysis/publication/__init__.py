"""Tables of a run as they can be printed: HTML and LaTeX beside their CSV."""
