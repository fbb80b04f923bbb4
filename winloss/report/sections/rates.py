"""Which win rate is meant: the definitions side by side, how fast deals are won, and where young quarters end."""

from __future__ import annotations

from winloss import formatting
from winloss.report.charts import Drawing, Mark, rates
from winloss.report.context import Context, mark
from winloss.report.document import Block, Columns, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_BRIDGE = ("buyer_decided", "closed", "all_closed", "all_closed_and_stale", "pace")
_QUARTERS = 6
_AGES = 6
_MATURE = 3


def which_rate(context: Context) -> Section:
    question, sources = "Which win rate do we mean?", ("win_rate_definitions", "win_rate_curves", "win_rates_by_cohort")
    rows = {row["definition"]: row for row in context.marts.rows("win_rate_definitions", period=_period(context))}
    closed, pace = rows.get("closed"), rows.get("pace")
    if closed is None or pace is None:
        return Section("which-rate", question, None, ())
    say = context.writer.say
    if closed["win_rate"] is None:
        which = "No win rate" + ("" if context.is_undated else " of the quarter")
        why = "" if context.is_told(closed["missing_reason"]) else ": {missing_reason}"
        return missing("which-rate", question, say(f"{which} can be told{why}.", closed), sources[0])
    finding = say("{win_rate|percent} of closed deals", closed)
    if pace["win_rate"] is not None:
        finding = say(
            "{closed.win_rate|percent} of closed deals; {pace.win_rate|percent} when open deals count for as long as they were watched",
            closed=closed,
            pace=pace,
        )
    blocks: list[Block] = [Paragraph(sentence, "takeaway") for sentence in _answers(context, pace)]
    fast, before = _how_fast(context)
    blocks += [Paragraph(before, "plain")] if before else []
    blocks.append(Columns((_bridge(context, list(rows.values())), fast)))
    blocks += _cohorts(context)
    return Section("which-rate", question, finding, tuple(blocks), sources)


def _period(context: Context) -> str:
    return "window" if context.is_undated else "quarter"


def _answers(context: Context, pace: Record) -> list[Sentence]:
    say = context.writer.say
    if pace["win_rate"] is None:
        remedy = context.remedy(pace["missing_reason"], "Export open deals too, and when each deal was created.")
        words = f"How many of all deals are won cannot be told: {{missing_reason}}.{remedy}"
        return [say(words, pace, grade="fix the data" if remedy else None)]
    rows = {row["definition"]: row for row in context.marts.rows("win_rate_definitions", period="window")}
    judged, paced = rows.get("closed"), rows.get("pace")
    if judged is None or paced is None or judged["pace_gap"] is None:
        return []
    interval = "{pace.win_rate|percent} ({pace.win_rate_low|percent_bare} to {pace.win_rate_high|percent_bare})"
    if judged["grade"] is None and not paced["win_rate_low"] <= judged["win_rate"] <= paced["win_rate_high"]:
        words = f"Whether the closed rate flatters cannot be told of so few distinct deals: {{closed.win_rate|percent}} against the pace of {interval}."
        return [say(words, closed=judged, pace=paced)]
    if judged["grade"] is None:
        words = (
            f"The closed rate does not flatter us:{' over the trailing quarters' if context.of_window else ''} {{closed.win_rate|percent}} agrees "
            f"with the pace of {interval}."
        )
        return [say(words, closed=judged, pace=paced)]
    is_sure = judged["grade"] == "strong"
    if judged["pace_gap"] > 0:
        words = "flatters" if is_sure else "may flatter"
    else:
        words = "is too dark" if is_sure else "may be too dark"
    told = [
        say(
            f"The win rate of closed deals {words}: {{closed.pace_gap|points}} against the pace{context.of_window}, {interval}.",
            grade=judged["grade"],
            closed=judged,
            pace=paced,
        )
    ]
    waiting = context.marts.first("open_pipeline", dimension="all")
    if judged["pace_gap"] > 0 and waiting and waiting["stale_deals"]:
        verb, them = ("is", "it") if waiting["stale_deals"] == 1 else ("are", "them")
        cause = f"Likely cause: {{stale_deals|count}} of {{open_deals|open_deals}} {verb} stale. Close or re-qualify {them}."
        told.append(say(cause, waiting, grade="fix the data"))
    return told


