{#-
    Text with case, accents and punctuation folded away, so that one wording has one spelling. translate() because the
    engines' own accent functions differ. Letters of other scripts stay: a reason stated in Cyrillic is stated, not blank.
-#}
{% macro fold_text(expression) -%}
    {%- set accented = 'àáâãäåāăąçćčďđèéêëēėęěğìíîïīįıłľñńňòóôõöøōőŕřśšşșťţțùúûüūůűųýÿźżž' -%}
    {%- set plain =    'aaaaaaaaacccddeeeeeeeegiiiiiiillnnnoooooooorrsssstttuuuuuuuuyyzzz' -%}
    {%- set spelled_out = "replace(replace(" ~ folded(expression) ~ ", 'œ', 'oe'), 'æ', 'ae')" -%}
    {%- set unaccented = "translate(" ~ spelled_out ~ ", '" ~ accented ~ "', '" ~ plain ~ "')" -%}
    {#- Some accents stand on no letter of their own. Most texts have neither, nor entities: they skip all this. -#}
    {%- set plain_words = "case when " ~ matches(expression, '[^ -~]|[&<]') ~ " then " ~ replace_pattern(unaccented, '\\p{M}+', '') ~ " else lower(" ~ expression ~ ") end" -%}
    {#- v.p. becomes vp before its dots become blanks. -#}
    {%- set undotted = replace_pattern(plain_words, '\\b([a-z])\\.', '\\1') -%}
    trim({{ replace_pattern(undotted, '[^\\p{L}\\p{N}]+', ' ') }})
{%- endmacro %}
