"""Where we win: every dimension, the segments that can be told apart, pairs, and the profile that follows."""

from __future__ import annotations

from winloss.formatting import count, label, percent_short
from winloss.report.charts import NARROW, Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import (
    GRADES,
    Block,
    Cell,
    Chart,
    ChartGrid,
    Paragraph,
    Section,
    Sentence,
    Source,
    plain_table,
    shown,
)
from winloss.report.marts import Record

_SHAPES = {"target_more": "up", "deprioritise": "down"}


def where_we_win(context: Context) -> Section:
    title, sources = "Where we win", ("win_rates_by_dimension", "icp_recommendations")
    window = context.baseline("window")
    # without dates there is no window, and all deals are what segments are judged on
    if window is None or not window["closed_deals"]:
        window = context.baseline("all")
    if window is None or not window["closed_deals"]:
        return Section(
            "where-we-win",
            title,
            (Paragraph(Sentence("Without closed deals segments cannot be compared."), "missing"),),
            sources,
        )
    rows = context.marts.rows("win_rates_by_dimension", period=window["period"])
    blocks: list[Block] = [_takeaway(context)]
    charts: list[Chart] = []
    left_out: list[str] = []
    table_rows: list[tuple[Cell, ...]] = []
    told_apart: list[Sentence] = []
    order = [row["dimension"] for row in context.marts.rows("dim_dimensions") if row["dimension"] != "owner"]
    for dimension in order:
        segments = [row for row in rows if row["dimension"] == dimension]
        if len([row for row in segments if row["segment"] != "unknown"]) < 2:
            left_out.append(label(dimension))
            continue
        charts.append(_chart(context, dimension, segments, window))
        table_rows += _table_rows(context, dimension, segments)
        total = context.marts.segment_counts.get((window["period"], dimension), len(segments))
        if total > len(segments):
            source = Source(
                "win_rates_by_dimension",
                {"period": window["period"], "dimension": dimension},
                "count(*)",
                total,
                count(total),
            )
            told_apart.append(
                Sentence(f"{label(dimension)} has {source.shown} values, of which the largest are shown.", (source,))
            )
    if charts:
        blocks.append(
            ChartGrid(
                tuple(charts),
                plain_table(
                    "Win rates by segment",
                    [
                        ("Dimension", "left"),
                        ("Segment", "left"),
                        ("Won", "right"),
                        ("Closed", "right"),
                        ("Win rate", "right"),
                        ("95% interval", "right"),
                        ("Elsewhere", "right"),
                        ("Grade", "left"),
                    ],
                    table_rows,
                    Sentence("All segments stand in win_rates_by_dimension."),
                ),
                "Dot: win rate. Bar: 95% interval. Dashed line: all deals. A triangle marks a segment that was statistically significant, upwards or "
                "downwards; a hollow dot has too few deals to judge. A bar off the line without a triangle may still be chance: many segments "
                "are compared at once.",
            )
        )
    for sentence in told_apart:
        blocks.append(Paragraph(sentence, "note"))
    leaks = {row["dimension"]: row for row in reversed(context.marts.rows("icp_segment_evidence"))}
    for row in leaks.values():
        is_refused = "leak:" in str(row["caveat_codes"])
        told = context.writer.say(
            "{dimension|label} is not judged: {caveats}"
            if is_refused
            else "Does {dimension|label} know the outcome? It tells won from lost almost by itself, so nothing is claimed of it. If it is known "
            "before the deal, name it in the setting known_before_the_deal.",
            row,
            grade="not judged",
        )
        blocks.append(Paragraph(told, "note"))
    if left_out:
        blocks.append(
            Paragraph(
                Sentence(f"Not drawn, because all deals have the same value or none: {', '.join(left_out)}."), "note"
            )
        )
    return Section("where-we-win", title, tuple(blocks), sources)


