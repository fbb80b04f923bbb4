-- One row per line of the account files a mapping names, every value as canonical text, nothing dropped.

{{ read_exports('accounts') }}
