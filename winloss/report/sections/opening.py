"""Page one: headline, standfirst, four tiles, what changed since the last report, three actions."""

from __future__ import annotations

from winloss.report.charts import Drawing, Scale
from winloss.report.context import Context, mark
from winloss.report.document import (
    Action,
    Actions,
    Block,
    Changed,
    Changes,
    Figure,
    Figures,
    Paragraph,
    Section,
    Sentence,
    missing,
)
from winloss.report.marts import Record

_LISTED = 5
FIRST_ACTIONS = 3


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
    for alert, lacking in (("lost_deals", "lost"), ("won_deals", "won")):
        if context.marts.first("alerts", alert=alert, is_raised=True):
            return say(
                f"No win rate can be told: of {{closed_deals|closed_deals}} in the export none is {lacking}", everything
            )
    if counted["closed_deals"] < context.minimum_deals:
        return say(
            f"Too few deals closed{when} to judge a win rate: {{won_deals|count}} of {{closed_deals|count}} won",
            counted,
        )
    if is_without_quarter:
        return say("We won {win_rate|percent} of all closed deals; there is no quarter to review", counted)
    won = (
        "We won {won_deals|count} of {closed_deals|deals} in {last_quarter}, {win_rate|percent}"
        if counted["won_amount"] is None
        else "We won {won_amount|money_short} in {last_quarter}, {win_rate|percent} of closed deals"
    )
    told = say(won, counted)
    reviewed, before = context.reviewed, context.baseline("previous_quarter")
    if reviewed is None or (reviewed["is_win_rate_changed"] is None and not reviewed["is_outside_limits"]):
        return told
    if reviewed["is_outside_limits"] or before is None or not before["last_quarter"]:
        return Sentence(f"{told.text}: outside its usual range", told.sources)
    verdict = say(f": {change_words(reviewed)} from {{last_quarter}}", before)
    return Sentence(told.text + verdict.text, told.sources + verdict.sources)


def change_words(row: Record) -> str:
    """'a clear rise', 'a fall that is not proven', 'no clear change', or why a change cannot be judged."""
    if row["is_win_rate_changed"] is None:
        return "the quarter has not ended" if row["is_partial"] else "too few deals to judge"
    if not row["is_win_rate_changed"]:
        return "no clear change"
    what = "rise" if row["win_rate_change"] > 0 else "fall"
    return f"a clear {what}" if row["is_win_rate_change_claimed"] else f"a {what} that is not proven"


def standfirst(context: Context) -> tuple[Sentence, ...]:
    """The lead, if there is one (it has a grade), then what is counted."""
    say = context.writer.say
    told = [_lead(context)]
    runs = context.marts.rows("run_history")
    if runs and runs[-1]["crm"] == "sample":
        told.append(Sentence("This company is invented: put your own exports into the folder exports and run again."))
    quarter, window = context.baseline("quarter"), context.baseline("window")
    period, window_period = context.period("quarter"), context.period("window")
    if context.quarter is None and quarter and quarter["missing_reason"]:
        told.append(say("Why no quarter is reviewed: {missing_reason}.", quarter))
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
        currency = "; amounts in {value_currency}" if period["value_currency"] else ""
        told.append(say(f"Counted: {{population}}{currency}. Ranges are 95% intervals.", period))
    return tuple(sentence for sentence in told if sentence)


