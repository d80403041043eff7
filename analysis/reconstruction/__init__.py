"""The comparison of 2016, reconstructed: every choice that its report leaves open, an option."""
