"""Why deals are lost, whether it changed, and how far the stated reasons can be trusted."""

from __future__ import annotations

from winloss.formatting import count, percent_short, points_bare
from winloss.report.charts import Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_NO_REASON = ("unspecified", "other")


def why_we_lose(context: Context) -> Section:
    title, sources = "Why we lose", ("loss_reasons", "loss_reason_changes", "loss_reason_reliability")
    quarter = context.baseline("quarter")
    # a quarter with few losses says little about reasons: then the window speaks, as it does for the actions
    has_enough = quarter and (quarter["lost_deals"] or 0) >= context.whole("quarter_minimum_losses", 10)
    period = "quarter" if has_enough else "window"
    window = context.baseline("window")
    if period == "window" and (window is None or not window["closed_deals"]):
        # an earlier publication has no window where deals have no date
        period = "all"
    rows = [row for row in context.marts.rows("loss_reasons", period=period) if row["all_lost_deals"]]
    if not any(row["lost_deals"] for row in rows):
        told = "No deal was lost in the period." if context.has_deals else "No deal was lost."
        return Section("why-we-lose", title, (Paragraph(Sentence(told), "missing"),), sources)
    write = context.writer
    say = write.say
    blocks: list[Block] = []
    stated = [row for row in rows if row["category"] not in _NO_REASON and row["lost_deals"]]
    reliability = context.marts.rows("loss_reason_reliability", period=period)
    if not stated:
        blocks.append(
            Paragraph(
                say("None of {all_lost_deals|count} lost deals states a usable reason.", rows[0], grade="fix the data"),
                "takeaway",
            )
        )
    else:
        when = " in the quarter" if period == "quarter" else " in the window (the quarter has too few losses)"
        when = "" if context.is_undated else when
        blocks.append(
            Paragraph(
                say(
                    f"Most often stated{when}: {{label}}, {{lost_deals|count}} of {{all_lost_deals|count}} losses, {{share|percent}} "
                    "({share_low|percent} to {share_high|percent}).",
                    stated[0],
                    grade="directional",
                ),
                "takeaway",
            )
        )
        if not context.is_undated:
            blocks.append(Paragraph(_changes(context, rows), "plain"))
    for row in reliability:
        if row["is_doubtful"] and row["measure"] != "overall":
            blocks.append(
                Paragraph(
                    say(
                        "Read with care: {meaning}, {value|percent} (doubtful above {threshold|percent}).",
                        row,
                        grade="fix the data",
                    ),
                    "note",
                )
            )
    if stated or any(row["lost_deals"] for row in rows):
        blocks.append(_chart(context, rows, period))
    if reliability:
        blocks.append(
            plain_table(
                "How far the stated reasons can be trusted",
                [("Measure", "left"), ("Value", "right"), ("Doubtful above", "right"), ("", "left")],
                [
                    (
                        write.cell(row, "meaning"),
                        write.cell(row, "value", "percent"),
                        write.cell(row, "threshold", "percent"),
                        _verdict(row, context.minimum_deals),
                    )
                    for row in reliability
                    if row["measure"] != "overall"
                ],
                Sentence("Reasons are what sellers recorded, not what buyers said."),
            )
        )
    return Section("why-we-lose", title, tuple(blocks), sources)


def _verdict(row: Record, minimum_deals: int) -> str:
    if row["is_doubtful"]:
        return "doubtful"
    if row["value"] is None:
        return "nothing to check"
    return "fine" if row["deals"] >= minimum_deals else "too few losses"


def _changes(context: Context, rows: list[Record]) -> Sentence:
    labels = {row["category"]: row["label"] for row in rows}
    say = context.writer.say
    changed = [row for row in context.marts.rows("loss_reason_changes") if row["is_changed"]]
    if changed:
        row = changed[0]
        source = context.marts.first("loss_reasons", period="quarter", category=row["category"])
        doubtful = "" if row["is_reliable"] else " The reasons are doubtful: watch, do not conclude."
        grade = "strong" if row["is_reliable"] else "directional"
        if source and row["category"] in labels:
            return say(f"{{reason.label}}: {{change.rationale}}{doubtful}", grade=grade, reason=source, change=row)
        return say(f"{{rationale}}{doubtful}", row, grade=grade)
    promising = [row for row in context.marts.rows("loss_reason_changes") if row["is_promising"] and row["is_reliable"]]
    if promising:
        source = context.marts.first("loss_reasons", period="quarter", category=promising[0]["category"])
        named = "{reason.label}: " if source else ""
        return say(
            f"Not proven: {named}{{change.rationale}}",
            grade="directional",
            change=promising[0],
            **({"reason": source} if source else {}),
        )
    if any(row["is_tested"] for row in context.marts.rows("loss_reason_changes")):
        return Sentence("No reason changed by more than chance since the previous quarter.")
    period = context.period("quarter")
    if period and period["is_partial"]:
        return Sentence("Changes since the previous quarter cannot be judged: the quarter has not ended.")
    return Sentence("Changes since the previous quarter cannot be judged: too few losses in one of the two.")


def _chart(context: Context, rows: list[Record], period: str) -> Chart:
    write = context.writer
    changes = {row["category"]: row for row in context.marts.rows("loss_reason_changes")} if period == "quarter" else {}
    ordered = sorted(rows, key=lambda row: (row["category"] in _NO_REASON, -row["lost_deals"], row["category"]))
    ordered = [row for row in ordered if row["lost_deals"] or row["previous_lost_deals"]][:14]
    drawn = []
    for row in ordered:
        change = changes.get(row["category"])
        clear = bool(change and change["is_changed"])
        change_text = (
            points_bare(row["share_change"]) + ("*" if clear else "") if row["share_change"] is not None else "–"
        )
        drawn.append(
            Row(
                row["label"], row["share"], row["share_low"], row["share_high"], row["previous_share"],
                "muted_bar" if row["category"] in _NO_REASON else "bar",
                (percent_short(row["share"]), count(row["lost_deals"]), change_text), clear,
            )
        )  # fmt: skip
    top = max([row["share_high"] or 0 for row in ordered] + [row["previous_share"] or 0 for row in ordered] + [0.2])
    limit = 1.0 if top > 0.75 else 0.75 if top > 0.5 else 0.5
    return Chart(
        "loss-reasons",
        "Loss reasons as shares of lost deals",
        "A bar per stated reason with its 95% interval; a tick marks the share of the previous quarter.",
        RowChart(
            tuple(drawn),
            ("share", "losses", "change"),
            (0.0, limit),
            percent_ticks((0.0, limit / 2, limit) if limit != 0.75 else (0.0, 0.25, 0.5, 0.75)),
        ),
        plain_table(
            "Loss reasons",
            [
                ("Reason", "left"),
                ("Losses", "right"),
                ("Share", "right"),
                ("95% interval", "right"),
                ("Value lost", "right"),
                ("Quarter before", "right"),
                ("Change", "right"),
                ("interval", "right"),
            ],
            [
                (
                    write.cell(row, "label"),
                    write.cell(row, "lost_deals", "count"),
                    write.cell(row, "share", "percent"),
                    context.interval(row, "share_low", "share_high"),
                    write.cell(row, "lost_amount", "money_short"),
                    write.cell(row, "previous_share", "percent"),
                    write.cell(row, "share_change", "points_bare"),
                    context.interval(row, "share_change_low", "share_change_high", "points_bare"),
                )
                for row in ordered
            ],
        ),
        "Bar: share of lost deals by the first stated reason, with its 95% interval. Tick: the previous quarter. Change in points; a star marks a "
        "change larger than chance. Grey: no usable reason recorded.",
    )
