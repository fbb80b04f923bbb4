"""Which win rate is meant: the definitions side by side, how fast deals are won, and where young quarters end."""

from __future__ import annotations

from winloss.formatting import count, percent_short, points_bare
from winloss.report.charts import Curve, Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_BRIDGE = ("buyer_decided", "closed", "all_closed", "all_closed_and_stale", "pace")
_QUARTERS = 6
_WEEKS_LISTED = 12
_MATURE = 3


def which_rate(context: Context) -> Section:
    title = "Which win rate do we mean"
    sources = ("win_rate_definitions", "win_rate_curves", "win_rates_by_cohort", "open_pipeline")
    name = "window" if context.is_undated else "quarter"
    period = context.period(name)
    if not context.marts.has("win_rate_definitions") or period is None:
        return Section("which-rate", title, ())
    rows = {row["definition"]: row for row in context.marts.rows("win_rate_definitions", period=name)}
    closed, pace = rows.get("closed"), rows.get("pace")
    if closed is None or pace is None:
        return Section("which-rate", title, ())
    if closed["win_rate"] is None:
        told = context.writer.say("No win rate of the quarter can be told: {missing_reason}.", closed)
        return Section("which-rate", title, (Paragraph(told, "missing"),), ("win_rate_definitions",))
    blocks: list[Block] = [Paragraph(sentence, "takeaway") for sentence in _takeaways(context, period, closed, pace)]
    blocks.append(_bridge(context, list(rows.values())))
    blocks += _how_fast(context)
    blocks += _cohorts(context)
    return Section("which-rate", title, tuple(blocks), sources)


def _takeaways(context: Context, period: Record, closed: Record, pace: Record) -> list[Sentence]:
    say = context.writer.say
    if pace["win_rate"] is None:
        return [
            say(
                "How many of all deals are won cannot be told: {missing_reason}. Export open deals too, and when each deal was created.",
                pace,
                grade="fix the data",
            )
        ]
    first = say(
        "Of the deals closed in {period.last_quarter} {closed.win_rate|percent} were won; of all deals, open ones counted as long as they were "
        "watched, {pace.win_rate|percent} ({pace.win_rate_low|percent} to {pace.win_rate_high|percent}).",
        period=period,
        closed=closed,
        pace=pace,
    )
    rows = {row["definition"]: row for row in context.marts.rows("win_rate_definitions", period="window")}
    judged, paced = rows.get("closed"), rows.get("pace")
    if judged is None or paced is None or judged["pace_gap"] is None:
        return [first]
    interval = "{pace.win_rate|percent} ({pace.win_rate_low|percent} to {pace.win_rate_high|percent})"
    if judged["grade"] is None:
        verdict = say(
            "The closed rate does not flatter us: over the trailing window {closed.win_rate|percent} agrees with the pace of "
            f"{interval}.",
            closed=judged,
            pace=paced,
        )
        return [first, verdict]
    words = "flatters" if judged["pace_gap"] > 0 else "is too dark"
    verdict = say(
        f"The win rate of closed deals {words}: {{closed.pace_gap|points}} against the pace of the trailing window, {interval}.",
        grade=judged["grade"],
        closed=judged,
        pace=paced,
    )
    waiting = context.marts.first("open_pipeline", dimension="all")
    if judged["pace_gap"] > 0 and waiting and waiting["stale_deals"]:
        cause = say(
            "Likely cause: {stale_deals|count} of {open_deals|count} open deals are stale. Close or re-qualify them.",
            waiting,
            grade="fix the data",
        )
        return [verdict, first, cause]
    return [verdict, first]


