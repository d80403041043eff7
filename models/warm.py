"""Compile every structure once, so that later runs find the compiled parts on disk.

``python -m models.warm`` is part of the installation. What it compiles is kept in
PyTensor's and Numba's caches; a run compiles what is missing by itself.
"""

from data.simulate import simulate_panel
from models import affine
from models.fit import CompiledStructure
from models.inputs import prepare
from models.spec import STRUCTURES, ModelSpec


def warm() -> None:
    """Compile the structures for a panel of the default shape, and whitened coordinates."""
    spec = ModelSpec()
    inputs = prepare(simulate_panel(), spec)
    for structure in STRUCTURES:
        CompiledStructure(spec, structure, inputs)
    affine.log_density()
    affine.expand()


if __name__ == "__main__":
    warm()
