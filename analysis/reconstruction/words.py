"""What a reconstruction found, as text for the terminal."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.reconstruction.config import LABEL, ReconstructionConfig
from data.panel import GRADES

_CHOICES = (
    "cutoff",
    "indicators",
    "years",
    "missing",
    "ranked_among",
    "directions",
    "score",
    "places",
)
_SINGLE = "per_indicator"

Tables = dict[str, pd.DataFrame]


def describe(tables: Tables, config: ReconstructionConfig) -> str:
    """Put the tables of a reconstruction into lines.

    Parameters
    ----------
    tables
        By name, as :mod:`analysis.reconstruction.run` writes them.
    config
        What they were made from.
    """
    lines = [
        f"{config.title}. {LABEL}.",
        "The study's exact recipe is not public in what could be read: what it does not tell is "
        "an option here, and each was tried with each.",
        *(f"Not answered: {reason}" for reason in tables["refused"]["reason"]),
        "",
        *_base(tables, config),
        "",
        *_over_combinations(tables),
        "",
        *_tests(tables, config),
        "",
        *_latent(tables, config),
        "",
        *_visible(tables["visible"], config),
    ]
    return "\n".join(lines)


def every_line(tables: Tables) -> str:
    """Put the study's table under every combination on a line each."""
    counts = {
        number: rows.set_index("rating")[["bottom", "middle", "top"]]
        for number, rows in tables["tables"].groupby("combination")
    }
    head = (
        f"Bottom/middle/top of {', '.join(GRADES)}, Spearman's correlation, Fisher's p. {LABEL}."
    )
    lines = [head]
    for row in tables["claims"].to_dict("records"):
        own = counts[row["combination"]].round(2)
        bands = ["/".join(f"{one:g}" for one in own.loc[grade]) for grade in GRADES]
        choices = ", ".join(str(row[name]) for name in _CHOICES if row[name])
        numbers = f"{row['spearman']:+.2f}  {row['fisher_p']:.2f}"
        lines.append(f"{row['combination']:5d}  {'  '.join(bands)}  {numbers}  {choices}")
    return "\n".join(lines)


def _base(tables: Tables, config: ReconstructionConfig) -> Iterator[str]:
    """Show the table of the base choices."""
    row = tables["claims"].iloc[0]
    choices = ", ".join(str(row[name]) for name in _CHOICES)
    yield f"The base ({choices}): {row['authorities']:.0f} of {row['rated']:.0f} rated authorities"
    yield f"{'':22}{'bottom':>8}{'middle':>8}{'top':>8}{'all':>8}"
    for one in tables["tables"].query("combination == 1").to_dict("records"):
        names = ("bottom", "middle", "top", "authorities")
        yield f"{one['rating']:22}" + "".join(f"{one[name]:8g}" for name in names)
    yield (
        f"P(top | Inadequate) - P(top | Good or better): {row['difference']:+.2f} "
        f"({config.interval:.0%} interval {row['difference_lower']:+.2f} to "
        f"{row['difference_upper']:+.2f}); Fisher's p {row['fisher_p']:.2f}; Bayes factor for a "
        f"difference {np.exp(row['log_bf_dependent']):.2f}."
    )
    yield (
        f"Spearman's correlation of rating and score {row['spearman']:+.2f} "
        f"({row['spearman_lower']:+.2f} to {row['spearman_upper']:+.2f}, "
        f"p {row['spearman_p']:.2f})."
    )


def _over_combinations(tables: Tables) -> Iterator[str]:
    """State how the claim fares over combinations, all together and by each choice."""
    whole = tables["claims"]
    claims = whole[whole["score"] != _SINGLE]
    yield (
        f"Over {len(claims)} combinations of whole sets ({len(whole) - len(claims)} more take "
        "each indicator by itself). Shares are of combinations, not probabilities."
    )
    yield (
        f"{'':42}{'number':>7} {'authorities':>12} {'Inadequate in top':>18} "
        f"{'and Good+ in bottom':>20} {'p < .05':>8} {'BF > 3: difference, none':>25}  "
        "Spearman's correlation"
    )
    yield _line("all", claims)
    for name in _CHOICES:
        choices = list(claims.groupby(name, sort=False))
        if len(choices) > 1:
            for choice, rows in choices:
                yield _line(f"{name} {choice}", rows)


def _line(label: str, rows: pd.DataFrame) -> str:
    """Summarise some combinations."""
    log_bf = rows["log_bf_dependent"]
    number = f"{rows['authorities'].min()}-{rows['authorities'].max()}"
    low, middle, high = np.nanquantile(rows["spearman"], [0.0, 0.5, 1.0])
    return (
        f"{_short(label):42}{len(rows):7d} {number:>12} {rows['inadequate_in_top'].mean():18.0%} "
        f"{rows['both_crossings'].mean():20.0%} {(rows['fisher_p'] < 0.05).mean():8.0%} "
        f"{(log_bf > np.log(3)).mean():16.0%}, {(log_bf < -np.log(3)).mean():7.0%}  "
        f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"
    )


def _short(label: str) -> str:
    """Fit a label into its column."""
    short = label.replace("directions ", "").replace("cla_", "")
    return short if len(short) <= 41 else short[:40] + "…"


