"""The constants of the method, as seeds/settings.csv declares them: meaning, range and default of each stand there.

The values were chosen once by simulation (see `benchmarks/accuracy`) and are not tuned
per run: tuning on the data under test would undo the false-discovery promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from winloss.rows import Value
from winloss.settings import declared

METHOD_VERSION = "strongest-first-5"
"""Names the selection method in every record; changes whenever a result could change."""

UNKNOWN = "unknown"
"""The value that stands for a missing one: never a candidate, never a comparison."""


def _number(name: str) -> float:
    return float(declared()[name].default)


def _whole(name: str) -> int:
    return int(declared()[name].default)


@dataclass(frozen=True)
class Parameters:
    """Constants of the selection. Rates, shares and lifts are fractions (0.10 = 10 points).

    Raises ValueError on construction when a value is outside its range.
    """

    false_discovery_rate: float = _number("false_discovery_rate")
    step_down_share: float = _number("step_down_share")
    pair_false_discovery_rate: float = _number("pair_false_discovery_rate")
    minimum_deals: int = _whole("minimum_deals")
    shrinkage_deals: float = _number("shrinkage_deals")
    lift_shrinkage_deals: float = _number("lift_shrinkage_deals")
    minimum_lift: float = _number("minimum_lift")
    equivalence_margin: float = _number("equivalence_margin")
    equivalence_share: float = _number("equivalence_share")
    interval_z: float = _number("interval_z")
    backward_p: float = _number("backward_p")
    all_rest_p: float = _number("all_rest_p")
    separation_p: float = _number("separation_p")
    maximum_steps: int = _whole("maximum_steps")
    exact_up_to_deals: int = _whole("exact_up_to_deals")
    window_quarters: int = _whole("window_quarters")
    extended_window_quarters: int = _whole("extended_window_quarters")
    window_minimum_deals: int = _whole("window_minimum_deals")
    fallback_deals: int = _whole("fallback_deals")
    fallback_outcome_deals: int = _whole("fallback_outcome_deals")
    keep_testing_probability: float = _number("keep_testing_probability")
    keep_testing_maximum: int = _whole("keep_testing_maximum")
    power: float = _number("power")
    target_gap: float = _number("target_gap")
    shift_points: float = _number("shift_points")
    recent_quarters: int = _whole("recent_quarters")
    leak_decided_share: float = _number("leak_decided_share")
    leak_win_rate_margin: float = _number("leak_win_rate_margin")
    leak_known_gap: float = _number("leak_known_gap")
    doubt_auc: float = _number("doubt_auc")
    created_share: float = _number("created_share")
    known_gap_caveat: float = _number("known_gap_caveat")
    coverage_gap: float = _number("coverage_gap")
    persona_minimum_deals: int = _whole("persona_minimum_deals")
    persona_claim_rate: float = _number("persona_claim_rate")
    landmark_days: int = _whole("landmark_days")
    effect_priors: str = declared()["effect_priors"].default
    effect_interval_prior: float = _number("effect_interval_prior")
    effect_plain_prior: float = _number("effect_plain_prior")
    tier_margin: float = _number("tier_margin")
    scorecard_minimum_deals: int = _whole("scorecard_minimum_deals")
    scorecard_judged_quarters: int = _whole("scorecard_judged_quarters")
    scorecard_judged_deals: int = _whole("scorecard_judged_deals")
    minimum_reason_losses: int = _whole("minimum_reason_losses")
    reason_claim_rate: float = _number("reason_claim_rate")
    competitor_minimum_deals: int = _whole("competitor_minimum_deals")
    competitor_reason_losses: int = _whole("competitor_reason_losses")
    win_rate_claim_z: float = _number("win_rate_claim_z")
    change_claim_rate: float = _number("change_claim_rate")
    gate_p: float = _number("gate_p")
    score_claim_p: float = _number("score_claim_p")
    score_leak_auc: float = _number("score_leak_auc")
    logistic_penalty: float = _number("logistic_penalty")
    score_threshold_step: float = _number("score_threshold_step")
    dated_contacts_share: float = _number("dated_contacts_share")
    backtest_quarters: int = _whole("backtest_quarters")
    naive_minimum_deals: int = _whole("naive_minimum_deals")
    naive_win_rate: float = _number("naive_win_rate")
    maximum_segments: int = _whole("maximum_segments")

    def __post_init__(self) -> None:
        for field in fields(self):
            problem = declared()[field.name].problem(getattr(self, field.name), field.name)
            if problem:
                raise ValueError(problem)
        if self.extended_window_quarters < self.window_quarters:
            raise ValueError("extended_window_quarters must not be smaller than window_quarters")

    @property
    def step_down_rate(self) -> float:
        """Rate the first screen's step-down works at."""
        return self.false_discovery_rate * self.step_down_share

    @property
    def priors(self) -> tuple[float, ...]:
        """The priors the data choose from, in average deals."""
        return tuple(float(prior) for prior in self.effect_priors.split(", "))

    def as_row(self) -> dict[str, float | str]:
        """All constants by name, for the record of a run."""
        return asdict(self)


def parameters_from(settings: Iterable[Mapping[str, Value]]) -> Parameters:
    """The constants of the method as rows of `dim_settings` (setting, value) state them.

    Settings of other names are left alone. Raises ValueError where a value is out of range.
    """
    stated = {str(row["setting"]): str(row["value"]) for row in settings}
    values: dict[str, Any] = {}
    for field in fields(Parameters):
        if field.name in stated:
            value = stated[field.name]
            values[field.name] = value if field.type == "str" else float(value)
            if field.type == "int":
                values[field.name] = int(values[field.name])
    return Parameters(**values)
