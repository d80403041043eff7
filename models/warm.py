"""Compile every structure once, so that later runs find the compiled parts on disk.

``python -m models.warm`` is part of the installation. What it compiles is kept in
PyTensor's and Numba's caches; a run compiles what is missing by itself.
"""

from data.simulate import simulate_panel
from models.fit import CompiledStructure
from models.inputs import prepare
from models.link import Switches
from models.spec import STRUCTURES, ModelSpec, SamplerSpec


def warm() -> None:
    """Compile the structures for a panel of the default shape, and whitened coordinates."""
    spec = ModelSpec()
    inputs = prepare(simulate_panel(seed=SamplerSpec().seed), spec)
    for structure in STRUCTURES:
        compiled = CompiledStructure(spec, structure, inputs)
    # Coordinates are compiled once for every structure.
    on = Switches(deprivation=True, region=True, link=True, reliability=True)
    compiled.in_coordinates(compiled.with_data(inputs, on), SamplerSpec())


if __name__ == "__main__":
    warm()
