"""Why deals are lost, whether it changed, and how far the stated reasons can be trusted."""

from __future__ import annotations

from winloss.report.charts import Drawing, Mark, rates
from winloss.report.context import Context, mark
from winloss.report.document import Block, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_NO_REASON = ("unspecified", "other")
_SHOWN = 8
_LEAST = 0.05


def why_we_lose(context: Context) -> Section:
    question, sources = "Why do we lose?", ("loss_reasons", "loss_reason_changes", "loss_reason_reliability")
    quarter, window = context.baseline("quarter"), context.baseline("window")
    # a quarter with few losses says little about reasons: then the window speaks, as it does for the actions
    has_enough = quarter and (quarter["lost_deals"] or 0) >= context.whole("quarter_minimum_losses")
    # an earlier publication has no window where deals have no date
    period = "quarter" if has_enough else "window" if window and window["closed_deals"] else "all"
    rows = [row for row in context.marts.rows("loss_reasons", period=period) if row["all_lost_deals"]]
    if not any(row["lost_deals"] for row in rows):
        told = "No deal was lost in the period." if context.has_deals else "No deal was lost."
        return missing("why-we-lose", question, Sentence(told), *sources)
    say = context.writer.say
    blocks: list[Block] = []
    stated = [row for row in rows if row["category"] not in _NO_REASON and row["lost_deals"]]
    doubts = [
        row
        for row in context.marts.rows("loss_reason_reliability", period=period)
        if row["is_doubtful"] and row["measure"] != "overall"
    ]
    if not stated:
        none = say("None of {all_lost_deals|count} lost deals states a usable reason.", rows[0], grade="fix the data")
        blocks.append(Paragraph(none, "takeaway"))
        finding = Sentence("No reason is recorded")
    else:
        first = stated[0]
        when = " over the trailing quarters, since the quarter has too few losses" if period == "window" else ""
        when = "" if context.is_undated else when
        value = "" if first["lost_amount"] is None else ", and for {lost_amount|money_short} of the lost value"
        blocks.append(
            Paragraph(
                say(
                    f"{{label}} accounts for {{lost_deals|count}} of {{all_lost_deals|count}} losses{when}, {{share|percent}} "
                    f"({{share_low|percent_bare}} to {{share_high|percent_bare}}){value}.",
                    first,
                    grade="directional",
                ),
                "takeaway",
            )
        )
        words = "{label}, sellers say: {lost_deals|count} of {all_lost_deals|count} losses"
        if not context.is_undated:
            changes, is_changed = _changes(context, rows)
            blocks.append(Paragraph(changes, "plain"))
            words += "" if is_changed else "; no reason changed clearly"
        finding = say(words, first)
    for row in doubts[:2]:
        careful = "Careful: the {meaning} is {value|percent} (doubtful above {threshold|percent})."
        blocks.append(Paragraph(say(careful, row, grade="fix the data"), "missing"))
    blocks.append(_reasons(context, rows, period))
    return Section("why-we-lose", question, finding, tuple(blocks), sources)


def _changes(context: Context, rows: list[Record]) -> tuple[Sentence, bool]:
    """Whether a reason changed, in words, and whether one may have."""
    labels = {row["category"]: row["label"] for row in rows}
    say = context.writer.say
    judged = context.marts.rows("loss_reason_changes")
    changed = [row for row in judged if row["is_changed"]]
    promising = [row for row in judged if row["is_promising"] and row["is_reliable"]]
    if changed or promising:
        row = (changed or promising)[0]
        source = context.marts.first("loss_reasons", period="quarter", category=row["category"])
        named = "{reason.label}: " if source and row["category"] in labels else ""
        before = "" if changed else "Not proven: "
        doubtful = "" if row["is_reliable"] else " The reasons are doubtful: watch, do not conclude."
        grade = "strong" if changed and row["is_reliable"] else "directional"
        named_rows = {"change": row, **({"reason": source} if named and source else {})}
        return say(f"{before}{named}{{change.rationale}}{doubtful}", grade=grade, **named_rows), True
    if any(row["is_tested"] for row in judged):
        return Sentence("No reason changed by more than chance since the previous quarter."), False
    period = context.period("quarter")
    why = "the quarter has not ended" if period and period["is_partial"] else "too few losses in one of the two"
    return Sentence(f"Changes since the previous quarter cannot be judged: {why}."), True


def _reasons(context: Context, rows: list[Record], period: str) -> Table:
    write = context.writer
    clear = {
        row["category"]
        for row in context.marts.rows("loss_reason_changes")
        if row["is_changed"] and period == "quarter"
    }
    ordered = sorted(rows, key=lambda row: (row["category"] in _NO_REASON, -row["lost_deals"], row["category"]))
    ordered = [row for row in ordered if row["lost_deals"] or row["previous_lost_deals"]]
    shown = [row for row in ordered if row["share"] >= _LEAST or len(ordered) <= _SHOWN][:_SHOWN]

    def marks(row: Record) -> tuple[Mark, ...]:
        tick = (Mark("tick", row["previous_share"]),) if row["previous_share"] is not None else ()
        return (*mark(row, "share", "main" if row is ordered[0] else "hollow"), *tick)

    before = context.baseline("previous_quarter")
    earlier = (
        write.cell(before, "last_quarter").shown
        if before and before["last_quarter"] and period == "quarter"
        else "Before"
    )
    first, *others = [write.say("{label} {share|percent}", row) for row in shown[:2]]
    title = f"{first.text}, then {others[0].text}" if others else first.text
    has_value = any(row["lost_amount"] is not None for row in shown)
    has_before = not context.is_undated
    return table(
        Sentence(title, tuple(source for sentence in (first, *others) for source in sentence.sources)),
        ["Main reason", "Losses", "Share (95%)", *([f">{earlier}"] if has_before else []), *([">Lost value"] if has_value else [])],
        [
            (
                write.cell(row, "label"),
                context.of(row, "lost_deals", "all_lost_deals"),
                context.figure(row, "share"),
                *([context.or_dash(row, "previous_share", "percent")] if has_before else []),
                *([context.or_dash(row, "lost_amount", "money_short")] if has_value else []),
            )
            for row in shown
        ],
        ("Tick: share in the previous quarter. " if has_before else "")
        + "Reasons are what sellers recorded, not what buyers said."
        + ("" if len(shown) == len(ordered) else " Reasons under 5% are in loss_reasons."),
        Drawing(rates(), tuple(marks(row) for row in shown), 2, tuple(n for n, row in enumerate(shown) if row["category"] in clear)),
    )  # fmt: skip


def reliability(context: Context) -> Section:
    rows = [row for row in context.marts.rows("loss_reason_reliability") if row["measure"] != "overall"]
    periods = [row["period"] for row in rows]
    rows = [row for row in rows if row["period"] == ("quarter" if "quarter" in periods else periods[0])] if rows else []
    write = context.writer
    cells = [
        (
            write.cell(row, "meaning"),
            write.cell(row, "value", "percent"),
            write.cell(row, "threshold", "percent"),
            _verdict(row, context.minimum_deals),
        )
        for row in rows
    ]
    question = "How far the stated loss reasons can be trusted"
    block = table("Measures of the loss reasons", ["Measure", ">Value", ">Doubtful above", "Verdict"], cells)
    return Section("reasons", question, None, (block,) if cells else (), ("loss_reason_reliability",))


def _verdict(row: Record, minimum_deals: int) -> str:
    if row["is_doubtful"]:
        return "doubtful"
    if row["value"] is None:
        return "nothing to check"
    return "fine" if row["deals"] >= minimum_deals else "too few losses"
