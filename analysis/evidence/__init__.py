"""What the fits say, with its uncertainty."""