def _lead(context: Context) -> Sentence | None:
    """Where we win most and least, by shrunken rate; a segment without a loss never leads."""
    say = context.writer.say
    claims = [
        row
        for row in context.marts.rows("icp_recommendations", grade="strong", second_segment=None)
        if row["action"] in ("target_more", "deprioritise")
    ]
    best = [row for row in claims if row["action"] == "target_more" and row["lost_deals"]]
    worst = [row for row in claims if row["action"] == "deprioritise"]
    if not best and not worst:
        row = context.marts.first("report_findings", topic="no_claim")
        return say("{detail}", row, grade=row["grade"]) if row else None
    most = "We win most with {best.segment_label}, {best.win_rate|percent} of {best.closed_deals|deals}"
    least = "with {worst.segment_label}, {worst.win_rate|percent} of {worst.closed_deals|deals}"
    rows = {}
    if best:
        rows["best"] = max(best, key=lambda row: (row["shrunken_win_rate"], -row["rank"]))
    if worst:
        rows["worst"] = min(worst, key=lambda row: (row["shrunken_win_rate"], row["rank"]))
    words = f"{most}, and least {least}." if best and worst else f"{most}." if best else f"We win least {least}."
    return say(words, grade="strong", **rows)


# ---------------------------------------------------------------- tiles


def at_a_glance(context: Context) -> Section:
    tiles = [tile for tile in (_value(context), _rate(context), _change(context), _to_come(context)) if tile]
    blocks: tuple[Block, ...] = (Figures(tuple(tiles)),) if tiles else ()
    sources = ("win_rate_baseline", "win_rates_by_quarter", "win_rate_changes", "open_pipeline", "typical_deals")
    return Section("glance", "At a glance", None, blocks, sources)


def _counted(context: Context) -> Record | None:
    quarter = context.baseline("quarter")
    counted = quarter if quarter and quarter["closed_deals"] else context.baseline("all")
    return counted if counted and counted["closed_deals"] else None


def _earlier(context: Context) -> list[Record]:
    """The previous quarter and the one a year before, with closed deals; none where all deals stand for a quarter."""
    counted = _counted(context)
    rows = context.marts.rows("win_rates_by_quarter")
    place = next((n for n, row in enumerate(rows) if row["quarter"] == context.quarter), None)
    if place is None or counted is None or counted["period"] != "quarter":
        return []
    return [rows[place - back] for back in (1, 4) if place >= back and rows[place - back]["closed_deals"]]


def _value(context: Context) -> Figure | None:
    counted, say = _counted(context), context.writer.say
    if counted is None:
        return None
    if counted["won_amount"] is None:
        lines = [say("{lost_deals|count} lost", counted)]
        lines += [say("{quarter}: {won_deals|count} won", row) for row in _earlier(context)]
        if counted["value_missing_reason"]:
            lines.append(say("No value: {value_missing_reason}", counted))
        return Figure("Won deals", context.writer.cell(counted, "won_deals", "count"), None, tuple(lines))
    lines = []
    if counted["value_win_rate"] is not None and counted["lost_amount"] is not None:
        lines.append(say("{lost_amount|money_short} lost", counted))
        share = "{value_win_rate|percent} of closed value won"
        if counted["value_win_rate_low"] is not None:
            share += " ({value_win_rate_low|percent_bare} to {value_win_rate_high|percent_bare})"
        lines.append(say(share, counted))
    lines += [
        say("{quarter}: {won_amount|money_short} won", row)
        for row in _earlier(context)
        if row["won_amount"] is not None
    ]
    won = context.marts.first("typical_deals", period=counted["period"], measure="won_amount")
    if won and won["mean"] is not None:
        lines.append(say("Won deal: average {mean|money_short}, median {median|money_short}", won))
    return Figure("Won value", context.writer.cell(counted, "won_amount", "money_short"), None, tuple(lines))


def _rate(context: Context) -> Figure | None:
    counted, say = _counted(context), context.writer.say
    if counted is None:
        return None
    rows = ([context.reviewed] if context.reviewed else []) + _earlier(context)
    rows = rows if len(rows) > 1 else []
    marks = tuple(mark(row, shape="hollow" if place else "main") for place, row in enumerate(rows))
    scale = Scale(0.0, 1.0, ())
    return Figure(
        "Win rate",
        context.writer.cell(counted, "win_rate", "percent"),
        say("{win_rate_low|percent_bare} to {win_rate_high|percent_bare}", counted),
        (say("{won_deals|count} of {closed_deals|closed_deals} won", counted),),
        tuple(context.writer.cell(row, "quarter") for row in rows),
        Drawing(scale, marks, 0) if rows else None,
    )


