"""What to know, what to do, what became of earlier advice, and whether it would have helped."""

from __future__ import annotations

from winloss.formatting import points_bare
from winloss.report.charts import Row, RowChart, points_scale
from winloss.report.context import Context
from winloss.report.document import (
    GRADES,
    Action,
    Actions,
    Block,
    Chart,
    Finding,
    Findings,
    Paragraph,
    Section,
    Sentence,
    plain_table,
)
from winloss.report.marts import Record
from winloss.rows import number


def what_to_know(context: Context) -> Section:
    sources = ("report_findings",)
    rows = context.marts.rows("report_findings")
    if not rows:
        told = (
            Sentence("Without closed deals there is nothing to know yet.")
            if not context.has_deals
            else Sentence("Nothing can be said yet: see below what is missing.")
        )
        return Section("what-to-know", "What to know", (Paragraph(told, "missing"),), sources)
    return Section("what-to-know", "What to know", (Findings(tuple(_finding(context, row) for row in rows)),), sources)


def _finding(context: Context, row: Record) -> Finding:
    say = context.writer.say
    # a file published by an earlier version has no headlines
    title = say("{headline}" if row.get("headline") else "{topic|label}: {subject}.", row, grade=row["grade"])
    return Finding(title, _detail(context, row), GRADES[row["grade"]])


def _detail(context: Context, row: Record) -> Sentence | None:
    say = context.writer.say
    if row["detail"]:
        return say("{detail}", row, grade=row["grade"])
    if row["source_table"] == "win_rates_by_quarter":
        source = context.marts.first("win_rates_by_quarter", quarter=row["source_row"])
        if source and row["topic"] == "outside_limits":
            return say(
                "{won_deals|count} of {closed_deals|count} won, {win_rate|percent}; chance alone gives {lower_limit|percent} to "
                "{upper_limit|percent}.",
                source,
                grade=row["grade"],
            )
        if source:
            return say(
                "{won_deals|count} of {closed_deals|count} won, {win_rate|percent}: {win_rate_change|points} on the previous quarter "
                "(95% interval {win_rate_change_low|points_bare} to {win_rate_change_high|points_bare}).",
                source,
                grade=row["grade"],
            )
    if row["source_table"] == "loss_reasons":
        source = context.marts.first("loss_reasons", period="quarter", category=row["source_row"])
        if source:
            return say(
                "{lost_deals|count} of {all_lost_deals|count} losses, {share|percent} (95% interval {share_low|percent} to "
                "{share_high|percent}).",
                source,
                grade=row["grade"],
            )
    return None


def actions(context: Context) -> Section:
    write = context.writer
    items = context.marts.rows("action_items")
    # what rests on figures too small to publish is said to, and left out
    rows = [row for row in items if row["title"] is not None]
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Actions(
                tuple(
                    Action(
                        write.say("{title}", row, grade=row["grade"]),
                        write.say("{action}", row, grade=row["grade"]),
                        write.cell(row, "owner"),
                        write.say("{evidence}", row, grade=row["grade"]),
                        write.say("{how_we_will_know}", row, grade=row["grade"]),
                        write.cell(row, "due_quarter") if row["due_quarter"] else "the next quarter",
                        GRADES[row["grade"]],
                    )
                    for row in rows
                )
            )
        )
    else:
        blocks.append(Paragraph(Sentence("No action follows from data without closed deals."), "missing"))
    if len(rows) < len(items):
        blocks.append(Paragraph(Sentence("An action about who buys rests on too few deals to be shown here."), "note"))
    worth = _worth(context)
    if worth:
        blocks.append(Paragraph(worth, "worth"))
    blocks += _follow_up(context)
    return Section(
        "actions",
        "What to do next quarter",
        tuple(blocks),
        ("action_items", "return_on_investment", "recommendation_follow_up"),
    )


def _worth(context: Context) -> Sentence | None:
    row = context.marts.first("return_on_investment")
    if row is None or row["segment_label"] is None or not row["wins_per_100"]:
        return None
    say = context.writer.say
    lift = say(
        "Moving {shift_points|number} of every 100 deals to {segment_label} should change wins per 100 deals by "
        "{extra_wins_per_100|signed} ({extra_wins_low|signed} to {extra_wins_high|signed}), where {wins_per_100|number_short} are won today.",
        row,
    )
    if row["quota_amount"] is None:
        worth = Sentence("Set quota_amount, gross_margin and programme_cost to see what that may be worth in money.")
    elif row["revenue_gain"] is None:
        worth = say("What that is worth cannot be told: {missing_reason}.", row)
    else:
        worth = say(
            "At what its deals are worth, that may change a quota of {quota_amount|money_short} by {revenue_gain|money_short} "
            "({revenue_gain_low|money_short} to {revenue_gain_high|money_short}) a year",
            row,
        )
        if row["net_gain"] is None:
            worth = Sentence(worth.text + ", before margin and cost.", worth.sources)
        else:
            net = say(
                "; at a gross margin of {gross_margin|percent} and a cost of {programme_cost|money_short}, "
                "{net_gain|money_short} ({net_gain_low|money_short} to {net_gain_high|money_short}) net.",
                row,
            )
            worth = Sentence(worth.text + net.text, worth.sources + net.sources)
        if number(row["revenue_gain"]) < 0:
            idle = " It wins more often but brings less per deal: move no selling time there unless it is idle."
            worth = Sentence(worth.text + idle, worth.sources)
    joined = context.writer.join(lift, worth)
    return Sentence(
        joined.text + " Assumed: moved deals cost as much to work as the others.",
        joined.sources,
        GRADES[row["grade"]],
    )


