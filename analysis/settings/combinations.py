"""Which keys of a configuration cannot be had together: one table, read by one validator.

What an engine, structure or likelihood knows stands in :mod:`models.traits`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pydantic import BaseModel

from analysis.settings.config_faults import shown
from models.traits import ENGINE_TRAITS, LIKELIHOOD_TRAITS, STRUCTURE_TRAITS

Test = Callable[[Any], bool] | None
"""Of a key's value; None: whether it is not the default, or the section is there."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two keys that cannot be had together.

    Attributes
    ----------
    key, when
        A dotted key, or the name of a section, and which of its values clash.
    against, having
        The other key, with which of its values.
    why, remedy
        What is the matter, and what the user may do.
    """

    key: str
    when: Test
    against: str
    having: Test
    why: str
    remedy: str = "Change either key"

    def found(self, config: BaseModel) -> bool:
        """Return whether a configuration has both."""
        return _holds(config, self.key, self.when) and _holds(config, self.against, self.having)

    def message(self, config: BaseModel) -> str:
        """Write both keys as they are set, why they clash, and what to do."""
        one, other = _told(config, self.key), _told(config, self.against)
        return f"{one} does not go with {other}: {self.why}. {self.remedy}"


def _value(config: BaseModel, key: str) -> tuple[BaseModel, str, Any]:
    """Return the section that a dotted key is of, its own name, and what it holds."""
    *sections, name = key.split(".")
    section = reduce(getattr, sections, config)
    return section, name, getattr(section, name)


def _holds(config: BaseModel, key: str, test: Test) -> bool:
    """Return whether what a key holds passes a test."""
    section, name, value = _value(config, key)
    if test is not None:
        return test(value)
    if isinstance(value, BaseModel):
        return name in section.model_fields_set
    return bool(value != type(section).model_fields[name].default)


def _told(config: BaseModel, key: str) -> str:
    """Write a key as it is set; a section by its name."""
    value = _value(config, key)[-1]
    return f"[{key}]" if isinstance(value, BaseModel) else f"{key} = {shown(value)}"


def _is(value: str) -> Test:
    return lambda found: bool(found == value)


def _has(value: str) -> Test:
    return lambda found: value in found


def _lacks(trait: str) -> Test:
    """Return the test of an engine that has no such trait."""
    return lambda engine: not getattr(ENGINE_TRAITS[engine], trait)


def _extended(inspection: Any) -> bool:
    return bool(inspection.extended)


def _several(structure: Any) -> bool:
    """Return whether a structure has a link for each domain."""
    return structure != "none" and not STRUCTURE_TRAITS[structure].single_link


_ENGINE, _CUTOFF, _BESIDE = "sampler.engine", "evidence.cutoff", "evidence.alternatives"
_MAP, _FORM, _SPREAD = "model.spatial", "model.deprivation_form", "model.effect_spread"
_STRUCTURES = ("model.structure", "model.challenger")
_UNREAD_BY_PATHS = (
    *(f"sampler.{key}" for key in ("engine", "refits", "region_refits")),
    *(f"evidence.{key}" for key in ("cutoff", "baselines", "alternatives", "predictive")),
    *("evidence.top_share", "evidence.simulated_panels", "panel.lag"),
)
_DROP, _SAMPLE = "Drop either key", "Say sampler.engine = 'collapsed', or drop the other key"

# fmt: off
CLASHES: tuple[Clash, ...] = (
    Clash("dynamic", None, "model", None,
          "it is fitted in the place of [model], which would not be read",
          "Leave either section out"),
    *(Clash("dynamic", None, key, None,
            "it knows every year and inspection, by the collapsed engine, and has no use for the "
            "other key", "Leave that as it is by default")
      for key in _UNREAD_BY_PATHS),
    Clash("model.likelihood", lambda one: LIKELIHOOD_TRAITS[one].exact,
          _ENGINE, _lacks("exact_counts"),
          "the engine has integrated the effects out, and knows counts by a normal only",
          "Say sampler.engine = 'joint', or leave the likelihood 'gaussian'"),
    Clash(_ENGINE, _lacks("integrated"), "model.challenger", lambda one: one != "none",
          "the engine leaves no authority out, and so compares no structures by prediction",
          "Say model.challenger = 'none'"),
    *(Clash(_ENGINE, lambda one: ENGINE_TRAITS[one].screens, key, _several,
            "the engine approximates along a single link, and the structure has one for each "
            "domain", "Say sampler.engine = 'collapsed', or name another structure")
      for key in _STRUCTURES),
    *(Clash(f"sampler.{key}", None, _ENGINE, _lacks("refits"),
            "only the collapsed engine fits again without an authority or a region")
      for key in ("refits", "region_refits")),
    Clash(_ENGINE, _lacks("any_inspection"), "model.inspection", _extended,
          "the engine knows each authority's latest overall judgement by a probit only", _SAMPLE),
    Clash(_ENGINE, _lacks("any_inspection"), "model.identical", None,
          "the engine knows no reliability of a judgement", _SAMPLE),
    Clash(_ENGINE, _lacks("spline"), _FORM, _is("spline"),
          "the engine knows deprivation as linear only"),
    Clash(_ENGINE, _lacks("sizes"), _SPREAD, None, "the engine gives effects one spread"),
    Clash("evidence.predictive", None, _SPREAD, None,
          "the estimand gives effects one spread", _DROP),
    Clash(_MAP, None, _SPREAD, None, "the map gives neighbours effects of one spread"),
    Clash("panel.abolished", None, "panel.source", lambda one: one != "published",
          "only the published files know abolished authorities"),
    Clash(_MAP, None, "panel.abolished", None,
          "the map knows the boundaries of April 2023 alone"),
    Clash(_MAP, None, _ENGINE, _lacks("neighbours"), "only the collapsed engine knows the map"),
    *(Clash(_MAP, None, key, _several,
            "neighbours share one effectiveness, and the structure has one for each domain")
      for key in _STRUCTURES),
    Clash(_CUTOFF, None, _FORM, _is("none"),
          "deprivation alone is set beside the forecasts, and the form leaves it out", _DROP),
    Clash(_CUTOFF, None, "model.inspection.judgements", _is("sub_judgements"),
          "overall judgements are forecast, and sub-judgements leave them out", _DROP),
    *(Clash("model.inspection", _extended, key, _several,
            "repeats, sub-judgements, lead inspectors and the logit curve want a structure with a "
            "single link, and this has one for each domain", "Say 'composite' or 'one_factor'")
      for key in _STRUCTURES),
    Clash(_BESIDE, _has("spline"), _FORM, lambda one: one != "linear",
          "'spline' stands beside model.deprivation_form = 'linear'", _DROP),
    Clash(_BESIDE, _has("spline"), _ENGINE, _lacks("spline"),
          "the engine knows deprivation as linear only", _DROP),
    Clash(_BESIDE, _has("size"), _SPREAD, None,
          "'size' stands beside model.effect_spread = 'equal'", _DROP),
    Clash(_BESIDE, _has("size"), _ENGINE, _lacks("sizes"),
          "the engine gives effects one spread", _DROP),
    Clash(_BESIDE, _has("size"), _MAP, None,
          "the map gives neighbours effects of one spread", _DROP),
    Clash(_CUTOFF, None, "model.structure", _several,
          "the cut-off forecasts by a single link, and the structure has one for each domain",
          "Use another model.structure, or leave the cut-off out"),
    Clash(_CUTOFF, None, _ENGINE, _lacks("any_inspection"),
          "forecasts rest on every earlier judgement, and the engine knows the latest only",
          _SAMPLE),
    Clash(_CUTOFF, None, "model.inspection.lead_inspector", None,
          "the lead inspectors are not known of inspections to come", _DROP),
)
# fmt: on
"""In the order in which they are looked for."""
