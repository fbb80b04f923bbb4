"""What-if answers worked out by hand from a few marts."""

import math
from typing import Any

import duckdb
import pytest

from python_tests.small_marts import reader_over
from winloss.advice.parameters import Parameters
from winloss.advice.what_if import WhatIfError, parse_cell, parse_shift, what_if

DEALS, WON = 200, 100


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table win_rate_baseline as select 'window' as period, '2025-Q1' as first_quarter, '2025-Q4' as last_quarter, "
        "200 as closed_deals, 100 as won_deals, 100000.0 as won_amount, cast(null as varchar) as missing_reason"
    )
    connection.execute(
        "create table win_rates_by_dimension as select * from (values "
        "('window', 'industry', 'Shop', 50, 10, 10000.0), ('window', 'industry', 'Bank', 150, 90, 90000.0), "
        "('window', 'region', 'North', 40, 30, 45000.0), ('window', 'region', 'South', 160, 70, 55000.0)) "
        "as rows(period, dimension, segment, closed_deals, won_deals, won_amount)"
    )
    connection.execute(
        "create table win_rates_by_segment_pair as select * from (values "
        "('window', 'industry', 'Shop', 'region', 'North', 10, 4, 6000.0)) "
        "as rows(period, dimension, segment, second_dimension, second_segment, closed_deals, won_deals, won_amount)"
    )
    connection.execute(
        "create table icp_segment_evidence as select * from (values "
        "('region', 'South', null, null, 10.0, -0.8), ('industry', 'Bank', 'region', 'North', 8.0, 1.6)) "
        "as rows(dimension, segment, second_dimension, second_segment, shift_points, extra_wins_per_100)"
    )
    connection.execute(
        "create table dim_segment_cuts (dimension varchar, cut varchar, segment varchar, segment_part varchar)"
    )
    connection.execute("create table dim_settings (setting varchar, value varchar)")
    connection.executemany(
        "insert into dim_settings values (?, ?)", [(k, str(v)) for k, v in Parameters().as_row().items()]
    )
    return connection


def test_dropping_a_segment_keeps_the_other_deals_and_shrinks_the_gain(marts: duckdb.DuckDBPyConnection) -> None:
    answer = what_if(reader_over(marts), drops=[parse_cell("industry=Shop")])
    # Shop won 10 of 50, shrunk towards 50 % by 25 deals: 22.5 of 75 = 30 %. Left: (0.5 - 0.25 x 0.3) / 0.75 = 0.566667
    assert answer.deals_after == 150
    assert answer.win_rate_after == pytest.approx(0.425 / 0.75)
    # variance of the rate of all, and of the dropped quarter over what is left
    half = 1.959963984540054 * math.sqrt(0.25 / 200 + (0.25 / 0.75) ** 2 * 0.25 / 75)
    assert answer.win_rate_high - answer.win_rate_after == pytest.approx(half)
    # the 90 wins that are left brought 90,000: 1,000 each
    assert answer.won_amount_after == pytest.approx(150 * 0.425 / 0.75 * 1000)


