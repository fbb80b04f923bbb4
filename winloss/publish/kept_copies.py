"""What the copies kept of earlier quarters tell together with a new publication.

The window of the copy before, less the new window without its quarter, is the quarter that left the window: a colleague who subtracts
has it. The spans of time that are shown for a cell, in any copy, connect days; what lies between connected days is known, and so is
what several such spans leave of another. None of it may hold a few deals. Cells of a sum, and the sum, tell more together: linear algebra
finds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise

import numpy as np


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


def telling_cell(
    kept: Mapping[str, Sequence[Span]], new: Mapping[str, Mapping[str, Span]], minimum: int
) -> tuple[str, str] | None:
    """The smallest shown cell of a sum, with its period, that with the sums of all cells and the copies tells of few deals; None where none does.

    What is known is a linear combination of what is shown: of the cells, and of all cells together in each span, which other tables show.
    """
    steps = _steps(kept, new, minimum)
    if not any(kept.values()) or len(steps) > _MOST_STEPS or all(deals >= minimum for *_, deals in steps):
        return None

    def combination(span: Span, of_cell: str | None = None) -> np.ndarray | None:
        inside = [
            (cell == of_cell or of_cell is None) and span.begins_on <= begins and ends <= span.ends_before_on
            for cell, begins, ends, _ in steps
        ]
        # a cell that an older copy does not hold has no day where the span begins
        is_cut = any(
            (cell == of_cell or of_cell is None)
            and not whole
            and begins < span.ends_before_on
            and ends > span.begins_on
            for whole, (cell, begins, ends, _) in zip(inside, steps, strict=True)
        )
        return None if is_cut else np.array(inside, dtype=float)

    def known(cells: Mapping[str, Iterable[Span]]) -> list[np.ndarray]:
        spans = {(span.begins_on, span.ends_before_on): span for shown in cells.values() for span in shown}
        rows = [combination(span) for span in spans.values()]
        rows += [combination(span, cell) for cell, shown in cells.items() for span in shown if span.is_shown]
        return [row for row in rows if row is not None]

    of_copies, cells = known(kept), [cell for cell, *_ in steps]
    rows = [*of_copies, *known({cell: spans.values() for cell, spans in new.items()})]
    unknown = _null_space(rows, cells)
    known_now = [chosen for chosen in _few(steps, minimum) if _is_known_sum(chosen, unknown)]
    unknown_before = _null_space(of_copies, cells) if known_now else unknown
    for chosen in known_now:
        # what the copies tell by themselves cannot be taken back
        if not _is_known_sum(chosen, unknown_before):
            wanted = np.zeros(len(steps))
            wanted[list(chosen)] = 1
            shown = [
                (span.deals, cell, period, row)
                for cell, spans in new.items()
                for period, span in spans.items()
                if span.is_shown and span.deals and (row := combination(span, cell)) is not None
            ]
            weights = np.linalg.lstsq(np.array([*(row for *_, row in shown), *rows]).T, wanted, rcond=None)[0]
            telling = [cell[:3] for cell, weight in zip(shown, weights, strict=False) if abs(weight) > 1e-6]
            if telling:
                return min(telling)[1:]
    return None


def is_too_large(kept: Mapping[str, Sequence[Span]], new: Mapping[str, Mapping[str, Span]], minimum: int) -> bool:
    """Whether a sum has more cells and days than `telling_cell` looks through."""
    return len(_steps(kept, new, minimum)) > _MOST_STEPS


def _steps(
    kept: Mapping[str, Sequence[Span]], new: Mapping[str, Mapping[str, Span]], minimum: int
) -> list[tuple[str, date, date, int]]:
    """What lies between the days of each cell, with its deals, of those that a count connects; of others as many as may be shown."""
    steps = [
        (cell, begins, ends, days[ends][1] - days[begins][1] if days[begins][0] == days[ends][0] else minimum)
        for cell in new
        for days in [_numbered([*new[cell].values(), *kept.get(cell, ())])]
        for begins, ends in pairwise(sorted(days))
    ]
    # where there is no deal the amount is known to be zero
    return [step for step in steps if step[3]]


_MOST_STEPS = 400
"""Larger sums are judged cell by cell alone: what several of their cells and copies tell together is not looked for."""


def _few(steps: Sequence[tuple[str, date, date, int]], minimum: int) -> Iterator[tuple[int, ...]]:
    """The sets of steps of one cell that hold few deals together, by the places of the steps."""
    small: dict[str, list[int]] = {}
    for place, (cell, _, _, deals) in enumerate(steps):
        if deals < minimum:
            small.setdefault(cell, []).append(place)
    for places in small.values():
        for size in range(1, minimum):
            for chosen in combinations(places, size):
                if sum(steps[place][3] for place in chosen) < minimum:
                    yield chosen


def _null_space(rows: Sequence[np.ndarray], cells: Sequence[str]) -> np.ndarray:
    """What stays unknown of the steps, whose `cells` these are, beside the rows: orthonormal columns.

    Most rows are of one cell. What these leave unknown is small, and is all that the others need be asked of.
    """
    matrix, owners = np.array(rows).reshape(-1, len(cells)), np.array(cells)
    touched = [set(owners[row > 0]) for row in matrix]
    parts = []
    for cell in dict.fromkeys(cells):
        inside = np.flatnonzero(owners == cell)
        free = _free(matrix[np.ix_(np.array([of == {cell} for of in touched], dtype=bool), inside)])
        part = np.zeros((len(cells), free.shape[1]))
        part[inside] = free
        parts.append(part)
    left = np.concatenate(parts, axis=1)
    others = matrix[np.array([len(of) > 1 for of in touched], dtype=bool)]
    return np.asarray(left @ _free(others @ left))


def _free(matrix: np.ndarray) -> np.ndarray:
    _, sizes, directions = np.linalg.svd(matrix)
    return np.asarray(directions[int((sizes > 1e-7).sum()) :].T)


def _is_known_sum(places: Sequence[int], unknown: np.ndarray) -> bool:
    return not np.abs(unknown[list(places)].sum(axis=0)).max(initial=0) > 1e-7


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
