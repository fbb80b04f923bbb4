"""What a report says of segments, held against the counts it prints: nothing may contradict them.

The titles and rationales are the shipped ones; the words of an action are those of the playbook, filled in as the models do.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from winloss.advice.evidence import DEPRIORITISE, KEEP_TESTING, TARGET_MORE, Selection, evidence_rows, run_row
from winloss.advice.recommendations import recommendation_rows
from winloss.figures import percent, plain
from winloss.rows import Row

PLAYBOOK = Path(__file__).parents[2] / "seeds" / "playbook.csv"

_COUNTS = re.compile(r"won (\d+) of (\d+) closed deals \(.+?\) against (?:over |under )?(\d+)% in other segments")
_CHANGE = re.compile(r"change wins by ([+-]?\d+\.\d+)(?: | wins )?\(([+-]?\d+\.\d+) to ([+-]?\d+\.\d+)\)")
_UP = re.compile(r"Target more|again wins more|Promising|Bet on|Best bet|still wins more often", re.IGNORECASE)
_DOWN = re.compile(r"Deprioritise|Weak, not proven", re.IGNORECASE)


def situation(row: Mapping[str, object]) -> str | None:
    """The play that a recommendation calls for, as int_targeting_actions has it."""
    is_better = float(row["expected_lift"] or 0) > 0 and float(row["difference"] or 0) > 0  # type: ignore[arg-type]
    if row["action"] in (TARGET_MORE, DEPRIORITISE):
        return str(row["action"])
    if row["action"] == KEEP_TESTING and is_better:
        return "best_bet" if row["best_bet"] else KEEP_TESTING
    return None


def said(rows: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """Each recommendation that says to do more or less of something, with all that is said of it."""
    with PLAYBOOK.open(encoding="utf-8", newline="") as file:
        plays = {play["situation"]: play for play in csv.DictReader(file) if play["kind"] == "targeting"}
    for row in rows:
        if row["action"] not in (TARGET_MORE, DEPRIORITISE, KEEP_TESTING):
            continue
        text, met = f"{row['title']}: {row['rationale']}", situation(row)
        if met is not None:
            words = " ".join(plays[met][column] for column in ("title", "action", "how_we_will_know"))
            text += " " + words.format(
                segment=row["segment_label"],
                rest_rate=percent(row["other_win_rate"]),
                shift_points=plain(row["shift_points"]),
                due="2026-Q1",
            )
        yield row, text


def faults(row: Mapping[str, object], text: str, window_deals: int, minimum_deals: int = 10) -> list[str]:
    """What a text says against the record and the counts it prints; empty where nothing."""
    found = []
    figure = {name: float(value) for name, value in row.items() if isinstance(value, (int, float))}
    text = text.replace("\N{MINUS SIGN}", "-")
    is_claim = row["action"] in (TARGET_MORE, DEPRIORITISE)
    up, down = _UP.search(text), _DOWN.search(text)
    if bool(up) == bool(down):
        found.append("says neither, or both, of more and less")
    sign = 1 if up else -1
    counts = _COUNTS.search(text)
    if not counts or [int(counts[1]), int(counts[2])] != [figure["won_deals"], figure["closed_deals"]]:
        found.append("does not show its evidence")
    elif sign * (100 * int(counts[1]) / int(counts[2]) - int(counts[3])) < -0.5:
        found.append("points against the counts printed")
    if sign * (figure["win_rate"] - figure["other_win_rate"]) <= 0 or sign * figure["expected_lift"] <= 0:
        found.append("points against its record")
    change = _CHANGE.search(text)
    ends = [sign * float(end) for end in change.groups()] if change else []
    if ends and (ends[0] < 0 or (is_claim and min(ends) < 0)):
        found.append("prints a change that points the other way")
    for name in ("difference", "expected_lift", "extra_wins"):
        if is_claim and figure[f"{name}_low"] * figure[f"{name}_high"] <= 0:
            found.append(f"claims although the interval of {name} holds zero")
    if is_claim and min(figure["closed_deals"], figure["other_closed_deals"]) < minimum_deals:
        found.append("claims on a handful of deals")
    if figure["shift_points"] > max(0.1, round(100 * figure["closed_deals"] / window_deals, 1)):
        found.append("speaks of moving more deals than the segment holds")
    for dimension, segment in (
        (row["dimension"], row["segment"]),
        (row.get("second_dimension"), row.get("second_segment")),
    ):
        named = str(dimension).replace("_", " ").lower() in text.lower()
        if segment and not named and (str(dimension).endswith("_band") or not re.search(r"[^\W\d_]{4}", str(segment))):
            found.append("does not name the dimension")
    return found


def texts_of(selection: Selection) -> list[tuple[Row, str]]:
    """All that the report of a selection says to do more or less of, with its records."""
    return list(said(recommendation_rows(evidence_rows(selection), run_row(selection), selection.parameters)))


def contradictions(selection: Selection) -> list[str]:
    """Every fault of every recommendation of a report, with its text."""
    return [
        f"{fault}: {text}"
        for row, text in texts_of(selection)
        for fault in faults(row, text, selection.deals, selection.parameters.minimum_deals)
    ]
