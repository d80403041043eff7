"""How fits, evidence and finished runs show themselves in a notebook or a Quarto document."""
