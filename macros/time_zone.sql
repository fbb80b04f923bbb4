{# The zone in which moments become days. #}
{% macro time_zone() -%}
    {{ return(setting('time_zone') or 'UTC') }}
{%- endmacro %}

{# A stated day, in the company's time zone where it is stated as a moment with a zone; what is no such moment stays as it is. Midnight UTC
   is how CRMs write a day without a time. #}
{% macro local_day(column) -%}
    case
        when length({{ column }}) > 10 and {{ is_zoned(column) }} then coalesce(
            substring(
                cast(case
                    when {{ utc_moment(column) }} = cast(cast({{ utc_moment(column) }} as date) as timestamp) then {{ utc_moment(column) }}
                    else {{ in_time_zone(utc_moment(column)) }}
                end as {{ dbt.type_string() }}), 1, 10
            ), {{ column }}
        )
        else {{ column }}
    end
{%- endmacro %}

{# A stated moment as a timestamp in the company's time zone; one without a zone is taken to be there. #}
{% macro local_moment(column) -%}
    case
        when length({{ column }}) > 10 and {{ is_zoned(column) }} then {{ in_time_zone(utc_moment(column)) }}
        else {{ stated_moment(column) }}
    end
{%- endmacro %}

{# Whether a text is a moment that says its zone. #}
{% macro is_zoned(column) -%}
    {{ matches(column, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]' ~ clock() ~ ' ?' ~ zone() ~ '$') }}
{%- endmacro %}

{# A stated text as a day; null where it is none, or where anything but a time stands behind it. Both engines would cut that off. #}
{% macro stated_day(column) -%}
    case when {{ is_day_or_moment(column) }} then try_cast(substring({{ column }}, 1, 10) as date) end
{%- endmacro %}

{# A stated text as a timestamp, whatever zone it names; null where it is none, likewise. #}
{% macro stated_moment(column) -%}
    case when {{ is_day_or_moment(column) }} then try_cast({{ column }} as timestamp) end
{%- endmacro %}

{% macro is_day_or_moment(column) -%}
    (length({{ column }}) <= 10 or {{ matches(column, '^.{10}[T ]' ~ clock() ~ '( ?[AaPp][Mm])?( ?' ~ zone() ~ ')?$') }})
{%- endmacro %}

{# The time of day in a stated moment, and its zone, as patterns. #}
{% macro clock() -%}
    ([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-6][0-9]([.,][0-9]+)?)?
{%- endmacro %}

{% macro zone() -%}
    (Z|UTC|GMT|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)
{%- endmacro %}

{# Such a moment as a timestamp in UTC; null where it is none. #}
{% macro utc_moment(column) -%}
    {{ return(adapter.dispatch('utc_moment')(column)) }}
{%- endmacro %}

{% macro default__utc_moment(column) -%}
    (try_cast({{ replace_pattern(column, ' ?(Z|UTC|GMT)$', '+00') }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro spark__utc_moment(column) -%}
    to_utc_timestamp(try_cast({{ replace_pattern(replace_pattern(column, ' ?(Z|UTC|GMT)$', '+00:00'), '([+-][0-9]{2})([0-9]{2})$', '\\1:\\2') }} as timestamp), current_timezone())
{%- endmacro %}

{# A timestamp in UTC as one in the company's time zone. #}
{% macro in_time_zone(utc) -%}
    {{ return(adapter.dispatch('in_time_zone')(utc)) }}
{%- endmacro %}

{% macro default__in_time_zone(utc) -%}
    ({{ utc }} at time zone 'UTC' at time zone '{{ time_zone() }}')
{%- endmacro %}

{% macro spark__in_time_zone(utc) -%}
    from_utc_timestamp({{ utc }}, '{{ time_zone() }}')
{%- endmacro %}
