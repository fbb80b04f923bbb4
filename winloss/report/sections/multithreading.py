"""Does multithreading go with winning: many contacts against few, by a landmark day and, for comparison, at the close."""

from __future__ import annotations

from winloss.formatting import count, percent_short
from winloss.report.charts import Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_SOURCES = ("multithreading", "win_rates_by_contact_count")


def multithreading(context: Context) -> Section:
    title = "Does multithreading go with winning"
    rows = {row["moment"]: row for row in context.marts.rows("multithreading", period="window")}
    early, at_close = rows.get("early"), rows.get("at close")
    if early is None or at_close is None or at_close.get("is_suppressed"):
        told = Sentence(
            "Contacts stand on too few deals of the window to be compared: figures about them could point at a person."
            if at_close is not None
            else "No closed deal has a contact, so nothing can be said."
        )
        return Section("multithreading", title, (Paragraph(told, "missing"),), _SOURCES)
    if not at_close["closed_deals"]:
        told = Sentence(
            "No closed deal of the window has a contact, so nothing can be said about how many to know.",
            (),
            "Fix the data",
        )
        why = Paragraph(context.writer.say("Why: {missing_reason}.", at_close), "plain")
        return Section("multithreading", title, (Paragraph(told, "missing"), why), ("multithreading",))
    blocks: list[Block] = [Paragraph(_takeaway(context, early), "takeaway")]
    if at_close["difference"] is not None:
        blocks.append(Paragraph(_at_close(context, at_close), "note"))
    shown = [row for row in (early, at_close) if row["closed_deals"] and not row.get("is_suppressed")]
    blocks.append(_chart(context, shown))
    bands = [row for row in context.marts.rows("win_rates_by_contact_count") if row["closed_deals"] is not None]
    if bands:
        blocks.append(_bands(context, bands))
    return Section("multithreading", title, tuple(blocks), _SOURCES)


def _takeaway(context: Context, early: Record) -> Sentence:
    say = context.writer.say
    if early.get("is_suppressed"):
        return Sentence("Too few deals had contacts on the landmark day to be compared here.", (), "Too few deals")
    if early["is_claimed"]:
        return say(
            "Win rate with {many_contacts|count} and more contacts by day {landmark_days|count}, against like deals with fewer: "
            "{difference|points} ({difference_low|points_bare} to {difference_high|points_bare}). Whether it causes winning, a test tells.",
            early,
            grade="strong",
        )
    if early["is_usable"]:
        return say(
            "By day {landmark_days|count}, {many_contacts|count} and more contacts went with {difference|points} ({difference_low|points_bare} to "
            "{difference_high|points_bare}): chance could do this.",
            early,
            grade="directional",
        )
    if early["grade"] == "fix the data":
        return say(
            "{dated_share|percent} of deals have a date on every contact, so nothing can be said: deals that live longer meet more people. "
            "Record when a contact joins.",
            early,
            grade="fix the data",
        )
    if early["landmark_days"] is None or early["difference"] is None:
        return say("Nothing can be said: {missing_reason}.", early, grade="too few deals")
    return say(
        "{closed_deals|deals} were still open on day {landmark_days|count}, {many_deals|count} of them with {many_contacts|count} and more "
        "contacts: too few to tell.",
        early,
        grade="too few deals",
    )


def _at_close(context: Context, row: Record) -> Sentence:
    why = (
        "mostly because won deals live long enough to meet people."
        if row["difference"] > 0
        else "no claim rests on that count, for deals that live longer meet more people."
    )
    return context.writer.say(f"Counted at the close, {{difference|points}}: {why}", row)


def _chart(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    drawn = tuple(
        Row(
            f"{_contacts(row, side)} {_when(row)}",
            row[f"{side}_win_rate"], row[f"{side}_win_rate_low"], row[f"{side}_win_rate_high"],
            shape="main" if row["moment"] == "early" else "hollow",
            right=(percent_short(row[f"{side}_win_rate"]), count(row[f"{side}_deals"])),
        )
        for row in rows
        for side in ("many", "few")
        if row[f"{side}_win_rate"] is not None
    )  # fmt: skip
    return Chart(
        "multithreading-rates",
        "Win rate with many contacts and with fewer",
        "Two dots for each moment: the win rate of deals with many contacts and of deals with fewer, with 95% intervals; hollow dots count "
        "contacts at the close.",
        RowChart(drawn, ("win rate", "deals"), (0.0, 1.0), percent_ticks((0.0, 0.25, 0.5, 0.75, 1.0))),
        plain_table(
            "Many contacts against fewer",
            [
                ("Counted", "left"),
                ("Won with many", "right"),
                ("Deals with many", "right"),
                ("Win rate", "right"),
                ("Won with fewer", "right"),
                ("Deals with fewer", "right"),
                ("Win rate", "right"),
                ("Difference among like deals", "right"),
                ("interval", "right"),
                ("Left out", "right"),
                ("Grade", "left"),
            ],
            [
                (
                    "by the landmark day" if row["moment"] == "early" else "at the close",
                    write.cell(row, "many_won_deals", "count"),
                    write.cell(row, "many_deals", "count"),
                    write.cell(row, "many_win_rate", "percent"),
                    write.cell(row, "few_won_deals", "count"),
                    write.cell(row, "few_deals", "count"),
                    write.cell(row, "few_win_rate", "percent"),
                    write.cell(row, "difference", "points_bare"),
                    context.interval(row, "difference_low", "difference_high", "points_bare"),
                    write.cell(row, "left_out_deals", "count"),
                    context.grade(row),
                )
                for row in rows
            ],
            Sentence(
                "Like deals: of one size band, type and quarter. Left out: closed by that day, or without a date."
            ),
        ),
        "Filled: contacts added by the landmark day, on deals still open then. Hollow: all contacts at the close, which flatters.",
    )


def _contacts(row: Record, side: str) -> str:
    many = count(row["many_contacts"])
    return f"{many} and more contacts" if side == "many" else f"fewer than {many}"


def _when(row: Record) -> str:
    return f"by day {count(row['landmark_days'])}" if row["moment"] == "early" else "at the close"


def _bands(context: Context, rows: list[Record]) -> Block:
    write = context.writer
    return plain_table(
        "Win rate by number of contacts",
        [
            ("Counted", "left"),
            ("Contacts", "left"),
            ("Won", "right"),
            ("Deals", "right"),
            ("Win rate", "right"),
            ("95% interval", "right"),
        ],
        [
            (
                "by the landmark day" if row["moment"] == "early" else "at the close",
                write.cell(row, "contact_band"),
                write.cell(row, "won_deals", "count"),
                write.cell(row, "closed_deals", "count"),
                write.cell(row, "win_rate", "percent"),
                context.interval(row, "win_rate_low", "win_rate_high"),
            )
            for row in rows
        ],
    )