def _change(context: Context) -> Figure | None:
    say = context.writer.say
    reviewed, before = context.reviewed, context.baseline("previous_quarter")
    if reviewed is None or reviewed["win_rate_change"] is None or before is None or not before["closed_deals"]:
        return None
    lines = [
        say(
            f"{{win_rate_change_low|points_bare}} to {{win_rate_change_high|points_bare}}: {change_words(reviewed)}",
            reviewed,
        )
    ]
    year = context.compared("year_before").get("total")
    if year:
        verdict = "no clear change"
        if year["is_claimed"]:
            verdict = "a clear rise" if year["change"] > 0 else "a clear fall"
        lines.append(
            say(
                f"{{change|points_bare}} from {{compared_quarter}} ({{change_low|points_bare}} to {{change_high|points_bare}}): {verdict}",
                year,
            )
        )
    within = context.compared("previous_quarter").get("within")
    if within and within["visible_change"] is not None:
        lines.append(say("At {closed_deals|deals} a quarter only {visible_change|points_size} would show", within))
    return Figure(
        "Change in win rate, points",
        context.writer.cell(reviewed, "win_rate_change", "points_bare"),
        say("from {last_quarter}", before),
        tuple(lines),
    )


def _to_come(context: Context) -> Figure | None:
    say = context.writer.say
    counted = _counted(context)
    row = context.marts.first("open_pipeline", dimension="all")
    lines: list[Sentence] = []
    reviewed = context.reviewed
    if reviewed and reviewed["velocity_amount_per_day"] is not None:
        lines.append(say("Sales velocity: {velocity_amount_per_day|money_short} a day", reviewed))
    days = context.marts.first("typical_deals", period=counted["period"], measure="won_cycle_days") if counted else None
    has_days = days is not None and days["mean"] is not None
    if row is None or row["expected_wins"] is None:
        if days is None or not has_days:
            return None
        lines.insert(0, say("median {median|count}", days))
        return Figure("Average days to win", context.writer.cell(days, "mean", "count"), None, tuple(lines))
    verb = "is" if row["stale_deals"] == 1 else "are"
    stale = f"; {{stale_deals|count}} {verb} stale" if row["stale_deals"] else ""
    lines.insert(0, say(f"expected from {{open_deals|open_deals}}{stale}", row))
    if days is not None and has_days:
        lines.append(say("Days to win: {mean|count} on average, median {median|count}", days))
    return Figure(
        "Still to come, wins",
        context.writer.cell(row, "expected_wins", "count"),
        say("{expected_wins_low|count} to {expected_wins_high|count}", row),
        tuple(lines),
    )


# ---------------------------------------------------------------- what changed, what to do


def changed(context: Context, listed: int = _LISTED) -> Section:
    question, source = "What changed since the last report?", "report_changes"
    rows = context.marts.rows("report_changes")
    if not context.marts.has("report_changes"):
        return missing("changed", question, Sentence("This published file holds no record of earlier reports."), source)
    if context.is_undated:
        undated = Sentence("Reports are compared by their quarters, and no deal has a closed date.")
        return missing("changed", question, undated, source)
    if not rows or rows[0]["compared_quarter"] is None:
        return missing("changed", question, Sentence("This is the first report."), source)
    say = context.writer.say
    lists = []
    for state in ("new", "gone", "still"):
        found = [row for row in rows if row["state"] == state]
        told = tuple(
            say(
                "{statement} (was {previous_grade})" if row["previous_grade"] else "{statement}",
                row,
                grade=row["grade"],
            )
            for row in found[:listed]
        )
        more = f"and {len(found) - listed} more" if len(found) > listed else ""
        lists.append(Changed(f"{state.capitalize()}: {len(found)}", told, more))
    finding = say("What changed since the {compared_quarter} report", rows[0])
    return Section("changed", question, finding, (Changes(tuple(lists)),), (source,))


