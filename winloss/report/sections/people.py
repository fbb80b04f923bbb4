"""Who buys: personas and buying roles against the win rate, only where contacts are recorded alike on won and lost deals."""

from __future__ import annotations

from winloss.formatting import count, label, points_bare
from winloss.report.charts import Row, RowChart, points_scale
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_GRADES = {
    "target_more": "strong",
    "deprioritise": "strong",
    "keep_testing": "directional",
    "no_difference": "no difference",
}

_SHOWN = 12


def who_buys(context: Context) -> Section:
    title, sources = "Who buys", ("persona_evidence", "contact_coverage", "decision_makers")
    write = context.writer
    say = write.say
    coverage = context.marts.first("contact_coverage", period="window")
    if coverage is not None and coverage.get("is_suppressed"):
        told = Sentence(
            "Contacts stand on so few deals of the window that figures about them could point at a person: they are left out."
        )
        return Section("who-buys", title, (Paragraph(told, "missing"),), sources)
    if coverage is None or not (coverage["won_deals_with_contacts"] or coverage["lost_deals_with_contacts"]):
        told = Sentence(
            "No closed deal of the window has a contact, so nothing can be said about who buys.", (), "Fix the data"
        )
        blocks_told: list[Block] = [Paragraph(told, "missing")]
        if coverage is not None and coverage["missing_reason"]:
            blocks_told.append(Paragraph(say("Why: {missing_reason}.", coverage), "plain"))
        for row in context.marts.rows("data_quality_findings", rule_id="contact_without_deal"):
            if row["records"]:
                blocks_told.append(
                    Paragraph(
                        say("{records|count} of {of_records|count} contacts are linked to no deal. {remedy}", row),
                        "plain",
                    )
                )
        return Section("who-buys", title, tuple(blocks_told), (*sources, "data_quality_findings"))
    blocks: list[Block] = [
        Paragraph(
            say(
                "Contacts stand on {won_deals_with_contacts|count} of {won_deals|count} won deals ({won_share|percent}) and on "
                "{lost_deals_with_contacts|count} of {lost_deals|count} lost deals ({lost_share|percent}).",
                coverage,
            ),
            "plain",
        )
    ]
    if coverage["missing_reason"]:
        blocks.append(Paragraph(say("{missing_reason}", coverage, grade="fix the data"), "note"))
    rows = [row for row in context.marts.rows("persona_evidence") if row["persona"] != "unknown"]
    refused = [row for row in rows if row["is_refused"]]
    if refused:
        blocks.append(Paragraph(say("{missing_reason}", refused[0], grade="fix the data"), "takeaway"))
    elif rows:
        blocks.insert(0, Paragraph(_takeaway(context, rows), "takeaway"))
        blocks.append(_chart(context, rows))
        blocks += _who_is_compared(context, rows)
        caveats = {row["caveats"]: row for row in rows if row["caveats"]}
        blocks += [Paragraph(say("{caveats}", row), "note") for row in list(caveats.values())[:3]]
    else:
        blocks.append(Paragraph(Sentence("No contact has a title or a buying role that is known."), "missing"))
    blocks += _decision_makers(context)
    return Section("who-buys", title, tuple(blocks), sources)


def _who_is_compared(context: Context, rows: list[Record]) -> list[Block]:
    told = [row for row in rows if row["landmark_days"] is not None and row["early_closed_deals"] is not None]
    if not told:
        return []
    text = (
        "Counted are contacts added in the first {landmark_days|count} days of deals that were still open then: who joins as a deal is won "
        "tells how it ended, not why. Left out are {early_closed_deals|deals} that closed sooner, {later_deals|deals} that met "
        "their first contact later, and {undated_deals|deals} without dates."
    )
    return [Paragraph(context.writer.say(text, told[0]), "plain")]


