"""Seeds of named uses, children of one seed: no use takes the random numbers of another."""

import numpy as np


def child_seed(seed: int, name: str) -> int:
    """Return the seed of a named use.

    Parameters
    ----------
    seed
        Of the run.
    name
        What the random numbers are for.

    Returns
    -------
    int
        Of 32 bits.
    """
    return int(np.random.SeedSequence([seed, *name.encode()]).generate_state(1)[0])
