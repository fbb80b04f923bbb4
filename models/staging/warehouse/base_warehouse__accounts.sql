-- One row per row of the canonical table accounts that stands in the engine, every value as text.

{{ read_warehouse('accounts') }}
