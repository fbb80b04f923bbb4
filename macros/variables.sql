{# Every variable a user may set: what it is, its type, and the values it takes. Unknown names and values out of range stop the build. #}
{% macro declared_variables() %}
    {{ return({
        'crm': {'type': 'text', 'meaning': 'which CRM the export comes from'},
        'mapping': {'type': 'mapping', 'meaning': 'headers and words of a custom export'},
        'extra_dimensions': {'type': 'mapping', 'meaning': 'further columns to cut segments along'},
        'field_aliases': {'type': 'mapping', 'meaning': 'headers of your own in a CRM export, by column'},
        'date_order': {'type': 'text', 'meaning': 'how a CRM export writes dates: ymd, mdy or dmy, also per file'},
        'decimal': {'type': 'text', 'meaning': 'decimal mark of a CRM export: point or comma, also per file'},
        'file_order': {'type': 'list', 'meaning': 'deal files of a CRM export, oldest first'},
        'warehouse_schema': {'type': 'text', 'pattern': '^[A-Za-z_][A-Za-z0-9_.]*$', 'example': 'crm', 'meaning': 'schema of the canonical tables that stand in the engine'},
        'warehouse_database': {'type': 'text', 'pattern': '^(|[A-Za-z_][A-Za-z0-9_]*)$', 'example': 'lake', 'meaning': 'attached database of that schema, on DuckDB'},
        'review_quarter': {'type': 'text', 'pattern': '^(|(FY)?[0-9]{4}-Q[1-4])$', 'example': '2025-Q4', 'meaning': 'quarter under review'},
        'as_of_on': {'type': 'text', 'pattern': '^(|[0-9]{4}-[0-9]{2}-[0-9]{2})$', 'example': '2025-12-31', 'meaning': 'last day the export covers'},
        'outlier_gap_days': {'type': 'whole number', 'minimum': 1, 'maximum': 3660, 'meaning': 'days after all other dates from which a few late dates set no quarter'},
        'outlier_share': {'type': 'number', 'minimum': 0, 'maximum': 0.5, 'meaning': 'share of all dates that such late dates are at most; one date always may be'},
        'quarter_end_tolerance_days': {'type': 'whole number', 'minimum': 0, 'maximum': 31, 'meaning': 'days before its end at which a quarter counts as complete'},
        'fiscal_year_start_month': {'type': 'whole number', 'minimum': 1, 'maximum': 12, 'meaning': 'first month of the fiscal year'},
        'window_minimum_deals': {'type': 'whole number', 'minimum': 0, 'maximum': 1000000, 'meaning': 'closed deals under which the window is eight quarters'},
        'minimum_deals': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'closed deals a segment needs'},
        'pair_minimum_deals': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'closed deals a pair of segments needs'},
        'persona_minimum_occurrences': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'closed deals a persona needs'},
        'shrinkage_deals': {'type': 'number', 'minimum': 0, 'maximum': 10000, 'meaning': 'average deals a rate is drawn towards'},
        'coverage_gap': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'largest gap in contact coverage of won and lost deals'},
        'show_owner_names': {'type': 'true or false', 'meaning': 'owners by name instead of pseudonym'},
        'quota_amount': {'type': 'number', 'minimum': 0, 'maximum': 1000000000000000000, 'meaning': 'yearly quota in the company currency, 0 when not stated'},
        'gross_margin': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'gross margin of a sale, 0 when not stated'},
        'programme_cost': {'type': 'number', 'minimum': 0, 'maximum': 1000000000000000000, 'meaning': 'what following the advice costs, in the company currency'},
        'small_cell_minimum': {'type': 'whole number', 'minimum': 1, 'maximum': 1000, 'meaning': 'deals from which a cell about personas is published'},
        'publish_formats': {'type': 'list', 'meaning': 'published copies besides DuckDB and SQLite: parquet, csv'},
        'publish_minimum_share': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'share of the deals that stand published under which a build of the same source does not replace them'},
        'allow_fewer_deals': {'type': 'true or false', 'meaning': 'publish also without deals or with far fewer than before'},
        'alert_policy': {'type': 'text', 'pattern': '^(warn|block)$', 'example': 'warn', 'meaning': 'whether a raised alert warns or blocks publishing'},
        'alert_minimum_closed_deals': {'type': 'whole number', 'minimum': 0, 'maximum': 1000000, 'meaning': 'closed deals of the quarter under review under which an alert is raised'},
        'alert_win_rate_low': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'win rate under which an alert is raised while quarters are few'},
        'alert_win_rate_high': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'win rate over which an alert is raised while quarters are few'},
        'alert_control_quarters': {'type': 'whole number', 'minimum': 2, 'maximum': 40, 'meaning': 'complete quarters from which control limits judge the win rate'},
        'alert_rejected_share': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'share of rejected records over which an alert is raised'},
        'alert_missing_reason_share': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'share of lost deals without a reason over which an alert is raised'},
        'run_time_budget_minutes': {'type': 'number', 'minimum': 0, 'maximum': 1440, 'meaning': 'minutes a build may take before an alert is raised'},
        'memory_budget_mb': {'type': 'number', 'minimum': 0, 'maximum': 10000000, 'meaning': 'memory in MB a build may hold before an alert is raised'},
        'company_currency': {'type': 'text', 'pattern': '^(|[A-Za-z]{3})$', 'example': 'USD', 'meaning': 'currency of the company'},
        'largest_amount': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000000000000, 'meaning': 'largest amount of a deal that is believed, in its own currency'},
        'largest_exchange_rate': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'largest rate in fx_rates that is believed'},
        'dimensions': {'type': 'list', 'meaning': 'columns segments are cut along'},
        'focus_dimensions': {'type': 'list', 'meaning': 'recommend along these dimensions only'},
        'cost_to_value': {'type': 'text', 'pattern': '^(|0?[.][0-9]+)$', 'example': '0.25', 'meaning': 'cost of pursuing a deal as a share of its value when won'},
        'false_discovery_rate': {'type': 'number', 'minimum': 0.001, 'maximum': 0.5, 'meaning': 'expected share of false claims among the claims of a report, at most this (q)'},
        'step_down_share': {'type': 'number', 'minimum': 0.1, 'maximum': 1, 'meaning': 'the step-down works at this share of the false-discovery rate, so that the rate is kept'},
        'pair_false_discovery_rate': {'type': 'number', 'minimum': 0.001, 'maximum': 0.5, 'meaning': 'the same for the second screen, over pairs of dimensions'},
        'minimum_lift': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'smaller expected lifts are not worth an action, however certain'},
        'equivalence_margin': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'a gap whose whole 90% interval lies inside plus or minus this is no difference'},
        'interval_z': {'type': 'number', 'minimum': 0.1, 'maximum': 10, 'meaning': 'half-width, in standard errors, of the interval of an expected lift'},
        'backward_p': {'type': 'number', 'minimum': 0.0001, 'maximum': 1, 'meaning': 'a claim must stand at this level once all the other claims are accounted for'},
        'all_rest_p': {'type': 'number', 'minimum': 0.0001, 'maximum': 1, 'meaning': 'a claim must stand at this level against all other values of its dimension'},
        'separation_p': {'type': 'number', 'minimum': 0.0001, 'maximum': 1, 'meaning': 'a claim that fails this within the values of another dimension is not separable from it'},
        'maximum_steps': {'type': 'whole number', 'minimum': 0, 'maximum': 60, 'meaning': 'at most this many claims, so that the strata stay countable; where it ends the search, that is said'},
        'exact_up_to_deals': {'type': 'whole number', 'minimum': 0, 'maximum': 5000, 'meaning': 'windows up to this size are tested exactly, larger ones by the N-1 z form'},
        'window_quarters': {'type': 'whole number', 'minimum': 1, 'maximum': 40, 'meaning': 'quarters looked back over'},
        'extended_window_quarters': {'type': 'whole number', 'minimum': 1, 'maximum': 40, 'meaning': 'quarters looked back over when the shorter window holds too few deals'},
        'fallback_deals': {'type': 'whole number', 'minimum': 2, 'maximum': 10000000, 'meaning': 'below this many closed deals nothing is claimed: counts and intervals only'},
        'fallback_outcome_deals': {'type': 'whole number', 'minimum': 1, 'maximum': 10000000, 'meaning': 'below this many won, or lost, deals nothing is claimed'},
        'keep_testing_probability': {'type': 'number', 'minimum': 0.5, 'maximum': 0.9999, 'meaning': 'probability of the sign from which a segment is worth watching'},
        'keep_testing_maximum': {'type': 'whole number', 'minimum': 0, 'maximum': 100, 'meaning': 'at most this many segments to watch, the largest expected lifts'},
        'power': {'type': 'number', 'minimum': 0.5, 'maximum': 0.999, 'meaning': 'power behind the smallest detectable lift and the deals needed'},
        'target_gap': {'type': 'number', 'minimum': 0.01, 'maximum': 1, 'meaning': 'the gap whose detection deals needed speaks of'},
        'shift_points': {'type': 'number', 'minimum': 0.1, 'maximum': 100, 'meaning': 'deals of every 100 that an action is imagined to move into the segment'},
        'recent_quarters': {'type': 'whole number', 'minimum': 1, 'maximum': 40, 'meaning': 'quarters that must not point the other way, else a trend caveat'},
        'leak_decided_share': {'type': 'number', 'minimum': 0.5, 'maximum': 1, 'meaning': 'share of a fields deals in segments that (nearly) always win or lose: then it leaks'},
        'leak_win_rate_margin': {'type': 'number', 'minimum': 0, 'maximum': 0.25, 'meaning': 'a win rate this near to 0 or 1 counts as decided'},
        'leak_known_gap': {'type': 'number', 'minimum': 0.1, 'maximum': 1, 'meaning': 'gap in how often a field is filled on won and on lost deals: then it leaks'},
        'known_gap_caveat': {'type': 'number', 'minimum': 0, 'maximum': 1, 'meaning': 'smaller gap in the filling of a field, from which its claims carry a caveat'},
        'persona_minimum_deals': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'a persona is tested only with this many deals with it and as many without it'},
        'minimum_reason_losses': {'type': 'whole number', 'minimum': 1, 'maximum': 1000000, 'meaning': 'a loss reason seen less often, in two quarters together, is not tested for change'},
        'gate_p': {'type': 'number', 'minimum': 0.0001, 'maximum': 0.5, 'meaning': 'level of the Mann-Whitney test a qualification score must pass'},
        'logistic_penalty': {'type': 'number', 'minimum': 0, 'maximum': 100, 'meaning': 'ridge penalty on the slope of the standardised score'},
        'cut_step': {'type': 'number', 'minimum': 0.001, 'maximum': 0.5, 'meaning': 'cut-offs are rounded to this'},
        'maximum_rows': {'type': 'whole number', 'minimum': 1000, 'maximum': 50000, 'meaning': 'rows Python may receive from the engine in one answer'},
        'maximum_segments': {'type': 'whole number', 'minimum': 2, 'maximum': 1000, 'meaning': 'segments of one dimension that are looked at, the largest; the others are counted as one'},
    }) }}
{% endmacro %}

