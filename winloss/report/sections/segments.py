"""Where we win: the dimensions with a claim drawn, all others in a sentence; every segment in the appendix."""

from __future__ import annotations

from winloss.formatting import count, label, listed, lower_label, segment_name, text
from winloss.report.charts import Drawing, Mark, rates
from winloss.report.context import Context, mark
from winloss.report.document import (
    GRADES,
    Block,
    Cell,
    Columns,
    Notes,
    Paragraph,
    Section,
    Sentence,
    Source,
    Table,
    missing,
    table,
)
from winloss.report.marts import Record

_COLUMNS = ["Won of closed", "Rate (95%)"]


def where_we_win(context: Context) -> Section:
    question, sources = "Where do we win?", ("win_rates_by_dimension", "icp_recommendations", "icp_segment_evidence")
    all_deals = _judged(context)
    if all_deals is None:
        return missing("where", question, Sentence("Without closed deals segments cannot be compared."), *sources)
    rows = context.marts.rows("win_rates_by_dimension", period=all_deals["period"])
    claims = claims_of(context)
    drawn = [
        _drawn(context, name, rows, claims, all_deals)
        for name in _order(context)
        if any(c["dimension"] == name for c in claims)
    ]
    say = context.writer.say
    blocks: list[Block] = []
    if claims:
        compared = claims[0]["comparisons"]
        tested = "These differ by more than chance"
        tested += " after testing {comparisons|count} segments and pairs together." if compared else "."
        blocks.append(Paragraph(say(tested, claims[0], grade="strong"), "takeaway"))
    else:
        row = context.marts.first("report_findings", topic="no_claim")
        blocks.append(
            Paragraph(
                say("{detail}", row, grade=row["grade"])
                if row
                else Sentence("No segment differs from the others by more than chance."),
                "takeaway",
            )
        )
    others = _not_drawn(context, rows, claims)
    blocks.append(Columns((*drawn, *([Notes("Everywhere else: no signal, or not tested", others)] if others else []))))
    return Section("where", question, _finding(context, claims), tuple(blocks), sources)


def _judged(context: Context) -> Record | None:
    """The deals segments are judged on: those of the trailing window, without dates all."""
    for period in ("window", "all"):
        row = context.baseline(period)
        if row and row["closed_deals"]:
            return row
    return None


def _order(context: Context) -> list[str]:
    return [
        row["dimension"]
        for row in context.marts.rows("dim_dimensions")
        if not row.get("is_person") and row["dimension"] != "owner"
    ]


def claims_of(context: Context) -> list[Record]:
    rows = context.marts.rows("icp_recommendations", grade="strong", second_segment=None)
    return [row for row in rows if row["action"] in ("target_more", "deprioritise")]


def _finding(context: Context, claims: list[Record]) -> Sentence:
    say = context.writer.say
    if not claims:
        return Sentence("No segment stands apart clearly enough to act on yet")
    told: list[tuple[str, list[Sentence]]] = []
    for action, words in (("target_more", "more often in "), ("deprioritise", "less often in ")):
        rows = sorted((row for row in claims if row["action"] == action), key=lambda row: row["rank"])
        if rows:
            told.append((words, [say("{segment_label}", row) for row in rows[:4]]))
    text = "; ".join(words + listed([sentence.text for sentence in parts]) for words, parts in told)
    return Sentence(f"We win {text}", tuple(s for _, parts in told for part in parts for s in part.sources), "Strong")


def _in_order(segments: list[Record]) -> list[Record]:
    """By the rate shrunk towards the average, so that small samples do not lead; unknown last."""
    return sorted(segments, key=lambda row: (row["segment"] == "unknown", -row["shrunken_win_rate"], row["segment"]))


