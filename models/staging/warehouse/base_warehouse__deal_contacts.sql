-- One row per row of the canonical table deal_contacts that stands in the engine, every value as text.

{{ read_warehouse('deal_contacts') }}