def _takeaway(context: Context) -> Paragraph:
    say = context.writer.say
    claims = [row for row in context.marts.rows("icp_recommendations", grade="strong") if row["second_segment"] is None]
    if not claims:
        row = context.marts.first("report_findings", topic="no_claim")
        if row:
            return Paragraph(say("{detail}", row, grade=row["grade"]), "takeaway")
        return Paragraph(Sentence("No single segment can be told from the others by more than chance."), "takeaway")
    parts: list[Sentence] = []
    for action, words in (
        ("target_more", "Above other segments by more than chance: "),
        ("deprioritise", "Below other segments by more than chance: "),
    ):
        told = [
            say("{segment_label} {win_rate|percent} ({won_deals|count} of {closed_deals|count})", row)
            for row in claims
            if row["action"] == action
        ][:6]
        if told:
            parts.append(
                Sentence(
                    words + "; ".join(s.text for s in told) + ".", tuple(source for s in told for source in s.sources)
                )
            )
    joined = context.writer.join(*parts)
    return Paragraph(Sentence(joined.text, joined.sources, "Strong"), "takeaway")


def _claims(context: Context, dimension: str) -> dict[str, Record]:
    rows = context.marts.rows("icp_recommendations", dimension=dimension, grade="strong")
    return {row["segment"]: row for row in rows if row["second_segment"] is None}


def _in_order(segments: list[Record]) -> list[Record]:
    """By the rate shrunk towards the average, so that a lucky few do not lead; unknown last."""
    return sorted(segments, key=lambda row: (row["segment"] == "unknown", -row["shrunken_win_rate"], row["segment"]))


def _chart(context: Context, dimension: str, segments: list[Record], window: Record) -> Chart:
    claims = _claims(context, dimension)
    drawn = []
    for row in _in_order(segments):
        claim = claims.get(row["segment"])
        shape = "hollow" if row["has_few_deals"] else _SHAPES[claim["action"]] if claim else "dot"
        drawn.append(
            Row(
                row["segment"], row["win_rate"], row["win_rate_low"], row["win_rate_high"], shape=shape,
                right=(percent_short(row["win_rate"]), count(row["closed_deals"])), is_bold=claim is not None,
            )
        )  # fmt: skip
    name = label(dimension)
    return Chart(
        f"segments-{dimension.replace('_', '-')}",
        name,
        f"Win rate by {name.lower()} with 95% intervals, against {percent_short(window['win_rate'])} of all deals.",
        RowChart(
            tuple(drawn),
            ("rate", "deals"),
            (0.0, 1.0),
            percent_ticks((0.0, 0.5, 1.0)),
            (window["win_rate"], f"all {percent_short(window['win_rate'])}"),
            (NARROW,),
        ),
    )


def _table_rows(context: Context, dimension: str, segments: list[Record]) -> list[tuple[Cell, ...]]:
    write = context.writer
    claims = _claims(context, dimension)
    rows: list[tuple[Cell, ...]] = []
    for row in _in_order(segments):
        claim = claims.get(row["segment"])
        grade: Cell = GRADES[claim["grade"]] if claim else "Too few deals" if row["has_few_deals"] else "–"
        rows.append(
            (
                write.cell(row, "dimension", "label"),
                write.cell(row, "segment"),
                write.cell(row, "won_deals", "count"),
                write.cell(row, "closed_deals", "count"),
                write.cell(row, "win_rate", "percent"),
                context.interval(row, "win_rate_low", "win_rate_high"),
                write.cell(row, "other_win_rate", "percent"),
                grade,
            )
        )
    return rows


