"""Which structures are set beside each other, and what each is called."""

from dataclasses import dataclass

from models.spec import STRUCTURES, ModelSpec, Structure


@dataclass(frozen=True, slots=True)
class Candidate:
    """One structure with its options.

    Attributes
    ----------
    name
        What tables call it, and its file's name.
    spec
        The whole specification; it differs from the configuration's in the structure only,
        or in leaving suppressed counts out.
    """

    name: str
    spec: ModelSpec

    @property
    def structure(self) -> Structure:
        """The structure that is fitted."""
        return self.spec.structure


def candidates(spec: ModelSpec, factors: tuple[int, ...], unstructured: bool) -> list[Candidate]:
    """List the structures that a configuration's panel is held against.

    Parameters
    ----------
    spec
        The configuration's specification; its number of factors is always among those tried.
    factors
        Numbers of factors to try in the composite.
    unstructured
        Whether to try every structure with unstructured covariance too: several minutes each.
    """
    listed = [
        Candidate(f"composite-{number}", _of(spec, structure="composite", factors=number))
        for number in sorted({*factors, spec.factors})
    ]
    listed += [
        Candidate("one_factor", _of(spec, structure="one_factor")),
        Candidate("one_factor-free", _of(spec, structure="one_factor", loadings="free")),
        Candidate("domain_factors", _of(spec, structure="domain_factors")),
    ]
    if unstructured:
        loose = {"covariance": "unstructured"}
        listed += [
            Candidate(f"{structure}-unstructured", _of(spec, structure=structure, **loose))
            for structure in STRUCTURES
        ]
    complete = _of(spec, structure="composite", suppression="complete_case")
    listed.append(Candidate(f"composite-{spec.factors}-complete_case", complete))
    return listed


def _of(spec: ModelSpec, **changes: object) -> ModelSpec:
    """Change a specification, checking it again."""
    return ModelSpec.model_validate(
        spec.model_dump()
        | {"covariance": "factors", "loadings": "positive"}
        | changes
        | {"challenger": "none"}
    )
