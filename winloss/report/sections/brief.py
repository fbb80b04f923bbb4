"""The one-page brief: the trend, the claims, what is asked for, and the outlook, in a line each."""

from __future__ import annotations

from winloss.report.context import Context
from winloss.report.document import Block, Chart, Notes, Section, Sentence, missing, table
from winloss.report.sections import changes
from winloss.report.sections.opening import FIRST_ACTIONS, actions
from winloss.report.sections.pipeline import open_deals
from winloss.report.sections.segments import claims_of, where_we_win

_CLAIMS = 4


def trend(context: Context) -> Section:
    whole = changes.why_it_moved(context)
    charts: tuple[Block, ...] = tuple(block for block in whole.blocks if isinstance(block, Chart))
    return Section(
        "trend",
        "Where does the win rate stand?",
        whole.finding,
        charts or whole.blocks,
        ("win_rates_by_quarter", "win_rate_trend"),
    )


def claims(context: Context) -> Section:
    whole, write = where_we_win(context), context.writer
    rows = claims_of(context)[:_CLAIMS]
    if not rows:
        return Section(whole.id, whole.question, whole.finding, whole.blocks[:1], whole.sources)
    block = table(
        "Segments that differ by more than chance",
        ["Segment", "Won of closed", "Rate (95%)", ">Other segments"],
        [
            (
                write.cell(row, "segment_label"),
                context.of(row, "won_deals", "closed_deals"),
                context.figure(row, "win_rate"),
                write.cell(row, "other_win_rate", "percent"),
            )
            for row in rows
        ],
    )
    return Section(whole.id, whole.question, whole.finding, (block,), whole.sources)


def asked_for(context: Context) -> Section:
    question, source = "What do we ask for?", "action_items"
    rows = context.actions[:FIRST_ACTIONS]
    if not rows:
        return missing("actions", question, Sentence("No action follows from data without closed deals."), source)
    due = ", by the end of {due_quarter}" if rows[0]["due_quarter"] else ""
    told = tuple(context.writer.say(f"{{action}} {{owner}}{due}.", row, grade=row["grade"]) for row in rows)
    return Section("actions", question, actions(context).finding, (Notes("What, and by whom", told),), (source,))


def outlook(context: Context) -> Section:
    whole = open_deals(context)
    return Section(whole.id, "What is still to come?", whole.finding, whole.blocks[:1], whole.sources)
