-- One row per line of the contact files a mapping names, every value as canonical text, nothing dropped.

{{ read_exports('contacts') }}
