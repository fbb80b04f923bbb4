-- One row per object and file read for it.

{{ read_exports('export_files') }}