def _tests(tables: Tables, config: ReconstructionConfig) -> Iterator[str]:
    """State which indicators are significant, at the base and over choices."""
    tests = tables["tests"]
    yield (
        f"Each indicator against the ratings, p < {config.alpha:g}: share of choices (cut-off, "
        "years, suppressed figures, set) in which it is, and after Holm's adjustment"
    )
    yield f"{'':26}{'Kruskal-Wallis':>16}{'ANOVA':>14}{'thirds':>14}{'Spearman':>14}  correlation"
    for name, rows in tests.groupby("indicator", sort=False):
        cells = []
        for test in ("kruskal_wallis", "anova", "chi_squared", "spearman"):
            own = rows[rows["test"] == test]
            cells.append(f"{own['significant'].mean():.0%}, {own['significant_holm'].mean():.0%}")
        found = rows.loc[rows["test"] == "spearman", "statistic"]
        yield (
            f"{name!s:26}{cells[0]:>16}{''.join(f'{one:>14}' for one in cells[1:])}  "
            f"{found.median():+.2f} ({found.min():+.2f} to {found.max():+.2f})"
        )
    at_base = tests[
        (tests[["cutoff", "indicators", "years", "missing"]] == _base_choice(tables)).all(axis=1)
        & (tests["left_out"] == "")
    ]
    for name, rows in at_base.groupby("test", sort=False):
        yield (
            f"At the base, {name!s}: {int(rows['significant'].sum())} of {len(rows)} significant "
            f"({config.alpha * len(rows):.1f} expected by chance), "
            f"{int(rows['significant_holm'].sum())} after Holm's adjustment."
        )


def _base_choice(tables: Tables) -> pd.Series:
    """Return the base's choices on which tests depend."""
    return tables["claims"].iloc[0][["cutoff", "indicators", "years", "missing"]]


def _latent(tables: Tables, config: ReconstructionConfig) -> Iterator[str]:
    """State what the latent-variable analyses found, and could have found."""
    latent, chances = tables["latent"], tables["latent_chances"]
    yield (
        "The same data by latent variables (counts with their noise, suppressed ones as "
        f"intervals; ρ: a rating's correlation with effectiveness, {config.interval:.0%} interval)"
        if len(latent)
        else "No latent-variable analysis was asked for."
    )
    keys = ["indicators", "years", "directions", "estimand"]
    for row in latent.to_dict("records"):
        label = ", ".join(str(row[key]) for key in keys if row[key])
        yield f"{label}: {row['verdict']}"
        if not row["converged"]:
            continue
        yield (
            f"    log Bayes factor for no link {row['log_bf_independent_linked']:.2f} "
            f"({row['log_bf_independent_linked_mcse']:.2f}), which could at most have been "
            f"{row['log_bf_ceiling']:.2f}; ρ of {row['smallest_link']:.2f} would have been found "
            "with probability 0.8."
        )
        if len(chances):
            own = chances[(chances[keys] == pd.Series(row)[keys]).all(axis=1)]
            yield from _could_have_shown(own)


def _could_have_shown(chances: pd.DataFrame) -> Iterator[str]:
    """State how often Bayes factors above 3 would have said what, at each stated ρ."""
    shares = {
        "for a link": chances["strong_for"] + chances["moderate_for"],
        "for none": chances["strong_against"] + chances["moderate_against"],
        "misleading": chances["misleading"],
    }
    links = ", ".join(f"{link:g}" for link in chances["link"])
    said = "; ".join(
        f"{name} {', '.join(f'{share:.2f}' for share in values)}"
        for name, values in shares.items()
    )
    error = chances["misleading_mcse"].max()
    yield (
        f"    Were ρ {links}, a Bayes factor above 3 would be {said} (shares of simulated sets, "
        f"Monte Carlo error at most {error:.2f})."
    )


def _visible(visible: pd.DataFrame, config: ReconstructionConfig) -> Iterator[str]:
    """State what the study's own comparison could have seen."""
    section, first = config.visible, visible.to_dict("records")[0]
    yield (
        f"What such a comparison could have seen: {first['authorities']:.0f} authorities, "
        f"{first['places']:.0f} places, reliability of a rating "
        f"{section.rating_reliability:g} and of the score {section.score_reliability:g}, "
        f"{section.simulations} simulated studies a link (Monte Carlo standard errors in brackets)"
    )
    columns = {
        "spearman_significant": "Spearman p<.05",
        "fisher_significant": "Fisher p<.05",
        "for_difference": f"BF>{section.odds:g} difference",
        "for_none": f"BF>{section.odds:g} none",
        "inadequate_in_top": "Inadequate in top",
        "both_crossings": "both crossings",
    }
    yield f"{'link':>6}" + "".join(f"{title:>19}" for title in columns.values())
    for row in visible.to_dict("records"):
        cells = (f"{row[name]:.2f} ({row[f'{name}_mcse']:.3f})" for name in columns)
        yield f"{row['link']:6.2f}" + "".join(f"{cell:>19}" for cell in cells)
    yield (
        "The Bayes factor for no difference between two such groups cannot exceed "
        f"{first['largest_for_none']:.1f}, whatever the truth."
    )
