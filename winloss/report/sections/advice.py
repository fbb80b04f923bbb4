"""Whether earlier advice was right: what became of the last claims, and what the method would have said in every past quarter."""

from __future__ import annotations

from winloss.report.charts import Drawing, Mark, rates
from winloss.report.context import Context, mark
from winloss.report.document import (
    Actions,
    Block,
    Cell,
    Columns,
    Pair,
    Paragraph,
    Section,
    Sentence,
    Table,
    missing,
    table,
)
from winloss.report.marts import Record
from winloss.report.sections.opening import FIRST_ACTIONS, action

_QUARTERS = 7


def was_it_right(context: Context) -> Section:
    question, sources = "Was earlier advice right?", ("icp_backtest", "recommendation_follow_up")
    say = context.writer.say
    follow_up = _follow_up(context)
    rows = context.marts.rows("icp_backtest")
    ours = [row for row in rows if row["method"] == "winloss" and row["inside_closed_deals"]][-_QUARTERS:]
    if not ours:
        told = "There is nothing to check yet: no earlier quarter had enough deals before it for advice, and deals after it to judge the advice by."
        if context.is_undated:
            undated = Sentence("Without closed dates no advice can be checked on deals that came after it.")
            return missing("track-record", question, undated, *sources)
        if not context.marts.has("icp_backtest"):
            told = "This published file holds no backtest."
        blocks = (Paragraph(Sentence(told), "missing"), follow_up)
        return Section("track-record", question, None, blocks, sources)
    last = ours[-1]
    answers = [
        say(
            "From {trained_from} to {trained_to} alone the method would have said: {advice}. In {quarter}, deals inside won "
            "{inside_win_rate|percent} ({inside_won_deals|count} of {inside_closed_deals|count}), all others {outside_win_rate|percent}: "
            f"{{difference|points}} ({{difference_low|points_bare}} to {{difference_high|points_bare}}). {_verdict(last)}".rstrip(),
            last,
        )
    ]
    naive = {row["quarter"]: row for row in rows if row["method"] == "naive"}
    if last["judged_quarters"]:
        answers.append(
            say(
                "Taking the segments of the highest raw win rate without any test does as well in {naive_as_good_quarters|count} of "
                "{judged_quarters|count} quarters, better in {naive_better_quarters|count} and worse in {naive_worse_quarters|count}.",
                last,
            )
        )
    joined = context.writer.join(*answers)
    finding = say(
        "In {quarter}, deals inside the advice won {inside_win_rate|percent}, all others {outside_win_rate|percent}",
        last,
    )
    blocks_told: list[Block] = [Paragraph(joined, "takeaway"), Columns((_quarters(context, ours, naive), follow_up))]
    return Section("track-record", question, finding, tuple(blocks_told), sources)


def _verdict(row: Record) -> str:
    told = {"held": "It held.", "did not hold": "It did not hold.", None: ""}
    return told.get(row["verdict"], "Too few deals to tell whether it held.")


def _quarters(context: Context, rows: list[Record], naive: dict[str, Record]) -> Table:
    write = context.writer

    def marks(row: Record) -> tuple[Mark, ...]:
        other = (Mark("hollow", row["outside_win_rate"]),) if row["outside_win_rate"] is not None else ()
        return (*mark(row, "inside_win_rate", "main"), *other)

    def untested(row: Record) -> Cell:
        found = naive.get(row["quarter"])
        return "–" if found is None else context.or_dash(found, "inside_win_rate", "percent")

    held = all(row["difference"] is not None and row["difference"] > 0 for row in rows)
    return table(
        "In every quarter deals inside the advice won more often"
        if held
        else "Inside and outside the advice, by quarter",
        ["Judged on", "Inside (95%)", ">Outside", ">Untested"],
        [
            (
                write.cell(row, "quarter"),
                context.figure(row, "inside_win_rate"),
                context.or_dash(row, "outside_win_rate", "percent"),
                untested(row),
            )
            for row in rows
        ],
        "Filled: inside the advice. Hollow: all other deals. Untested: the best segments by raw win rate. Each quarter is judged by advice from the "
        "quarters before it; segments are those of today’s export, so a field that changes on winning would flatter.",
        Drawing(rates(), tuple(marks(row) for row in rows), 1),
    )


def _follow_up(context: Context) -> Block:
    write = context.writer
    if not context.marts.has("recommendation_follow_up"):
        return Paragraph(Sentence("This published file holds no record of earlier advice."), "missing")
    rows = [
        row
        for row in context.marts.rows("recommendation_follow_up")
        if row["action"] in ("target_more", "deprioritise") or row["grade"] == "directional"
    ]
    if not rows:
        return Paragraph(
            Sentence(
                "No advice of an earlier report is on record yet; the next report says what became of the actions above."
            ),
            "missing",
        )
    latest = max(row["reviewed_quarter"] for row in rows)
    rows = [row for row in rows if row["reviewed_quarter"] == latest][:6]
    revised = (
        " Some deals of that time were changed in the CRM since."
        if any(row["is_history_revised"] for row in rows)
        else ""
    )
    return table(
        write.say("What became of the advice of {reviewed_quarter} in {next_quarter}", rows[0]),
        ["We said", "Won of closed", ">Won (95%)", ">Others", "Verdict"],
        [
            (
                Pair(write.cell(row, "title"), context.grade(row)),
                context.of(row, "won_deals", "closed_deals"),
                context.figure(row, "win_rate"),
                context.or_dash(row, "other_win_rate", "percent"),
                write.cell(row, "verdict"),
            )
            for row in rows
        ],
        f"Held: the difference has the promised sign beyond chance. A single quarter proves little.{revised}",
    )


def all_actions(context: Context) -> Section:
    """The actions after the first three, with owners and evidence."""
    rows = context.actions
    blocks: list[Block] = []
    if rows[FIRST_ACTIONS:]:
        blocks.append(Actions(tuple(action(context, row) for row in rows[FIRST_ACTIONS:])))
    # what rests on figures too small to publish is said to, and left out
    if len(rows) < len(context.marts.rows("action_items")):
        blocks.append(Paragraph(Sentence("An action about who buys rests on too few deals to be shown here."), "note"))
    return Section("further-actions", "Further actions", None, tuple(blocks), ("action_items",))
