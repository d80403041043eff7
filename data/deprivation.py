"""Average deprivation scores of upper-tier authorities, English indices of 2025.

The published table gives districts. A single-tier authority is one district and takes
its score; the score of a county is the mean of its districts, weighted by residents
of all ages for the index of multiple deprivation (IMD) and under 16 for income
deprivation affecting children (IDACI), as the publisher does for upper-tier averages.
"""

from pathlib import Path

import pandas as pd

from data.geography import current_authorities
from data.joins import Join
from data.panel import MEASURES, PanelError
from data.sheets import read_sheet
from data.text import read_text, require

FILE = "mhclg_deprivation/indices_of_deprivation_2025_lad.csv"
LOOKUP = "ons_geography/LTLA-UTLA_Apr23_Lookup_England-Wales.csv"
WEIGHTS = "ons_population/mye23tablesew.xlsx"
SHEET = "MYE2 - Persons"
YEAR = 2025

_DOMAINS = {
    "imd": "Index of Multiple Deprivation",
    "idaci": "Income Deprivation Affecting Children",
}


def read_deprivation(root: Path) -> tuple[pd.DataFrame, list[Join]]:
    """Read the average scores of the panel's authorities.

    Parameters
    ----------
    root
        Folder of published files.

    Returns
    -------
    tuple
        Scores indexed by ``authority``, a column for each of
        :data:`data.panel.MEASURES`, higher being more deprived; and a record of each
        authority whose score is a mean over districts.

    Raises
    ------
    PanelError
        If a file or column is not there, a score is no number, or an authority has
        no district with a score and residents.
    """
    lookup = read_text(root, LOOKUP, ["LTLA23CD", "UTLA23CD"]).set_index("LTLA23CD")["UTLA23CD"]
    lookup = lookup[lookup.str.startswith("E")]
    scores = _scores(root)
    residents = _residents(root)
    _require_all(lookup, scores.index, FILE)
    _require_all(lookup, residents.index, WEIGHTS)
    weights = residents.loc[lookup.index]
    weighted = (scores.loc[lookup.index] * weights).groupby(lookup).sum()
    average = weighted / weights.groupby(lookup).sum()
    single = lookup[~lookup.duplicated(keep=False)]
    average.loc[single] = scores.loc[single.index].to_numpy()
    authorities = current_authorities()
    missing = authorities.index.difference(average.index)
    if not missing.empty:
        raise PanelError(
            f"{LOOKUP}: column UTLA23CD has no {missing[0]}; wanted all {len(authorities)} "
            "authorities of April 2023. Get the lookup of April 2023."
        )
    districts = lookup.value_counts()
    joins = [
        Join(
            FILE,
            str(code),
            str(authorities.loc[code, "name"]),
            (YEAR,),
            "averaged",
            f"Mean of {districts[code]} districts, weighted by residents.",
        )
        for code in authorities.index
        if districts[code] > 1
    ]
    return average.loc[authorities.index, list(MEASURES)], joins


def _scores(root: Path) -> pd.DataFrame:
    """Read the districts' average scores, a column for each measure."""
    table = read_text(root, FILE, ["area_code", "index_domain", "average_score"])
    scores = {}
    for measure, domain in _DOMAINS.items():
        require(domain, table["index_domain"].unique(), f"{FILE}: column index_domain has no row")
        rows = table[table["index_domain"] == domain].set_index("area_code")["average_score"]
        numbers = pd.to_numeric(rows, errors="coerce")
        faulty = rows[numbers.isna() | rows.index.duplicated()]
        if not faulty.empty:
            raise PanelError(
                f"{FILE}: column average_score, {domain}, {faulty.index[0]}: got "
                f"{faulty.iloc[0]!r}; wanted one score for each district. Mend the file."
            )
        scores[measure] = numbers
    return pd.DataFrame(scores)


def _residents(root: Path) -> pd.DataFrame:
    """Read the weights of the measures: residents of all ages, and under 16."""
    ages = [str(age) for age in range(16)]
    table = read_sheet(root, WEIGHTS, SHEET, ["Code", "All ages", *ages]).set_index("Code")
    numbers = table.apply(pd.to_numeric, errors="coerce")
    return pd.DataFrame({"imd": numbers["All ages"], "idaci": numbers[ages].sum(axis=1)})


def _require_all(lookup: pd.Series, there: pd.Index, file: str) -> None:
    """Refuse districts that a file does not have."""
    missing = lookup.index.difference(there)
    if not missing.empty:
        raise PanelError(
            f"{file}: no row for district {missing[0]} of {lookup[missing[0]]} "
            f"({len(missing)} such); wanted every district of April 2023. Get the whole file."
        )