def _bridge(context: Context, rows: list[Record]) -> Table:
    write = context.writer
    ordered = [row for row in sorted(rows, key=lambda row: row["definition_order"]) if row["definition"] in _BRIDGE]
    ordered = [row for row in ordered if row["win_rate"] is not None]

    def counted(row: Record) -> Sentence | str:
        if row["won_deals"] is None:
            return write.say("to day {within_days|count}", row) if row["within_days"] else "–"
        return context.of(row, "won_deals", "counted_deals")

    def step(row: Record) -> Sentence | str:
        return write.say("+{added_deals|deals}", row) if row["added_deals"] else ""

    return table(
        write.say(
            "From {first.win_rate|percent} to {last.win_rate|percent}, by what is counted",
            first=ordered[0],
            last=ordered[-1],
        ),
        ["Definition", "Won of counted", "Rate (95%)"],
        [(Pair(write.cell(row, "label"), step(row)), counted(row), context.figure(row, "win_rate")) for row in ordered],
        "Each counts more deals than the one above; at the pace, open deals count for as long as they were watched. All other rates here are of "
        "won or lost deals.",
        Drawing(
            rates(),
            tuple(mark(row, shape="main" if row["definition"] in ("closed", "pace") else "hollow") for row in ordered),
            2,
            tuple(place for place, row in enumerate(ordered) if row["definition"] == "closed"),
        ),
    )


