-- One row per row of the canonical table stage_history that stands in the engine, every value as text.

{{ read_warehouse('stage_history') }}
