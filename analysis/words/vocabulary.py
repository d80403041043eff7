"""The names by which a report calls what the files call by identifiers."""

INDISTINGUISHABLE = 4.0
"""Differences of expected log predictive density below this are called indistinguishable."""

MISCALIBRATED = 0.05
"""A forecast whose probability under calibration is below this is called miscalibrated."""

ESTIMANDS = {"concordance": "As they stand", "adjusted": "At equal deprivation"}
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
VERDICTS = {
    "evidence_for": "Evidence for a link",
    "evidence_against": "Evidence against a link as large as expected",
    "inconclusive": "Not enough to tell",
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


def quantity(name: str) -> str:
    """Write the name of a quantity of a fit without underscores."""
    words = {"rho": "link ρ", "sd": "SD"}
    return " ".join(words.get(word, word) for word in name.split("_"))
