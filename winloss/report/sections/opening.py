"""Headline, standfirst, the four figures, and the win rate by quarter."""

from __future__ import annotations

from winloss.formatting import percent_short
from winloss.report.charts import Trend, TrendPoint
from winloss.report.context import Context
from winloss.report.document import Chart, Figure, Figures, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record


def headline(context: Context) -> Sentence:
    """What happened, in one sentence: no verdict on fewer deals than a segment needs."""
    say = context.writer.say
    everything, quarter = context.baseline("all"), context.baseline("quarter")
    if not everything or not everything["closed_deals"]:
        return Sentence("No closed deals to report on")
    is_without_quarter = quarter is None or context.quarter is None
    counted = everything if is_without_quarter or quarter is None else quarter
    when = "" if is_without_quarter else " in {last_quarter}"
    if not counted["closed_deals"]:
        return say("No deal closed in {last_quarter}", counted)
    for alert, missing in (("lost_deals", "lost"), ("won_deals", "won")):
        if context.marts.first("alerts", alert=alert, is_raised=True):
            return say(
                f"No win rate can be told: of {{closed_deals|closed_deals}} in the export none is {missing}", everything
            )
    if counted["closed_deals"] < context.minimum_deals:
        return say(
            f"Too few deals closed{when} to judge a win rate: {{won_deals|count}} of {{closed_deals|count}} won",
            counted,
        )
    if is_without_quarter:
        return say("We won {win_rate|percent} of all closed deals; there is no quarter to review", counted)
    reviewed = context.reviewed
    assert quarter is not None
    return say(f"We won {{win_rate|percent}} of the deals closed in {{last_quarter}}{_verdict(reviewed)}", quarter)


def _verdict(row: Record | None) -> str:
    if row is None:
        return ""
    if row["is_outside_limits"]:
        return ", outside its usual limits"
    return f", {change_words(row)} on the previous quarter" if row["is_win_rate_changed"] is not None else ""


def change_words(row: Record) -> str:
    """'a clear rise', 'a fall that is not proven', 'no clear change', or why a change cannot be judged."""
    if row["is_win_rate_changed"] is None:
        return "the quarter has not ended" if row["is_partial"] else "too few deals to judge"
    if not row["is_win_rate_changed"]:
        return "no clear change"
    what = "rise" if row["win_rate_change"] > 0 else "fall"
    return f"a clear {what}" if row["is_win_rate_change_claimed"] else f"a {what} that is not proven"


def standfirst(context: Context) -> tuple[Sentence, ...]:
    say = context.writer.say
    told: list[Sentence] = []
    runs = context.marts.rows("run_history")
    if runs and runs[-1]["crm"] == "sample":
        told.append(Sentence("This company is invented: put your own exports into the folder exports and run again."))
    for row in context.marts.rows("report_findings"):
        if row["topic"] == "target":
            told.append(
                say(
                    "{subject} wins clearly more often than other segments, by more than chance.",
                    row,
                    grade=row["grade"],
                )
            )
            break
        if row["topic"] == "no_claim":
            told.append(say("{detail}", row, grade=row["grade"]))
            break
    quarter, window = context.baseline("quarter"), context.baseline("window")
    if context.quarter is None and quarter and quarter["missing_reason"]:
        told.append(say("Why no quarter is reviewed: {missing_reason}.", quarter))
    period, window_period = context.period("quarter"), context.period("window")
    if quarter and quarter["closed_deals"] and period:
        told.append(say("{closed_deals|closed_deals}: {won_deals|count} won, {lost_deals|count} lost.", quarter))
        if period["is_partial"]:
            told.append(
                say("The data end on {as_of_on|day}, before the quarter does: its figures will still move.", period)
            )
    if window and window["closed_deals"] and window_period and window_period["first_quarter"]:
        told.append(
            say(
                "Segments are judged on {window.closed_deals|deals} closed from {period.first_quarter} to {period.last_quarter}.",
                window=window,
                period=window_period,
            )
        )
    if period and period["as_of_on"]:
        told.append(say("Counted: {population}. Data to {as_of_on|day}.", period))
    return tuple(told)


