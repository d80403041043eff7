"""What is said of the model under other assumptions (:mod:`analysis.evidence.alternatives`)."""

from analysis.pages.tables import Cell, Table, table_of
from analysis.record.evidence import EstimandEvidence
from analysis.record.schema import Alternative
from analysis.record.thresholds import INDISTINGUISHABLE
from analysis.words.numerals import number, signed, with_interval

_ASSUMPTIONS = {
    "spline": (
        "Deprivation along a curve",
        "With deprivation along a curve (a spline with two bends on either side) in the place of "
        "a straight line",
    ),
    "size": (
        "Spread by population",
        "With spreads between authorities, and from year to year, that go with an authority’s "
        "population",
    ),
}
"""A label, and how a sentence about it begins."""


def alternative_sentences(finding: EstimandEvidence) -> tuple[str, ...]:
    """State what the link is under each other assumption, and whether the data want it."""
    return tuple(_sentence(one, finding) for one in finding.alternatives)


def _sentence(one: Alternative, finding: EstimandEvidence) -> str:
    """State the same of one."""
    begins = _ASSUMPTIONS[one.name][1]
    if one.rho is None:
        return f"{begins}, the fit did not converge and has no number: {'; '.join(one.reasons)}."
    shift = one.rho.mean - finding.rho.mean
    told = (
        f"{begins}, the link is {with_interval(one.rho.mean, one.rho.lower, one.rho.upper)}, "
        f"{signed(shift)} from the link above."
    )
    difference = one.indicator_elpd_difference
    if difference == difference:
        error = number(one.indicator_elpd_difference_se, 1)
        want = "as well as"
        if abs(difference) >= INDISTINGUISHABLE:
            want = "better than" if difference > 0 else "worse than"
        clear = (
            ""
            if abs(difference) > 2.0 * one.indicator_elpd_difference_se or want == "as well as"
            else ", within two standard errors"
        )
        told += (
            f" It predicts the indicators of authorities left out {want} the headline’s model "
            f"does, by {signed(difference, 1)} (standard error {error}) in expected log "
            f"predictive density{clear}."
        )
    slope = one.parameters.get("effect_size_slope")
    if slope is not None:
        told += (
            " For one standard deviation of log population, the log of the lasting effects’ "
            f"spread changes by {with_interval(slope.mean, slope.lower, slope.upper)}."
        )
    return told


def alternatives_table(finding: EstimandEvidence) -> Table | None:
    """List the link under each assumption beside the headline; None where none was asked for."""
    if not finding.alternatives:
        return None
    rho, beside = finding.rho, finding.savage_dickey
    rows: list[tuple[Cell | str, ...]] = [
        (
            "As in the headline",
            Cell(with_interval(rho.mean, rho.lower, rho.upper), rho.mean),
            Cell("–" if beside is None else number(beside.value), float("nan")),
            Cell("0", 0.0),
            Cell("0", 0.0),
        )
    ]
    for one in finding.alternatives:
        label = _ASSUMPTIONS[one.name][0]
        if one.rho is None or one.savage_dickey is None:
            rows.append((label, Cell("Did not converge", float("nan")), *[Cell("–", 0.0)] * 3))
            continue
        rows.append(
            (
                label,
                Cell(with_interval(one.rho.mean, one.rho.lower, one.rho.upper), one.rho.mean),
                Cell(number(one.savage_dickey.value), one.savage_dickey.value),
                _gap(one.indicator_elpd_difference, one.indicator_elpd_difference_se),
                _gap(one.judgement_elpd_difference, one.judgement_elpd_difference_se),
            )
        )
    return table_of(
        "At equal deprivation, the link under other assumptions. Differences of elpd from the "
        "headline’s model, positive where the assumption predicts better; in brackets their "
        "standard errors.",
        (
            *("Assumption", "Link ρ", "Log Bayes factor, Savage–Dickey"),
            *("Indicators’ elpd", "Judgements’ elpd"),
        ),
        rows,
    )


def _gap(difference: float, error: float) -> Cell:
    """Write a difference with its standard error."""
    if difference != difference:
        return Cell("–", float("nan"))
    return Cell(f"{signed(difference, 1)} ({number(error, 1)})", difference)
