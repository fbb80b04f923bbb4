"""Where in the funnel deals are lost, and what the open deals will bring."""

from __future__ import annotations

from collections.abc import Sequence

from winloss.formatting import count, label, number_short, percent_short
from winloss.report.charts import NARROW, Row, RowChart
from winloss.report.context import Context
from winloss.report.document import Block, Chart, ChartGrid, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_PIPELINES = 3
_STAGES = 12
_SEGMENTS = 4
_STANDINGS = {
    "target more": "to target more",
    "both": "in both",
    "neither": "in neither",
    "spend less": "to spend less on",
}


def funnel(context: Context) -> Section:
    title, sources = "Where in the funnel do we lose", ("stage_funnel",)
    if not context.marts.has("stage_funnel"):
        return Section("funnel", title, ())
    say = context.writer.say
    pipelines: dict[str, list[Record]] = {}
    for row in context.marts.rows("stage_funnel"):
        if row["reached_deals"]:
            pipelines.setdefault(row["pipeline"], []).append(row)
    if not pipelines:
        unknown = context.marts.first("data_quality_findings", rule_id="stages_unknown")
        told = (
            say(
                "Where deals are lost cannot be told: for {records|count} deals no stage on the way is known. {remedy}",
                unknown,
                grade="fix the data",
            )
            if unknown and unknown["records"]
            else Sentence("Where deals are lost cannot be told: no deal of the trailing window has a stage on record.")
        )
        return Section("funnel", title, (Paragraph(told, "missing"),), ("stage_funnel", "data_quality_findings"))
    largest = sorted(pipelines, key=lambda name: (-max(row["reached_deals"] for row in pipelines[name]), name))
    blocks: list[Block] = []
    for name in largest[:_PIPELINES]:
        worst = _most_losses(context, pipelines[name], len(pipelines) > 1)
        if worst:
            blocks.append(Paragraph(worst, "takeaway" if not blocks else "plain"))
    blocks += [_funnel_chart(context, pipelines[name], place) for place, name in enumerate(largest[:_PIPELINES])]
    return Section("funnel", title, tuple(blocks), sources)


def _most_losses(context: Context, rows: list[Record], is_named: bool) -> Sentence | None:
    lossy = [row for row in rows if row["share_of_losses"]]
    if not lossy:
        return None
    worst = min(lossy, key=lambda row: (-row["share_of_losses"], row["stage_order"]))
    where = " of {pipeline}" if is_named else ""
    words = "lost deal ended" if worst["lost_deals"] == 1 else "lost deals ended"
    return context.writer.say(
        f"{{lost_deals|count}} {words} in {{stage}}: {{share_of_losses|percent}} ({{share_of_losses_low|percent}} to "
        f"{{share_of_losses_high|percent}}) of the losses{where} with a known stage.",
        worst,
    )


def _funnel_chart(context: Context, rows: list[Record], place: int) -> Chart:
    write = context.writer
    ordered = sorted(rows, key=lambda row: (row["stage_order"], row["stage"]))[:_STAGES]
    most = float(max(row["reached_deals"] for row in ordered))
    drawn = tuple(
        Row(
            row["stage"], None,
            right=(
                count(row["reached_deals"]),
                "–" if row["advance_rate"] is None else percent_short(row["advance_rate"]),
                "–" if row["median_stage_days"] is None else count(row["median_stage_days"]),
            ),
            parts=(
                (float(row["advanced_deals"] or 0), "full"),
                (float(row["lost_deals"] or 0), "striped"),
                (float(row["disqualified_deals"] or 0), "pale"),
                (float(row["open_deals"] or 0), "empty"),
            ),
        )
        for row in ordered
    )  # fmt: skip
    name = ordered[0]["pipeline"]
    pipeline = "" if name == "unknown" else f" of {name}"
    return Chart(
        f"funnel-{place + 1}",
        f"Deals by stage reached{pipeline}",
        "A bar per stage on the way: deals that went on, that were lost there, that were disqualified there and that are still there.",
        RowChart(drawn, ("deals", "go on", "days"), (0.0, most), ((0.0, "0"), (most, count(most)))),
        plain_table(
            f"Deals by stage reached{pipeline}",
            [
                ("Stage", "left"),
                ("Reached", "right"),
                ("Went on", "right"),
                ("Lost", "right"),
                ("Disqualified", "right"),
                ("Open", "right"),
                ("Go on", "right"),
                ("95% interval", "right"),
                ("Days", "right"),
                ("Share of losses", "right"),
                ("interval", "right"),
                ("Missing because", "left"),
            ],
            [
                (
                    write.cell(row, "stage"),
                    write.cell(row, "reached_deals", "count"),
                    write.cell(row, "advanced_deals", "count"),
                    write.cell(row, "lost_deals", "count"),
                    write.cell(row, "disqualified_deals", "count"),
                    write.cell(row, "open_deals", "count"),
                    context.or_dash(row, "advance_rate", "percent"),
                    context.interval(row, "advance_rate_low", "advance_rate_high"),
                    context.or_dash(row, "median_stage_days", "count"),
                    context.or_dash(row, "share_of_losses", "percent"),
                    context.interval(row, "share_of_losses_low", "share_of_losses_high"),
                    context.or_dash(row, "missing_reason"),
                )
                for row in ordered
            ],
        ),
        "Full: went on. Stripes: lost there. Pale: disqualified there. Frame: still there. Days until half had left. Stages differ by design: a "
        "lower rate is no finding.",
    )