{% macro check_variables() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'show') -%}
        {%- set problems = [] -%}
        {%- set declared = declared_variables() -%}
        {%- for name, value in (invocation_args_dict.vars or {}).items() -%}
            {%- if name not in declared -%}
                {%- do problems.append(unknown_variable(name, declared)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, rule in declared.items() if name not in ('crm', 'mapping', 'extra_dimensions', 'field_aliases', 'date_order', 'decimal', 'file_order') -%}
            {%- do problems.append(variable_problem(name, var(name, none), rule)) -%}
        {%- endfor -%}
        {%- for dimension in var('dimensions') -%}
            {%- do problems.append(dimension_problem(dimension)) -%}
        {%- endfor -%}
        {%- set problems = problems | select | list -%}
        {%- if problems -%}
            {{ stop(problems | join('\n')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro unknown_variable(name, declared) %}
    {{ return('Variable ' ~ name ~ ' is not known. Did you mean ' ~ nearest_word(name, declared) ~ '? Known: ' ~ (declared.keys() | sort | join(', ')) ~ '.') }}
{% endmacro %}

{# The known word that takes the fewest edits to reach. #}
{% macro nearest_word(word, known_words) %}
    {%- set distances = [] -%}
    {%- for known in known_words -%}
        {%- do distances.append("select '" ~ known ~ "' as known, levenshtein('" ~ known ~ "', '" ~ (word | string | replace("'", '')) ~ "') as distance") -%}
    {%- endfor -%}
    {{ return(run_query(distances | join(' union all ') ~ ' order by distance, known limit 1').rows[0][0]) }}
{% endmacro %}

{% macro dimension_problem(dimension) %}
    {%- set columns = [
        'industry', 'revenue_band', 'employee_band', 'region', 'country', 'account_type', 'lead_source', 'deal_type',
        'product', 'deal_size_band', 'competitor', 'pipeline', 'owner',
    ] -%}
    {%- set example = '{name: industry, recommendable: true}' -%}
    {%- if dimension is not mapping or 'name' not in dimension or dimension.get('recommendable') is not boolean -%}
        {{ return('Variable dimensions: ' ~ (dimension | tojson) ~ ' must be written like ' ~ example ~ '.') }}
    {%- elif dimension.name == 'owner' and dimension.recommendable -%}
        {{ return('Variable dimensions: owner is a person and cannot be recommended. Write {name: owner, recommendable: false}.') }}
    {%- elif dimension.name not in columns -%}
        {{ return('Variable dimensions: ' ~ dimension.name ~ ' is not a column of deals. Did you mean ' ~ nearest_word(dimension.name, columns) ~ '? Columns of your own go under mapping.dimensions.') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}

{% macro variable_problem(name, value, rule) %}
    {%- if value is none -%}{{ return('') }}{%- endif -%}
    {%- set wrong = 'Variable ' ~ name ~ ' is ' ~ (value | tojson) ~ ' but must be ' -%}
    {%- if rule.type == 'text' and (value is not string or not modules.re.match(rule.get('pattern', ''), value)) -%}
        {{ return(wrong ~ 'a text such as ' ~ rule.get('example', 'sample') ~ ': ' ~ rule.meaning ~ '.') }}
    {%- elif rule.type == 'true or false' and value is not boolean -%}
        {{ return(wrong ~ 'true or false: ' ~ rule.meaning ~ '.') }}
    {%- elif rule.type == 'list' and (value is string or value is mapping or value is not iterable) -%}
        {{ return(wrong ~ 'a list: ' ~ rule.meaning ~ '.') }}
    {%- elif rule.type in ('number', 'whole number') -%}
        {%- if value is boolean or value is not number or (rule.type == 'whole number' and value is not integer) or value < rule.minimum or value > rule.maximum -%}
            {{ return(wrong ~ 'a ' ~ rule.type ~ ' from ' ~ rule.minimum ~ ' to ' ~ rule.maximum ~ ': ' ~ rule.meaning ~ '.') }}
        {%- endif -%}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}

{# Ends the run with a sentence before anything is built. Not as SQL that fails: dbt 1.11 then goes through what it skips, and stumbles
   over an exposure. #}
{% macro stop(message) %}{{ exceptions.raise_compiler_error(message) }}{% endmacro %}