def _drawn(context: Context, dimension: str, rows: list[Record], claims: list[Record], all_deals: Record) -> Table:
    claimed = {row["segment"]: row for row in claims if row["dimension"] == dimension}
    segments = [row for row in rows if row["dimension"] == dimension]
    # a cut of ordered segments is no segment of the table
    cuts = [row for name, row in claimed.items() if name not in {row["segment"] for row in segments}]
    ordered = _in_order([*segments, *cuts])
    write = context.writer

    def shape(row: Record) -> tuple[Mark, ...]:
        claim = claimed.get(row["segment"])
        return mark(row, shape="hollow" if claim is None else "up" if claim["action"] == "target_more" else "down")

    words = (
        "Against {segment} we win {win_rate|percent}"
        if dimension == "competitor"
        else "{segment} wins {win_rate|percent}"
    )
    told = [write.say(words, row) for row in claimed.values()]
    title = Sentence(listed([s.text for s in told]), tuple(source for s in told for source in s.sources))
    reference = write.cell(all_deals, "win_rate", "percent").shown
    return table(
        title,
        [label(dimension), *_COLUMNS],
        [
            (write.cell(row, "segment"), context.of(row, "won_deals", "closed_deals"), context.figure(row, "win_rate"))
            for row in ordered
        ],
        write.say(
            "Filled disc: wins more often than other segments. Diamond: wins less often. Dashed: all deals, {win_rate|percent}.",
            all_deals,
        ),
        Drawing(
            rates(all_deals["win_rate"], f"all deals {reference}"),
            tuple(shape(row) for row in ordered),
            2,
            tuple(place for place, row in enumerate(ordered) if row["segment"] in claimed),
        ),
    )


def _not_drawn(context: Context, rows: list[Record], claims: list[Record]) -> tuple[Sentence, ...]:
    """What was tested without a signal, what was not tested, and what is not judged."""
    say = context.writer.say
    dimensions = context.marts.rows("dim_dimensions")
    leaks = {row["dimension"]: row for row in reversed(context.marts.rows("icp_segment_evidence"))}
    claimed = {row["dimension"] for row in claims}
    known = {
        name: [row for row in rows if row["dimension"] == name and row["segment"] != "unknown"]
        for name in _order(context)
    }
    # a dimension of few deals, or any where nothing may be claimed, was never tested
    advised = context.marts.rows("icp_recommendations", second_segment=None)
    # what a test or a bet stands on is not proven, but no gap "that could be chance" either
    hoped_for = [row for row in advised if row["action"] == "keep_testing" and row["dimension"] not in claimed]
    promising = {row["dimension"] for row in hoped_for}
    has_test = {row["dimension"] for row in context.marts.rows("icp_recommendations") if row.get("p_value") is not None}
    tested: list[str] = []
    thin: list[str] = []
    untested: list[str] = []
    single: list[str] = []
    for row in dimensions:
        name = row["dimension"]
        if name in claimed or name in leaks or name not in known:
            continue
        if len(known[name]) < 2:
            single.append(lower_label(name))
        elif name in promising:
            continue
        elif row["is_recommendable"]:
            (tested if name in has_test else thin).append(lower_label(name))
        else:
            untested.append(lower_label(name))
    told: list[Sentence] = []
    if hoped_for:
        named = [say("{segment_label}", row) for row in sorted(hoped_for, key=lambda row: row["rank"])]
        words = f"Not proven, but worth a test: {listed([part.text for part in named])}."
        told.append(Sentence(words, tuple(source for part in named for source in part.sources), "Directional"))
    if tested:
        told.append(Sentence(f"No signal: {listed(tested)}. Every gap there could be chance."))
    if thin:
        told.append(Sentence(f"Too few deals to test: {listed(thin)}."))
    # a dimension of people is not tested either, and not shown
    untested += [lower_label(row["dimension"]) for row in dimensions if row["dimension"] not in known]
    if untested:
        told.append(Sentence(f"Not tested: {listed(untested)}."))
        apart = [
            row
            for row in known.get("deal_type", [])
            if row["closed_deals"] >= context.minimum_deals
            and row["difference"] is not None
            and not row["has_few_deals"]
            # only a type that chance does not tell from the others changes what a rate over all of them means
            and row["difference_low"] * row["difference_high"] > 0
        ]
        if apart:
            row = max(apart, key=lambda row: (abs(row["shrunken_win_rate"] - row["other_win_rate"]), row["segment"]))
            told.append(
                say(
                    "{segment} deals won {won_deals|count} of {closed_deals|count} ({win_rate|percent}; {win_rate_low|percent_bare} to "
                    "{win_rate_high|percent_bare}), all other types {other_win_rate|percent}. Every rate here counts both.",
                    row,
                )
            )
    if single:
        told.append(Sentence(f"Not drawn, because all deals have the same value or none: {listed(single)}."))
    for row in leaks.values():
        is_refused = "leak:" in str(row["caveat_codes"])
        words = (
            "{dimension|label} is not judged: {caveats}"
            if is_refused
            else "Does {dimension|lower} know the outcome? It tells won from lost almost by itself, so nothing is claimed of it. If it is known "
            "before the deal, name it in the setting known_before_the_deal."
        )
        told.append(say(words, row, grade="not judged"))
    pairs = [
        row for row in context.marts.rows("icp_recommendations", grade="strong") if row["second_segment"] is not None
    ]
    told += [say("As a pair, beyond its two parts: {rationale}", row, grade="strong") for row in pairs[:2]]
    if not pairs and has_test and context.marts.rows("win_rates_by_segment_pair"):
        told.append(Sentence("No combination of two segments does better than its parts predict."))
    return tuple(told)


