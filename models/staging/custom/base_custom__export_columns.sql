-- One row per object, file and column.

{{ read_exports('export_columns') }}
