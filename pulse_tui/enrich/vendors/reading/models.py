"""Models, versions and aliases that become available on a platform."""

from __future__ import annotations

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading.shapes import INSIDE, NAME, NAMES, Rule, anyof, stems

_MADE = (
    r"(?:(?:re-?)?releas(?:e|es|ed|ing)|launch(?:es|ed|ing)?|introduc(?:e|es|ed|ing)|announc(?:e|es|ed|ing)|"
    r"debut(?:s|ed|ing)?|unveil(?:s|ed|ing)?"
    r"|shipp(?:ed|ing)|publish(?:ed|ing)|open-sourc(?:ed|ing)|roll(?:ed|ing)? out|meet|say hello to|welcom(?:e|ing)|"
    r"add(?:s|ed|ing)?|bring(?:s|ing)|onboard(?:ed|ing)|restor(?:ed|ing)"
    r"|previewing|offer(?:s|ing)?|promot(?:ed|ing))(?: (?:the )?(?:release|launch|availability|general availability|"
    r"arrival|addition|debut) of)?"
)
_FILL = (
    r"(?:(?!(?:for|in|with|to|via|on|of|through|from|by|that|which|using|across|into|when|where|support|api|"
    r"sdk)\b)[\w'\u2019$&+-]+,? ){0,12}?"
)
_VERSION_OF = (
    r"(?:(?:versions?|snapshots?|releases?|variants?|checkpoints?|previews?|iterations?|member|one) (?:of|in) (?:the |"
    r"our )?|(?:general )?availability of (?:the |our )?|(?:access to|support for) (?:the |our )?)?"
)
_GOES_ON = (
    r"(?=\s*(?:\Z|[,.;:!()\u2014\u2013-]|\"|\+|(?:[a-z][a-z-]+ ){0,3}?models?\b|family|series|is\b|are\b|as\b|in\b|"
    r"on\b|to\b|for\b|with\b|and\b|via\b|now\b|available|our\b|the\b|which\b|that\b|into\b|across\b"
    r"|through\b|from\b|by\b|GA\b|public|preview|snapshots?|versions?|&|our\b|a\b|an\b|today|at\b|has\b|have\b|"
    r"(?:model )?support\b|alias|slug|latest|early|under\b|under\b|exclusively|designed|featuring))"
)
_KIND = (
    r"(?:embeddings?|rerank\w*|reasoning|language|image|video|vision|audio|speech|voice|transcription|text-to-\w+|"
    r"tts|moderation|coding|code|chat|multimodal"
    r"|foundation|frontier|flagship|generation|ocr|realtime|safety|medical|open|open-weights?|open-source|"
    r"translation|instruct|base|search|robotics|thinking"
    r"|preview|experimental|\d+b|music|live|understanding|moe|edge|small|large|mini|lightweight|new|gpt)"
)
NOT_A_MODEL = anyof(
    r"\bmodels?[ -](?:picker|cards?|router|routing|selectors?|selection|catalog(?:ue)?s?|access|lists?|endpoints?|"
    r"api|page|context protocol|garden|registry|providers?|parameters?|settings?|capabilit\w+|evaluation|"
    r"customi[sz]ation|distillation|optimi[sz]er|usage|info\w*|invocation|import|units?|comparison|training|"
    r"behaviou?rs?|deployments?|outputs?|responses?|weights?|leaderboard|configuration|ids? |names?|field|armor|spec|"
    r"library|families)\b",
    r"\b(?:data|pricing|permission|billing|threat|mental|operating|custom|fine-?tuned|base|your|domain|object|"
    r"language) models?\b(?! (?:is|are) now)",
    rf"\b{NAME}\s+(?:API|SDK|CLI|skills?|code|enterprise|platform|managed|apps?|desktop|extension|plugin|connector|"
    rf"console|integration|fine[- ]?tun\w+)\b",
    r"\b(?:fine[- ]?tuned|finetuned|custom|your|own) \w+",
)
_OF_A_FEATURE = anyof(
    r"\b(?:for|in|with|of|on|to|from|using|via|by|through|inside|within|when|into|than|unlike|like|between|e\.g\.,?|"
    r"including|supports?|as|per|powered by|based on|and) (?:the |our |all |both |new |newer |latest |"
    r"models? (?:like|such as) )*\Z"
)

