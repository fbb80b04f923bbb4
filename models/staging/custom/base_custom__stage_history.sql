-- One row per line of the stage history files a mapping names, every value as canonical text, nothing dropped.

{{ read_exports('stage_history') }}