def _bridge(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    ordered = sorted(rows, key=lambda row: row["definition_order"])
    drawn = tuple(
        Row(
            row["label"], row["win_rate"], row["win_rate_low"], row["win_rate_high"],
            shape="main" if row["definition"] in ("closed", "pace") else "dot",
            right=(percent_short(row["win_rate"]), points_bare(row["step"]) if row["step"] is not None else "–"),
            is_bold=row["definition"] in ("closed", "pace"),
        )
        for row in ordered
        if row["definition"] in _BRIDGE and row["win_rate"] is not None
    )  # fmt: skip
    return Chart(
        "definitions",
        "From the narrowest win rate to the pace of all deals",
        "A dot per definition of the win rate in the quarter with its 95% interval: each counts more deals than the one above it.",
        RowChart(drawn, ("win rate", "step"), (0.0, 1.0), percent_ticks((0.0, 0.25, 0.5, 0.75, 1.0))),
        plain_table(
            "Definitions of the win rate",
            [
                ("Definition", "left"),
                ("Won", "right"),
                ("Deals", "right"),
                ("Win rate", "right"),
                ("95% interval", "right"),
                ("Step", "right"),
                ("Who uses it", "left"),
                ("Missing because", "left"),
            ],
            [
                (
                    write.cell(row, "label"),
                    context.or_dash(row, "won_deals", "count"),
                    context.or_dash(row, "counted_deals", "count"),
                    write.cell(row, "win_rate", "percent"),
                    context.interval(row, "win_rate_low", "win_rate_high"),
                    context.or_dash(row, "step", "points_bare"),
                    write.cell(row, "who_uses_it"),
                    context.or_dash(row, "missing_reason"),
                )
                for row in ordered
            ],
        ),
        "Each counts more deals than the one above it; the pace counts open deals for as long as they were watched, and steps from all closed. "
        "Steps are in points. All other win rates of this report are of won or lost deals.",
    )


def _how_fast(context: Context) -> list[Block]:
    if not context.marts.has("win_rate_curves"):
        return []
    say = context.writer.say
    rows = context.marts.rows("win_rate_curves", period="window")
    seen = [row for row in rows if row["won_share"] is not None]
    if not seen or not seen[-1]["won_share"]:
        reason = next((row for row in rows if row["missing_reason"]), None)
        told = (
            say("How fast deals are won cannot be told: {missing_reason}. Export when each deal was created.", reason)
            if reason
            else Sentence("How fast deals are won cannot be told: no won deal has both its dates.")
        )
        return [Paragraph(told, "missing")]
    end = seen[-1]
    half = next(row for row in seen if row["won_share"] >= end["won_share"] / 2)
    told = say(
        "Half of the wins come by week {half.age_weeks|count}. By week {end.age_weeks|count} {end.won_share|percent} of all deals are won, "
        "{end.lost_share|percent} lost and {end.open_share|percent} still open.",
        half=half,
        end=end,
    )
    before = [
        row for row in context.marts.rows("win_rate_curves", period="window_before") if row["won_share"] is not None
    ]
    return [Paragraph(told, "plain"), *_compared(context, seen, before), _curve(context, seen, before)]


def _compared(context: Context, rows: list[Record], before: list[Record]) -> list[Block]:
    """How many were won by the same age in as many quarters before the window: a fact, for both curves are of all deals."""
    now = {row["age_weeks"]: row for row in rows}
    same = next((row for row in reversed(before) if row["age_weeks"] in now), None)
    if same is None or same["won_share_low"] is None or now[same["age_weeks"]]["won_share_low"] is None:
        return []
    told = context.writer.say(
        "As fast as before? By week {then.age_weeks|count} {now.won_share|percent} ({now.won_share_low|percent} to {now.won_share_high|percent}) "
        "of all deals are won; in as many quarters before, {then.won_share|percent} ({then.won_share_low|percent} to {then.won_share_high|percent}) "
        "were.",
        now=now[same["age_weeks"]],
        then=same,
    )
    return [Paragraph(told, "plain")]


def _curve(context: Context, rows: list[Record], before: list[Record]) -> Chart:
    write = context.writer
    last = rows[-1]["age_weeks"]
    every = max(-(-len(rows) // _WEEKS_LISTED), 1)
    listed = [row for row in rows if (last - row["age_weeks"]) % every == 0]
    step = max(-(-last // 4), 1)
    ends = range(0, step * 4 + 1, step)
    comparable = [(row["age_weeks"], row["won_share"]) for row in before if row["age_weeks"] <= last]
    earlier = [("won, as many quarters before", ((0.0, 0.0), *comparable))] if comparable else []
    return Chart(
        "pace",
        "Deals won and lost by age",
        "Two rising lines by weeks since a deal was created: the share of all deals won, with its 95% interval, and the share lost.",
        Curve(
            (
                ("won", ((0.0, 0.0), *((row["age_weeks"], row["won_share"]) for row in rows))),
                ("lost", ((0.0, 0.0), *((row["age_weeks"], row["lost_share"]) for row in rows))),
                *earlier,
            ),
            None, "", None, "",
            x_title="weeks since the deal was created",
            x_ticks=tuple((float(week), count(week)) for week in ends),
            band=tuple(
                (row["age_weeks"], row["won_share_low"], row["won_share_high"])
                for row in rows
                if row["won_share_low"] is not None
            ),
        ),
        plain_table(
            "Deals won and lost by age",
            [("Week", "right"), ("Won", "right"), ("95% interval", "right"), ("Lost", "right"), ("Open", "right")],
            [
                (
                    write.cell(row, "age_weeks", "count"),
                    write.cell(row, "won_share", "percent"),
                    context.interval(row, "won_share_low", "won_share_high"),
                    write.cell(row, "lost_share", "percent"),
                    write.cell(row, "open_share", "percent"),
                )
                for row in listed
            ],
        ),
        "Shares of all deals of the trailing window, open ones counted as long as they were watched. Band: 95% interval of the share won."
        + (" Dots: the share won in as many quarters before." if earlier else ""),
    )  # fmt: skip


def _cohorts(context: Context) -> list[Block]:
    if not context.marts.has("win_rates_by_cohort"):
        return []
    say = context.writer.say
    rows = [row for row in context.marts.rows("win_rates_by_cohort") if row["starts_on"] is not None]
    if sum(row["maturity"] == "mature" for row in rows) < _MATURE:
        told = "Quarters of creation cannot be compared: under three have seen most of their wins come. Export deals created earlier too."
        return [Paragraph(Sentence(told), "missing")]
    shown = rows[-_QUARTERS:]
    judged = [row for row in shown if row["final_win_rate"] is not None]
    named = next((row for row in judged if row["created_quarter"] == context.quarter), judged[-1] if judged else None)
    blocks: list[Block] = []
    if named and named["matured_share"] is not None:
        told = (
            "Deals created in {created_quarter}: {win_rate_so_far|percent} won so far, {final_win_rate|percent} ({final_win_rate_low|percent} to "
            "{final_win_rate_high|percent}) when all are decided; {matured_share|percent} of its wins have come."
        )
        blocks.append(Paragraph(say(told, named), "plain"))
    return [*blocks, _cohort_chart(context, shown)]


def _cohort_chart(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    drawn = tuple(
        Row(
            row["created_quarter"], row["final_win_rate"], row["final_win_rate_low"], row["final_win_rate_high"],
            row["win_rate_so_far"],
            "main",
            (
                percent_short(row["final_win_rate"]) if row["final_win_rate"] is not None else row["maturity"],
                percent_short(row["win_rate_so_far"]) if row["win_rate_so_far"] is not None else "–",
                count(row["created_deals"]),
            ),
        )
        for row in rows
    )  # fmt: skip
    return Chart(
        "cohorts",
        "Win rate of the deals created in each quarter",
        "Two dots per quarter of creation: hollow, the share of its deals won so far; filled, where it ends, with its 95% interval.",
        RowChart(drawn, ("final", "so far", "deals"), (0.0, 1.0), percent_ticks((0.0, 0.25, 0.5, 0.75, 1.0))),
        plain_table(
            "Deals by quarter of creation",
            [
                ("Created in", "left"),
                ("Deals", "right"),
                ("Won", "right"),
                ("Lost", "right"),
                ("Open", "right"),
                ("Stale", "right"),
                ("Won so far", "right"),
                ("In the end", "right"),
                ("95% interval", "right"),
                ("Its wins that have come", "right"),
                ("Missing because", "left"),
            ],
            [
                (
                    write.cell(row, "created_quarter"),
                    write.cell(row, "created_deals", "count"),
                    write.cell(row, "won_deals", "count"),
                    write.cell(row, "lost_deals", "count"),
                    write.cell(row, "open_deals", "count"),
                    write.cell(row, "stale_deals", "count"),
                    context.or_dash(row, "win_rate_so_far", "percent"),
                    context.or_dash(row, "final_win_rate", "percent"),
                    context.interval(row, "final_win_rate_low", "final_win_rate_high"),
                    context.or_dash(row, "matured_share", "percent"),
                    context.or_dash(row, "missing_reason"),
                )
                for row in rows
            ],
        ),
        "Hollow: won so far, of all deals created in the quarter. Filled: where the quarter ends at the pace of the trailing window.",
    )
