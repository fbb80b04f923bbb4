-- One row per line of the deal files a mapping names, every value as canonical text, nothing dropped.

{{ read_exports('deals') }}
