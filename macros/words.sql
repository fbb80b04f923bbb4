{# Words as they are compared, and as they are shown. One word has many forms: letter case, blanks, curly quotes and long dashes, letters
   with their accents beside them (as a Mac writes them) or full width, and, where it came through a web page, entities and tags. #}

{# A value as it is compared with others, in every dimension and in every join by name: what only looks the same is the same. #}
{% macro folded(column) -%}
    {%- set blanks = replace_pattern(composed(compatible(without_markup(column))), ' +', ' ') -%}
    {#- nearly every value is plain, and spared all this -#}
    case when {{ matches(column, '[^ -~]|[&<]|  ') }} then trim(replace(lower({{ blanks }}), 'ß', 'ss')) else trim(lower({{ column }})) end
{%- endmacro %}

{# A value as it is shown: without entities and tags, accents on their letters, one blank between two words. #}
{% macro shown(column) -%}
    {%- set blanks = replace_pattern(plain_blanks(composed(without_markup(column))), ' +', ' ') -%}
    case when {{ matches(column, '[^ -~]|[&<]|  ') }} then trim({{ blanks }}) else trim({{ column }}) end
{%- endmacro %}

{# A folded value without brackets, dashes and other signs, to be compared with words that mean nothing is known. #}
{% macro without_signs(folded_value) -%}
    trim({{ replace_pattern(folded_value, '[\\]\\[(){}<>*_.,;:?!#~\'"|/\\\\ -]+', ' ') }})
{%- endmacro %}

{# The words that the setting `keep` says are values: pairs of the column they stand in, * for any, and the word. #}
{% macro kept_words() %}
    {%- set keep = setting('keep') or [] -%}
    {%- set pairs = [] -%}
    {%- if keep is mapping -%}
        {%- for name, words in keep.items() -%}
            {%- for word in ([words] if words is string else words) -%}
                {%- do pairs.append((name, word | string)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- else -%}
        {%- for word in keep -%}
            {%- do pairs.append(('*', word | string)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(pairs) }}
{% endmacro %}

{# The sentence about a setting `keep` that nothing can be made of; empty where it is right. #}
{% macro keep_problem(keep) %}
    {%- set columns = account_dimensions() + deal_dimensions() -%}
    {%- set form = 'Write keep: {lead_source: [None]}, or keep: [None] for every dimension.' -%}
    {%- for name, words in (keep.items() if keep is mapping else [('*', keep)]) -%}
        {%- if name != '*' and name not in columns -%}
            {{ return('Setting keep: ' ~ name ~ ' is no dimension of words. Did you mean ' ~ nearest_word(name, columns) ~ '? ' ~ form) }}
        {%- elif words is mapping or words is none or words is number -%}
            {{ return('Setting keep: ' ~ name ~ ' must list words. ' ~ form) }}
        {%- endif -%}
        {%- for word in ([words] if words is string else words) if word is not string or not (word | trim) -%}
            {{ return('Setting keep: a word of ' ~ name ~ ' is no text; put it in quotes. ' ~ form) }}
        {%- endfor -%}
    {%- endfor -%}
    {{ return('') }}
{% endmacro %}

{# A text without the tags of web pages, and with its entities read: once, so that what was written as &amp;amp; stays &amp;. #}
{% macro without_markup(column) -%}
    {%- set tags = 'a|abbr|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|ol|p|pre|s|small|span|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul|[a-z]+:[a-z]+' -%}
    {%- set untagged = replace_pattern(column, '(?i)</?(' ~ tags ~ ')(\\s[^<>]*)?/?>|<!--.*?-->', ' ') -%}
    {%- set entities_read = replace_each(untagged, '&#?[A-Za-z0-9]+;', entities(), numbered_character) -%}
    case when {{ matches(column, '[&<]') }} then {{ replace_pattern(entities_read, '&(amp|AMP|#0*38|#[xX]0*26);', '&') }} else {{ column }} end
{%- endmacro %}

{# Each part of a text that a pattern finds, replaced by what a table of the form |part=replacement|...| says; what it does not say is
   replaced by `otherwise`, a macro over the part, or stays. The parts are replaced in any order: none may be a part of another. #}
{% macro replace_each(expression, pattern, table, otherwise=none) -%}
    {{ return(adapter.dispatch('replace_each')(expression, pattern, table, otherwise)) }}
{%- endmacro %}

{% macro default__replace_each(expression, pattern, table, otherwise) -%}
    list_transform(
        [{{ expression }}],
        lambda text: list_reduce(
            list_prepend(text, list_distinct(regexp_extract_all(text, {{ pattern_literal(pattern) }}))),
            lambda whole, part: replace(whole, part, {{ looked_up('part', table, otherwise) }})
        )
    )[1]
{%- endmacro %}

{% macro spark__replace_each(expression, pattern, table, otherwise) -%}
    transform(
        array({{ expression }}),
        text -> aggregate(
            array_distinct(regexp_extract_all(text, {{ pattern_literal(pattern) }}, 0)),
            text,
            (whole, part) -> replace(whole, part, {{ looked_up('part', table, otherwise) }})
        )
    )[0]
{%- endmacro %}

{% macro looked_up(part, table, otherwise) -%}
    {%- set found = "nullif(split_part(split_part(" ~ pattern_literal(table) ~ ", concat('|', " ~ part ~ ", '='), 2), '|', 1), '')" -%}
    coalesce({{ found }}, {% if otherwise %}{{ otherwise(part) }}, {% endif %}{{ part }})
{%- endmacro %}

{# The character that an entity such as &#233; or &#xE9; numbers; null for what is none, or is the ampersand itself, which is read last. #}
{% macro numbered_character(entity) -%}
    {{ return(adapter.dispatch('numbered_character')(entity)) }}
{%- endmacro %}

{% macro default__numbered_character(entity) -%}
    {%- set number = "try_cast(replace(replace(replace(rtrim(" ~ entity ~ ", ';'), '&#x', '0x'), '&#X', '0x'), '&#', '') as integer)" -%}
    case when {{ number }} between 32 and 55295 and {{ number }} != 38 then chr({{ number }}) end
{%- endmacro %}

{% macro spark__numbered_character(entity) -%}
    {%- set digits = "substring_index(substring_index(lower(" ~ entity ~ "), ';', 1), '&#', -1)" -%}
    {%- set number = "cast(case when " ~ digits ~ " like 'x%' then conv(substring(" ~ digits ~ ", 2), 16, 10) else " ~ digits ~ " end as int)" -%}
    case
        when {{ entity }} like '&#%' and {{ number }} between 32 and 55295 and {{ number }} != 38
            then decode(unhex(lpad(hex({{ number }}), 4, '0')), 'UTF-16BE')
    end
{%- endmacro %}

{# An accent that stands as a mark of its own after its letter, put onto it. #}
{% macro composed(expression) -%}
    {{ return(adapter.dispatch('composed')(expression)) }}
{%- endmacro %}

{% macro default__composed(expression) -%}
    nfc_normalize({{ expression }})
{%- endmacro %}

{# Every blank a plain one, and no characters that no one sees. #}
{% macro plain_blanks(expression) -%}
    {%- set blanks = '\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000' -%}
    {%- set unseen = '\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f' -%}
    translate(translate({{ expression }}, concat(chr(9), chr(10), chr(11), chr(12), chr(13), '{{ blanks }}'), '{{ ' ' * (5 + blanks | length) }}'), '{{ unseen }}', '')
{%- endmacro %}

{# Characters that stand for others put back to these, as Unicode's compatibility forms have them (NFKC): full and half width, ligatures,
   raised and circled digits, signs of several letters; and every quote and dash the plain one. #}
{% macro compatible(expression) -%}
    {%- set form = [
        '‘’‚‛′‵`´ʼʹ＇“”„‟″‶«»‐‑‒–—―⁃−﹘﹣－➖ª²³µ¹º․⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₔₕₖₗₘₙₚₛₜⅠⅤⅩⅬⅭⅮⅯⅰⅴⅹⅼⅽⅾⅿ①②③④⑤⑥⑦⑧⑨！＂＃＄％＆（）＊＋，．／０１２３',
        '４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～｟｠｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋ',
        'ﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝﾞﾟ￠￡￢￤￥￦',
    ] | join -%}
    {%- set plain = [
        '\'\'\'\'\'\'\'\'\'\'\'""""""""------------a23μ1o.0i456789+−=()n0123456789+−=()aeoxəhklmnpstIVXLCDMivxlcdm123456789!"#$%&()*+,./0123',
        '456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~⦅⦆。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒ',
        'フヘホマミムメモヤユヨラリルレロワン゙゚¢£¬¦¥₩',
    ] | join -%}
    {%- set long_forms = [
        '¼½¾Ĳĳ‥…₨℀℁℅℆№℡™⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟ⅡⅢⅣⅥⅦⅧⅨⅪⅫⅱⅲⅳⅵⅶⅷⅸⅺⅻ⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㈱㈲㎡㎥ﬀﬁﬂﬃﬄﬅﬆ',
    ] | join -%}
    {%- set several = [
        '|¼=1⁄4|½=1⁄2|¾=3⁄4|Ĳ=IJ|ĳ=ij|‥=..|…=...|₨=Rs|℀=a/c|℁=a/s|℅=c/o|℆=c/u|№=No|℡=TEL|™=TM|⅐=1⁄7|⅑=1⁄9|⅒=1⁄10|⅓=1⁄3|⅔=2⁄3|⅕=1⁄5|⅖=2⁄5|',
        '⅗=3⁄5|⅘=4⁄5|⅙=1⁄6|⅚=5⁄6|⅛=1⁄8|⅜=3⁄8|⅝=5⁄8|⅞=7⁄8|⅟=1⁄|Ⅱ=II|Ⅲ=III|Ⅳ=IV|Ⅵ=VI|Ⅶ=VII|Ⅷ=VIII|Ⅸ=IX|Ⅺ=XI|Ⅻ=XII|ⅱ=ii|ⅲ=iii|ⅳ=iv|ⅵ=vi|ⅶ=vii|',
        'ⅷ=viii|ⅸ=ix|ⅺ=xi|ⅻ=xii|⑩=10|⑪=11|⑫=12|⑬=13|⑭=14|⑮=15|⑯=16|⑰=17|⑱=18|⑲=19|⑳=20|㈱=(株)|㈲=(有)|㎡=m2|㎥=m3|ﬀ=ff|ﬁ=fi|ﬂ=fl|ﬃ=ffi|ﬄ=ffl|',
        'ﬅ=st|ﬆ=st|',
    ] | join -%}
    {%- set one_by_one = "translate(" ~ plain_blanks(expression) ~ ", " ~ pattern_literal(form) ~ ", " ~ pattern_literal(plain) ~ ")" -%}
    {{ replace_each(one_by_one, '[' ~ long_forms ~ ']', several) }}
{%- endmacro %}

{# What the named entities of web pages stand for, and the numbers that Windows uses for quotes and dashes. #}
{% macro entities() -%}
    {%- set named = [
        '|&quot;="|&lt;=<|&gt;=>|&nbsp;= |&iexcl;=¡|&cent;=¢|&pound;=£|&curren;=¤|&yen;=¥|&brvbar;=¦|&sect;=§|&uml;=¨|&copy;=©|&ordf;=ª|',
        '&laquo;=«|&not;=¬|&shy;=­|&reg;=®|&macr;=¯|&deg;=°|&plusmn;=±|&sup2;=²|&sup3;=³|&acute;=´|&micro;=µ|&para;=¶|&middot;=·|&cedil;=¸|',
        '&sup1;=¹|&ordm;=º|&raquo;=»|&frac14;=¼|&frac12;=½|&frac34;=¾|&iquest;=¿|&Agrave;=À|&Aacute;=Á|&Acirc;=Â|&Atilde;=Ã|&Auml;=Ä|',
        '&Aring;=Å|&AElig;=Æ|&Ccedil;=Ç|&Egrave;=È|&Eacute;=É|&Ecirc;=Ê|&Euml;=Ë|&Igrave;=Ì|&Iacute;=Í|&Icirc;=Î|&Iuml;=Ï|&ETH;=Ð|',
        '&Ntilde;=Ñ|&Ograve;=Ò|&Oacute;=Ó|&Ocirc;=Ô|&Otilde;=Õ|&Ouml;=Ö|&times;=×|&Oslash;=Ø|&Ugrave;=Ù|&Uacute;=Ú|&Ucirc;=Û|&Uuml;=Ü|',
        '&Yacute;=Ý|&THORN;=Þ|&szlig;=ß|&agrave;=à|&aacute;=á|&acirc;=â|&atilde;=ã|&auml;=ä|&aring;=å|&aelig;=æ|&ccedil;=ç|&egrave;=è|',
        '&eacute;=é|&ecirc;=ê|&euml;=ë|&igrave;=ì|&iacute;=í|&icirc;=î|&iuml;=ï|&eth;=ð|&ntilde;=ñ|&ograve;=ò|&oacute;=ó|&ocirc;=ô|',
        '&otilde;=õ|&ouml;=ö|&divide;=÷|&oslash;=ø|&ugrave;=ù|&uacute;=ú|&ucirc;=û|&uuml;=ü|&yacute;=ý|&thorn;=þ|&yuml;=ÿ|&OElig;=Œ|',
        '&oelig;=œ|&Scaron;=Š|&scaron;=š|&Yuml;=Ÿ|&ensp;= |&emsp;= |&thinsp;= |&zwnj;=‌|&zwj;=‍|&lrm;=‎|&rlm;=‏|&ndash;=–|&mdash;=—|',
        '&lsquo;=‘|&rsquo;=’|&sbquo;=‚|&ldquo;=“|&rdquo;=”|&bdquo;=„|&dagger;=†|&Dagger;=‡|&bull;=•|&hellip;=…|&permil;=‰|&prime;=′|',
        '&Prime;=″|&lsaquo;=‹|&rsaquo;=›|&oline;=‾|&frasl;=⁄|&euro;=€|&image;=ℑ|&weierp;=℘|&real;=ℜ|&trade;=™|&minus;=−|&apos;=\'|&LT;=<|',
        '&GT;=>|&QUOT;="|&NBSP;= |&#128;=€|&#130;=‚|&#131;=ƒ|&#132;=„|&#133;=…|&#134;=†|&#135;=‡|&#136;=ˆ|&#137;=‰|&#138;=Š|&#139;=‹|',
        '&#140;=Œ|&#142;=Ž|&#145;=‘|&#146;=’|&#147;=“|&#148;=”|&#149;=•|&#150;=–|&#151;=—|&#152;=˜|&#153;=™|&#154;=š|&#155;=›|&#156;=œ|',
        '&#158;=ž|&#159;=Ÿ|',
    ] | join -%}
    {{ return(named) }}
{%- endmacro %}

{# A word that someone wrote, such as one of a setting, as SQL: quotes inside it are text. #}
{% macro text_literal(word) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(word | string)) }}
{%- endmacro %}
