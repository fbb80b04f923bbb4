"""What the copies kept of earlier quarters tell together with a new publication.

The window of the copy before, less the new window without its quarter, is the quarter that left the window: a colleague who subtracts
has it. The spans of time that are shown for a cell, in any copy, connect days; what lies between connected days is known, and so is
what several such spans leave of another. None of it may hold a few deals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise


@dataclass(frozen=True)
class Span:
    """The deals of a cell that closed from a day to before another, as a publication counted them; counts are always shown."""

    begins_on: date
    ends_before_on: date
    deals: int
    is_shown: bool


def telling_period(kept: Sequence[Span], new: Mapping[str, Span], minimum: int) -> str | None:
    """The smallest period of a new publication that must be hidden, so that with the copies it tells of no few deals; None where none must."""
    days = _numbered([*new.values(), *kept])
    told_before = _told(kept, days, minimum)

    def told(left_out: str | None = None) -> int:
        spans = [*kept, *(span for period, span in new.items() if period != left_out)]
        # what the copies tell by themselves cannot be taken back
        return len(_told(spans, days, minimum) - told_before)

    now = told()
    shown = sorted((span.deals, period) for period, span in new.items() if span.is_shown and span.deals)
    if not now or not shown:
        return None
    return next((period for _, period in shown if told(period) < now), shown[0][1])


Day = tuple[int, int]
"""A day by the number of deals that closed before it, counted from a day of its group; groups are not connected by any count."""

Step = tuple[Day, Day]
"""The deals between two days."""


def _numbered(spans: Iterable[Span]) -> dict[date, Day]:
    steps: dict[date, list[tuple[date, int]]] = {}
    for span in spans:
        steps.setdefault(span.begins_on, []).append((span.ends_before_on, span.deals))
        steps.setdefault(span.ends_before_on, []).append((span.begins_on, -span.deals))
    days: dict[date, Day] = {}
    for group, first in enumerate(steps):
        waiting = [(first, 0)]
        while waiting:
            day, number = waiting.pop(0)
            if day not in days:
                days[day] = group, number
                waiting += [(other, number + deals) for other, deals in steps[day] if other not in days]
    return days


def _told(spans: Iterable[Span], days: Mapping[date, Day], minimum: int) -> set[tuple[Step, ...]]:
    """The sets of steps that together hold few deals and are known, such as a quarter, or two with others between them.

    A sum of steps is known where, in each group of days that shown spans connect, as many of its steps begin as end.
    """
    shown = [(days[span.begins_on], days[span.ends_before_on]) for span in spans if span.is_shown]
    if not shown:
        return set()
    group_of = _connected(shown)
    steps = [(one, other) for one, other in pairwise(sorted(set(days.values()))) if one[0] == other[0]]
    small = [step for step in steps if _deals(step) < minimum]
    return {
        chosen
        # each step holds a deal at least
        for size in range(1, minimum)
        for chosen in combinations(small, size)
        if sum(map(_deals, chosen)) < minimum and _is_known(chosen, group_of)
    }


def _is_known(steps: Iterable[Step], group_of: Mapping[Day, int]) -> bool:
    balance: dict[object, int] = {}
    for begins, ends in steps:
        for day, sign in ((begins, -1), (ends, 1)):
            group = group_of.get(day, day)
            balance[group] = balance.get(group, 0) + sign
    return not any(balance.values())


def _deals(step: Step) -> int:
    return step[1][1] - step[0][1]


def _connected(pairs: Iterable[Step]) -> dict[Day, int]:
    """A number for each day, the same for those that the pairs connect."""
    groups: list[set[Day]] = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched] + [set(pair).union(*touched)]
    return {day: number for number, group in enumerate(groups) for day in group}