def figures(context: Context) -> Figures | None:
    quarter, before = context.baseline("quarter"), context.baseline("previous_quarter")
    if quarter is None or not quarter["closed_deals"]:
        quarter, before = context.baseline("all"), None
    if quarter is None or not quarter["closed_deals"]:
        return None
    period = quarter["period"]
    write = context.writer
    say = write.say
    result = [
        Figure(
            "Win rate",
            write.cell(quarter, "win_rate", "percent"),
            (
                say("95% interval {win_rate_low|percent} to {win_rate_high|percent}", quarter),
                say("{won_deals|count} won of {closed_deals|count} closed", quarter),
            ),
            (quarter["win_rate_low"], quarter["win_rate"], quarter["win_rate_high"]),
        )
    ]
    reviewed = context.reviewed if period == "quarter" else None
    if reviewed is not None and reviewed["win_rate_change"] is not None:
        result.append(
            Figure(
                "Change on the previous quarter",
                write.cell(reviewed, "win_rate_change", "points"),
                (
                    say(
                        "95% interval {win_rate_change_low|points_bare} to {win_rate_change_high|points_bare}", reviewed
                    ),
                    say(change_words(reviewed).capitalize(), reviewed),
                ),
                (reviewed["win_rate_change_low"], reviewed["win_rate_change"], reviewed["win_rate_change_high"]),
                (-0.5, 0.5),
            )
        )
    for measure, label, mean_kind in (
        ("won_amount", "Average won deal", "money"),
        ("won_cycle_days", "Average days to win", "days"),
    ):
        row = context.marts.first("typical_deals", period=period, measure=measure)
        # of few deals neither leaves
        if row is None or row["mean"] is None:
            continue
        kind = "money" if mean_kind == "money" else "count"
        lines = [say(f"Median {{median|{kind}}}", row)]
        if row["median_low"] is not None:
            lines = [
                say(f"Median {{median|{kind}}}, 95% interval {{median_low|{kind}}} to {{median_high|{kind}}}", row)
            ]
        earlier = context.marts.first("typical_deals", period="previous_quarter", measure=measure)
        if before is not None and earlier is not None and earlier["mean"] is not None:
            lines.append(say(f"Average in the previous quarter: {{mean|{mean_kind}}}", earlier))
        result.append(Figure(label, write.cell(row, "mean", mean_kind), tuple(lines)))
    return Figures(tuple(result))


def trend(context: Context) -> Section:
    # a quarter after the last day of the data is one of mistyped years
    everything = context.period("all")
    until = everything["as_of_on"] if everything else None
    rows = [row for row in context.marts.rows("win_rates_by_quarter") if until is None or row["starts_on"] <= until][
        -12:
    ]
    say = context.writer.say
    if not any(row["closed_deals"] for row in rows):
        told = Sentence("No deal has a closed date, so there is no quarter to show.")
        return Section("trend", "Win rate over time", (Paragraph(told, "missing"),), ("win_rates_by_quarter",))
    outside = [row for row in rows if row["is_outside_limits"]]
    blocks: list[Paragraph | Chart] = []
    for row in outside[-2:]:
        blocks.append(
            Paragraph(
                say(
                    "{quarter} lies outside its limits: {win_rate|percent} where chance alone gives {lower_limit|percent} to "
                    "{upper_limit|percent}. Something changed.",
                    row,
                    grade="strong",
                ),
                "takeaway",
            )
        )
    if not outside and sum(1 for row in rows if row["closed_deals"]) > 1:
        blocks.append(
            Paragraph(
                Sentence(
                    "Every quarter lies within its limits: ups and downs of this size are what chance alone brings."
                ),
                "takeaway",
            )
        )
    points = tuple(
        TrendPoint(
            row["quarter"], row["win_rate"], row["win_rate_low"], row["win_rate_high"], row["lower_limit"], row["upper_limit"],
            bool(row["is_outside_limits"]), bool(row["is_partial"]),
        )
        for row in rows
    )  # fmt: skip
    last = rows[-1]
    write = context.writer
    table = plain_table(
        "Win rate by quarter",
        [
            ("Quarter", "left"),
            ("Won", "right"),
            ("Closed", "right"),
            ("Win rate", "right"),
            ("95% interval", "right"),
            ("Limits", "right"),
        ],
        [
            (
                write.cell(row, "quarter"),
                write.cell(row, "won_deals", "count"),
                write.cell(row, "closed_deals", "count"),
                write.cell(row, "win_rate", "percent"),
                context.interval(row, "win_rate_low", "win_rate_high"),
                context.interval(row, "lower_limit", "upper_limit"),
            )
            for row in rows
        ],
    )
    chart = Chart(
        "trend",
        "Win rate by quarter with control limits",
        f"A dot per quarter with its 95% interval, the average of all quarters as a dashed line, and a band of control limits. "
        f"The last quarter, {last['quarter']}, stands at {percent_short(last['win_rate'])}.",
        Trend(
            points,
            last["center_line"],
            percent_short(last["win_rate"]),
            f"average {percent_short(last['center_line'])}",
        ),
        table,
        "Dot: win rate. Bar: 95% interval. Grey band: three standard errors around the average for that quarter's number of deals. "
        "A diamond lies outside its limits; a hollow dot is a quarter not yet complete.",
    )
    blocks.append(chart)
    return Section("trend", "Win rate over time", tuple(blocks), ("win_rates_by_quarter",))
