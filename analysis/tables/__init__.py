"""The tables of a run, computed from its fits, panel and evidence."""