@pytest.mark.parametrize(
    "asked", [{"drops": [parse_cell("industry=Shop")]}, {"shifts": [parse_shift("industry=Shop:30")]}]
)
def test_a_won_value_that_is_hidden_is_not_nothing(marts: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> None:
    marts.execute("update win_rates_by_dimension set won_amount = null where segment = 'Shop'")
    answer = what_if(reader_over(marts), **asked)
    assert (answer.won_amount_after, answer.without_amount) == (None, ("industry Shop",))


def test_a_segment_that_won_nothing_brought_nothing(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("update win_rates_by_dimension set won_amount = null, won_deals = 0 where segment = 'Shop'")
    # the 100 wins brought 100,000; Shop, 0 of 50, is shrunk to 12.5 of 75; left (0.5 - 0.25 / 6) / 0.75
    answer = what_if(reader_over(marts), drops=[parse_cell("industry=Shop")])
    assert answer.won_amount_after == pytest.approx(150 * (0.5 - 0.25 / 6) / 0.75 * 1000)


def test_shifting_deals_adds_the_shrunken_gap(marts: duckdb.DuckDBPyConnection) -> None:
    answer = what_if(reader_over(marts), shifts=[parse_shift("region=North:20")])
    # North: (30 + 12.5) / 65 = 0.653846; 20 of 100 deals gain 0.153846 each
    assert answer.deals_after == 200
    assert answer.win_rate_after == pytest.approx(0.5 + 0.2 * (42.5 / 65 - 0.5))
    # 160 deals at 1,000 a win and 40 deals at 1,500 a win
    assert answer.won_amount_after == pytest.approx(160 * 0.5 * 1000 + 40 * 42.5 / 65 * 1500)


def test_what_the_advice_expects_of_a_segment_is_what_a_shift_there_gives(marts: duckdb.DuckDBPyConnection) -> None:
    # the advice: ten of 100 deals moved to South cost 0.8 wins of 100, so twenty cost 1.6
    answer = what_if(reader_over(marts), shifts=[parse_shift("region=South:20")])
    assert answer.win_rate_after - answer.win_rate == pytest.approx(-0.016)
    # eight moved to the banks of the north gain 1.6
    marts.execute(
        "insert into win_rates_by_segment_pair values ('window', 'industry', 'Bank', 'region', 'North', 16, 14, 9000.0)"
    )
    answer = what_if(reader_over(marts), shifts=[parse_shift("industry=Bank+region=North:8")])
    assert answer.win_rate_after - answer.win_rate == pytest.approx(0.016)


def test_an_overlap_is_counted_once_and_said(marts: duckdb.DuckDBPyConnection) -> None:
    answer = what_if(reader_over(marts), drops=[parse_cell("industry=Shop"), parse_cell("region=North")])
    assert answer.deals_after == 200 - 50 - 40 + 10
    assert "industry Shop and region North: 4 of 10 deals won" in answer.used


def test_a_pair_too_small_to_list_is_taken_as_independent_and_said(marts: duckdb.DuckDBPyConnection) -> None:
    answer = what_if(reader_over(marts), drops=[parse_cell("industry=Shop"), parse_cell("region=South")])
    # expected overlap: 50 x 160 / 200 = 40
    assert answer.deals_after == 200 - 50 - 160 + 40
    assert any("independent" in sentence for sentence in answer.assumed)


@pytest.mark.parametrize(
    "drops",
    [
        ["industry=Shop"] * 3,
        ["industry=Shop", "industry=Shop+region=North", "industry=Shop"],
        ["industry=Shop+region=North", "industry=Shop", "industry=Shop+region=North"],
    ],
)
def test_what_is_named_twice_or_lies_inside_is_dropped_once(marts: duckdb.DuckDBPyConnection, drops: list[str]) -> None:
    answer = what_if(reader_over(marts), drops=[parse_cell(text) for text in drops])
    once = what_if(reader_over(marts), drops=[parse_cell("industry=Shop")])
    assert (answer.deals_after, answer.win_rate_after, answer.won_amount_after) == (
        once.deals_after,
        once.win_rate_after,
        once.won_amount_after,
    )


def test_three_segments_that_overlap_take_no_deal_twice(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("insert into win_rates_by_dimension values ('window', 'source', 'Event', 100, 50, 50000.0)")
    marts.execute(
        "insert into win_rates_by_segment_pair values ('window', 'industry', 'Shop', 'source', 'Event', 30, 6, 6000.0), "
        "('window', 'region', 'North', 'source', 'Event', 20, 15, 9000.0)"
    )
    answer = what_if(
        reader_over(marts), [parse_cell(text) for text in ("industry=Shop", "region=North", "source=Event")]
    )
    # Shop 50, North 40 less 10 in both; of 100 Event 30 are Shop and 20 North: 100 x .7 x .8 are neither
    assert answer.deals_after == pytest.approx(200 - 50 - 30 - 56)
    assert any("by chance" in sentence for sentence in answer.assumed)


def test_two_pairs_that_share_a_segment_take_no_deal_twice(marts: duckdb.DuckDBPyConnection) -> None:
    _cut(marts)
    marts.execute(
        "insert into win_rates_by_segment_pair values ('window', 'industry', 'Shop', 'source', 'Event', 20, 5, 6000.0), "
        "('window', 'band', 'D', 'industry', 'Bank', 30, 20, 9000.0)"
    )
    shop = [parse_cell("industry=Shop+region=North"), parse_cell("industry=Shop+source=Event")]
    answer = what_if(reader_over(marts), drops=shop)
    # 10 and 20 of the 50 deals of Shop: by chance 4 of them are in both
    assert answer.deals_after == pytest.approx(200 - (10 + 20 - 10 * 20 / 50))
    assert any("no table counts three segments" in sentence for sentence in answer.assumed)
    # of "C and more" only band D is in both: 30 and 10 of its 50 deals
    side = [parse_cell("band=D+industry=Bank"), parse_cell("band=C and more+region=North")]
    assert what_if(reader_over(marts), drops=side).deals_after == pytest.approx(200 - (30 + 22 - 30 * 10 / 50))
    # pairs of two segments of one dimension share nothing
    apart = what_if(reader_over(marts), drops=[shop[0], parse_cell("band=D+industry=Bank")])
    assert apart.deals_after == 160 and not any("three segments" in sentence for sentence in apart.assumed)


def test_dropping_a_pair_uses_the_pair(marts: duckdb.DuckDBPyConnection) -> None:
    assert what_if(reader_over(marts), drops=[parse_cell("industry=Shop+region=North")]).deals_after == 190


@pytest.mark.parametrize(
    ("drops", "shifts", "words"),
    [
        (["industri=Shop"], [], "did you mean industry"),
        (["industry=Shops"], [], "did you mean Shop"),
        (["industry=Shop", "industry=Bank"], [], "nothing would be left"),
        ([], ["region=North:60", "region=South:60"], "more than 100"),
        (["industry=Shop"], ["industry=Shop:10"], "cannot receive"),
        ([], [], "nothing to try"),
    ],
)
def test_a_question_without_an_answer_says_why(
    marts: duckdb.DuckDBPyConnection, drops: list[str], shifts: list[str], words: str
) -> None:
    with pytest.raises(WhatIfError, match=words):
        what_if(reader_over(marts), [parse_cell(text) for text in drops], [parse_shift(text) for text in shifts])


@pytest.mark.parametrize("text", ["industry", "industry=", "a=b+c=d+e=f", "=x"])
def test_a_segment_must_be_written_as_dimension_and_value(text: str) -> None:
    with pytest.raises(WhatIfError, match="write dimension=segment"):
        parse_cell(text)


@pytest.mark.parametrize("text", ["region=North", "region=North:0", "region=North:101", "region=North:many"])
def test_a_shift_needs_points(text: str) -> None:
    with pytest.raises(WhatIfError, match="points from 0 to 100"):
        parse_shift(text)


def _cut(connection: duckdb.DuckDBPyConnection) -> None:
    """Four bands of the 200 deals, cut in the middle: 60 and 50 deals below, 40 and 50 above."""
    connection.execute(
        "insert into dim_segment_cuts values ('band', 'band cut at C', 'under C', 'A'), ('band', 'band cut at C', 'under C', 'B'), "
        "('band', 'band cut at C', 'C and more', 'C'), ('band', 'band cut at C', 'C and more', 'D')"
    )
    connection.execute(
        "insert into win_rates_by_dimension values ('window', 'band', 'A', 60, 20, 20000.0), ('window', 'band', 'B', 50, 20, 20000.0), "
        "('window', 'band', 'C', 40, 24, 30000.0), ('window', 'band', 'D', 50, 36, 30000.0)"
    )
    connection.execute(
        "insert into win_rates_by_segment_pair values ('window', 'band', 'C', 'region', 'North', 12, 9, 9000.0), "
        "('window', 'band', 'D', 'region', 'North', 10, 9, 9000.0), ('window', 'band', 'A', 'region', 'North', 18, 12, 9000.0)"
    )


def test_a_side_of_a_cut_is_its_bands_together(marts: duckdb.DuckDBPyConnection) -> None:
    _cut(marts)
    answer = what_if(reader_over(marts), drops=[parse_cell("band=C and more")])
    assert answer.used == ("band C and more: 60 of 90 deals won",)
    assert answer.deals_after == 110
    # both bands, one after the other, are the same deals
    bands = what_if(reader_over(marts), drops=[parse_cell("band=C"), parse_cell("band=D")])
    assert (answer.deals_after, answer.wins_after, answer.won_amount_after) == pytest.approx(
        (bands.deals_after, bands.wins_after, bands.won_amount_after)
    )


def test_a_band_inside_a_dropped_cut_is_dropped_once_and_receives_nothing(marts: duckdb.DuckDBPyConnection) -> None:
    _cut(marts)
    answer = what_if(reader_over(marts), drops=[parse_cell("band=C and more"), parse_cell("band=D")])
    assert answer.deals_after == 110
    with pytest.raises(WhatIfError, match="band D is dropped and cannot receive deals"):
        what_if(reader_over(marts), drops=[parse_cell("band=C and more")], shifts=[parse_shift("band=D:10")])
    # the other side shares no deal with it
    both = what_if(reader_over(marts), drops=[parse_cell("band=D")], shifts=[parse_shift("band=under C:10")])
    assert both.used == ("band D: 36 of 50 deals won", "band under C: 40 of 110 deals won")


def test_sides_of_two_cuts_that_overlap_are_their_bands(marts: duckdb.DuckDBPyConnection) -> None:
    _cut(marts)
    marts.execute(
        "insert into dim_segment_cuts values ('band', 'band cut at B', 'under B', 'A'), ('band', 'band cut at B', 'B and more', 'B'), "
        "('band', 'band cut at B', 'B and more', 'C'), ('band', 'band cut at B', 'B and more', 'D')"
    )
    nested = [parse_cell(f"band={name}") for name in ("D", "C and more", "B and more")]
    assert what_if(reader_over(marts), drops=nested).deals_after == 60
    assert what_if(reader_over(marts), drops=nested[::-1]).deals_after == 60
    # under C is A and B; B and more all but A: together all 200
    with pytest.raises(WhatIfError, match="nothing would be left"):
        what_if(reader_over(marts), drops=[parse_cell("band=under C"), parse_cell("band=B and more")])


def test_a_cut_overlaps_a_segment_as_its_bands_do(marts: duckdb.DuckDBPyConnection) -> None:
    _cut(marts)
    answer = what_if(reader_over(marts), drops=[parse_cell("band=C and more"), parse_cell("region=North")])
    # 90 and 40 deals, 12 + 10 of them in both: 200 - 108 are left
    assert answer.deals_after == 92
    assert "band C and more and region North: 18 of 22 deals won" in answer.used
    # of the other side one band is not listed beside North: taken as independent
    answer = what_if(reader_over(marts), drops=[parse_cell("band=under C"), parse_cell("region=North")])
    assert answer.deals_after == pytest.approx(200 - (110 + 40 - 110 * 40 / 200))
