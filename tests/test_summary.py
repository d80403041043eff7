"""The plain-language summary: every verdict, and no number without its interval."""

import itertools
import re

import pytest

from analysis.record.evidence import Evidence
from analysis.report.bayes_words import row_at
from analysis.report.summary import summarise_plainly
from analysis.words.vocabulary import NOT_ENOUGH
from tests.report_evidence import evidence_of

VERDICTS = ("evidence_for", "evidence_against", "inconclusive", "ceiling", "refused")
HEADINGS = [
    *("What was asked", "What was found", "How sure this is"),
    *("What would change this answer", "What this does not say"),
]
# A number and what makes it honest: its interval, its count's noun, or that it was laid down.
HONEST = (
    r"ρ −?\d\.\d\d, 95% credible interval −?\d\.\d\d to −?\d\.\d\d",
    r"link of −?\d\.\d\d \(−?\d\.\d\d to −?\d\.\d\d\)",
    r"are more than 1,000 times",
    r"are [\d.,]+ \(computed to within [\d.,]+ to [\d.,]+\) times",
    r"(under |over )?\d+% \((under |over )?\d+% to (under |over )?\d+%\) (of cases )?where",
    r"0 is no link and 1 is perfect agreement",
    r"\(half of it beyond \|ρ\| 0\.35\), and for one within ±0\.1",
    r"favour \|ρ\| below 0\.1 as much",
    r"below 3,|the link was 0\.3|\d+ of \d+ widths",
    r"by their design, these data show a link of \d\.\d\d or more in 80% of cases",
    r"\d+ (English|invented)|\d+ indicators? of \d{4} to \d{4}|\d+ checks?",
)
SAID_OF_CHILDREN = re.compile(r"child|famil|worker|school", re.IGNORECASE)
SAID_OF_CAUSES = re.compile(r"caus|because of|due to|leads? to|improve|effect of|prove", re.I)


def evidence_with(codes, *, sign=1, challenger=False, strength="strong"):
    record = evidence_of(False, [n for n, c in codes.items() if c == "refused"], challenger)
    for name, code in codes.items():
        one = record["estimands"][name]
        one["verdict"]["code"] = code
        if code == "ceiling":
            one["verdict"] |= {"code": "refused", "cause": "ceiling"}
        value = {"evidence_for": -3.2, "evidence_against": 1.7}.get(code, 0.4)
        one["log_bf_independent_linked"]["value"] = value
        one["rho"] |= {"mean": sign * 0.31, "lower": sign * 0.31 - 0.1, "upper": sign * 0.31 + 0.1}
        if code.startswith("evidence"):
            # Not in the words: a changed word must not change what is said of the strength.
            one["verdict"] |= {"sentence": "A link: ρ = 0.31.", "strength": strength}
        within = {"concentration": 2.0, "within_beyond": 9.0, "within_beyond_mcse": 0.02}
        one["prior_widths"] = [
            {"sd": 0.1, "value": value, "mcse": 0.02, "ceiling": 1.0, **within},
            {"sd": 0.2, "value": value / 4, "mcse": 0.02, "ceiling": 1.0, **within},
        ]
        chance = dict.fromkeys(
            ("strong_for", "moderate_for", "inconclusive", "moderate_against", "strong_against"),
            0.2,
        )
        chance |= {f"{name}_mcse": 0.01 for name in chance}
        chance |= {"lower": -1.0, "median": 0.5, "upper": 1.5}
        one["chances"] = [
            {"link": link, "panels": 200, "misleading": 0.02, "misleading_mcse": 0.01, **chance}
            for link in (0.0, 0.3)
        ]
    return Evidence.model_validate(record)


def text_of(evidence):
    return " ".join(line for part in summarise_plainly(evidence) for line in part.sentences)


PAIRS = list(itertools.product(VERDICTS, VERDICTS))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_number_stands_with_what_makes_it_honest(first, second):
    codes = {"concordance": first, "adjusted": second}
    left = text_of(evidence_with(codes, challenger=True))
    for form in HONEST:
        left = re.sub(form, "", left)

    assert re.findall(r"[^ ]*\d[^ ]*", left) == []


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_verdict_answers_the_five_questions_for_both_estimands(first, second):
    parts = summarise_plainly(evidence_with({"concordance": first, "adjusted": second}))

    assert [part.heading for part in parts] == HEADINGS
    for part in parts[1:4]:
        assert [one.split(",")[0] for one in part.sentences] == [
            "For authorities as they stand",
            "For authorities of equal deprivation",
        ]


