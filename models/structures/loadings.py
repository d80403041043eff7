"""Which prior a structure's loadings have; no sampling library is imported to say so."""

from models.spec import ModelSpec, Structure
from models.traits import STRUCTURE_TRAITS


def loading_prior(structure: Structure, spec: ModelSpec) -> str:
    """Return the name of the loadings' prior in :data:`models.priors.PRIORS`."""
    free = STRUCTURE_TRAITS[structure].rotates or spec.loadings == "free"
    return "loading" if free else "positive_loading"
