"""Who buys, and does multithreading win: only where contacts are recorded alike on won and lost deals."""

from __future__ import annotations

from dataclasses import replace

from winloss.report.charts import Drawing, Mark, Shape, rates
from winloss.report.context import Context, mark
from winloss.report.document import Block, Columns, Lines, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_SHOWN = 6
_CLAIMS = ("target_more", "deprioritise")


def who_buys(context: Context) -> Section:
    question = "Who buys, and does multithreading win?"
    sources = ("persona_evidence", "contact_coverage", "decision_makers", "multithreading")
    say = context.writer.say
    coverage = context.marts.first("contact_coverage", period="window")
    if coverage is not None and coverage.get("is_suppressed"):
        told = "Contacts stand on so few deals that figures about them could point at a person: they are left out."
        return missing("who-buys", question, Sentence(told), *sources)
    if coverage is None or not (coverage["won_deals_with_contacts"] or coverage["lost_deals_with_contacts"]):
        told = f"No closed deal{context.of_window} has a contact, so nothing can be said about who buys."
        reason = coverage["missing_reason"] if coverage else None
        parts = [
            say("Why: {missing_reason}.", coverage) if coverage and reason and not context.is_told(reason) else None
        ]
        parts += [
            say("{records|count} of {of_records|count} contacts are linked to no deal. {remedy}", row)
            for row in context.marts.rows("data_quality_findings", rule_id="contact_without_deal")
            if row["records"]
        ]
        joined = context.writer.join(Sentence(told), *parts)
        return missing("who-buys", question, Sentence(joined.text, joined.sources, "Fix the data"), *sources)
    blocks: list[Block] = []
    finding, answer = _personas(context)
    blocks.append(Paragraph(answer, "takeaway"))
    if coverage["missing_reason"] and not any(row["is_refused"] for row in context.marts.rows("persona_evidence")):
        blocks.append(Paragraph(say("{missing_reason}", coverage, grade="fix the data"), "missing"))
    threads, drawn = _multithreading(context)
    blocks += [Paragraph(threads, "takeaway")] if threads else []
    titles = _titles(context, coverage)
    blocks.append(Columns(tuple(block for block in (titles, drawn) if block)))
    blocks.append(Paragraph(context.writer.join(_counted(context, coverage), _deciders(context)), "note"))
    return Section("who-buys", question, finding, tuple(blocks), sources)


def _known(context: Context) -> list[Record]:
    rows = context.marts.rows("persona_evidence")
    return [row for row in rows if row["persona"] != "unknown" and row["closed_deals"] is not None]


def _personas(context: Context) -> tuple[Sentence, Sentence]:
    say = context.writer.say
    rows = [row for row in context.marts.rows("persona_evidence") if row["persona"] != "unknown"]
    refused = [row for row in rows if row["is_refused"]]
    if refused:
        return Sentence("Job titles cannot be compared yet"), say("{missing_reason}", refused[0], grade="fix the data")
    rows = _known(context)
    if not rows:
        return Sentence("No job title to compare"), Sentence("No contact has a title or a buying role that is known.")
    claims = sorted((row for row in rows if row["action"] in _CLAIMS), key=lambda row: -abs(row["expected_lift"]))
    if claims:
        often = "more" if claims[0]["action"] == "target_more" else "less"
        kind = "label" if claims[0]["persona_type"] == "buying_role" else "text"
        finding = say(f"Deals with a {{persona|{kind}}} win {often} often", claims[0], grade="strong")
        return finding, say("{rationale}", claims[0], grade="strong")
    finding = Sentence("No job title and no buying role goes with winning")
    tests = [row for row in rows if row["action"] == "keep_testing"]
    if tests:
        likely = max(tests, key=lambda row: (abs(row["expected_lift"]), row["persona"]))
        return Sentence("No job title is proven to go with winning"), say(
            "Not proven: {rationale}", likely, grade="directional"
        )
    none = (
        "No persona or role goes with winning by more than chance, once deals with equally many contacts are compared."
    )
    return finding, Sentence(none)


def _titles(context: Context, coverage: Record) -> Table | None:
    write = context.writer
    rows = [row for row in _known(context) if row["win_rate"] is not None and not row["is_refused"]]
    claimed = [row for row in rows if row["action"] in _CLAIMS]
    common = [row for row in rows if row["persona_type"] != "buying_role" and row not in claimed]
    ordered = (claimed + sorted(common, key=lambda row: (-row["closed_deals"], row["persona"])))[:_SHOWN]
    if not ordered:
        return None
    shapes = {"target_more": "up", "deprioritise": "down"}
    names = [write.cell(row, "persona", "label" if row["persona_type"] == "buying_role" else "text") for row in ordered]
    return table(
        Sentence(f"Met most often: {names[0].shown}", (names[0],))
        if not claimed
        else "Titles that differ, then the commonest",
        ["Person on the deal", "Won of closed", "Rate (95%)"],
        [
            (name, context.of(row, "won_deals", "closed_deals"), context.figure(row, "win_rate"))
            for name, row in zip(names, ordered)
        ],
        "The commonest titles; compared at equally many contacts, because won deals have more people logged on them.",
        Drawing(
            rates(),
            tuple(mark(row, shape=shapes.get(row["action"], "hollow")) for row in ordered),  # type: ignore[arg-type]
            2,
            tuple(n for n, row in enumerate(ordered) if row in claimed),
        ),
    )