def _takeaway(context: Context, rows: list[Record]) -> Sentence:
    say = context.writer.say
    claims = sorted(
        (row for row in rows if row["action"] in ("target_more", "deprioritise")),
        key=lambda row: -abs(row["expected_lift"]),
    )
    if claims:
        return say("{rationale}", claims[0], grade="strong")
    tests = [row for row in rows if row["action"] == "keep_testing"]
    if tests:
        return say(
            "Not proven: {rationale}",
            max(tests, key=lambda row: (abs(row["expected_lift"]), row["persona"])),
            grade="directional",
        )
    return Sentence(
        "No persona or role goes with winning by more than chance, once deals with equally many contacts are compared."
    )


def _chart(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    rank = {"strong": 0, "directional": 1}
    compared = [row for row in rows if row["expected_lift"] is not None]
    chosen = sorted(
        compared, key=lambda row: (rank.get(_GRADES.get(row["action"], ""), 2), -row["closed_deals"], row["persona"])
    )[:_SHOWN]
    ordered = sorted(chosen, key=lambda row: (-row["expected_lift"], row["persona"]))
    drawn = tuple(
        Row(
            label(row["persona"]) if row["persona_type"] == "buying_role" else row["persona"],
            row["expected_lift"], row["expected_lift_low"], row["expected_lift_high"],
            shape={"target_more": "up", "deprioritise": "down"}.get(row["action"], "dot"),
            right=(points_bare(row["expected_lift"]), count(row["closed_deals"])),
            is_bold=_GRADES.get(row["action"]) == "strong",
        )
        for row in ordered
    )  # fmt: skip
    return Chart(
        "personas",
        "Change in win rate that goes with a persona or role",
        "A dot per persona or buying role: the difference in win rate between deals with and without it at equally many contacts, "
        "shrunk towards zero for small numbers, with its interval.",
        RowChart(drawn, ("points", "deals"), *points_scale(drawn), (0.0, "no difference")),
        plain_table(
            "Personas and buying roles",
            [
                ("Persona or role", "left"),
                ("Won with", "right"),
                ("Deals with", "right"),
                ("Win rate with", "right"),
                ("without", "right"),
                ("Expected lift", "right"),
                ("interval", "right"),
                ("Grade", "left"),
            ],
            [
                (
                    write.cell(row, "persona", "label" if row["persona_type"] == "buying_role" else "text"),
                    write.cell(row, "won_deals", "count"),
                    write.cell(row, "closed_deals", "count"),
                    write.cell(row, "win_rate", "percent"),
                    write.cell(row, "other_win_rate", "percent"),
                    write.cell(row, "expected_lift", "points_bare"),
                    context.interval(row, "expected_lift_low", "expected_lift_high", "points_bare"),
                    _grade_words(row),
                )
                for row in ordered
            ],
        ),
        "Deals are compared at equally many contacts, because won deals have more people logged on them. A triangle was statistically significant.",
    )


def _grade_words(row: Record) -> str:
    from winloss.report.document import GRADES

    return GRADES[_GRADES.get(row["action"], "too few deals")]


def _decision_makers(context: Context) -> list[Block]:
    write = context.writer
    for period in ("quarter", "window"):
        rows = [row for row in context.marts.rows("decision_makers", period=period) if row["contacts"]]
        if sum(row["contacts"] for row in rows) >= 5:
            when = "the quarter" if period == "quarter" else "the window"
            return [
                plain_table(
                    f"Decision makers on record in {when}",
                    [
                        ("Persona", "left"),
                        ("Decision makers", "right"),
                        ("Share", "right"),
                        ("95% interval", "right"),
                        ("On won deals", "right"),
                    ],
                    [
                        (
                            write.cell(row, "persona"),
                            write.cell(row, "contacts", "count"),
                            write.cell(row, "share", "percent"),
                            context.interval(row, "share_low", "share_high"),
                            write.cell(row, "won_contacts", "count"),
                        )
                        for row in rows[:6]
                    ],
                    Sentence("Only contacts whose buying role someone recorded."),
                )
            ]
    return []
