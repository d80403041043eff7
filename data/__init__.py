"""Published files in, a panel out."""