def _counted(context: Context, coverage: Record) -> Sentence:
    say = context.writer.say
    told = say(
        "{won_deals_with_contacts|count} of {won_deals|count} won deals ({won_share|percent}) and {lost_deals_with_contacts|count} of "
        "{lost_deals|count} lost deals ({lost_share|percent}) have a contact.",
        coverage,
    )
    rows = [
        row for row in _known(context) if row["landmark_days"] is not None and row["early_closed_deals"] is not None
    ]
    if not rows:
        return told
    landmark = say(
        "Counted are contacts of the first {landmark_days|count} days on deals still open then; left out are {early_closed_deals|deals} that "
        "closed sooner, {later_deals|deals} that met no one before, {undated_deals|deals} without dates.",
        rows[0],
    )
    return context.writer.join(told, landmark)


def _deciders(context: Context) -> Sentence | None:
    for period in ("quarter", "window"):
        rows = [row for row in context.marts.rows("decision_makers", period=period) if row["contacts"]]
        if sum(row["contacts"] for row in rows) >= 5:
            words = (
                "Decision maker on record most often: {persona}, {contacts|count} of {all_contacts|count} ({share|percent}; "
                "{share_low|percent_bare} to {share_high|percent_bare})."
            )
            return context.writer.say(words, rows[0])
    return None


# ---------------------------------------------------------------- multithreading


def _multithreading(context: Context) -> tuple[Sentence | None, Table | None]:
    """What is said of many contacts against few, and the drawing; none where there is nothing to compare."""
    say = context.writer.say
    rows = {row["moment"]: row for row in context.marts.rows("multithreading", period="window")}
    early, at_close = rows.get("early"), rows.get("at close")
    if early is None or at_close is None or at_close.get("is_suppressed") or not at_close["closed_deals"]:
        return None, None
    if early["grade"] == "not judged":
        # contacts are recorded too unevenly to compare anything by them, as was said of titles
        return None, None
    shown = [
        row for row in (early, at_close) if not row.get("is_suppressed") and row["many_deals"] and row["few_deals"]
    ]
    drawn = _few_and_many(context, shown) if shown else None
    if early.get("is_suppressed"):
        return Sentence(
            "Too few deals had contacts on the landmark day to be compared here.", (), "Too few deals"
        ), drawn
    if early["is_claimed"]:
        words = (
            "Win rate with {many_contacts|count} and more contacts by day {landmark_days|count}, against like deals with fewer: {difference|points} "
            "({difference_low|points_bare} to {difference_high|points_bare}). Whether it causes winning, a test tells."
        )
        return say(words, early, grade="strong"), drawn
    if early["is_usable"]:
        words = (
            "By day {landmark_days|count}, {many_contacts|count} and more contacts went with {difference|points} ({difference_low|points_bare} to "
            "{difference_high|points_bare}): inconclusive."
        )
        return say(words, early, grade="directional"), drawn
    if early["grade"] == "fix the data":
        words = (
            "{dated_share|percent} of deals have a date on every contact, so nothing can be said of multithreading: deals that live longer meet "
            "more people. Record when a contact joins."
        )
        return say(words, early, grade="fix the data"), drawn
    if early["landmark_days"] is None or early["difference"] is None:
        return say("Nothing can be said of multithreading: {missing_reason}.", early, grade="too few deals"), drawn
    words = (
        "{closed_deals|deals} were still open on day {landmark_days|count}, {many_deals|count} of them with {many_contacts|count} and more "
        "contacts: too few to tell."
    )
    return say(words, early, grade="too few deals"), drawn


def _few_and_many(context: Context, rows: list[Record]) -> Table:
    write = context.writer

    def label(row: Record) -> Pair:
        when = write.say("By day {landmark_days|count}", row) if row["moment"] == "early" else "At the close"
        return Pair(
            when, write.say("{many_deals|count} of {closed_deals|deals} had {many_contacts|count} or more", row)
        )

    def marks(row: Record) -> tuple[Mark, ...]:
        shape: Shape = "main" if row["moment"] == "early" else "hollow"
        few, many = mark(row, "few_win_rate", shape), mark(row, "many_win_rate", shape)
        return (*(replace(one, level=-1) for one in few), *(replace(one, level=1) for one in many))

    return table(
        write.say("Win rate with fewer than {many_contacts|count} contacts, and with {many_contacts|count} or more", rows[0]),
        ["Contacts counted", "Few, then many (95%)", "Points (95%)"],
        [
            (
                label(row),
                Lines(tuple(context.figure(row, f"{side}_win_rate") for side in ("few", "many"))),
                context.figure(row, "difference", "points_bare"),
            )
            for row in rows
        ],
        "Above: few contacts; below: many. Points compare like deals. Hollow: counted at the close, "
        "where a deal that lives longer meets more people, so it proves nothing.",
        Drawing(rates(), tuple(marks(row) for row in rows), 1),
    )  # fmt: skip
