"""Each data test turns red when the row it looks for is there: planted in a copy of the sample, and taken out again."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from python_tests.conftest import ROOT, SampleBuild

SCHEMAS = ("reference", "staging", "intermediate", "marts")

# The first column of each key.
KEYS_OF_STAGING = {
    "stg_deals": "deal_key",
    "stg_accounts": "account_key",
    "stg_contacts": "contact_id",
}
KEYS_OF_READINGS = {
    "int_buying_roles": "stated_role", "int_competitors": "competitor", "int_loss_reasons": "category", "int_segments": "stated_value",
    "int_titles": "title", "int_win_factors": "win_factor",
}  # fmt: skip

# Test, and what is done to the tables of a sound build. Constraints would refuse some of it, so the copy has none.
PLANTED = [
    ("every_input_line_is_accounted_for", "update marts.input_files set unaccounted = 1 where object = 'deals'"),
    ("every_input_line_is_accounted_for", "update marts.input_files set unaccounted = null where object = 'deals'"),
    ("every_input_line_is_accounted_for", "delete from marts.input_files where object = 'contacts'"),
    (
        "every_input_line_is_accounted_for",
        "update staging.base_deal_lines set source_file = 'other.csv' where source_line = 5",
    ),
    (
        "every_input_line_is_accounted_for",
        "delete from reference.reject_rules where rule_id = 'superseded_in_one_file'",
    ),
    (
        "every_input_line_is_accounted_for",
        "update staging.base_account_lines set rule_id = 'unknown_outcome' where source_line = 3",
    ),
    *(
        ("every_accepted_record_has_a_key_of_its_own", f"insert into staging.{table} from staging.{table} limit 1")
        for table in KEYS_OF_STAGING
    ),
    *(
        ("every_accepted_record_has_a_key_of_its_own", f"update staging.{table} set {key} = null")
        for table, key in KEYS_OF_STAGING.items()
    ),
    (
        "every_accepted_record_has_a_key_of_its_own",
        "insert into staging.base_deal_contact_lines from staging.base_deal_contact_lines where rule_id is null limit 1",
    ),
    *(
        ("every_accepted_record_has_a_key_of_its_own", f"update staging.base_deal_contact_lines set {key} = null")
        for key in ("deal_id", "contact_id")
    ),
    (
        "every_accepted_record_has_a_key_of_its_own",
        "insert into staging.stg_stage_history (deal_key, stage, entered_on) values ('a', 'won', date '2025-01-01'), ('a', 'won', date '2025-01-01')",
    ),
    (
        "every_accepted_record_has_a_key_of_its_own",
        "insert into staging.stg_stage_history (deal_key, stage, entered_on) values (null, 'won', date '2025-01-01')",
    ),
    *(
        ("every_fact_and_reading_stands_once", f"insert into intermediate.{table} from intermediate.{table} limit 1")
        for table in KEYS_OF_READINGS
    ),
    *(
        ("every_fact_and_reading_stands_once", f"insert into intermediate.{table} ({key}) values (null)")
        for table, key in KEYS_OF_READINGS.items()
    ),
    (
        "every_fact_and_reading_stands_once",
        "insert into intermediate.int_unmapped_loss_reasons values ('a', 1, 1), ('a', 1, 1)",
    ),
    ("every_fact_and_reading_stands_once", "insert into intermediate.int_currencies from intermediate.int_currencies"),
    ("every_fact_and_reading_stands_once", "delete from intermediate.int_currencies"),
    (
        "every_deal_is_a_fact_and_every_lost_one_has_a_primary_reason",
        "delete from marts.fct_deals where deal_key = (select min(deal_key) from marts.fct_deals)",
    ),
    (
        "every_deal_is_a_fact_and_every_lost_one_has_a_primary_reason",
        "delete from staging.stg_deals where deal_key = (select min(deal_key) from staging.stg_deals)",
    ),
    (
        "every_deal_of_the_funnel_leaves_it_in_one_stage",
        "delete from marts.fct_deal_stages where deal_key = (select min(deal_key) from marts.fct_deal_stages)",
    ),
    (
        "every_deal_of_the_funnel_leaves_it_in_one_stage",
        "insert into marts.stage_funnel (period, pipeline, stage, stage_order, reached_deals, advanced_deals, lost_deals, disqualified_deals, "
        "open_deals, won_deals) values ('quarter', 'Direct', 'Demo', 1, 9, 2, 3, 1, 2, 1)",
    ),
    (
        "lists_that_users_edit_are_unambiguous",
        "insert into reference.stage_order values ('Direct', 'Demo', 1), ('direct', 'demo', 2)",
    ),
    ("every_fact_and_reading_stands_once", "insert into marts.fct_deals from marts.fct_deals limit 1"),
    (
        "every_fact_and_reading_stands_once",
        "insert into marts.bridge_deal_contacts from marts.bridge_deal_contacts limit 1",
    ),
    (
        "every_fact_and_reading_stands_once",
        "insert into marts.bridge_deal_loss_reasons from marts.bridge_deal_loss_reasons limit 1",
    ),
    (
        "every_fact_and_reading_stands_once",
        "insert into marts.bridge_deal_competitors from marts.bridge_deal_competitors limit 1",
    ),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "update marts.win_rates_by_dimension set closed_deals = closed_deals - 1 where dimension = 'competitor' and closed_deals > 0",
    ),
    (
        "loss_reasons_add_up_to_all_lost_deals",
        "update marts.loss_reasons_by_dimension set lost_deals = lost_deals - 1 where dimension = 'competitor'",
    ),
    (
        "every_fact_and_reading_stands_once",
        "insert into marts.bridge_deal_win_factors from marts.bridge_deal_win_factors limit 1",
    ),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "update marts.win_rates_by_dimension set closed_deals = closed_deals + 1 where segment = 'Energy'",
    ),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "update marts.win_rates_by_dimension set won_deals = won_deals - 1 where segment = 'Energy'",
    ),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "update marts.win_rates_by_dimension set disqualified_deals = 77 where segment = 'Energy'",
    ),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "delete from marts.win_rates_by_dimension where dimension = 'region'",
    ),
    (
        "no_two_segments_differ_only_in_spelling",
        "update marts.win_rates_by_dimension set segment = 'energy' where period = 'all' and segment = 'Energy'",
    ),
    (
        "no_two_segments_differ_only_in_spelling",
        "update marts.win_rates_by_dimension set segment = 'Unknown' where segment = 'Energy'",
    ),
    (
        "no_two_segments_differ_only_in_spelling",
        "update marts.win_rates_by_dimension set segment = '' where segment = 'Energy'",
    ),
    (
        "loss_reasons_add_up_to_all_lost_deals",
        "update marts.loss_reasons set lost_deals = lost_deals - 1 where period = 'quarter' and category = 'price'",
    ),
    ("loss_reasons_add_up_to_all_lost_deals", "delete from marts.loss_reasons where period = 'window'"),
    (
        "loss_reasons_add_up_to_all_lost_deals",
        "update marts.loss_reasons_by_dimension set lost_deals = lost_deals + 1 where segment = 'Energy'",
    ),
    ("loss_reasons_add_up_to_all_lost_deals", "delete from marts.loss_reason_quarters where category = 'price'"),
    ("loss_reasons_add_up_to_all_lost_deals", "delete from marts.loss_reasons_by_dimension where dimension = 'owner'"),
    (
        "every_deal_is_a_fact_and_every_lost_one_has_a_primary_reason",
        "update marts.bridge_deal_loss_reasons set is_primary = false where category = 'price'",
    ),
    (
        "every_deal_is_a_fact_and_every_lost_one_has_a_primary_reason",
        "insert into marts.bridge_deal_loss_reasons from marts.bridge_deal_loss_reasons where is_primary limit 1",
    ),
    (
        "every_deal_is_a_fact_and_every_lost_one_has_a_primary_reason",
        "delete from marts.bridge_deal_loss_reasons where category = 'price'",
    ),
    ("every_finding_has_a_headline", "update marts.report_findings set headline = null where finding = 1"),
    ("segments_and_quarters_add_up_to_all_deals", "delete from marts.win_rates_by_quarter where quarter = '2025-Q3'"),
    (
        "segments_and_quarters_add_up_to_all_deals",
        "delete from marts.segment_quarters where dimension = 'industry' and quarter = '2025-Q3' and closed_deals > 0",
    ),
    ("periods_follow_one_another", "delete from marts.dim_periods where period = 'previous_quarter'"),
    (
        "periods_follow_one_another",
        "update marts.dim_periods set ends_before_on = '2025-09-30' where period = 'previous_quarter'",
    ),
    (
        "periods_follow_one_another",
        "update marts.dim_periods set starts_on = '2025-06-01' where period = 'previous_quarter'",
    ),
    (
        "periods_follow_one_another",
        "update marts.dim_periods set ends_before_on = '2026-04-01' where period in ('quarter', 'window')",
    ),
    ("periods_follow_one_another", "update marts.dim_periods set starts_on = '2025-10-01' where period = 'window'"),
    ("periods_follow_one_another", "update marts.dim_periods set as_of_on = '2025-09-30'"),
    (
        "every_answer_states_the_same_population",
        "update marts.win_reasons set population = 'all' where period = 'quarter'",
    ),
    (
        "every_answer_states_the_same_population",
        "update marts.buying_groups set population = null where period = 'quarter'",
    ),
    (
        "every_answer_states_the_same_population",
        "update marts.win_rates_by_quarter set population = '' where quarter = '2025-Q4'",
    ),
    (
        "personas_split_the_deals_with_contacts",
        "update marts.win_rates_by_persona set won_deals_without = won_deals_without + 1 where persona = 'CFO'",
    ),
    (
        "personas_split_the_deals_with_contacts",
        "update marts.win_rates_by_persona set lost_deals_with = lost_deals_with + 1 where persona = 'CFO'",
    ),
    (
        "every_score_threshold_judges_all_closed_deals",
        "delete from marts.score_thresholds where score_threshold = 0.75",
    ),
    (
        "every_score_threshold_judges_all_closed_deals",
        "update marts.score_thresholds set unscored_deals = unscored_deals + 1 where score_threshold = 0.5",
    ),
    (
        "owners_in_the_facts_are_pseudonyms",
        "update marts.fct_deals set owner = 'Olive Owner' where deal_key = (select min(deal_key) from marts.fct_deals)",
    ),
    *(
        (
            "the_facts_of_a_deal_agree",
            f"update marts.fct_deals set {change} "
            "where deal_key = (select min(deal_key) from marts.fct_deals where outcome = 'won')",
        )
        for change in (
            "outcome = 'closed'",
            "is_won = null",
            "is_won = 2",
            "is_in_population = null",
            "outcome = 'open', is_won = null",
            "loss_reason_category = 'price'",
            "cycle_days = -1",
            "qualification_score = 1.5",
            "industry = null",
        )
    ),
    ("lists_that_users_edit_are_unambiguous", "insert into reference.outcome_words values ('won', 'lost')"),
    ("lists_that_users_edit_are_unambiguous", "insert into reference.population values ('pipeline', '*', true)"),
    ("lists_that_users_edit_are_unambiguous", "insert into reference.fx_rates values ('eur', 1), ('EUR', 2)"),
    (
        "lists_that_users_edit_are_unambiguous",
        "insert into reference.segment_aliases values ('industry', 'Tech ', 'x'), ('industry', 'tech', 'y')",
    ),
    (
        "lists_that_users_edit_are_unambiguous",
        "insert into reference.segment_aliases values ('industry', 'Tech ', 'x'), ('*', 'tech', 'y')",
    ),
    (
        "lists_that_users_edit_are_unambiguous",
        "update reference.bands set below_value = 60000000 where band = '$10M to $50M'",
    ),
    ("lists_that_users_edit_are_unambiguous", "insert into reference.bands from reference.bands limit 1"),
    *(
        (
            "definitions_of_the_win_rate_agree_and_step_by_step",
            f"update marts.win_rate_definitions set {change} and period = 'window'",
        )
        for change in (
            "counted_deals = counted_deals + 1 where definition = 'closed'",
            "win_rate = win_rate + 0.001, step = step + 0.001 where definition = 'closed'",
            "win_rate_high = win_rate_high + 0.001 where definition = 'closed'",
            "win_rate = null, step = null where definition = 'by_value'",
            "win_rate_low = win_rate_low - 0.001 where definition = 'by_value'",
            "step = step + 0.001 where definition = 'pace'",
            "added_deals = added_deals - 1 where definition = 'created'",
            "won_deals = won_deals - 1 where definition = 'all_closed'",
            "step = null where definition = 'all_closed'",
        )
    ),
    (
        "definitions_of_the_win_rate_agree_and_step_by_step",
        "delete from marts.win_rate_definitions where definition = 'competitive' and period = 'quarter'",
    ),
    *(
        ("win_rate_curves_share_out_all_deals", change)
        for change in (
            "update marts.win_rate_curves set open_share = open_share - 0.001 where age_weeks = 4 and dimension = 'all'",
            "update marts.win_rate_curves set won_share = won_share - 0.5, open_share = open_share + 0.5 where age_weeks = 9 and dimension = 'all'",
            "update marts.win_rate_curves set won_share = null where age_weeks = 9 and dimension = 'all'",
            "update intermediate.int_win_curve_steps set lost_share = lost_share - 0.1, won_share = won_share + 0.1 where period = 'window' and age_days = 60",
            "update intermediate.int_win_curve_steps set lost_share = lost_share + 0.1 where period = 'window' and next_age_days is null",
        )
    ),
    *(
        ("cohorts_and_open_deals_add_up_to_all_deals", change)
        for change in (
            "delete from marts.win_rates_by_cohort where created_quarter = '2025-Q2'",
            "update marts.open_pipeline set open_deals = open_deals + 1 where segment = 'Technology'",
            "update marts.open_pipeline set open_deals = 57 where dimension = 'all'",
            "update marts.open_pipeline_by_profile set open_deals = open_deals - 1 where profile_standing = 'both'",
            "update intermediate.int_segment_paces set expected_won_deals = expected_won_deals + 0.1 where segment = 'Technology'",
        )
    ),
    *(
        ("every_answer_states_the_same_population", f"update marts.{table} set population = 'all'")
        for table in ("win_rate_definitions", "win_rates_by_cohort", "open_pipeline", "open_pipeline_by_profile")
    ),
]


@pytest.fixture(scope="module")
def tables(sample_build: SampleBuild) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and view of the build as a plain table in memory, in a schema of the same name."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_build.database}' as built (read_only)")
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
            sql = "select table_name from information_schema.tables where table_catalog = 'built' and table_schema = ?"
            for (table,) in connection.execute(sql, [schema]).fetchall():
                connection.execute(f"create table {schema}.{table} as from built.{schema}.{table}")
        yield connection


def rows_returned(build: SampleBuild, tables: duckdb.DuckDBPyConnection, test: str) -> int:
    compiled = (build.folder / "target" / "compiled" / "winloss" / "tests" / f"assert_{test}.sql").read_text(
        encoding="utf-8"
    )
    return len(tables.execute(re.sub(r'"\w+"\."(\w+)"\."(\w+)"', r"\1.\2", compiled)).fetchall())


@pytest.mark.parametrize(("test", "change"), PLANTED)
def test_a_planted_row_turns_the_data_test_red(
    test: str, change: str, sample_build: SampleBuild, tables: duckdb.DuckDBPyConnection
) -> None:
    assert rows_returned(sample_build, tables, test) == 0
    tables.execute("begin")
    try:
        tables.execute(change)
        assert rows_returned(sample_build, tables, test) > 0
    finally:
        tables.execute("rollback")


def test_every_data_test_has_a_planted_row() -> None:
    written = {path.stem.removeprefix("assert_") for path in (ROOT / "tests").glob("*.sql")}
    assert written - {test for test, _ in PLANTED} == set()
