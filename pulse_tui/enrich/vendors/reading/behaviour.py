"""What an existing caller can see change without doing anything, or must change code for."""

from __future__ import annotations

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading import movements
from pulse_tui.enrich.vendors.reading.shapes import DAY, INSIDE, NAME, Rule, anyof, stems

_ALIAS = (
    r"(?:alias(?:es)?|slugs?|model (?:codes?|ids?|names?|strings?)|names of (?:our|the) models|pointers?|"
    r"[\w.-]{0,60}-latest)"
)
_FAILS = (
    r"(?:errors?|an? (?:\w+ )?error|(?:an? )?(?:http )?4(?!29)\d\d|fail\w*|reject\w*|refus\w*|den(?:y|ied)|ignor\w*|block\w*|"
    r"throw\w*|rais\w*)"
)

_DOCS = r"(?:docs?|documentation|sites?|pages?|urls?|links?|guides?|domains?|portal|console|dashboard)"
_ENDS = frozenset({Label.DEPRECATION})
_OTHERS = frozenset({Label.DEPRECATION, Label.PRICING, Label.RATE_LIMIT})

_STRICTER = anyof(
    r"\b(?:strict(?:er|ly|ness)|more strictly)\b[^;]{0,60}\b(?:enforc|valid|check|pars|schema)\w*|\b(?:enforc|valid|"
    r"check)\w*\b[^;]{0,40}\bstrict\w*|\benhanced [^;]{0,30}strictness\b",
    rf"\b(?:now|will|will now) (?:return|result in|produce|raise|throw|give|trigger|respond with|be met with|"
    rf"receive)s? (?:\S+ ){{0,3}}?{_FAILS}|\bendpoint will error\b",
    r"\b(?:now|will now) (?:be )?(?:reject|error|fail|ignor|den(?:y|ied)|block|enforc|validat|truncat|cap|clamp|"
    r"strip|refus)(?:s|ed|ing|es)?\b",
    r"\b(?:will|are|is|be) (?:now )?(?:rejected|ignored|clamped|truncated|coerced|refused)\b",
    r"\b(?:other|non-default|unsupported|invalid|larger|smaller) values?\b[^;]{0,60}\b(?:returns?|"
    r"results? in) an? (?:\w+ )?(?:4\d\d|error)\b",
    rf"\b{NAME}[^;]{{0,260}}\b(?:returns?|results? in|raises?) an? (?:\w+ )?(?:4\d\d|error)\b",
    r"\b(?:now|will) (?:has|have) no effect\b|\bno longer ha(?:s|ve) (?:any|an) effect\b",
    r"\b(?:values? (?:greater|less|above|below|over|under|outside))[^;]{0,60}\b(?:changed|rejected|clamped|set|"
    r"capped|error)\b",
)
_STRICT_WORDS = stems("strict|now|will|are|is |return|result|raise|reject|clamp|truncat|coerced|refused|value")
_REQUESTS = anyof(
    r"\b(?:requests?|calls?|queries|after (?:that|this)|then|deprecat\w+)\b[^;]{0,300}", r"\bfix\w* [^;]{0,120}"
)
"""That requests fail is a part of an announced end; that a value is refused is a change of its own."""

