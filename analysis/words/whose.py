"""Whose judgements and figures a page shows, in words: one home for banner, titles and footers.

Ofsted, the Department for Education and their licence are named on pages about England's
published panel alone (:func:`data.origin.is_england`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Whose:
    """What pages say of the data's owners.

    Attributes
    ----------
    mark, banner
        At the head of every page: a word to be seen, and a sentence.
    caption
        The sentence that ends captions.
    judgements
        The judgements, as a noun phrase.
    services
        What is judged, as a noun phrase.
    subject
        The authorities, as a noun phrase after a number.
    background
        Who judges and who publishes.
    paper_footer
        At the foot of every printed page.
    licensed
        Whether the figures are under the Open Government Licence.
    status
        What the page is not.
    """

    mark: str
    banner: str
    caption: str
    judgements: str
    services: str
    subject: str
    background: str
    paper_footer: str
    licensed: bool
    status: str


_BACKGROUND = (
    "Inspectors judge how well each authority’s services work. Indicators record what those "
    "services do."
)
_REAL = Whose(
    mark="Real panel",
    banner="Published figures and judgements of real authorities.",
    caption="Real panel.",
    judgements="inspectors’ judgements",
    services="services",
    subject="authorities",
    background=_BACKGROUND,
    paper_footer="Inspectors’ judgements and the published indicators",
    licensed=False,
    status="Not an official statistic.",
)
_SIMULATED = Whose(
    mark="Simulated panel",
    banner="The authorities, their figures and their judgements are invented.",
    caption="Simulated panel: invented authorities.",
    judgements="inspectors’ judgements",
    services="children’s services",
    subject="invented authorities",
    background=_BACKGROUND,
    paper_footer="Simulated panel: no authority in it is real",
    licensed=False,
    status="Not an official statistic.",
)
_ENGLAND = Whose(
    mark="Real panel",
    banner="Published figures and judgements of English local authorities.",
    caption="Real panel.",
    judgements="Ofsted’s judgements",
    services="children’s services",
    subject="English local authorities",
    background=(
        "Ofsted judges how well each authority’s services for children work. The Department for "
        "Education publishes what those services record."
    ),
    paper_footer="Ofsted’s judgements and the published indicators",
    licensed=True,
    status=(
        "Not an official statistic, and not endorsed by Ofsted or the Department for Education."
    ),
)


def whose(*, simulated: bool, england: bool) -> Whose:
    """Return the words for a panel's owners."""
    if simulated:
        return _SIMULATED
    return _ENGLAND if england else _REAL
