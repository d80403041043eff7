"""The figures of a report: drawn at both widths, with title, caption and alternative text."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from matplotlib.figure import Figure

from analysis.plots.authorities import draw_authorities
from analysis.plots.coverage import draw_coverage
from analysis.plots.deciles import draw_deciles
from analysis.plots.indicators import draw_indicators
from analysis.plots.judgements import draw_judgements
from analysis.plots.link import LinkPosterior, draw_link
from analysis.plots.style import INCHES, Width, label_figure, render
from analysis.plots.top_share import draw_top_share
from analysis.report import captions
from analysis.report.captions import Description
from analysis.report.evidence import Evidence, Finding
from analysis.report.read import Inputs

_KINDS: tuple[Literal["svg", "png"], ...] = ("svg", "png")


@dataclass(frozen=True, slots=True, eq=False)
class Illustration:
    """One figure, drawn for a desk and for a telephone, and what is said of it."""

    key: str
    description: Description
    drawn: dict[Width, Figure]
    images: dict[Width, str]

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the wide image, so that a page leaves room for it before it is there."""
        figure = self.drawn["wide"]
        return round(figure.get_figwidth() * 96), round(figure.get_figheight() * 96)


def illustrate(inputs: Inputs) -> dict[str, Illustration]:
    """Draw every figure for which there are findings or records."""
    evidence, tables = inputs.evidence, inputs.tables
    findings = evidence.estimands.findings()
    drawings = _draw_records(tables, evidence)
    if findings:
        drawings |= _draw_findings(inputs, findings)
    return {key: illustration(key, *parts) for key, parts in drawings.items()}


def save_illustrations(illustrations: dict[str, Illustration], folder: Path) -> None:
    """Write each wide figure as SVG and PNG, with its title and its note in it."""
    folder.mkdir(exist_ok=True)
    for one in illustrations.values():
        figure = one.drawn["wide"]
        label_figure(figure, one.description.title, one.description.note)
        for kind in _KINDS:
            content = render(figure, kind, one.description.title)
            (folder / f"{one.key}.{kind}").write_bytes(content)


def shown_indicators(inputs: Inputs) -> pd.DataFrame:
    """Keep the indicators' correlations of what converged: estimands and structures."""
    table = inputs.tables["indicators"]
    primary = inputs.evidence.settings.structure
    keep = pd.Series(data=False, index=table.index)
    for name, finding in inputs.evidence.estimands.findings().items():
        structures = {primary}
        if finding.challenger is not None and finding.challenger.converged:
            structures.add(finding.challenger.structure)
        keep |= (table["estimand"] == name) & table["structure"].isin(structures)
    kept = table[keep]
    first = kept["structure"] == primary
    return pd.concat([kept[first], kept[~first]])


type _Drawing = tuple[dict[Width, Figure], Description]


def _draw_records(tables: dict[str, pd.DataFrame], evidence: Evidence) -> dict[str, _Drawing]:
    """Draw what was published, which needs no fit."""
    coverage, judgements = tables["coverage"], tables["judgements"]
    drawings: dict[str, _Drawing] = {}
    if len(coverage):
        drawn = {width: draw_coverage(coverage, width=width) for width in INCHES}
        drawings["coverage"] = (drawn, captions.describe_coverage(coverage, evidence))
    if len(judgements):
        drawn = {width: draw_judgements(judgements, width=width) for width in INCHES}
        drawings["judgements"] = (drawn, captions.describe_judgements(judgements, evidence))
    return drawings


def _draw_findings(inputs: Inputs, findings: dict[str, Finding]) -> dict[str, _Drawing]:
    """Draw what was found, for the estimands that converged."""
    evidence, settings = inputs.evidence, inputs.evidence.settings
    share = settings.top_share
    # a simulated panel is made with a link at equal deprivation
    truths = {"adjusted": evidence.truth.rho} if evidence.truth else None
    posteriors = {
        name: LinkPosterior(
            inputs.link_draws[name], found.rho.mean, found.rho.lower, found.rho.upper
        )
        for name, found in findings.items()
    }
    indicators = shown_indicators(inputs)
    deciles = _rows(findings, "decile_table")
    tops = _rows(findings, "top_decile_by_judgement")
    drawings: dict[str, _Drawing] = {
        "link": (
            {
                width: draw_link(
                    posteriors,
                    concentration=settings.link_prior,
                    rope=settings.rope,
                    truths=truths,
                    width=width,
                )
                for width in INCHES
            },
            captions.describe_link(findings, evidence),
        ),
        "indicators": (
            {width: draw_indicators(indicators, width=width) for width in INCHES},
            captions.describe_indicators(indicators, evidence),
        ),
        "deciles": (
            {width: draw_deciles(deciles, share=share, width=width) for width in INCHES},
            captions.describe_deciles(findings, evidence),
        ),
        "top_share": (
            {width: draw_top_share(tops, share=share, width=width) for width in INCHES},
            captions.describe_top_share(findings, evidence),
        ),
    }
    for name in findings:
        table = inputs.tables["authorities"]
        own = table[table["estimand"] == name]
        drawn = {width: draw_authorities(own, width=width) for width in INCHES}
        drawings[f"authorities_{name}"] = (
            drawn,
            captions.describe_authorities(own, name, evidence),
        )
    return drawings


def _rows(findings: dict[str, Finding], part: str) -> pd.DataFrame:
    """Set one part of several findings under each other, with the estimand beside it."""
    return pd.DataFrame(
        [
            {"estimand": name, **row.model_dump()}
            for name, finding in findings.items()
            for row in getattr(finding, part)
        ]
    )


def illustration(
    key: str,
    drawn: dict[Width, Figure],
    description: Description,
    kind: Literal["svg", "png"] = "svg",
) -> Illustration:
    """Turn drawings into images that a page can hold; as PNG where they have many points."""
    media = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    images = {
        width: f"data:{media};base64,"
        + base64.b64encode(render(figure, kind, description.title)).decode("ascii")
        for width, figure in drawn.items()
    }
    return Illustration(key, description, drawn, images)
