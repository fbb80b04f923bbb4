-- One row per line of the deal contact files a mapping names, every value as canonical text, nothing dropped.

{{ read_exports('deal_contacts') }}