@pytest.mark.parametrize("code", VERDICTS)
@pytest.mark.parametrize("sign", [1, -1])
def test_children_and_causes_are_named_only_where_nothing_is_said_of_them(code, sign):
    parts = summarise_plainly(evidence_with({"concordance": code, "adjusted": code}, sign=sign))
    said = " ".join(" ".join(part.sentences) for part in parts[:-1])
    said = said.replace("children’s services", "services")

    assert not SAID_OF_CHILDREN.search(said)
    assert not SAID_OF_CAUSES.search(said)
    assert all(one.startswith("It") and " not" in one for one in parts[-1].sentences[2:])


@pytest.mark.parametrize(
    ("code", "sign", "told"),
    [
        ("evidence_for", 1, "there is strong evidence .* tend to look better by the indicators"),
        ("evidence_for", -1, "there is strong evidence .* tend to look worse by the indicators"),
        ("evidence_against", 1, r"speaks against a link .*not evidence that either .* is wrong\."),
        ("inconclusive", 1, rf"are {NOT_ENOUGH} .*; that is not evidence that there is no l"),
        ("ceiling", 1, r"no verdict: data of this kind cannot speak against a link.*ρ 0\.31"),
        ("refused", 1, "there is no answer: the computation did not pass its checks"),
    ],
)
def test_each_verdict_has_its_sentence_with_what_it_is_not(code, sign, told):
    found = summarise_plainly(evidence_with({"adjusted": code}, sign=sign))[1]

    assert re.search(told, found.sentences[1])


def test_a_refusal_has_no_number_of_the_fit():
    text = text_of(evidence_with({"concordance": "refused", "adjusted": "refused"}))

    assert not re.search(r"\d\.\d|%", text)


def test_the_bayes_factor_is_said_in_the_direction_that_it_favours():
    # exp(3.2) = 25, exp(3.2 ± 1.96 * 0.05) = 22 and 27; exp(1.7) = 5.5, 5.0 and 6.0
    found = summarise_plainly(
        evidence_with({"concordance": "evidence_for", "adjusted": "evidence_against"})
    )[2]

    assert (
        "25 (computed to within 22 to 27) times as likely if there is a link as if there is"
        in (found.sentences[0])
    )
    assert (
        "5.5 (computed to within 5.0 to 6.0) times as likely if there is no link"
        in (found.sentences[1])
    )


def test_a_factor_too_large_to_matter_has_no_range_of_words():
    evidence = evidence_with({"adjusted": "evidence_for"})
    found = evidence.findings()["adjusted"]
    huge = found.log_bf_independent_linked.model_copy(update={"value": -12.0})
    found = found.model_copy(update={"log_bf_independent_linked": huge})
    estimands = evidence.estimands | {"adjusted": found}
    told = summarise_plainly(evidence.model_copy(update={"estimands": estimands}))[2]

    assert "the data are more than 1,000 times as likely if there is a link" in told.sentences[1]


def test_a_verdict_that_rests_on_its_prior_says_so():
    # 3.2 - 0.04 is above log 3 = 1.10, and 0.8 - 0.04 is not
    changed = summarise_plainly(evidence_with({"adjusted": "evidence_for"}))[3]

    assert "stands under 1 of 2 widths of the link’s prior" in changed.sentences[1]


def test_evidence_against_stands_where_the_interval_null_is_favoured_too():
    against = evidence_with({"adjusted": "evidence_against"})
    found = against.findings()["adjusted"]
    weak = [one.model_copy(update={"within_beyond": 2.0}) for one in found.prior_widths]

    assert row_at(found.prior_widths[0], 0.1).code == "evidence_against"
    assert row_at(weak[0], 0.1).code == "inconclusive"
    assert "stands under 1 of 2 widths" in summarise_plainly(against)[3].sentences[1]


def test_invented_authorities_are_called_so():
    told = text_of(Evidence.model_validate(evidence_of(True, (), False)))

    assert "151 invented authorities" in told
    assert "nothing here is about any real one" in told


@pytest.mark.parametrize("strength", ["strong", "moderate"])
def test_the_strength_is_a_value_of_the_record_and_not_a_word_of_its_sentence(strength):
    told = text_of(evidence_with({"adjusted": "evidence_for"}, strength=strength))

    assert f"there is {strength} evidence that" in told


def test_evidence_without_its_strength_is_refused():
    with pytest.raises(ValueError, match="'evidence_for' with strength None"):
        evidence_with({"adjusted": "evidence_for"}, strength=None)