def _follow_up(context: Context) -> list[Block]:
    write = context.writer
    if not context.marts.has("recommendation_follow_up"):
        return [
            Paragraph(
                Sentence("What became of earlier advice: this published file holds no record of earlier quarters."),
                "missing",
            )
        ]
    rows = [
        row
        for row in context.marts.rows("recommendation_follow_up")
        if row["action"] in ("target_more", "deprioritise") or row["grade"] == "directional"
    ]
    if not rows:
        return [
            Paragraph(
                Sentence(
                    "What became of earlier advice: none is on record yet; the next report says what became of the actions above."
                ),
                "missing",
            )
        ]
    latest = max(row["reviewed_quarter"] for row in rows)
    rows = [row for row in rows if row["reviewed_quarter"] == latest][:8]
    blocks: list[Block] = [
        Paragraph(
            write.say(
                "What became of the advice of {reviewed_quarter}, judged on the deals closed in {next_quarter}:",
                rows[0],
            ),
            "plain",
        )
    ]
    if any(row["is_history_revised"] for row in rows):
        blocks.append(
            Paragraph(
                Sentence(
                    "Some deals of that time were changed in the CRM since: the advice below is what was said then, on the data of then."
                ),
                "note",
            )
        )
    blocks.append(
        plain_table(
            "What became of earlier advice",
            [
                ("We said", "left"),
                ("Grade", "left"),
                ("Expected lift", "right"),
                ("Won", "right"),
                ("Closed", "right"),
                ("Win rate", "right"),
                ("Elsewhere", "right"),
                ("Difference", "right"),
                ("interval", "right"),
                ("Verdict", "left"),
            ],
            [
                (
                    write.cell(row, "title"),
                    context.grade(row),
                    write.cell(row, "predicted_lift", "points_bare"),
                    write.cell(row, "won_deals", "count"),
                    write.cell(row, "closed_deals", "count"),
                    write.cell(row, "win_rate", "percent"),
                    write.cell(row, "other_win_rate", "percent"),
                    write.cell(row, "difference", "points_bare"),
                    context.interval(row, "difference_low", "difference_high", "points_bare"),
                    write.cell(row, "verdict"),
                )
                for row in rows
            ],
        )
    )
    return blocks


_METHODS = {"winloss": "this report's advice", "everyone": "no advice", "naive": "highest raw win rate"}


def backtest(context: Context) -> Section:
    title, sources = "Would the advice have helped?", ("icp_backtest",)
    write = context.writer
    if not context.marts.has("icp_backtest"):
        return Section(
            "backtest", title, (Paragraph(Sentence("This published file holds no backtest."), "missing"),), sources
        )
    rows = context.marts.rows("icp_backtest")
    ours = [row for row in rows if row["method"] == "winloss" and row["inside_closed_deals"]]
    if not ours:
        told = Sentence(
            "Without closed dates no advice can be checked on deals that came after it."
            if context.is_undated
            else "There is nothing to check yet: no earlier quarter had enough deals before it for advice, and deals after it to judge the advice by."
        )
        return Section("backtest", title, (Paragraph(told, "missing"),), sources)
    last = ours[-1]
    judged = last["difference_low"] is not None
    has_enough = min(last["inside_closed_deals"], last["outside_closed_deals"]) >= context.minimum_deals
    held = judged and last["difference_low"] > 0
    failed = judged and last["difference_high"] < 0
    verdict = (
        "It held."
        if held and has_enough
        else "It did not hold."
        if failed and has_enough
        else "Too few deals to tell whether it held."
        if judged
        else ""
    )
    blocks: list[Block] = [
        Paragraph(
            write.say(
                "From {trained_from} to {trained_to} alone the method would have said: {advice}. In {quarter}, deals inside won "
                "{inside_won_deals|count} of {inside_closed_deals|count} ({inside_win_rate|percent}), outside {outside_win_rate|percent}: "
                f"{{difference|points}} ({{difference_low|points_bare}} to {{difference_high|points_bare}}). {verdict}".rstrip(),
                last,
            ),
            "takeaway",
        )
    ]
    chart_rows = tuple(
        Row(
            row["quarter"], row["difference"], row["difference_low"], row["difference_high"],
            shape="main", right=(points_bare(row["difference"]), write.cell(row, "inside_closed_deals", "count").shown),
        )
        for row in ours[-8:]
    )  # fmt: skip
    table = plain_table(
        "Advice against what followed",
        [
            ("Quarter", "left"),
            ("Method", "left"),
            ("Inside", "right"),
            ("Won inside", "right"),
            ("Win rate inside", "right"),
            ("Outside", "right"),
            ("Difference", "right"),
            ("interval", "right"),
            ("Extra wins per 100", "right"),
        ],
        [
            (
                write.cell(row, "quarter"),
                _METHODS.get(row["method"], str(row["method"])),
                write.cell(row, "inside_closed_deals", "count"),
                write.cell(row, "inside_won_deals", "count"),
                write.cell(row, "inside_win_rate", "percent"),
                write.cell(row, "outside_win_rate", "percent"),
                write.cell(row, "difference", "points_bare"),
                context.interval(row, "difference_low", "difference_high", "points_bare"),
                write.cell(row, "extra_wins_per_100", "signed"),
            )
            for row in rows[-24:]
        ],
    )
    blocks.append(
        Chart(
            "backtest",
            "Win rate inside the advised segments minus outside, by quarter",
            "A dot per quarter: the difference in points between deals inside and outside what earlier quarters advised, with its 95% interval.",
            RowChart(
                chart_rows, ("points", "deals inside"), *points_scale(row for row in chart_rows), (0.0, "no difference")
            ),
            table,
            "Each quarter is judged by advice made from the quarters before it only. Right of the line: deals inside the advice won more often. "
            "Segments are those of the day of the export: a field that changes on winning looks right here too.",
        )
    )
    return Section("backtest", title, tuple(blocks), sources)