# ---------------------------------------------------------------- the appendix


def all_segments(context: Context) -> Section:
    question, sources = "All segments", ("win_rates_by_dimension", "win_rates_by_segment_pair", "icp_profile")
    all_deals = _judged(context)
    rows = context.marts.rows("win_rates_by_dimension", period=all_deals["period"]) if all_deals else []
    write = context.writer
    grades = {
        (row["dimension"], row["segment"]): row
        for row in context.marts.rows("icp_recommendations", second_segment=None)
    }
    cells: list[tuple[Cell, ...]] = []
    blocks: list[Block] = []
    for dimension in _order(context):
        segments = [row for row in rows if row["dimension"] == dimension]
        if len([row for row in segments if row["segment"] != "unknown"]) < 2:
            continue
        for row in _in_order(segments):
            claim = grades.get((dimension, row["segment"]))
            grade: Cell = GRADES[claim["grade"]] if claim else "Too few deals" if row["has_few_deals"] else "Not tested"
            cells.append(
                (
                    write.cell(row, "dimension", "label"),
                    write.cell(row, "segment"),
                    context.of(row, "won_deals", "closed_deals"),
                    context.figure(row, "win_rate"),
                    write.cell(row, "other_win_rate", "percent"),
                    "–" if row["segment"] == "unknown" else grade,
                )
            )
        total = context.marts.segment_counts.get((all_deals["period"] if all_deals else "", dimension), len(segments))
        if total > len(segments) and all_deals:
            key = {"period": all_deals["period"], "dimension": dimension}
            source = Source("win_rates_by_dimension", key, "count(*)", total, count(total))
            words = f"{label(dimension)} has {source.shown} values, of which the largest are shown."
            blocks.append(Paragraph(Sentence(words, (source,)), "note"))
    if cells:
        columns = ["Dimension", "Segment", ">Won of closed", ">Rate (95%)", ">Other segments", "Grade"]
        blocks.insert(0, table("Win rates by segment", columns, cells, "All segments are in win_rates_by_dimension."))
    for row in context.marts.rows("icp_recommendations"):
        if row["caveats"] and row["grade"] in ("strong", "directional"):
            blocks.append(Paragraph(write.say("{segment_label}: {caveats}", row, grade=row["grade"]), "note"))
    pairs = context.marts.rows("win_rates_by_segment_pair")
    if pairs:
        blocks.append(
            table(
                "Pairs of segments that won most often",
                ["Pair", ">Won of closed", ">Rate (95%)"],
                [
                    (
                        text(
                            f"{segment_name(row['dimension'], row['segment'])} × "
                            f"{segment_name(row['second_dimension'], row['second_segment'])}"
                        ),
                        context.of(row, "won_deals", "closed_deals"),
                        context.figure(row, "win_rate"),
                    )
                    for row in pairs
                ],
                "Sorted by shrunken win rate, so that small samples do not lead.",
            )
        )
    profile = context.marts.rows("icp_profile")
    stated = context.marts.rows("field_completeness")
    absent = {row["field"] for row in stated if row["missing_reason"] == "not exported"}
    if profile:
        blocks.append(
            table(
                "The ideal customer profile",
                ["Field", "Today", "The data support", "Less of", "Grade"],
                [
                    (
                        write.cell(row, "profile_field", "label"),
                        context.or_dash(row, "current_value"),
                        write.cell(row, "recommended_value")
                        if row["recommended_value"]
                        else "not in the export"
                        if _field(row) in absent
                        else "nothing yet",
                        write.cell(row, "deprioritised_value") if row["deprioritised_value"] else "–",
                        "–" if _field(row) in absent else context.grade(row),
                    )
                    for row in profile
                ],
                "Today: what seeds/icp_current.csv says the company works by.",
            )
        )
    return Section("segments", question, None, tuple(blocks), sources)


def _field(row: Record) -> str:
    """What the counts of filled fields call the field of a profile."""
    return "qualification score" if row["profile_field"] == "score_threshold" else lower_label(row["profile_field"])