RULES: tuple[Rule, ...] = (
    Rule(  # what a name stands for
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:now|automatically|will|will be|has been|have been|are)(?: (?!still)\w+)? (?:point(?:s|ing|ed)?|"
            r"redirect(?:s|ed|ing)?|route[sd]?|resolve[sd]?|map(?:s|ped)?|re-?aliased|fall(?:s)? back) to\b",
            rf"\b{_ALIAS}\b{INSIDE}{{0,80}}\b(?:to use|to point to|updated to|moved to|switched to|changed to|"
            rf"upgraded to|re-?pointed to|(?:is|are) now)\b",
            rf"\b(?:updat|mov|switch|chang|upgrad|point)(?:e|es|ed|ing|"
            rf"s)?\b{INSIDE}{{0,60}}\b{_ALIAS}\b{INSIDE}{{0,80}}\bto\b",
            r"\bwill automatically (?:inherit|apply|use|receive)\b",
            r"\b(?:points?|pointing|redirects?|resolves?|aliased|maps?|defaults?) to (?:the )?(?:latest|newest|"
            r"most recent)\b",
            r"\bauto(?:matically|matic)?[- ](?:be )?(?:up(?:grad|dat)\w*|migrat\w*|mov\w*|switch\w*|rerout\w*|"
            r"redirect\w*|transition\w*|replac\w*|alias\w*|transfer\w*|convert\w*|forward\w*)\b|\b(?:up(?:graded|dated)|migrated|moved|switched|routed|"
            r"redirected) automatically\b|\b(?:migrate|upgrade|switch|re-?route|redirect|move)[sd]? (?:\S+ ){0,6}?"
            r"automatically\b",
            r"\b(?:requests?|calls?|traffic|queries|deployments?)\b[^;]{0,80}\b(?:will|now|are|is|be|"
            r"automatically) (?:be |now )?(?:served by|routed|rerouted|redirected|forwarded|upgraded|migrated|"
            r"sent to|handled by)\b",
        ),
        stems(
            "point|redirect|rout|resolv|map|alias|slug|model|latest|automatic|auto-|fall|served|handled|"
            "sent to|forward|migrated|upgraded"
        ),
        unless=anyof(
            rf"\b{_DOCS}\b[^;]{{0,60}}\b(?:redirect|point|mov|rout)\w*|\bpoint\w* to (?:the )?(?:\w+ )?{_DOCS}",
            r"\bfix\w* [^;]{0,60}(?:redirect|rout|alias|point|default|map)\w*",
        ),
    ),
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            rf"\b(?:points?|pointing|redirects?|resolves?|aliased) to (?:the )?(?:new|newer|{NAME})",
            rf"\b(?:models?|{NAME})(?: models?)? (?:has been|have been|was|were|got|is|are) (?:updated|upgraded|"
            rf"refreshed|improved|replaced|retrained|swapped)\b",
            r"\b(?:voices?|weights|tokeni[sz]ers?|encoders?|classifiers?|system prompts?|filters?|safety settings|"
            r"checkpoints?)\b[^;]{0,60}\b(?:was|were|has been|have been) (?:updated|upgraded|refreshed|replaced|"
            r"retrained|swapped|changed)\b",
            rf"(?:\A\W*|\bwe(?:'ve| have)? |\bhave |\bhas )(?:updated|upgraded|refreshed|retrained|replaced) (?:the |"
            rf"our |an? )?(?:existing |current |production |default |underlying )*(?:{NAME}|"
            rf"(?:(?!to |with |for |of )\w+,? (?:and )?){{0,6}}models?\b|[\w-]+ (?:encoder|decoder|tokeni[sz]er|classifiers?|weights))",
            rf"\b(?:enhancements|improvements|upgrades) to (?:our |the )?(?:existing |"
            rf"current )*(?:[\w-]+ ){{0,3}}(?:models?|{NAME})\b",
            r"\bnew and improved\b|\bmore (?:stable|resilient|concise|verbose|deterministic|steerable)\b",
        ),
        stems(
            "point|enhancement|improvement|upgrades|redirect|resolv|alias|changed|updated|upgraded|refreshed|improved|retrained|replaced|swapped|more "
        ),
        unless=anyof(
            rf"\b{_DOCS}\b[^;]{{0,60}}\b(?:redirect|point|mov|rout)\w*",
            rf"\b(?:updated|improved|refreshed|upgraded) (?:\S+ ){{0,4}}?{_DOCS}\b|\bmodel (?:picker|cards?|selector|"
            rf"list|page|catalog\w*)|\b(?:updated|improved) (?:the )?(?:lists?|support|tables?|names?) ",
            r"\bfix\w* [^;]{0,60}(?:redirect|rout|alias|point|default|map)\w*",
        ),
        beside=frozenset({Label.NEW_MODEL, *_OTHERS}),
    ),
    Rule(  # a model that is there is not what it was, or not what the one before is
        Label.BEHAVIOUR_CHANGE,
        anyof(
            rf"{NAME}[^;]{{3,160}}\b(?:compared (?:to|with)|(?:lower|higher|fewer|less|more|shorter|longer|different|"
            rf"faster|slower) than|than) (?:on |in |with |for )?(?:the )?{NAME}",
            rf"\bfix(?:ed|es)? (?:an?|the|some) (?:\w+ )?(?:issue|bug|problem|regression)s?\b[^;]{{0,120}}{NAME}",
            rf"{NAME}[^;]{{0,60}}\bnow (?:runs?|responds?|answers?|generates?|streams?|"
            rf"thinks?)\b[^;]{{0,40}}\b(?:faster|slower|longer|shorter|less|more)\b",
        ),
        stems("compared|than|fix|now "),
        named=True,
        beside=frozenset({Label.NEW_MODEL, Label.DEPRECATION, Label.PRICING, Label.INCIDENT}),
    ),
    Rule(  # defaults
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:chang|updat|switch|increas|decreas|rais|lower|reduc|bump|revert|mov|adjust|modif)(?:e|es|ed|ing|y|"
            r"ied|s)? (?:the |our |its |api |all )*(?:\S+ ){0,4}?defaults?\b(?! to\b)",
            r"\bdefaults?\b(?: (?!to use\b)\S+){0,6}? (?:(?:is|are) now|has (?:been )?changed|have (?:been )?changed|"
            r"was changed|were changed|changed|changes|will change|will be|switched|moved|increased|decreased|"
            r"reduced|raised|lowered|will become|becomes)\b",
            r"\b(?:now|will|will now|no longer) (?:be )?(?:the )?(?:new )?defaults?(?: to)?\b|\b(?:becomes?|"
            r"became) (?:now )?the (?:new )?default\b|\bdefaulting to\b",
            r"\b(?:now|will be|has been|have been|be|turned) (?:\S+ ){0,3}?by default\b|\bby default and by\b|"
            r"\b(?:enabled|on|off|disabled|active) by default\b(?=[^;]*\b(?:now|for all|starting|from|will)\b)",
            r"\b(?:default|temperature|top_[pk]|max_tokens|timeouts?|values?|enum|type|"
            r"names?)\b[^;]{0,60}\bfrom \S+(?: \w+)? to \S+",
            rf"\b{NAME}[^;]{{0,80}}\bdefaults? to\b|\bdefaults? to\b(?=[^;]{{0,80}}\b(?:now|instead|previously|"
            rf"starting|across all|unless)\b)",
        ),
        stems("default|from"),
        unless=anyof(
            r"\bsupports? an? [^.]{1,40} by default\b|\b(?:custom|your|user|own) default\b",
            r"\b(?:maximum|max|limit|length|size)s?\b[^;]{0,80}\b(?:increased|raised|extended|grown|expanded) from\b[^;]{0,60}",
            r"\bdefault (?:\S+ )?(?:quotas?|rates?|limits?|pric\w+|tpm|rpm|rate limits?)\b",
            r"\b(?:add|introduc|new|support)\w*\b[^;]{0,80}\bdefaults? to\b",
            r"\bfix\w* [^;]{0,120}",
        ),
    ),
    Rule(  # what is said to break
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\bbreaking[- ](?:api |behaviou?r(?:al)? )?changes?\b|\bBREAKING\b|\bbackwards?[- ]incompatib\w+|"
            r"\bnot (?:be )?backwards?[- ]compatible\b|\bincompatible change",
            r"\b(?:this|that|which|change|changes|update) (?:may|might|could|can|will|would) (?:break|affect|impact|"
            r"disrupt|require changes)\b|\bmay break\b",
            r"\b(?:you|callers|clients|developers|customers|users|applications|requests|code|integrations) (?:will |"
            r"now |may |might )*(?:must|(?:need|have) to) (?:now )?(?:update|change|set|specify|pass|include|provide|"
            r"handle|explicitly|opt|send|be updated)\b",
            r"\b(?:you|developers|callers|clients|users|integrations|applications) should now\b",
            r"\b(?:is|are) now (?:a )?(?:required|mandatory)\b|\b(?:now|will) requires?\b|\bmust now\b|\bnow must\b|"
            r"\bmade? (?:\S+ ){1,3}required\b",
        ),
        stems(
            "should now|break|incompatib|not backward|compatible|may|might|could|can|will|would|your|must|need to|"
            "have to|require|mandatory"
        ),
        unless=anyof(
            r"\b(?:no|not|not be|not to be|without|avoid\w*|prevent\w*|non|fix\w*|revert\w*)[- ]?(?:an? |the )?"
            r"(?:accidental |unintended )?breaking\b|\bno longer requires?\b|"
            r"\bno action\b[^;]{0,20}\brequired\b",
            r"\bdoes not (?:affect|impact|break)\b|\bcan (?:change|alter|affect|break|impact)\b",
        ),
    ),
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:update|change|adjust|modify|review|audit) your (?:\w+ ){0,3}?(?:code|integrations?|clients?|"
            r"prompts?|applications?|parsers?|implementation|requests?|scripts?|calls)\b",
        ),
        stems("your"),
        beside=_ENDS,
    ),
    Rule(Label.BEHAVIOUR_CHANGE, _STRICTER, _STRICT_WORDS, beside=_ENDS),
    Rule(Label.BEHAVIOUR_CHANGE, _STRICTER, _STRICT_WORDS, unless=_REQUESTS),
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\bno longer (?!requires?\b|needs?\b|supports?\b|offers?\b|exists?\b|works?\b|counts?\b|maintains?\b|hosts?\b|"
            r"serves?\b)[a-z]{3,14}s\b|\bno longer (?:accepts?|allow(?:s|ed)?|permit\w*|return(?:s|ed)?|include(?:s|d)?|ignore[sd]?|appears?|"
            r"sends?|sent|emit\w*|defaults?|contain\w*|applies|inherits?|respect\w*|automatically|silently|"
            r"be (?:returned|included|sent|set))\b",
        ),
        stems("no longer"),
        beside=_ENDS,
    ),
    Rule(  # another answer than before
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\bfrom now on\b|\bbehaviou?r(?:al)? changes?\b|\bpreviously,? (?:they|it|these|this|such|the api|"
            r"requests)\b",
            r"\bwill (?:now|automatically)(?: now| automatically)? be (?:deleted|removed|purged|expired|closed|"
            r"terminated|disabled)\b",
            r"\bchang(?:e|ed|es|ing)\b[^;]{3,80}\bto be (?:optional|required|nullable|an? )",
            r"\bpreviously\b[^;]{3,120}\bwould\b|\bdefault behaviou?r of\b[^;]{3,120}\b(?:returns?|is|are)\b|"
            r"\bwill (?:now )?be \w+ed\b[^;]{0,100}\binstead of\b",
            rf"\bwe(?:'ve| have) (?:updated|changed) (?!(?:\S+ ){{0,4}}{_DOCS}\b)[^;]{{3,80}}\bto (?:be|use|return|"
            rf"work)\b",
            r"\bpreviously\b[^;]{3,160}\bnow\b|(?<!can )\bnow (?!available|support)[^;]{3,160}\b(?:instead of|"
            r"rather than|where previously|previously|as opposed to|unlike before)\b|\bused to\b[^;]{3,120}\bnow\b",
            r"\b(?:chang(?:e|es|ed|ing)|alter(?:s|ed)?|modif(?:y|ies|ied)|updated) (?:to |in |how |the way |when |"
            r"what |the )(?:\S+ ){0,6}?(?:behaviou?rs?|format|responses?|outputs?|schema|structure|shape|semantics|"
            r"order(?:ing)?|parameters?|tokeni[sz]\w*|default|values?|limits? of|handling|errors?|status|codes?|"
            r"headers?|fields?|names?|works?|count(?:s|ed)?|behaves?|calculat\w+|refusals?|stop reasons?)\b",
            r"\b(?:behaviou?r|format|schema|structure|tokeni[sz]er|system prompt|response shape|semantics|(?:status|"
            r"error) codes?|order(?:ing)? of|error messages?)s?\b[^;]{0,60}\b(?:has changed|have changed|changed|"
            r"changes|is changing|will change|was changed|has been updated|differs?|is different)\b",
            r"\b(?:new|updated|different|changed) tokeni[sz]er\b|\b(?:more|fewer) tokens (?:for the same|than)\b|"
            r"\d ?% (?:more|fewer) tokens\b|\buses? the tokeni[sz]er\b",
            r"\bmoved (?:from \S+ )?(?:[^;]{0,40} )?(?:in)?to \S*\w[/._]\w\S*|\brenam(?:e|es|ed|ing)\b|\bname(?:s)? (?:has |"
            r"have )?changed to\b",
            rf"\b(?:starting|beginning|effective|as of) (?:on )?(?:{DAY}|today|this|next|version|"
            rf"v\d)[^;]{{0,100}}\b(?:will|now|must|returns?|requires?)\b(?! (?:be )?(?:available|support|able))",
            r"\b(?:restore the (?:old|previous)|to keep the (?:old|previous|existing|current) behaviou?r|"
            r"if you need the previous)\b",
            r"\b(?:now|will) (?:return|end|stop|finish)\w*[^;]{0,60}\b(?:stop|finish)[_ ]reason|"
            r"\bnew (?:\S+ )?(?:stop|finish)[_ ]reason",
        ),
        stems(
            "we|default|will|moved|uses |use the|previous|instead|rather|used to|from now on|going forward|order|code|message|chang|alter|"
            "modif|behavio|format|schema|structure|token|prompt|semantic|renam|starting|beginning|"
            "effective|as of|restore|keep|reason|updated"
        ),
        unless=anyof(
            r"\A\W*(?:see|read|learn)\b[^;]{0,200}\bchanges\b|\bcan (?:now )?(?:change|alter|modify)\b[^;]{0,80}",
            r"\bfix\w* [^;]{0,80}\b(?:behaviou?r|format|schema|renam\w+|output|tokens?)\b",
            rf"\bcan (?:now )?[^;]{{3,160}}\b(?:instead of|rather than)\b|\bupdated (?:the )?(?:\S+ ){{0,5}}?{_DOCS}",
        ),
        beside=_OTHERS,
    ),
    *movements.RULES,
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:instead|must|require[sd]?|going forward|previously|automatically|breaking|renam\w+|compared (?:to|"
            r"with))\b",
            r"\b(?:changed|updated|upgraded|improved|correct(?:ed|s)?|increased|decreased|reduced|adjusted|replaced|"
            r"migrated|switched|modified|merged)\b",
            r"\bnow (?:also )?returns?\b|\bby default\b|\bdefaults?\b|\bbehaviou?r\w*\b|\bas of\b|\bredirect\w*\b|"
            r"\bno longer\b|\breduc\w+\b",
        ),
        stems(
            "now |instead|must|require|going forward|previously|automatic|breaking|renam|compared|changed|"
            "updated|upgraded|improved|correct|creased|reduc|adjusted|replaced|migrated|switched|"
            "modified|merged|default|behavio|as of|redirect|no longer"
        ),
        sure=False,
        unless=anyof(
            r"\bno longer requires?\b",
            r"\b(?:use|try|see|switch to|migrate to)\b[^;]{0,160}\binstead\b",
            r"\bfix\w*\b[^;]*",
        ),
    ),
)
