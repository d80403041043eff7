"""A panel and a specification in, a fit out."""
