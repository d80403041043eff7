"""Words and numbers as a reader sees them; nothing here knows a result."""
