"""The collapsed engine: authority effects integrated out in closed form."""
