"""The coverage page: what a panel holds, drawn for a reader before anything is fitted."""
