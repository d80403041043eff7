"""What each column of a design's tables means."""

MEANINGS: dict[str, str] = {
    "authorities": "number of authorities",
    "noise": "factor on the sampling variance of every indicator",
    "judgements": "inspections of each authority",
    "sub_judgements": "whether an inspection gives four sub-judgements in place of one overall",
    "reliability": "share of one judgement's variance that is lasting quality",
    "link": "correlation between quality itself and effectiveness; in the table detectable the "
    "smallest that is detected",
    "correlation": "correlation between one judgement's scale and effectiveness, the model's rho: "
    "link times the root of reliability",
    "panel": "number of the simulated panel; the same number has the same random numbers",
    "mean": "posterior mean of rho",
    "sd": "posterior standard deviation of rho",
    "lower": "lower end of the central 95% interval of rho",
    "upper": "upper end of the central 95% interval of rho",
    "log_bf_independent_linked": "natural log of the Bayes factor for no link",
    "within": "posterior probability that the link is practically none, |rho| below 0.1",
    "seconds": "CPU seconds of a fit; in the table cells their mean",
    "fault": "why no approximation was made",
    "panels": "panels with a fit",
    "failed": "panels without one",
    "interval_excludes_zero": "share whose interval is on the true side of 0 (either side of 0 "
    "where there is no link)",
    "covered": "share whose interval holds the true rho",
    "estimate": "mean over panels of the posterior mean",
    "estimate_sd": "standard deviation over panels of the posterior mean",
    "width": "mean width of the interval",
    "log_bf": "mean natural log of the Bayes factor for no link",
    "posterior_sd": "root mean square of the posterior standard deviations",
    "largest_for_none": "largest Bayes factor for no link of any panel",
    "criterion": "what counts as detected",
    "power": "probability with which the smallest link is detected",
    "largest_link": "largest link that was simulated",
    "ceiling": "largest Bayes factor for no link that a posterior of this width could give",
} | {
    f"{kind}_{odds:g}": words.format(f"{odds:g}")
    for odds in (3.0, 10.0)
    for kind, words in {
        "for": "share with a Bayes factor for a link above {}, of the right sign (of either "
        "sign where there is no link)",
        "against": "share with a Bayes factor for no link above {}, and as much for a link "
        "within the ROPE (the verdict's rule)",
        "wrong_sign": "share with a Bayes factor for a link above {}, of the wrong sign",
        "inconclusive": "share with neither",
        "misleading": "share with a Bayes factor above {} for what is not true: for no link "
        "where there is one, for a link of the wrong sign, or for a link where there is none",
    }.items()
}