def actions(context: Context) -> Section:
    question, sources = "What should we do?", ("action_items", "icp_recommendations", "return_on_investment")
    rows = context.actions
    if not rows:
        return missing("actions", question, Sentence("No action follows from data without closed deals."), *sources)
    say = context.writer.say
    first, rest = rows[:FIRST_ACTIONS], rows[FIRST_ACTIONS:]
    blocks: list[Block] = [Actions(tuple(action(context, row) for row in first))]
    overlap = context.marts.first("return_on_investment")
    if overlap and overlap["shared_target_deals"] and sum(row["kind"] == "targeting" for row in rows) > 1:
        words = (
            "The gains do not add up: {shared_target_deals|count} of the {target_deals|deals} in a target segment are in two of "
            "them or more."
        )
        blocks.append(Paragraph(say(words, overlap), "note"))
    if rest:
        more = [say("{title} ({grade})", row) for row in rest]
        listed = "; ".join(sentence.text for sentence in more)
        sources_of = tuple(source for sentence in more for source in sentence.sources)
        blocks.append(Paragraph(Sentence(f"Further actions, in the appendix: {listed}.", sources_of), "note"))
    count = {1: "One action", 2: "Two actions", 3: "Three actions"}[len(first)]
    is_proven = any(row["grade"] == "strong" for row in first)
    words = count if is_proven else f"{count} to test or prepare, none proven"
    due = first[0]["due_quarter"]
    finding = say(f"{words}, due by the end of {{due_quarter}}", first[0]) if due else Sentence(words)
    return Section("actions", question, finding, tuple(blocks), sources)


def action(context: Context, row: Record) -> Action:
    """An action with its evidence: that of a claim is told from the claim's own row, with what it is worth."""
    write = context.writer
    evidence = write.say("{evidence}", row, grade=row["grade"])
    advised = context.marts.first("icp_recommendations", segment_label=row["source_row"])
    if row["kind"] == "targeting" and advised and advised["grade"] == "strong":
        is_more = advised["action"] == "target_more"
        moved = (
            "Move {shift_points|count} of every 100 deals here and expect"
            if is_more
            else "Of every 100 deals, {shift_points|count} worked here mean"
        )
        told = [
            write.say(
                "We win {win_rate|percent} of these deals ({won_deals|count} of {closed_deals|count}; {win_rate_low|percent_bare} to "
                "{win_rate_high|percent_bare}), against {other_win_rate|percent} of all others: too large a gap to be chance.",
                advised,
            ),
        ]
        worth = context.marts.first("advice_values", rank=advised["rank"])
        # where its value contradicts its win rate no deals are to be moved
        if not worth or worth["agreement"] != "conflict":
            expected = (
                f"{moved} {{extra_wins_per_100|signed}} wins ({{extra_wins_low|signed}} to {{extra_wins_high|signed}})."
            )
            told.append(write.say(expected, advised))
        if worth and worth["agreement"] and worth["value_ratio"] is not None:
            verdict = " (inconclusive)" if worth["agreement"] == "rate only" else ""
            told.append(
                write.say(
                    "An opportunity is worth {value_ratio|one_decimal} times another ({value_ratio_low|one_decimal} to "
                    f"{{value_ratio_high|one_decimal}}){verdict}.",
                    worth,
                )
            )
        evidence = write.join(*told)
    return Action(
        write.say("{title}", row, grade=row["grade"]),
        write.say("{action}", row, grade=row["grade"]),
        write.cell(row, "owner"),
        evidence,
        write.say("{how_we_will_know}", row, grade=row["grade"]),
        write.cell(row, "due_quarter") if row["due_quarter"] else "the next quarter",
        context.grade(row),
    )