_READY = (
    r"(?:available|live|accessible|supported|GA\b|here\b|in (?:public |private |open |limited |early )?(?:preview|"
    r"beta)\b|rolling out|launching|out\b)"
)
_HOW = r"(?:(?:generally|publicly|widely|broadly|fully|openly) )?"
_SOON = r"(?:now |also |newly |currently |here|officially |today |stable and )"
_PLATFORM = (
    r"(?:we|platform|openai|bedrock|vertex(?: ai)?|azure|foundry|copilot|studio|catalog(?:ue)?|gateway|api|sdk|groq|"
    r"console|playground|la plateforme|service|oci|sagemaker|marketplace|databricks|snowflake|watsonx|openrouter|"
    r"fireworks|together)"
)
_VERSIONS = r"(?:versions?|snapshots?|releases?|checkpoints?|variants?|sizes|generations?)"
_DETERMINED = r"(?:the |our |a |an )?(?:new |latest |updated |stable |experimental |preview )*"

RULES: tuple[Rule, ...] = (
    Rule(  # somebody releases it
        Label.NEW_MODEL,
        anyof(
            rf"\b{_MADE}\s+(?:{_FILL}{_VERSION_OF}|support for ){_DETERMINED}{NAMES}{_GOES_ON}",
            rf"\byou can now (?:also )?(?:use|specify|call|access|try|deploy|select|choose|"
            rf"run) (?:the )?(?:new |latest )?{NAMES}(?: models?)?(?:\W{{0,2}}\Z| (?:on|in|via|through|from|with|as)\b(?! (?:prompt|batch|fine|"
            rf"structured|tool|function)))",
            rf"\Afeat(?:\([\w, -]{{0,40}}\))?: (?:add )?support (?:for )?(?:the )?(?:new )?{NAMES}{_GOES_ON}",
            rf"\brolling out {_FILL}{NAMES}",
            rf"\b(?:stable|new|updated|preview|experimental|smaller|larger|faster) {_VERSIONS} of (?:the |"
            rf"our )?{NAMES}(?: models?)? (?:was|were|is|are|has been|have been) (?:now )?(?:released|launched|"
            rf"available|published|added)",
            rf"\b{_PLATFORM}(?: now| also)+ (?:supports?|offers?|includes?|hosts?|serves?) {_FILL}{NAMES}{_GOES_ON}",
            rf"\b(?:release|launch|introduction|arrival|debut|general availability|availability|"
            rf"public preview) of {_FILL}{NAMES}{_GOES_ON}",
            rf"\bnow available:? {NAMES}",
            rf"\bnow supports? [^;]{{3,60}}\bpowered by (?:[\w'\u2019]+ )?{NAMES}",
            rf"\b(?:expanded|opened|broadened|widened) access to (?:the )?{NAMES}",
        ),
        stems(
            "access|restor|you can now|feat|version|snapshot|releas|launch|introduc|announc|debut|unveil|ship|publish|"
            "open-sourc|roll|meet|hello|welcom|add|bring|onboard|preview|offer|promot|support|includ|"
            "host|serve|arrival|availab|checkpoint|variant"
        ),
        named=True,
        unless=NOT_A_MODEL,
        after=anyof(
            r"\b(?:since|before|prior to|after|when we|until|following|upon|than|with|by|for) (?:we |the |its |"
            r"our )*\Z",
            r"\b(?:features?|tools?|tutorials?|guides?|docs|documentation|examples?|tests?) (?:were |was |"
            r"have been )?\Z",
        ),
    ),
    Rule(  # it is there
        Label.NEW_MODEL,
        anyof(
            rf"{NAMES}(?:"
            rf"(?:,? (?!(?:for|in|with|to|via|on|of|through|from|by|that|which|using)\b)[\w-]+){{0,3}}?,?\s+(?:is|"
            rf"are|has become|becomes?)\s+{_SOON}*{_HOW}{_READY}(?! (?:for|to) (?:fine|distil))"
            r"|,[^;]{3,140}\b(?:is|are) now (?:generally |publicly )?available\b"
            r"|(?: models?)? (?:public preview|private preview|limited preview|public beta|general availability)\W*\Z"
            r"|(?: models?)? available\W*\Z|(?: with vision)(?: on (?:[\w-]+ ){1,3})? ?(?:is |are )?now\b"
            rf"|(?: models?)?(?:,[^,.;]{{3,120}},)? (?:now |also |newly )+{_HOW}{_READY}"
            r"|(?: (?:video|image|audio|speech|text|generation|reasoning|embedding|chat|language|models?|"
            r"to)){0,3}(?: (?:has|have|was|were))?(?: now)?(?: been)?"
            r" (?:released|launched|introduced|announced|added to|made available|in (?:public|open) (?:preview|"
            r"beta)\b|moved to GA|promoted to|reached GA|reaches GA"
            r"|graduated|debuts|arrives|joins|generally available|available (?:in|on|via|now))\b"
            r"|(?: models?)? (?:is|are) (?:now )?(?:a|an|the|our) (?:[\w-]+ )?(?:new|latest|newest|first|most \w+|"
            r"next)\b[^;]{0,60}\bmodels?\b)"
        ),
        stems(
            "avail|in public|in open|live|access|ga|here|preview|beta|roll|launch|out|support|releas|"
            "introduc|announc|added|promot|reach|graduat|debut|arriv|join|model"
        ),
        named=True,
        unless=NOT_A_MODEL,
        after=_OF_A_FEATURE,
    ),
    Rule(  # a name that a client learns
        Label.NEW_MODEL,
        anyof(
            rf"\badd(?:s|ed|ing)? (?:the |new )*{NAMES}(?: [\w-]+){{0,2}} (?:ids?|identifiers?|slugs?|choices?|constants?)\b",
            rf"\b(?:new|latest) (?:[\w-]+ )?models?:? {NAME}",
            rf"\bnew {NAMES} (?:models? )?support\b",
            rf"\bnew {NAMES}(?: models?)?(?: are| is)?(?: now)? available\b",
            r"\badd(?:s|ed)? (?:the |new )*(?:claude|haiku|sonnet|opus|gemini|gpt|llama|mistral|command|nova|grok|deepseek|"
            r"qwen|[a-z]+-[a-z\d.]+) models?\b",
            rf"{NAMES} (?:[\w-]+ ){{0,4}}models?\b[^;,]{{0,60}}\b(?:is|are) now (?:\w+ly )?available\b",
            rf"{NAMES} (?:is |are )?supported (?:on|via)\b",
            rf"{NAMES} (?:is|are) (?:now )?(?:served|hosted|offered|reachable|exposed) (?:via|on|through|at)\b",
        ),
        stems("add|support|available|new|latest|served|hosted|offered|reachable|exposed"),
        after=_OF_A_FEATURE,
    ),
    Rule(  # a family that is not known
        Label.NEW_MODEL,
        anyof(
            r"\A\W*(?-i:[A-Z])[\w-]{1,20}(?: (?-i:[A-Z])[\w-]{1,20}){0,2}[ -]v?\d{1,2}(?:\.\d{1,2})?(?: (?-i:[A-Z])[\w-]{1,20})? "
            r"(?:is|are) (?:now )?(?:\w+ly )?available (?:on|in|via|through|as)\b",
            r"\bnew models? added\b|\badd(?:s|ed)? (?:\S+ ){1,4}?model (?:ids?|identifiers?|choices?|slugs?)\b",
        ),
        stems("available|model"),
        unless=anyof(
            r"\b(?:sdks?|apis?|cli|python|node|java|go|version|mcp|oauth|tls|http|release|ui|tier|phase|custom)\b"
        ),
    ),
    Rule(  # a model whose name says nothing
        Label.NEW_MODEL,
        anyof(
            rf"\b{_MADE}\s+(?:an? (?:\w+ )?(?:beta|preview|version|snapshot) of )?{_FILL}(?:new|latest|first|updated|"
            rf"next|two|three|four|five|second|third|refreshed|improved|experimental|preview|"
            rf"most \w+) (?:[^\s.;]+ ){{0,6}}?(?:models?|snapshots?|checkpoints?)\b",
            rf"\b(?:new|latest) (?:[\w-]+ ){{0,4}}?(?:models|model versions?|snapshots?|"
            rf"{_KIND}[ -]model)\b{INSIDE}{{0,60}}\b(?:(?:is|are) (?:now )?(?:available|live|here)|now available|"
            rf"available (?:in|on|via|now|for))",
            rf"\b(?:{_KIND}[ -]models?|models) (?:is|are) now (?:\w+ly )?(?:available|live|open to)\b|\bmodels (?:is|"
            rf"are) (?:\w+ly )?available (?:in|on|via|through|to)\b",
            rf"\b{_VERSIONS} of (?:our |the )?(?:[^\s.;]+ ){{0,3}}?models? (?:is|are) now (?:\w+ly )?available\b",
            r"(?:\b(?:our|a|an|the) |: )(?:very )?(?:first|newest|latest|new|"
            r"next)(?: and improved)? (?:[\w-]+ ){0,5}models?\b(?=[,.!]|\s+(?:is|has|that|which|with|designed|"
            r"trained|for|in|optimi\w+|built)\b)",
            r"\bmodel (?:ids?|names?|slugs?)\s*[:=]\s*[a-z][\w./:@-]{2,80}\d",
            r"\bbring(?:s|ing) (?:the |our )?(?:[\w-]+ ){1,3}models? to\b",
            rf"\b{_MADE}\b[^;]{{0,120}}\b[a-z][a-z0-9.]{{1,30}}(?:-[a-z0-9.]{{1,20}}){{1,5}}-\d\d-20\d\d\b",
            r"\A\W*[\w.-]{2,60}: (?:a )?new (?:[\w-]+ ){0,4}models?\b",
            r"\bnew models?\s*[:\u2014\u2013-]\s*\S",
            r"\b(?:slugs?|ids?|identifiers?|names?|enums?|support|types?) for (?:the )?new (?:\w+[ -]){0,3}models?\b",
        ),
        stems("-20|model|snapshot|checkpoint"),
        unless=NOT_A_MODEL,
        after=anyof(
            r"\b(?:for|with|to use|using|fine-?tune|in|by|on|of|from|support|supports|than|as|via|when|unlike|"
            r"including|into|like) (?:the |our |all |both |many |some |other |which )*\Z",
            r"\bno\b[^.]{0,20}\Z",
        ),
    ),
    Rule(
        Label.NEW_MODEL,
        anyof(
            r"\bnew (?:\w+ ){0,3}models?\b",
            rf"\b{_MADE}\b{INSIDE}{{0,80}}\bmodels?\b",
        ),
        stems("model"),
        sure=False,
        unless=NOT_A_MODEL,
    ),
    Rule(
        Label.NEW_MODEL,
        anyof(rf"\bsupport for (?:the )?(?:new )?{NAMES}"),
        stems("support"),
        sure=False,
        named=True,
        unless=NOT_A_MODEL,
    ),
)

