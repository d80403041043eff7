"""Files of a run's folder, written and read: tables, fits, and the store of fits."""
