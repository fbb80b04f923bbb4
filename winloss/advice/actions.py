"""Action items: what to do next quarter, each with an owner, its evidence and how we will know.

Wording comes from the playbook a user can edit; which play applies, and how strongly it may be
put, is decided here from the marts. No item is worded above its grade: a claim held up against
chance, a test and a bet did not, a data repair says what must be recorded first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from winloss.figures import percent
from winloss.rows import Row, Value

STRONG, DIRECTIONAL, FIX_THE_DATA = "strong", "directional", "fix the data"

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

MAXIMUM_TARGETS = 3
USABLE_SHARE = 0.8
"""A field filled on fewer closed deals than this is worth repairing."""

ANY = "*"

ACTION_ITEMS = {
    "item": "integer",
    "kind": "text",
    "grade": "text",
    "title": "text",
    "action": "text",
    "owner": "text",
    "evidence": "text",
    "how_we_will_know": "text",
    "source_table": "text",
    "source_row": "text",
}
"""Columns of the action items."""


@dataclass(frozen=True)
class Findings:
    """Rows of the marts that actions are drawn from; empty where a mart has none."""

    due: str = "the next quarter"
    recommendations: Sequence[Row] = ()
    loss_reasons: Sequence[Row] = ()
    loss_reason_changes: Sequence[Row] = ()
    reliability: Sequence[Row] = ()
    threshold: Sequence[Row] = ()
    personas: Sequence[Row] = ()
    personas_in_roles: Sequence[Row] = ()
    decision_makers: Sequence[Row] = ()
    coverage: Sequence[Row] = ()
    quarters: Sequence[Row] = ()
    completeness: Sequence[Row] = ()
    playbook: Sequence[Row] = ()


@dataclass(frozen=True)
class _Play:
    """A situation of the playbook with the words that fill it in."""

    kind: str
    situation: str
    evidence: str
    source_table: str
    source_row: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


def action_items(findings: Findings) -> list[Row]:
    """One row per action, most useful first; columns of `ACTION_ITEMS`.

    Raises ValueError where the playbook lacks a play or names a word that does not exist.
    """
    plays = [
        *_targeting(findings),
        *_loss_reasons(findings),
        *_cut_off(findings),
        *_personas(findings),
        *_process(findings),
    ]
    book = {(str(row["kind"]), str(row["situation"])): row for row in findings.playbook}
    return [_filled(number, play, book, findings.due) for number, play in enumerate(plays, start=1)]


def _filled(number: int, play: _Play, book: Mapping[tuple[str, str], Row], due: str) -> Row:
    row = book.get((play.kind, play.situation)) or book.get((play.kind, ANY))
    if row is None:
        raise ValueError(f"seeds/playbook.csv has no row of kind {play.kind} and situation {play.situation}")
    words = {**play.words, "due": due}

    def fill(column: str) -> str:
        template = str(row[column])
        unknown = sorted(set(_PLACEHOLDER.findall(template)) - set(words))
        if unknown:
            raise ValueError(
                f"seeds/playbook.csv, {play.kind} {play.situation}, {column}: {unknown[0]} is not known here; "
                f"known: {', '.join(sorted(words))}"
            )
        return _PLACEHOLDER.sub(lambda match: words[match[1]], template)

    return {
        "item": number,
        "kind": play.kind,
        "grade": str(row["grade"]),
        "title": fill("title"),
        "action": fill("action"),
        "owner": fill("owner"),
        "evidence": play.evidence,
        "how_we_will_know": fill("how_we_will_know"),
        "source_table": play.source_table,
        "source_row": play.source_row,
    }


def _targeting(findings: Findings) -> list[_Play]:
    rows = sorted(findings.recommendations, key=lambda row: _whole(row, "rank"))
    targets = [row for row in rows if row["action"] == "target_more"][:MAXIMUM_TARGETS]
    away = [row for row in rows if row["action"] == "deprioritise"][:1]
    bets = [row for row in rows if row["best_bet"]][:1]
    tests = [
        row
        for row in rows
        if row["action"] == "keep_testing" and not row["best_bet"] and _real(row, "expected_lift") > 0
    ][:1]
    chosen = [("target_more", row) for row in targets] + [("deprioritise", row) for row in away]
    if not targets:
        chosen += [("best_bet", row) for row in bets] + [("keep_testing", row) for row in tests]
    if not chosen:
        # where no segment is listed, the coverage of contacts still counts the deals
        counted = sum(_whole(row, "won_deals") + _whole(row, "lost_deals") for row in findings.coverage)
        deals = _whole(rows[0], "window_deals") if rows else counted
        evidence = f"{deals} closed deals in the window, none of their segments clearly apart."
        return [_Play("targeting", "nothing", evidence, "icp_recommendations")]
    return [
        _Play(
            "targeting",
            situation,
            str(row["rationale"]),
            "icp_recommendations",
            str(row["segment_label"]),
            {"segment": str(row["segment_label"]), "rest_rate": percent(row["other_win_rate"])},
        )
        for situation, row in chosen
    ]


def _loss_reasons(findings: Findings) -> list[_Play]:
    doubts = {str(row["measure"]): bool(row["is_doubtful"]) for row in findings.reliability}
    rows = [row for row in findings.loss_reasons if _whole(row, "all_lost_deals") > 0]
    if not rows:
        return []
    plays: list[_Play] = []
    if doubts.get("unusable_reasons"):
        unusable = sum(_whole(row, "lost_deals") for row in rows if row["category"] in ("unspecified", "other"))
        evidence = f"{unusable} of {_whole(rows[0], 'all_lost_deals')} lost deals state no usable reason."
        plays.append(_Play("loss_reason", "unusable", evidence, "loss_reason_reliability", "unusable_reasons"))
    grown = [row for row in findings.loss_reason_changes if row["is_changed"] and row["direction"] == "up"]
    stated = [row for row in rows if row["category"] not in ("unspecified", "other") and _whole(row, "lost_deals") > 0]
    labels = {str(row["category"]): str(row["label"]) for row in rows}
    if grown and not doubts.get("overall"):
        worst = max(grown, key=lambda row: (_real(row, "change"), str(row["category"])))
        category = str(worst["category"])
        plays.append(
            _Play(
                "loss_reason",
                "changed",
                str(worst["rationale"]),
                "loss_reason_changes",
                category,
                {"reason": labels.get(category, category), "previous_share": percent(worst["previous_share"])},
            )
        )
    for row in sorted(stated, key=lambda row: (-_whole(row, "lost_deals"), str(row["category"])))[:2]:
        plays.append(
            _Play(
                "loss_reason",
                str(row["category"]),
                f"{row['label']}: {row['lost_deals']} of {row['all_lost_deals']} losses, "
                f"{percent(row['share'])} ({percent(row['share_low'])} to {percent(row['share_high'])}).",
                "loss_reasons",
                str(row["category"]),
                {
                    "reason": str(row["label"]),
                    "losses": str(row["lost_deals"]),
                    "all_losses": str(row["all_lost_deals"]),
                    "share_low": percent(row["share_low"]),
                },
            )
        )
    if doubts.get("overall") and not doubts.get("unusable_reasons"):
        meanings = [
            str(row["meaning"]) for row in findings.reliability if row["is_doubtful"] and row["measure"] != "overall"
        ]
        plays.append(
            _Play("loss_reason", "doubtful", f"Doubtful: {meanings[0]}.", "loss_reason_reliability", "overall")
        )
    return plays


def _cut_off(findings: Findings) -> list[_Play]:
    if not findings.threshold:
        return [
            _Play(
                "score_threshold",
                "not_scored",
                "No closed deal has a qualification score.",
                "recommended_score_threshold",
            )
        ]
    row = findings.threshold[0]
    if not row["is_predictive"]:
        scored, closed = _whole(row, "scored_deals"), _whole(row, "closed_deals")
        situation = "not_scored" if scored < 40 or 2 * scored < closed else "not_predictive"
        evidence = f"{scored} of {closed} closed deals have a score. {_sentence(row['missing_reason'])}".strip()
        return [_Play("score_threshold", situation, evidence, "recommended_score_threshold")]
    score_threshold, current = _real(row, "score_threshold"), row["current_score_threshold"]
    words = {"score_threshold": f"{score_threshold:.2f}", "above_low": percent(row["win_rate_above_low"])}
    if current is None:
        situation = "set"
    else:
        words["current_cutoff"] = f"{float(current):.2f}"
        situation = "keep" if abs(float(current) - score_threshold) < 0.005 else "move"
    return [
        _Play(
            "score_threshold",
            situation,
            str(row["rationale"]),
            "recommended_score_threshold",
            words["score_threshold"],
            words,
        )
    ]


def _personas(findings: Findings) -> list[_Play]:
    coverage = findings.coverage[0] if findings.coverage else {}
    if not (_whole(coverage, "won_deals_with_contacts") or _whole(coverage, "lost_deals_with_contacts")):
        return [_Play("personas", "nothing", "No closed deal of the window has a contact.", "contact_coverage")]
    if any(row["is_refused"] for row in findings.personas):
        evidence = f"Contacts stand on {percent(coverage['won_share'])} of won and {percent(coverage['lost_share'])} of lost deals."
        return [_Play("personas", "not_comparable", evidence, "contact_coverage", "window")]
    people = [row for row in findings.personas if row["persona_type"] == "persona"]
    for action in ("target_more", "keep_testing"):
        found = [row for row in people if row["action"] == action and _real(row, "expected_lift") > 0]
        if found:
            best = max(found, key=lambda row: (_real(row, "expected_lift"), str(row["persona"])))
            words = {"persona": str(best["persona"])}
            return [_Play("personas", action, str(best["rationale"]), "persona_evidence", str(best["persona"]), words)]
    return _common_personas(findings)


def _common_personas(findings: Findings) -> list[_Play]:
    """Who most often champions and decides on won deals, where no persona stands out."""
    champions = [
        row
        for row in findings.personas_in_roles
        if str(row["persona"]).endswith(" as champion")
        and not str(row["persona"]).startswith("unknown")
        and _whole(row, "won_deals_with")
    ]
    deciders = [row for row in findings.decision_makers if row["persona"] != "unknown" and _whole(row, "won_contacts")]
    if not champions or not deciders:
        return [
            _Play(
                "personas",
                "nothing",
                "Too few won deals have a champion and a decision maker on record.",
                "decision_makers",
            )
        ]
    champion = max(champions, key=lambda row: (_whole(row, "won_deals_with"), str(row["persona"])))
    decider = max(deciders, key=lambda row: (_whole(row, "won_contacts"), str(row["persona"])))
    name = str(champion["persona"]).removesuffix(" as champion")
    evidence = (
        f"{name} champions {champion['won_deals_with']} won deals ({percent(champion['share_of_won_deals_with_roles'])} of those "
        f"with roles); {decider['persona']} is {decider['won_contacts']} of their decision makers."
    )
    words = {"champion": name, "decider": str(decider["persona"])}
    return [_Play("personas", "common", evidence, "decision_makers", name, words)]


def _process(findings: Findings) -> list[_Play]:
    outside = [row for row in findings.quarters if row["is_outside_limits"]]
    if outside:
        row = outside[-1]
        evidence = (
            f"{row['quarter']}: {row['won_deals']} of {row['closed_deals']} won ({percent(row['win_rate'])}); "
            f"usual limits {percent(row['lower_limit'])} to {percent(row['upper_limit'])}."
        )
        return [_Play("process", "outside_limits", evidence, "win_rates_by_quarter", str(row["quarter"]))]
    absent = sorted({str(row["field"]) for row in findings.completeness if row.get("missing_reason") == "not exported"})
    if absent:
        evidence = f"No file of the export holds the {absent[0]}."
        return [_Play("process", "not_exported", evidence, "field_completeness", absent[0], {"field": absent[0]})]
    recorded = [row for row in findings.completeness if row.get("missing_reason") is None]
    gaps = [row for row in recorded if _real(row, "filled_share") < USABLE_SHARE]
    if gaps:
        worst = min(gaps, key=lambda row: (_real(row, "filled_share"), str(row["field"]), str(row["outcome"])))
        evidence = f"{worst['filled_deals']} of {worst['deals']} {worst['outcome']} deals have the {worst['field']}."
        words = {"field": str(worst["field"])}
        return [_Play("process", "incomplete", evidence, "field_completeness", str(worst["field"]), words)]
    deals = sum(_whole(row, "closed_deals") for row in findings.quarters)
    return [
        _Play(
            "process",
            "steady",
            f"{deals} closed deals in the quarter, within the usual limits.",
            "win_rates_by_quarter",
        )
    ]


def _whole(row: Mapping[str, Value], name: str) -> int:
    value = row.get(name)
    return 0 if value is None else int(value)


def _real(row: Mapping[str, Value], name: str) -> float:
    value = row.get(name)
    return 0.0 if value is None else float(value)


def _sentence(text: Value) -> str:
    words = str(text or "").strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") or not words else ".")
