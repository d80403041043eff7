"""A panel and a specification in, a fit out."""

from models.compile_cache import keep_sources_in_cache

keep_sources_in_cache()
