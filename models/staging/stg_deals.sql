-- One row per accepted deal, whatever CRM it came from. Ids and owners leave here only as keyed hashes.

select
    {{ keyed_hash('deal', 'lines.deal_id') }} as deal_key,
    {{ keyed_hash('account', 'lines.account_id') }} as account_key,
    lines.outcome,
    lines.stage,
    coalesce(repeated.decision_line, 1) as decision_line,
    lines.created_on,
    lines.closed_on,
    lines.amount,
    lines.amount_converted,
    -- a sign that several currencies share is the company's own where that is one of them
    coalesce(
        signs.currency,
        case
            when signs.may_be like '%' || upper('{{ setting("company_currency") or "none" }}') || '%'
                then upper('{{ setting("company_currency") }}')
        end,
        upper(lines.currency)
    ) as currency,
    lines.loss_reason,
    lines.win_factors,
    lines.qualification_score,
    lines.cycle_days,
    cast(try_cast(lines.annual_revenue as decimal(20, 2)) as double) as annual_revenue,
    cast(try_cast(lines.employees as decimal(20, 2)) as double) as employees{{ and_dimensions('lines') }}  -- noqa: LT02
from {{ ref('base_deal_lines') }} as lines
left join {{ ref('currency_signs') }} as signs on lower(lines.currency) = signs.sign
left join {{ ref('base_repeated_deals') }} as repeated on lines.deal_id = repeated.deal_id
where lines.rule_id is null
