"""The names by which a report calls what the files call by identifiers."""

ESTIMANDS = {"concordance": "As they stand", "adjusted": "At equal deprivation"}
ESTIMAND_MEANING = "concordance (as they stand) or adjusted (at equal deprivation)"
GROUPS = {
    "all": "All indicators",
    "outcomes": "Outcomes",
    "process": "Process",
    "workforce": "Workforce",
}
STRUCTURES = {
    "composite": "composite",
    "one_factor": "one-factor",
    "domain_factors": "domain-factors",
}
MODELS = {
    "linked": "Link: the judgement depends on effectiveness",
    "independent": "No link",
    "deprivation_only": "Deprivation alone",
    "identical": "Both measure the same thing",
}
MEASURES = {
    "imd": "the Index of Multiple Deprivation",
    "idaci": "the Income Deprivation Affecting Children Index",
}
MODEL_PHRASES = {
    "linked": "the model with a link",
    "independent": "the model without a link",
    "deprivation_only": "the model with deprivation alone",
    "identical": "the model in which both measure the same thing",
}
FORECASTS = {
    "linked": "With a link",
    "independent": "Without a link",
    "deprivation_only": "Deprivation alone",
    "grade_shares": "Shares of the grades alone",
    "same_as_last_time": "Same grade as last time",
}
FORECAST_PHRASES = {
    "grade_shares": "the shares of the grades alone",
    "deprivation_only": "deprivation alone",
    "same_as_last_time": "“the same grade as last time”",
}
METHODS = {"savage_dickey": "the Savage–Dickey ratio", "bridge": "bridge sampling"}
NOT_ENOUGH = "not enough to tell"
AGAINST = "against a link as large as expected"
VERDICTS = {
    "evidence_for": "Evidence for a link",
    "evidence_against": f"Evidence {AGAINST}",
    "inconclusive": NOT_ENOUGH.capitalize(),
    "refused": "No verdict",
}
JUDGEMENT_HEADINGS = {
    "overall": "Overall",
    "leadership": "Leadership",
    "help_and_protection": "Help and protection",
    "in_care": "In care",
    "care_leavers": "Care leavers",
}
STATUSES = {
    "not_applicable": "Not applicable",
    "not_available": "Not available",
    "no_data": "No data",
}
AGAINST_MEDIAN = {"above": "Above", "below": "Below", "": "Not told"}
"""Where the interval of an authority's rank lies against the median rank."""


def in_sentence(heading: str) -> str:
    """Return a heading as it stands within a sentence."""
    return heading[:1].lower() + heading[1:]


def quantity(name: str) -> str:
    """Write the name of a quantity of a fit without underscores."""
    words = {"rho": "link ρ", "sd": "SD"}
    return " ".join(words.get(word, word) for word in name.split("_"))
