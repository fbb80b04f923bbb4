-- One row per row of the canonical table contacts that stands in the engine, every value as text.

{{ read_warehouse('contacts') }}