def patterns(context: Context) -> Section:
    title, sources = "Patterns behind the wins", ("icp_recommendations", "win_rates_by_segment_pair", "icp_profile")
    write = context.writer
    blocks: list[Block] = []
    rows = [row for row in context.marts.rows("icp_recommendations") if row["grade"] in ("strong", "directional")][:10]
    if rows:
        blocks.append(
            plain_table(
                "Segments worth acting on, or testing",
                [
                    ("Segment", "left"),
                    ("Grade", "left"),
                    ("Won", "right"),
                    ("Closed", "right"),
                    ("Win rate", "right"),
                    ("Elsewhere", "right"),
                    ("Expected lift", "right"),
                    ("interval", "right"),
                ],
                [
                    (
                        write.cell(row, "title"),
                        context.grade(row),
                        write.cell(row, "won_deals", "count"),
                        write.cell(row, "closed_deals", "count"),
                        write.cell(row, "win_rate", "percent"),
                        write.cell(row, "other_win_rate", "percent"),
                        write.cell(row, "expected_lift", "points_bare"),
                        context.interval(row, "expected_lift_low", "expected_lift_high", "points_bare"),
                    )
                    for row in rows
                ],
                Sentence(
                    "Expected lift: points of win rate a further deal there should bring, after allowing for quarter, the other claims and chance."
                ),
            )
        )
        for row in rows:
            if row["caveats"]:
                blocks.append(Paragraph(write.say("{segment_label}: {caveats}", row, grade=row["grade"]), "note"))
    else:
        blocks.append(Paragraph(Sentence("No segment is worth an action or a test on the deals at hand."), "missing"))
    blocks += _pairs(context)
    profile = context.marts.rows("icp_profile")
    if profile:
        dash = "–"
        blocks.append(
            plain_table(
                "The ideal customer profile",
                [("", "left"), ("Today", "left"), ("The data support", "left"), ("Less of", "left"), ("Grade", "left")],
                [
                    (
                        label(row["profile_field"]),
                        write.cell(row, "current_value") if row["current_value"] else dash,
                        write.cell(row, "recommended_value") if row["recommended_value"] else "nothing yet",
                        write.cell(row, "deprioritised_value") if row["deprioritised_value"] else dash,
                        context.grade(row),
                    )
                    for row in profile
                ],
                Sentence("Today: what seeds/icp_current.csv says the company works by."),
            )
        )
    return Section("patterns", title, tuple(blocks), sources)


def _pairs(context: Context) -> list[Block]:
    write = context.writer
    claimed = [
        row for row in context.marts.rows("icp_recommendations", grade="strong") if row["second_segment"] is not None
    ]
    blocks: list[Block] = []
    if claimed:
        for row in claimed[:5]:
            blocks.append(
                Paragraph(write.say("As a pair, beyond its two parts: {rationale}", row, grade="strong"), "plain")
            )
    elif context.marts.rows("win_rates_by_segment_pair"):
        blocks.append(
            Paragraph(
                Sentence("No pair of segments adds anything to its two parts that chance could not explain."), "plain"
            )
        )
    rows = context.marts.rows("win_rates_by_segment_pair")
    if rows:
        grades = {}
        for row in context.marts.rows("icp_recommendations"):
            if row["second_segment"] is not None:
                grades[
                    frozenset(((row["dimension"], row["segment"]), (row["second_dimension"], row["second_segment"])))
                ] = context.grade(row)
        blocks.append(
            plain_table(
                "Pairs that won most often",
                [
                    ("Pair", "left"),
                    ("Won", "right"),
                    ("Closed", "right"),
                    ("Win rate", "right"),
                    ("95% interval", "right"),
                    ("Finding?", "left"),
                ],
                [
                    (
                        f"{shown(write.cell(row, 'segment'))} × {shown(write.cell(row, 'second_segment'))}",
                        write.cell(row, "won_deals", "count"),
                        write.cell(row, "closed_deals", "count"),
                        write.cell(row, "win_rate", "percent"),
                        context.interval(row, "win_rate_low", "win_rate_high"),
                        grades.get(
                            frozenset(
                                ((row["dimension"], row["segment"]), (row["second_dimension"], row["second_segment"]))
                            ),
                            "no more than its parts",
                        ),
                    )
                    for row in rows
                ],
                Sentence(
                    "In the order of rates shrunk towards the average, so that a few lucky deals do not lead the list."
                ),
            )
        )
    return blocks
