"""What a run is asked for: the configuration, its file, and the panel that it names."""
