"""Evidence as a short table in HTML, escaped, with the diagnostics that it rests on."""

from analysis.publication.render import great_table
from analysis.publication.sheets import Sheet, findings_table, whose_data
from analysis.record.shown import Evidence, Finding
from analysis.words.numerals import error, interval_name, number
from analysis.words.vocabulary import ESTIMANDS


def evidence_html(evidence: Evidence) -> str:
    """Show both estimands with their diagnostics, or the reasons why one is refused."""
    notes = [f"Brackets hold {interval_name(evidence.settings)}s."]
    for name, one in evidence.estimands.items():
        if isinstance(one, Finding):
            link = one.rho
            notes.append(
                f"{ESTIMANDS[name]}: R-hat {number(link.rhat, 3)}, effective draws "
                f"{number(link.ess_bulk, 0)} (bulk) and {number(link.ess_tail, 0)} (tail), Monte "
                f"Carlo error of ρ {error(link.mcse)}."
            )
        else:
            notes.append(f"{ESTIMANDS[name]}: {'; '.join(one.reasons)}")
    sheet = Sheet(
        "Evidence of a link", {"": findings_table(evidence)}, (*notes, whose_data(evidence))
    )
    return great_table(sheet, "evidence").as_raw_html()