TITLE = anyof(
    r"\bnew (?:[\w&+-]+ ){0,4}models?\b(?=\W*\Z|\s+(?:available|on|in|released?|is|are)\b|\s*[(!:,])",
    rf"\bnew (?:versions?|snapshots?) of (?:the |our )?{NAMES}",
    r"\A\W*(?:announcing|introducing|meet|presenting) (?:[\w'\u2019&+.-]+ ){0,6}models?\b",
)
"""A title that promises one."""
OPENING = anyof(rf"\A\W*{NAMES} (?:is|are) (?:a |an |our |the )?(?:[\w-]+ ){{0,5}}models?\b")
"""A first sentence that presents one."""
ENTRY = anyof(
    rf"\A\W*(?:\(?[a-z]+\)?: )?(?:introducing |announcing |new: |meet |add(?:ed|"
    rf"ing)? (?:support for )?(?:the )?(?:new )?)?{NAMES}"
    r"(?: models?)?(?: family| series)?(?:\W+(?:is here|now available|available now|launch\w*|release[sd]?|preview|"
    r"beta|GA|general availability|model support|support|model"
    r"|generally available|\d{4}-\d\d(?:-\d\d)?|public|private|limited|in|on|snapshot|version|and))*\W*\Z"
)
"""A title that only names a model."""
