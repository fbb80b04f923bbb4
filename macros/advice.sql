{# A table of advice. On DuckDB a Python model of this build makes it; elsewhere `winloss recommend --target` writes it beside the models. #}
{% macro advice(name) -%}
    {{ return(adapter.dispatch('advice')(name)) }}
{%- endmacro %}

{% macro default__advice(name) -%}
    {{ return(ref(name)) }}
{%- endmacro %}

{% macro spark__advice(name) -%}
    {{ return(source('advice', name)) }}
{%- endmacro %}

{# A run that builds the facts anew forgets the advice drawn from the old ones: an empty view takes the place of each table of
   advice until `winloss recommend --target` has written it again. #}
{% macro forget_advice() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
    {{ return(adapter.dispatch('forget_advice')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__forget_advice() -%}
{%- endmacro %}

{% macro spark__forget_advice() -%}
    {%- if 'model.winloss.fct_deals' in selected_resources -%}
        {%- do run_query('drop table if exists landing.sound_build') -%}
        {%- do run_query('drop table if exists landing.sound_advice') -%}
        {%- for name, columns in advice_columns().items() -%}
            {%- set advised = source('advice', name) -%}
            {%- set nulls = [] -%}
            {%- for column in columns.split(', ') -%}
                {%- do nulls.append('cast(null as ' ~ column.split(' ')[1] ~ ') as ' ~ column.split(' ')[0]) -%}
            {%- endfor -%}
            {%- do adapter.create_schema(advised) -%}
            {%- set kept = load_relation(advised) -%}
            {%- if kept -%}{%- do adapter.drop_relation(kept) -%}{%- endif -%}
            {%- do run_query('create view ' ~ advised ~ ' as select ' ~ nulls | join(', ') ~ ' where 1 = 0') -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# Columns and types of the tables of advice, in order; the steps of winloss/advice/steps.py make the rows. #}
{% macro advice_columns() -%}
    {{ return({
        'int_design_effects': 'comparison string, design_effect double, degrees double',
        'int_competitor_reason_claims': 'competitor string, category string, p_value double, q_value double, is_clear boolean',
        'int_competitor_changes':
            'quarter string, competitor string, p_value double, q_value double, is_tested boolean, is_changed boolean, '
            ~ 'explained_by string',
        'int_competitor_claims':
            'competitor string, p_value double, claim_step bigint, is_claimed boolean, expected_difference double, '
            ~ 'expected_difference_low double, expected_difference_high double, deals_needed bigint, grade string, rationale string',
        'int_icp_backtest':
            'method string, quarter string, trained_from string, trained_to string, advice string, inside_closed_deals bigint, '
            ~ 'inside_won_deals bigint, outside_closed_deals bigint, outside_won_deals bigint, inside_decisions bigint, inside_won_decisions bigint, '
            ~ 'outside_decisions bigint, outside_won_decisions bigint',
        'int_loss_reason_changes':
            'reason string, losses bigint, previous_losses bigint, share double, share_low double, share_high double, '
            ~ 'previous_share double, change double, change_low double, change_high double, adjusted_change double, '
            ~ 'compared_owners bigint, p_value double, q_value double, is_tested boolean, is_changed boolean, '
            ~ 'is_promising boolean, direction string, rationale string',
        'int_persona_evidence':
            'persona_type string, persona string, action string, rationale string, closed_deals bigint, won_deals bigint, lost_deals bigint, '
            ~ 'win_rate double, win_rate_low double, win_rate_high double, other_closed_deals bigint, other_win_rate double, '
            ~ 'difference double, difference_low double, difference_high double, adjusted_difference double, expected_lift double, '
            ~ 'expected_lift_low double, expected_lift_high double, p_value double, q_value double, landmark_days bigint, '
            ~ 'early_closed_deals bigint, undated_deals bigint, later_deals bigint, is_refused boolean, '
            ~ 'missing_reason string, caveat_codes string, caveats string, method_version string',
        'int_recommended_score_threshold':
            'is_predictive boolean, grade string, may_know_outcome boolean, missing_reason string, scored_deals bigint, '
            ~ 'closed_deals bigint, auc double, '
            ~ 'gate_p_value double, score_threshold double, base_rate double, closed_deals_above bigint, won_deals_above bigint, '
            ~ 'win_rate_above double, win_rate_above_low double, win_rate_above_high double, closed_deals_below bigint, '
            ~ 'won_deals_below bigint, win_rate_below double, win_rate_below_low double, win_rate_below_high double, gap double, '
            ~ 'gap_low double, gap_high double, cross_validated_youden double, cross_validated_accuracy double, '
            ~ 'majority_accuracy double, in_sample_accuracy double, in_sample_false_positives bigint, '
            ~ 'in_sample_false_negatives bigint, rationale string, method_version string',
        'int_segment_designs':
            'dimension string, cluster string, deals bigint, strata bigint, squares double, cell_squares double, cell_pairs double, '
            ~ 'segment_squares double, segment_pairs double, cells bigint, segments bigint, clustered_spread double, spread double, '
            ~ 'few_clusters bigint, wide_segments bigint, design_effect double, degrees double',
        'int_segment_evidence':
            'dimension string, segment string, second_dimension string, second_segment string, segment_label string, '
            ~ 'rank bigint, action string, best_bet boolean, is_candidate boolean, title string, rationale string, '
            ~ 'closed_deals bigint, won_deals bigint, lost_deals bigint, win_rate double, win_rate_low double, win_rate_high double, '
            ~ 'shrunken_win_rate double, other_closed_deals bigint, other_win_rate double, difference double, difference_low double, '
            ~ 'difference_high double, adjusted_difference double, expected_lift double, expected_lift_low double, '
            ~ 'expected_lift_high double, p_value double, q_value double, claim_step bigint, adjusted_for string, '
            ~ 'explained_by string, shift_points double, extra_wins_per_100 double, extra_wins_low double, '
            ~ 'extra_wins_high double, value_weighted_win_rate double, value_weighted_low double, '
            ~ 'value_weighted_high double, effective_deals double, min_detectable_difference double, deals_needed bigint, '
            ~ 'not_judged string, caveat_codes string, caveats string, window_start string, window_end string, window_deals bigint, '
            ~ 'window_won_deals bigint, comparisons bigint, is_fallback boolean, no_claim_sentence string, method_version string',
        'int_win_rate_changes':
            'comparison string, part string, dimension string, segment string, quarter string, compared_quarter string, '
            ~ 'closed_deals bigint, won_deals bigint, compared_deals bigint, compared_won_deals bigint, change double, '
            ~ 'change_low double, change_high double, is_claimed boolean, is_promising boolean, verdict string, '
            ~ 'visible_change double, effect double, dimension_change double, dimension_change_low double, '
            ~ 'dimension_change_high double, rate_change double, other_rate_change double, difference double, '
            ~ 'difference_low double, difference_high double, p_value double, q_value double, is_tested boolean, '
            ~ 'is_simpson boolean, prior_deals bigint, design_effect double, window_first_quarter string, '
            ~ 'window_last_quarter string, left_out_dimensions string, population string, missing_reason string',
        'int_account_scores':
            'kind string, quarter string, tier string, dimension string, segment string, profile string, closed_deals bigint, '
            ~ 'expected_win_rate double, expected_win_rate_low double, expected_win_rate_high double, points double, '
            ~ 'points_low double, points_high double, because string, unseen_attributes string, is_allowed boolean, '
            ~ 'missing_reason string, base_rate double, learned_deals bigint, judged_deals bigint, judged_quarters bigint, '
            ~ 'brier double, everyone_brier double, skill double, auc double, p_value double, prior_deals bigint, '
            ~ 'naive_brier double, naive_auc double, deals_missing bigint',
    }) }}
{%- endmacro %}
