"""The page that leaves the building."""
