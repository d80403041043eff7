"""Average deprivation scores of upper-tier authorities, English indices of 2025.

The published table gives districts. A single-tier authority is one district and takes
its score; the score of a county is the mean of its districts, weighted by residents
of all ages for the index of multiple deprivation (IMD) and under 16 for income
deprivation affecting children (IDACI), as the publisher does for upper-tier averages.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from data.geography import current_authorities
from data.integrity import require_names, require_ranks
from data.joins import Join
from data.panel import MEASURES, PanelError
from data.sheets import read_sheet
from data.source_vocabulary import DEPRIVATION_VINTAGE
from data.text import figures, read_text, require
from data.validate_table import validate_table

FILE = "mhclg_deprivation/indices_of_deprivation_2025_lad.csv"
LOOKUP = "ons_geography/LTLA-UTLA_Apr23_Lookup_England-Wales.csv"
WEIGHTS = "ons_population/mye23tablesew.xlsx"
SHEET = "MYE2 - Persons"
YEAR = int(DEPRIVATION_VINTAGE)
_MID_YEAR = "mid-2023"

_DOMAINS = {
    "imd": "Index of Multiple Deprivation",
    "idaci": "Income Deprivation Affecting Children",
}
_RANK = "rank_average_score"
_PUBLISHED = {"code": "area_code", "score": "average_score"}


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
    lookup, names = _lookup(root)
    scores = _scores(root, names)
    residents = _residents(root, names)
    _require_all(lookup, scores.index, FILE)
    _require_all(lookup, residents.index, WEIGHTS)
    if unplaced := sorted(set(scores.index) - set(lookup.index)):
        raise PanelError(
            f"{LOOKUP}: no row for district {unplaced[0]} of {FILE} ({len(unplaced)} such); "
            "wanted every district of April 2023. Get the whole file."
        )
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


def _lookup(root: Path) -> tuple[pd.Series, pd.Series]:
    """Read which of England's districts belongs to which authority, and their names."""
    table = read_text(root, LOOKUP, ["LTLA23CD", "LTLA23NM", "UTLA23CD", "UTLA23NM"])
    validate_table(table, "lookup", LOOKUP)
    require_names(table, LOOKUP, code="UTLA23CD", name="UTLA23NM")
    lookup = table.set_index("LTLA23CD")["UTLA23CD"]
    abroad = lookup[lookup.str[0] != lookup.index.str[0]]
    if not abroad.empty:
        raise PanelError(
            f"{LOOKUP}: column UTLA23CD: district {abroad.index[0]} is in {abroad.iloc[0]}; "
            "wanted both in one country. Mend the file."
        )
    english = lookup[lookup.str.startswith("E")]
    return english, table.set_index("LTLA23CD")["LTLA23NM"].loc[english.index]


def _require_names(rows: pd.DataFrame, code: str, name: str, names: pd.Series, file: str) -> None:
    """Refuse a row whose district has another name in the lookup."""
    known = rows[rows[code].isin(names.index)]
    other = known[names.loc[known[code]].to_numpy() != known[name].str.strip().to_numpy()]
    if not other.empty:
        row = other.iloc[0]
        raise PanelError(
            f"{file}: district {row[code]} has the name {row[name]!r}; wanted "
            f"{names[row[code]]!r}, as in {LOOKUP}. Mend the file."
        )


def _scores(root: Path, names: pd.Series) -> pd.DataFrame:
    """Read the districts' average scores, a column for each measure."""
    columns = ["area_code", "area_name", "index_domain", "average_score", _RANK]
    table = read_text(root, FILE, [*columns, "deprivation_data_year"])
    validate_table(table, "districts", FILE)
    _require_names(table, "area_code", "area_name", names, FILE)
    scores = {}
    for measure, domain in _DOMAINS.items():
        require(domain, table["index_domain"].unique(), f"{FILE}: column index_domain has no row")
        rows = table[table["index_domain"] == domain].rename(
            columns={name: column for column, name in _PUBLISHED.items()}
        )
        validate_table(rows, measure, FILE, names=_PUBLISHED, label="code")
        require_ranks(rows["score"], rows[_RANK], rows["code"], f"{FILE}: {domain}")
        scores[measure] = figures(rows.set_index("code")["score"])
    return pd.DataFrame(scores).dropna()


def _residents(root: Path, names: pd.Series) -> pd.DataFrame:
    """Read the weights of the measures: residents of all ages, and under 16."""
    ages = [str(age) for age in range(16)]
    numbers = read_residents(root, ["All ages", *ages], names)
    return pd.DataFrame({"imd": numbers["All ages"], "idaci": numbers[ages].sum(axis=1)})


def read_residents(
    root: Path, columns: Sequence[str], names: pd.Series | None = None
) -> pd.DataFrame:
    """Read residents at mid-2023 by code: ``All ages``, or single ages as text.

    Raises
    ------
    PanelError
        If the workbook, its sheet or a column is not there, or a cell is no count.
    """
    wanted = ["Code", "Name", *columns]
    table = read_sheet(root, WEIGHTS, SHEET, wanted, _MID_YEAR).astype(object).fillna("")
    validate_table(table, "residents", f"{WEIGHTS}: sheet {SHEET}", label="Code")
    if names is not None:
        _require_names(table, "Code", "Name", names, WEIGHTS)
    return table.set_index("Code")[list(columns)].apply(figures)


def _require_all(lookup: pd.Series, there: pd.Index, file: str) -> None:
    """Refuse districts that a file does not have."""
    missing = lookup.index.difference(there)
    if not missing.empty:
        raise PanelError(
            f"{file}: no row for district {missing[0]} of {lookup[missing[0]]} "
            f"({len(missing)} such); wanted every district of April 2023. Get the whole file."
        )
