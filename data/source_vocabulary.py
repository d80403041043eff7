"""Words that the columns of published tables may hold.

Both the schemas (:mod:`data.schemas`) and the readers of the tables take them from here.
"""

from data.panel import GRADES

NOT_GIVEN = ("", "-")
"""What Ofsted's older sheets have in place of a grade."""

NO_DATE = ("", "Not yet inspected")
"""What Ofsted's sheets have in place of a date."""

GRADE_WORDS = {grade: position for position, grade in enumerate(GRADES)} | {
    "Requires improvement to be good": GRADES.index("Requires improvement"),
    "": -1,
}
"""Position of each grade in :data:`data.panel.GRADES`, -1 for none, in the history."""

BLOCK_GRADES = GRADE_WORDS | dict.fromkeys(NOT_GIVEN, -1)
"""The same in the older sheets (:mod:`data.inspection_rows`)."""

INSPECTION_TYPES = {"ILACS Standard Inspection": "standard", "ILACS Short Inspection": "short"}
"""Types of inspection in the history, and what the panel calls them."""

WHOLE_YEARS = ("Reporting year", "Academic year", "Financial year", "Tax year", "Calendar year")
"""What a period of Explore Education Statistics may be by its own word: never a term or a week."""

EES_PERIOD = r"(\d{4})(?:[/-]?(\d{2}))?"
"""A period of Explore Education Statistics: 2025, 202425 or 2024/25."""

ETHNIC_GROUPS = {
    "asian": "Asian",
    "black": "Black",
    "mixed": "Mixed",
    "white": "White",
    "other": "Other",
}
"""Broad groups, and how the census's twenty groups of each begin."""

NO_ETHNIC_GROUP = "Does not apply"

DEPRIVATION_VINTAGE = "2025"
"""What the column ``deprivation_data_year`` of the right file says."""

POPULATION_AGES = "Children aged 0 to 17 years"
"""The age group of the mid-year estimates."""

CLOSENESS = (
    "Extremely close",
    "Very close",
    "Close",
    "Somewhat close",
    "Not close",
)
"""How alike statistical neighbours are, the most alike first."""

UPPER_TIER = ("UA", "SC", "MD", "LB")
"""Classes of upper-tier authorities in the revenue outturn."""

OUTTURN_CLASSES = (
    *UPPER_TIER,
    *("SD", "CA", "FR", "GLA", "NPA", "O", "P", "WA", "Eng", "Class", ""),
)
"""Every class of row: of upper-tier authorities, of others, of sums, and of no authority."""