def open_deals(context: Context) -> Section:
    title, sources = "What will the open deals bring", ("open_pipeline", "open_pipeline_by_profile")
    if not context.marts.has("open_pipeline"):
        return Section("open-deals", title, ())
    say = context.writer.say
    row = context.marts.first("open_pipeline", dimension="all")
    if row is None:
        told = Sentence(
            "No open deal states when it was created, so what is to come cannot be told. Export open deals too, and the day each was created."
        )
        return Section("open-deals", title, (Paragraph(told, "missing"),), ("open_pipeline",))
    if row["expected_wins"] is None:
        why = say("What {open_deals|deals} open will bring cannot be told: {missing_reason}.", row)
        return Section("open-deals", title, (Paragraph(why, "missing"),), ("open_pipeline",))
    window = context.baseline("window")
    is_thin = window is None or (window["closed_deals"] or 0) < context.minimum_deals
    told = say(
        "Of {open_deals|deals} open on {as_of_on|day}, {expected_wins|count} ({expected_wins_low|count} to {expected_wins_high|count}) will be won "
        "at the pace of the trailing window.",
        row,
        grade="too few deals" if is_thin else None,
    )
    blocks: list[Block] = [Paragraph(told, "takeaway")]
    if row["stale_deals"]:
        stale = "{stale_deals|count} of them are older than almost any deal ever won: close or re-qualify them."
        blocks.append(Paragraph(say(stale, row), "plain"))
    if row["open_amount"] is not None and row["amount_per_won_amount"] is not None:
        worth = (
            "Of {open_amount|money_short} open, {expected_amount|money_short} is to be expected: {amount_per_won_amount|number_short} of "
            "pipeline for each unit won."
        )
        blocks.append(Paragraph(say(worth, row), "plain"))
    standings = _standings(context)
    if standings:
        advised = (
            "{open_deals|count} of them, {share|percent}, are in a segment to target more and in none to spend less on."
        )
        blocks.append(Paragraph(say(advised, standings[0]), "plain"))
    drawn = standings + _segments(context)[:_SEGMENTS]
    if standings and any(row["open_deals"] and row["expected_wins"] is None for row in _by_profile(context)):
        blocks.append(Paragraph(Sentence("Groups of too few open deals to be shown are not drawn."), "plain"))
    if drawn:
        blocks.append(_open_charts(context, standings, drawn[len(standings) :]))
    return Section("open-deals", title, tuple(blocks), sources)


def _segments(context: Context) -> list[Record]:
    """Segments of the first dimension, in their order, of which two or more have open deals; the largest come first."""
    for dimension in context.marts.rows("dim_dimensions"):
        rows = context.marts.rows("open_pipeline", dimension=dimension["dimension"])
        rows = [row for row in rows if row["open_deals"] and row["expected_wins"] is not None]
        if len(rows) > 1:
            return rows
    return []


def _by_profile(context: Context) -> Sequence[Record]:
    return context.marts.rows("open_pipeline_by_profile")


def _standings(context: Context) -> list[Record]:
    """Open deals by what the advice says of their segments, those to target more first; none where nothing is advised for."""
    rows = [row for row in _by_profile(context) if row["open_deals"] and row["expected_wins"] is not None]
    return rows if rows and rows[0]["profile_standing"] == "target more" else []


def _name(row: Record) -> str:
    return _STANDINGS[row["profile_standing"]] if "profile_standing" in row else str(row["segment"])


def _open_charts(context: Context, standings: list[Record], segments: list[Record]) -> ChartGrid:
    write = context.writer
    charts = []
    if standings:
        charts.append(
            _open_chart("open-standing", "By the advice on their segments", standings, "at the pace of all deals")
        )
    if segments:
        dimension = label(segments[0]["dimension"])
        charts.append(_open_chart("open-segments", f"By {dimension.lower()}", segments, "at the pace of the segment"))
    table = plain_table(
        "Open deals and wins to come",
        [
            ("Deals", "left"),
            ("Open", "right"),
            ("Stale", "right"),
            ("Wins to come", "right"),
            ("95% interval", "right"),
            ("Open value", "right"),
        ],
        [
            (
                write.cell(row, "segment") if "segment" in row else _name(row),
                write.cell(row, "open_deals", "count"),
                context.or_dash(row, "stale_deals", "count"),
                write.cell(row, "expected_wins", "number_short"),
                context.interval(row, "expected_wins_low", "expected_wins_high", "number_short")
                if "segment" in row
                else "–",
                context.or_dash(row, "open_amount", "money_short"),
            )
            for row in standings + segments
        ],
    )
    return ChartGrid(
        tuple(charts),
        table,
        "Pale: open deals. Stripes: stale ones. Dot: wins to come, by the advice at the pace of all deals, by segment at its own with a 95% interval.",
    )


def _open_chart(identity: str, title: str, rows: list[Record], pace: str) -> Chart:
    most = float(max(row["open_deals"] for row in rows))
    drawn = tuple(
        Row(
            _name(row), row["expected_wins"], row.get("expected_wins_low"), row.get("expected_wins_high"),
            shape="main",
            right=(number_short(row["expected_wins"]), count(row["open_deals"])),
            parts=(
                (float(row["open_deals"] - (row["stale_deals"] or 0)), "pale"),
                (float(row["stale_deals"] or 0), "striped"),
            ),
        )
        for row in rows
    )  # fmt: skip
    return Chart(
        identity,
        title,
        f"A bar per row with its open deals, stripes for stale ones; a dot marks the wins to come {pace}.",
        RowChart(drawn, ("wins", "open"), (0.0, most), ((0.0, "0"), (most, count(most))), None, (NARROW,)),
    )
