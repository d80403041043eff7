"""The exact engine: every latent variable is sampled, counts and intervals enter as they are."""
