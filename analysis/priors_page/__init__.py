"""A page on the priors: each density, and what all of them together say of observable things."""
