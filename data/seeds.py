"""Seeds of their own for the parts of a run, all from the run's one seed."""

import numpy as np


def child_seed(seed: int, name: str) -> int:
    """Return the seed of a named part of what one seed decides.

    The name's bytes are the spawn key of a :class:`numpy.random.SeedSequence`. So each part has
    random numbers of its own, which stay as they are when other parts come, go or change places.

    Parameters
    ----------
    seed
        Of the whole, 0 or more.
    name
        Of the part, such as ``replicates`` or ``start 3``; not empty.

    Returns
    -------
    int
        From 0 to 2³² - 1, the same on every machine and in every version of NumPy.

    Raises
    ------
    ValueError
        If the name is empty: its seed would not be the part's own.
    """
    if not name:
        raise ValueError("child_seed: the name is empty; wanted the name of a part. Name it.")
    sequence = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
    return int(sequence.generate_state(1)[0])