def _how_fast(context: Context) -> tuple[Table | Paragraph, Sentence | None]:
    """How fast deals are won, and whether as fast as in as many quarters before the window."""
    say, write = context.writer.say, context.writer
    rows = context.marts.rows("win_rate_curves", period="window")
    seen = [row for row in rows if row["won_share"] is not None]
    if not seen or not seen[-1]["won_share"]:
        reason = next((row for row in rows if row["missing_reason"]), None)
        return Paragraph(
            say(
                f"How fast deals are won cannot be told: {{missing_reason}}.{context.remedy(reason['missing_reason'], 'Export when each deal was created.')}",
                reason,
            )
            if reason
            else Sentence("How fast deals are won cannot be told: no won deal has both its dates."),
            "missing",
        ), None
    end = seen[-1]
    half = next(row for row in seen if row["won_share"] >= end["won_share"] / 2)
    every = max(-(-len(seen) // _AGES), 1)
    listed = [row for row in seen if (end["age_weeks"] - row["age_weeks"]) % every == 0]
    earlier = {
        row["age_weeks"]: row
        for row in context.marts.rows("win_rate_curves", period="window_before")
        if row["won_share"] is not None
    }
    quarters_before = _quarters_before(context)

    def bars(row: Record) -> tuple[Mark, ...]:
        won, decided = row["won_share"], row["won_share"] + row["lost_share"]
        before = earlier.get(row["age_weeks"])
        tick = (Mark("tick", before["won_share"]),) if before else ()
        return Mark("bar", won), Mark("lost", decided, start=won), Mark("open", 1.0, start=decided), *tick

    drawn = table(
        say(
            "Half of the wins come by week {half.age_weeks|count}; by week {end.age_weeks|count}, {end.open_share|percent} are still open",
            half=half,
            end=end,
        ),
        ["Week", "Won (95%)", ">Lost"],
        [
            (
                write.cell(row, "age_weeks", "count"),
                context.figure(row, "won_share"),
                write.cell(row, "lost_share", "percent"),
            )
            for row in listed
        ],
        "Share of all deals by weeks since creation: won (full), lost (striped), open (hatched)."
        + (f" Tick: won by then {quarters_before}." if earlier else ""),
        Drawing(rates(), tuple(bars(row) for row in listed), 1),
    )
    return drawn, _compared(context, seen, earlier, quarters_before)


def _quarters_before(context: Context) -> str:
    """Which quarters before the window the comparison is with: those that the export holds, where they are fewer than the window has."""
    window, as_many = context.period("window"), "in as many quarters before"
    if window is None or window.get("starts_on") is None:
        return as_many
    held = [
        row["quarter"]
        for row in context.marts.rows("win_rates_by_quarter")
        if row["starts_on"] < window["starts_on"] and row["closed_deals"]
    ]
    if len(held) >= window["quarter_count"] or not held:
        return as_many
    named = formatting.text(held[0]) + (f" to {formatting.text(held[-1])}" if len(held) > 1 else "")
    return f"in {named}, all that the export holds before"


def _compared(
    context: Context, seen: list[Record], earlier: dict[int, Record], quarters_before: str
) -> Sentence | None:
    """How many were won by the same age in as many quarters before the window: a fact, for both curves are of all deals."""
    now = next((row for row in reversed(seen) if row["age_weeks"] in earlier), None)
    if now is None or now["won_share_low"] is None or earlier[now["age_weeks"]]["won_share_low"] is None:
        return None
    return context.writer.say(
        "As fast as before? By week {then.age_weeks|count}, {now.won_share|percent} ({now.won_share_low|percent_bare} to "
        f"{{now.won_share_high|percent_bare}}) of all deals are won; {quarters_before}, {{then.won_share|percent}} "
        "({then.won_share_low|percent_bare} to {then.won_share_high|percent_bare}) were.",
        now=now,
        then=earlier[now["age_weeks"]],
    )  # fmt: skip


def _cohorts(context: Context) -> list[Block]:
    write = context.writer
    rows = [row for row in context.marts.rows("win_rates_by_cohort") if row["created_deals"]][-_QUARTERS:]
    mature = [row for row in rows if row["final_win_rate"] is not None]
    if len(mature) < _MATURE:
        return []
    youngest = next((row for row in reversed(mature) if row["created_quarter"] == context.quarter), mature[-1])
    title = write.say(
        "Deals created in {created_quarter}: {win_rate_so_far|percent} won so far, {final_win_rate|percent} ({final_win_rate_low|percent_bare} to "
        "{final_win_rate_high|percent_bare}) when all are decided",
        youngest,
    )

    def marks(row: Record) -> tuple[Mark, ...]:
        so_far = mark(row, "win_rate_so_far", "hollow") if row["win_rate_so_far"] is not None else ()
        return (*mark(row, "final_win_rate", "main"), *so_far)

    return [
        table(
            title,
            ["Created in", "Won of created", ">So far", "When decided (95%)", ">Wins come"],
            [
                (
                    write.cell(row, "created_quarter"),
                    context.of(row, "won_deals", "created_deals"),
                    context.or_dash(row, "win_rate_so_far", "percent"),
                    context.figure(row, "final_win_rate"),
                    context.or_dash(row, "matured_share", "percent"),
                )
                for row in rows
            ],
            "Hollow: won so far. Filled: expected in the end at the pace of the trailing quarters. Wins come: the share of a quarter's "
            "wins that have come. An old quarter without a figure began before the export.",
            Drawing(rates(), tuple(marks(row) for row in rows), 2),
        )
    ]


def definitions(context: Context) -> Section:
    rows = sorted(
        context.marts.rows("win_rate_definitions", period=_period(context)), key=lambda row: row["definition_order"]
    )
    write = context.writer
    if not rows or not context.has_deals:
        return Section("definitions", "Definitions of the win rate", None, ())
    cells = [
        (
            write.cell(row, "label"),
            context.of(row, "won_deals", "counted_deals") if row["won_deals"] is not None else "–",
            context.figure(row, "win_rate"),
            context.or_dash(row, "who_uses_it"),
            context.or_dash(row, "missing_reason"),
        )
        for row in rows
    ]
    block = table(
        "Definitions", ["Definition", ">Won of counted", ">Rate (95%)", "Who uses it", "Missing because"], cells
    )
    return Section("definitions", "Definitions of the win rate", None, (block,), ("win_rate_definitions",))
