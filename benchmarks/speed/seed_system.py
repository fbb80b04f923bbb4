"""The algorithm of the system this project replaces, written anew from its description: plain Python over deals in JSON.

Two functions over a list of dictionaries: patterns of won and lost deals, and personas of won deals. It is here to be timed; its
answers carry the defects that are listed with the description, such as absolute thresholds and personas of won deals only.

    python -m benchmarks.speed.seed_system <deals.json> <answers.json>
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Deal = dict[str, Any]

MINIMUM_DEALS = 5
MINIMUM_OCCURRENCES = 3
LOOK_BACK_DAYS = 4_000
RANGES = ((10e6, "0-10M"), (50e6, "10-50M"), (100e6, "50-100M"))
SENIORITIES = (
    ("c_level", ("ceo", "cfo", "cto", "coo", "cio", "chief")),
    ("vp", ("vp", "vice president")),
    ("director", ("director",)),
)
THRESHOLDS = [step / 20 for step in range(10, 19)]


def analyze_win_loss_patterns(deals: list[Deal]) -> dict[str, Any]:
    """Summary, win patterns by industry and revenue range, loss patterns, recommendations and the score's threshold."""
    latest = max(date.fromisoformat(deal["close_date"]) for deal in deals)
    recent = [
        deal for deal in deals if date.fromisoformat(deal["close_date"]) >= latest - timedelta(days=LOOK_BACK_DAYS)
    ]
    won = [deal for deal in recent if deal["outcome"] == "won"]
    lost = [deal for deal in recent if deal["outcome"] == "lost"]
    patterns = [
        *_patterns("industry", recent, lambda deal: (deal["account"] or {}).get("industry") or "Unknown"),
        *_patterns("revenue", recent, lambda deal: _revenue_range((deal["account"] or {}).get("revenue") or 0)),
    ]
    return {
        "summary": {
            "total": len(recent),
            "won": len(won),
            "lost": len(lost),
            "win_rate": len(won) / len(recent),
            **{
                f"average_value_{name}": _mean([deal["deal_value"] or 0 for deal in some])
                for name, some in (("won", won), ("lost", lost))
            },
            **{
                f"average_cycle_{name}": _mean([deal["sales_cycle_days"] or 0 for deal in some])
                for name, some in (("won", won), ("lost", lost))
            },
        },
        "win_patterns": patterns,
        "loss_patterns": _loss_patterns(lost),
        "recommendations": [pattern for pattern in patterns if pattern["win_rate"] >= 0.6 or pattern["win_rate"] < 0.3],
        "threshold": _threshold(recent),
    }


def extract_buyer_personas(deals: list[Deal]) -> dict[str, Any]:
    """Titles, departments, seniorities and roles on won deals, and who decides."""
    titles: Counter[str] = Counter()
    roles: dict[str, Counter[str]] = defaultdict(Counter)
    departments: dict[str, Counter[str]] = defaultdict(Counter)
    seniorities: dict[str, str] = {}
    deciders: Counter[str] = Counter()
    for deal in deals:
        if deal["outcome"] != "won":
            continue
        for contact in deal["contacts"]:
            title = contact["title"]
            if not title:
                continue
            titles[title] += 1
            departments[title][contact["department"] or "Unknown"] += 1
            if title not in seniorities:
                seniorities[title] = _seniority(title)
            if contact["role"]:
                roles[title][contact["role"]] += 1
                if contact["role"] == "Decision Maker":
                    deciders[title] += 1
    return {
        "personas": [
            {
                "title": title,
                "seniority": seniorities[title],
                "department": departments[title].most_common(1)[0][0],
                "occurrences": count,
                "roles": roles[title].most_common(3),
            }
            for title, count in titles.most_common()
            if count >= MINIMUM_OCCURRENCES
        ],
        "decision_maker": deciders.most_common(1),
    }


def _patterns(kind: str, deals: list[Deal], value_of: Any) -> list[dict[str, Any]]:
    groups: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        groups[value_of(deal)].append(deal)
    found = []
    for value, group in groups.items():
        if len(group) < MINIMUM_DEALS:
            continue
        won = [deal for deal in group if deal["outcome"] == "won"]
        rate = len(won) / len(group)
        found.append(
            {
                "type": kind,
                "value": value,
                "deals": len(group),
                "win_rate": rate,
                "average_value": _mean([deal["deal_value"] or 0 for deal in won]),
                "confidence": min(0.95, 0.5 + len(group) / 40),
                "recommendation": "target more" if rate >= 0.7 else "reduce focus" if rate < 0.3 else "keep",
            }
        )
    return sorted(found, key=lambda pattern: -pattern["win_rate"])


def _loss_patterns(lost: list[Deal]) -> list[dict[str, Any]]:
    groups: dict[str | None, list[Deal]] = defaultdict(list)
    for deal in lost:
        groups[deal["loss_reason"]].append(deal)
    return [
        {
            "reason": reason,
            "count": len(group),
            "share": len(group) / len(lost),
            "industries": Counter((deal["account"] or {}).get("industry") for deal in group).most_common(3),
        }
        for reason, group in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def _threshold(deals: list[Deal]) -> dict[str, Any]:
    scored = [
        (deal["qualification_score"], deal["outcome"] == "won")
        for deal in deals
        if deal["qualification_score"] is not None
    ]
    best: dict[str, Any] = {"threshold": 0.7, "accuracy": 0.0}
    for threshold in THRESHOLDS:
        false_positives = sum(1 for score, won in scored if score >= threshold and not won)
        false_negatives = sum(1 for score, won in scored if score < threshold and won)
        accuracy = 1 - (false_positives + false_negatives) / max(1, len(scored))
        if accuracy > best["accuracy"]:
            best = {
                "threshold": threshold,
                "accuracy": accuracy,
                "false_positives": false_positives,
                "false_negatives": false_negatives,
            }
    return best


def _revenue_range(revenue: float) -> str:
    return next((name for limit, name in RANGES if revenue < limit), "100M+")


def _seniority(title: str) -> str:
    lowered = title.lower()
    return next((name for name, words in SENIORITIES if any(word in lowered for word in words)), "individual")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answers = {"win_loss": analyze_win_loss_patterns(read), "personas": extract_buyer_personas(read)}
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")
