"""Every constant of the method, in one place, with its meaning and its allowed range.

The values were chosen once by simulation (see `benchmarks/accuracy`) and are not tuned
per run: tuning on the data under test would undo the false-discovery promise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

METHOD_VERSION = "strongest-first-2"
"""Names the selection method in every record; changes whenever a result could change."""

UNKNOWN = "unknown"
"""The value that stands for a missing one: never a candidate, never a comparison."""


@dataclass(frozen=True)
class Parameters:
    """Constants of the selection. Rates, shares and lifts are fractions (0.10 = 10 points).

    Raises ValueError on construction when a value is outside its range.
    """

    false_discovery_rate: float = 0.10
    """Expected share of false claims among the claims of a report, at most this (q)."""
    step_down_share: float = 0.85
    """Share of that rate the step-down works with: comparisons made again after each claim are
    no longer independent, and with all of it the measured rate would be 0.11 (benchmark B2)."""
    pair_false_discovery_rate: float = 0.05
    """The same for the second screen, over pairs of dimensions."""
    minimum_deals: int = 10
    """A segment is tested only with this many deals inside and as many outside."""
    shrinkage_deals: float = 25.0
    """Imaginary average deals every segment starts with (K0); 20 to 40 serve equally well."""
    minimum_lift: float = 0.03
    """Smaller expected lifts are not worth an action, however certain."""
    equivalence_margin: float = 0.10
    """A gap whose whole 90% interval lies inside plus or minus this is no difference."""
    interval_z: float = 1.96
    """Half-width, in standard errors, of the interval of an expected lift."""
    backward_p: float = 0.05
    """A claim must stand at this level once all the other claims are accounted for."""
    all_rest_p: float = 0.10
    """A claim must stand at this level against all other values of its dimension."""
    separation_p: float = 0.10
    """A claim that fails this within the values of another dimension is not separable from it."""
    maximum_steps: int = 40
    """At most this many claims, so that the strata stay countable; where it ends the search, that is said."""
    exact_up_to_deals: int = 2_000
    """Windows up to this size are tested exactly, larger ones by the N-1 z form."""
    window_quarters: int = 4
    """Quarters looked back over."""
    extended_window_quarters: int = 8
    """Quarters looked back over when the shorter window holds too few deals."""
    window_minimum_deals: int = 400
    """Closed deals below which the longer window is taken."""
    fallback_deals: int = 40
    """Below this many closed deals nothing is claimed: counts and intervals only."""
    fallback_outcome_deals: int = 10
    """Below this many won, or lost, deals nothing is claimed."""
    keep_testing_probability: float = 0.90
    """Probability of the sign from which a segment is worth watching."""
    keep_testing_maximum: int = 3
    """At most this many segments to watch, the largest expected lifts."""
    power: float = 0.80
    """Power behind the smallest detectable lift and the deals needed."""
    target_gap: float = 0.15
    """The gap whose detection 'deals needed' speaks of."""
    shift_points: float = 10.0
    """Deals of every 100 that an action is imagined to move into the segment."""
    recent_quarters: int = 2
    """Quarters that must not point the other way, else a trend caveat."""
    leak_decided_share: float = 0.80
    """Share of a field's deals in segments that (nearly) always win or lose: then it leaks."""
    leak_win_rate_margin: float = 0.05
    """A win rate this near to 0 or 1 counts as decided."""
    leak_known_gap: float = 0.50
    """Gap in how often a field is filled on won and on lost deals: then it leaks."""
    known_gap_caveat: float = 0.20
    """Smaller gap in the filling of a field, from which its claims carry a caveat."""
    coverage_gap: float = 0.20
    """Gap in contact coverage of won and lost deals from which personas are refused."""
    persona_minimum_deals: int = 10
    """A persona is tested only with this many deals with it and as many without it."""
    minimum_reason_losses: int = 5
    """A loss reason seen less often, in two quarters together, is not tested for change."""
    gate_p: float = 0.05
    """Level of the Mann-Whitney test a qualification score must pass."""
    logistic_penalty: float = 0.25
    """Ridge penalty on the slope of the standardised score."""
    cut_step: float = 0.05
    """Cut-offs are rounded to this."""
    maximum_rows: int = 50_000
    """Rows Python may receive from the engine in one answer."""
    maximum_segments: int = 200
    """Segments of one dimension that are looked at, the largest; the others are counted as one."""

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = _RANGES[field.name]
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{field.name} must be a number, not {value!r}")
            if field.type == "int" and not isinstance(value, int):
                raise ValueError(f"{field.name} must be a whole number, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{field.name} must lie between {low} and {high}, not {value!r}")
        if self.extended_window_quarters < self.window_quarters:
            raise ValueError("extended_window_quarters must not be smaller than window_quarters")

    @property
    def step_down_rate(self) -> float:
        """Rate the first screen's step-down works at."""
        return self.false_discovery_rate * self.step_down_share

    def as_row(self) -> dict[str, float]:
        """All constants by name, for the record of a run."""
        return asdict(self)


_RANGES: dict[str, tuple[float, float]] = {
    "false_discovery_rate": (0.001, 0.5),
    "step_down_share": (0.1, 1.0),
    "pair_false_discovery_rate": (0.001, 0.5),
    "minimum_deals": (1, 1_000_000),
    "shrinkage_deals": (0.0, 10_000.0),
    "minimum_lift": (0.0, 1.0),
    "equivalence_margin": (0.0, 1.0),
    "interval_z": (0.1, 10.0),
    "backward_p": (0.0001, 1.0),
    "all_rest_p": (0.0001, 1.0),
    "separation_p": (0.0001, 1.0),
    "maximum_steps": (0, 60),
    "exact_up_to_deals": (0, 5_000),
    "window_quarters": (1, 40),
    "extended_window_quarters": (1, 40),
    "window_minimum_deals": (0, 10_000_000),
    "fallback_deals": (2, 10_000_000),
    "fallback_outcome_deals": (1, 10_000_000),
    "keep_testing_probability": (0.5, 0.9999),
    "keep_testing_maximum": (0, 100),
    "power": (0.5, 0.999),
    "target_gap": (0.01, 1.0),
    "shift_points": (0.1, 100.0),
    "recent_quarters": (1, 40),
    "leak_decided_share": (0.5, 1.0),
    "leak_win_rate_margin": (0.0, 0.25),
    "leak_known_gap": (0.1, 1.0),
    "known_gap_caveat": (0.0, 1.0),
    "coverage_gap": (0.0, 1.0),
    "persona_minimum_deals": (1, 1_000_000),
    "minimum_reason_losses": (1, 1_000_000),
    "gate_p": (0.0001, 0.5),
    "logistic_penalty": (0.0, 100.0),
    "cut_step": (0.001, 0.5),
    "maximum_rows": (1_000, 50_000),
    "maximum_segments": (2, 1_000),
}
