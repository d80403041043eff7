"""What is said of a comparison: fixed sentences, each number with its interval or error."""

from analysis.pages.captions import Description
from analysis.record.evidence import EstimandEvidence
from analysis.side_by_side.agreement import Agreement
from analysis.side_by_side.sides import Side
from analysis.side_by_side.tables import view_name
from analysis.words.numerals import error, number, plural, span, with_interval
from analysis.words.vocabulary import ESTIMANDS, VERDICTS


def found_sentence(name: str, sides: tuple[Side, ...]) -> str:
    """State for one estimand what every run found, and whether the verdicts are the same."""
    told = "; ".join(f"{side.letter}, {_finding(side.findings.get(name))}" for side in sides)
    codes = [found.verdict.code for side in sides if (found := side.findings.get(name))]
    if len(codes) < len(sides):
        end = "Where the computation cannot be relied on, nothing can be compared."
    elif len(set(codes)) == 1:
        end = "The verdicts are the same."
    else:
        end = (
            "The verdicts differ. A verdict is a threshold put to a Bayes factor: two that "
            "differ may rest on links that hardly do."
        )
    return f"{ESTIMANDS[name]}: {told}. {end}"


def _finding(found: EstimandEvidence | None) -> str:
    """Return one run's link and verdict."""
    if found is None:
        return "no verdict, since the computation cannot be relied on"
    link = found.rho
    verdict = VERDICTS[found.verdict.code].lower()
    return f"ρ = {with_interval(link.mean, link.lower, link.upper)}, {verdict}"


def agreement_sentences(found: Agreement) -> str:
    """State how far two views agree about the authorities."""
    count, apart = len(found.table), int(found.table["apart"].sum())
    both = f"{view_name(found.first)} and {view_name(found.second)}"
    if found.correlation != found.correlation:
        return (
            f"Only {plural(count, 'authority is', 'authorities are')} in both {both}: "
            "too few for a correlation."
        )
    interval = f"{100 * found.first.side.inputs.evidence.settings.interval:g}% interval"
    none = "No authority’s intervals lie" if not apart else f"The intervals of {apart} lie"
    return (
        f"Over {count} authorities, the posterior means of {both} correlate at "
        f"{_correlation(found.correlation)} (Monte Carlo standard error "
        f"{error(found.correlation_mcse)}). Effectiveness itself, drawn from the two "
        f"posteriors as if they were independent, correlates at {number(found.drawn)} ({interval} "
        f"{span(found.drawn_lower, found.drawn_upper)}). The first can be too high, since both "
        "shrink alike; the second too low, since errors that both share count as noise. "
        f"{none} wholly apart."
    )


def _correlation(value: float) -> str:
    """Write a correlation, never as perfect where it is not."""
    return "over 0.99" if 0.995 <= value < 1.0 else number(value)


def whose(sides: tuple[Side, ...]) -> str:
    """State whose figures they are, for captions."""
    return sides[0].inputs.evidence.panel.whose.caption


def describe_links(sides: tuple[Side, ...]) -> Description:
    """Describe the figure of the links."""
    settings = sides[0].inputs.evidence.settings
    caption = (
        "Link ρ by run. Points and bars: posterior mean and "
        f"{100 * settings.interval:g}% credible interval. Grey band: practically no link, within "
        f"±{settings.rope:g} in run {sides[0].letter}. {whose(sides)}"
    )
    told = [
        f"{side.label}, {ESTIMANDS[name].lower()}: "
        f"{with_interval(found.rho.mean, found.rho.lower, found.rho.upper)}."
        for side in sides
        for name, found in side.findings.items()
    ]
    links = [found.rho for side in sides for found in side.findings.values()]
    apart = sum(link.lower > 0 or link.upper < 0 for link in links)
    title = f"{apart} of {len(links)} intervals of the link leave out 0"
    return Description(title, caption, " ".join(told), caption)


def describe_agreements(found: list[Agreement], title: str) -> Description:
    """Describe a figure of authorities in two views."""
    sides = tuple(dict.fromkeys(view.side for one in found for view in (one.first, one.second)))
    interval = 100 * sides[0].inputs.evidence.settings.interval
    counts = ", ".join(str(len(one.table)) for one in found)
    caption = (
        "Effectiveness of each authority, in standard deviations across authorities. Points: "
        f"posterior means; grey lines: {interval:g}% credible intervals; the diagonal: no shift. "
        f"Named: the three that moved most. n = {counts} authorities. {whose(sides)}"
    )
    told = " ".join(
        f"{view_name(one.first)} against {view_name(one.second)}: posterior means correlate at "
        f"{number(one.correlation)}; most moved: "
        f"{', '.join(map(str, one.table['name'].head(3)))}."
        for one in found
    )
    apart = sum(int(one.table["apart"].sum()) for one in found)
    title += (
        f": {plural(apart, 'pair')} of intervals {'lies' if apart == 1 else 'lie'} wholly apart"
        if apart
        else ": no intervals lie wholly apart"
    )
    return Description(title, caption, told + " Every number is in the tables below.", caption)
