"""What the columns of the tables behind figures mean, where their names alone do not say."""

MEANINGS: dict[tuple[str, str], str] = {
    ("effectiveness_by_judgement", "authorities"): "authorities whose latest judgement it is",
    (
        "effectiveness_by_judgement",
        "mean",
    ): "posterior mean of the average effectiveness of these authorities",
    ("left_out", "elpd_linked"): "log probability of the judgement, left out, with a link",
    ("left_out", "elpd_independent"): "log probability of the judgement, left out, without a link",
    ("left_out", "difference"): "elpd_linked less elpd_independent",
    (
        "left_out",
        "pareto_k",
    ): "larger Pareto k of the two models' importance weights; empty where both were refitted",
    ("left_out", "threshold"): "Pareto k above which a weight is not relied on",
    ("prior_posterior", "parameter"): "name of the parameter in the fit",
    ("prior_posterior", "label"): "its plain name",
    ("prior_posterior", "x"): "value of the parameter",
    ("prior_posterior", "prior"): "prior density there",
    ("prior_posterior", "posterior"): "posterior density there, smoothed from the draws",
    ("prior_posterior", "prior_sd"): "standard deviation of the prior",
    ("prior_posterior", "posterior_sd"): "standard deviation of the posterior",
    ("deprivation_points", "deprivation"): "standard deviations across authorities; more is more",
    (
        "deprivation_curves",
        "quantity",
    ): "effectiveness, or probability of a judgement (good_or_better, inadequate)",
    ("deprivation_curves", "deprivation"): "standard deviations across authorities; more is more",
    ("deprivation_curves", "mean"): "posterior mean of the curve there",
    (
        "deprivation_curves",
        "change",
    ): "posterior mean of the change from the least to the most deprived authority "
    "(effectiveness: along a straight line)",
    (
        "deprivation_shares",
        "quantity",
    ): "the judgement: good_or_better or inadequate",
    ("deprivation_shares", "deprivation"): "mean deprivation of a fifth of the judged authorities",
    ("deprivation_shares", "share"): "share of its authorities with the judgement",
    ("deprivation_shares", "authorities"): "judged authorities of the fifth",
    ("around_inspection", "group"): "grade that the inspection gave",
    (
        "around_inspection",
        "lag",
    ): "years from the inspection to the period of the figures, 0 if it holds the day; negative "
    "before it",
    ("around_inspection", "inspections"): "inspections that the mean is over",
    (
        "around_inspection",
        "mean",
    ): "mean percentile of the authorities' published figures of these periods; more is better",
    ("around_inspection", "lower"): "lower end of the confidence interval of the mean",
    ("around_inspection", "upper"): "upper end of the confidence interval of the mean",
    ("around_inspection", "change"): "mean of the year after less the year before",
    (
        "around_inspection",
        "change_inspections",
    ): "inspections with published figures in both of these years",
}
"""By table and column."""
