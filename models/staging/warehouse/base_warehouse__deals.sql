-- One row per row of the canonical table deals that stands in the engine, every value as text.

{{ read_warehouse('deals') }}
