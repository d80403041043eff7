"""One run: fits, evidence and report in one folder."""
