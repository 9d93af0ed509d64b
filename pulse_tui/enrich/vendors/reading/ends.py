"""What is announced to end, or has ended: models, endpoints, parameters, features."""

from __future__ import annotations

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading.shapes import DAY, INSIDE, NAME, Rule, anyof, stems

_SENTENCE = r"(?:[^.;:]|\.(?=\S))"
"""A character of one sentence: the dot of gpt-4.1 ends none."""
_END = (
    r"(?:deprecat\w*|retir(?:e|es|ed|ing|ement)|shut(?:ting)?[ -]?down|sunset\w*|end[- ]of[- ]life|discontinu\w*"
    r"|decommission\w*|phas(?:ed?|ing)[ -]out)"
)
TAKEN_BACK = (
    rf"\b(?:decided|chosen|chose|opted) (?:not to|against) (?:the )?{_END}\b",
    rf"\bno longer (?:(?:be|being|plan|plans|planning|planned|intend|intends|going|scheduled|to|for) )*{_END}\b",
    rf"\b{_END}\b{_SENTENCE}{{0,80}}\b(?:cancel+ed|withdrawn|revers(?:ed|ing)|rescinded|revoked|called off|reverted|"
    rf"taken back"
    r"|postponed indefinitely|(?:postponed|paused|on hold|delayed) until further notice)\b",
    rf"\b(?:cancel+(?:ed|ing)?|withdr[ae]w(?:n|ing)?|revers(?:e|ed|ing)|rescind(?:ed|ing)?|revok(?:e|ed|ing)|"
    rf"call(?:ed|ing) off)\b"
    rf"{_SENTENCE}{{0,40}}\b{_END}\b",
    r"\bun-?deprecat\w*|\bnon-?deprecated\b",
)
"""An announced end that is taken back."""
OFF = anyof(*TAKEN_BACK)

_THING = (
    r"(?:models?|variants?|endpoints?|api|apis|parameters?|params?|features?|versions?|snapshots?|alias(?:es)?|methods?|"
    r"fields?|tools?|sdks?|libraries"
    r"|library|support|headers?|options?|connectors?|functionality|capabilit(?:y|ies)|modes?|regions?|tiers?|plans?|"
    r"resources?|properties"
    r"|property|arguments?|class(?:es)?|functions?|beta|previews?|service|product|playground|platform|access|"
    r"engines?|backends?|modules?|integrations?|implementation|code ?paths?|variables?|flags?|commands?)"
)
_PAGE = (
    r"(?:pages?|tables?|polic(?:y|ies)|schedules?|guides?|docs|documentation|lists?|timelines?|process|commitments?|"
    r"dates? page|faqs?)"
)
_ASIDE = anyof(
    r"deprecat\w+ warnings?",
    r"deprecated? (?:alias|type|test|usage|call|code|import|syntax)\w*\b",
    rf"\b(?:deprecat\w+|retirements?|sunset\w*|shutdowns?|lifecycle)(?: (?:and|&|or) \w+)? {_PAGE}\b",
    r"\b(?:fix\w*|silence\w*|suppress\w*|avoid\w*|handl\w+|stop using|remove use of|replace use of) (?:the |some |a |"
    r"use of )?deprecat\w*",
    r"\b(?:graceful(?:ly)?|clean|server|client|process|worker|idle|auto(?:matic)?|on|during|at|session|thread|"
    r"instance|engine) shut(?:ting)?[ -]?down",
    r"\bshut[ -]?down (?:hooks?|handlers?|signals?|sequences?|hangs?|process|timeouts?|errors?|crash\w*|logic|"
    r"race\w*|order|cleanly|gracefully)",
    r"\b(?:before|after) retir\w+ (?:from|into)\b",
    *TAKEN_BACK,
)
_WORK_OF_OURS = (
    r"\b(?:remov|drop)\w* (?:the |an? |some |all |any )?(?:unused|unnecessary|redundant|duplicat\w*|dead|extra\w*|"
    r"stray|trailing"
    r"|leftover|obsolete|old|stale|legacy code|debug\w*|noisy|internal|todo\w*|comments?|logs?|logging|prints?|"
    r"white ?space|blank|need|limit\w*"
    r"|restriction\w*|requirement\w*|wait ?list\w*|barriers?|friction|background\w*|noise|warning\w*|dependenc\w+|"
    r"cap|caps|ceiling|watermark\w*)"
)
_REMOVED = anyof(
    _WORK_OF_OURS,
    r"\b(?:limits?|restrictions?|requirements?|wait ?lists?|caps?|barriers?|bugs?|duplicates?|warnings?|logs?|"
    r"markings?|need)\b[^;]{0,40}\bremoved\b",
    *TAKEN_BACK,
)

RULES: tuple[Rule, ...] = (
    Rule(
        Label.DEPRECATION,
        anyof(
            r"\bdeprecat(?:e|es|ed|ion|ions|ing)\b",
            r"\bretir(?:e|es|ed|ing|ement|ements)\b",
            r"\bsunset(?:s|ting|ted)?\b",
            r"\bshut(?:s|ting)?[ -]?down\b",
            r"\bend(?:s|ing|ed)?[- ]of[- ](?:life|support|service|sale)\b|\bEOL\b",
            r"\bdiscontinu(?:e|es|ed|ing|ation)\b",
            r"\bdecommission(?:s|ed|ing)?\b",
            r"\bphas(?:e|es|ed|ing)[ -](?:out|them out|it out)\b",
            r"\bwind(?:ing)?[ -]down\b",
        ),
        stems("deprecat|retir|sunset|shut|end|eol|discontinu|decommission|phas|wind"),
        unless=_ASIDE,
    ),
    Rule(
        Label.DEPRECATION,
        anyof(
            r"\bno longer (?:be )?(?:\w+ly )?(?:available|supported|accessible|offered|served|maintained|functional|"
            r"usable|callable|provided"
            r"|hosted|exist|exists|work|works|accept(?:ing)? new|able to (?:use|access|create|call)|support|supports|"
            r"offer|offers)\b",
            r"\b(?:stops?|stopped|stopping|ceases?|ceased) (?:support\w*|serving|offering|functioning|"
            r"being available|to be available|working(?! (?:when|if|once|with))|to work)",
            r"\b(?:become|be|becomes|became) (?:permanently )?(?:unavailable|inaccessible)\b",
            rf"\b(?:turn(?:ed|ing)? off|switch(?:ed|ing)? off|taken offline|disabled|shuttered|"
            rf"withdrawn)\b{INSIDE}{{0,60}}\b{DAY}",
            rf"\b(?:model|models|endpoint|api|alias|{NAME})(?: (?:has|have|is|are|was|were|will))?(?: been|"
            rf" be)? (?:turned off|taken offline|withdrawn)\b",
        ),
        stems("no longer|stop|cease|unavailable|inaccessible|off|disabled|shuttered|withdrawn"),
        unless=anyof(
            r"no longer (?:support|offer)s? (?:issues?|tickets?)",
            r"no longer available (?:on|in|to|for|with) (?:the |our )?(?:\w+ )?(?:free|trial)\b",
            *TAKEN_BACK,
        ),
    ),
    Rule(
        Label.DEPRECATION,
        anyof(
            r"\bremov(?:e|ed|es|ing|al) from (?:the |our )?(?:\w+ ){0,2}(?:api|apis|platform|service|services|"
            r"catalog|catalogue|console|product|sdk"
            r"|studio|list of (?:supported|available) models|model (?:picker|selector|list))\b",
            r"\b(?:remov(?:e|ed|es|ing)|drop(?:s|ped|ping)?|end(?:s|ed|ing)?|discontinued?) (?:the |all |"
            r"our )?(?:official )?support for\b",
            rf"\bsupport for\b{INSIDE}{{1,80}}\b(?:removed|dropped|ended|ends|ending|end on|discontinued|will end|"
            rf"be removed)\b",
            r"\bdrop(?:s|ped|ping)? (?:\S+ ){1,5}support\b|\bsupport (?:is|was|has been) dropped\b|\bmodels? removed:",
            rf"\b(?:removed?|removes|removing|removal of) (?:the |our |these |this |all |"
            rf"support for )?(?:[\w./:`{{}}-]+ ){{0,5}}?{_THING}\b",
            rf"\b(?:removed?|removing|removal of) (?:the )?{NAME}",
            rf"\b(?:{NAME}|models?|endpoints?|parameters?|params?|features?|fields?|versions?|support|alias(?:es)?|"
            rf"header)"
            r"(?: \w+)? (?:has|have|will|was|were|is|are|to) (?:also )?(?:now )?(?:been |"
            r"be )?(?:being )?(?:permanently |completely )?removed\b",
            rf"\b(?:were|was|have been|has been|will be|to be|are being) (?:permanently |fully |"
            rf"completely )?removed\b|\b(?:complet\w+|full) (?:the )?removal of\b|\bremoval\b{INSIDE}{{0,40}}\b{DAY}",
        ),
        stems("remov|drop|support"),
        unless=_REMOVED,
    ),
    Rule(
        Label.DEPRECATION,
        anyof(
            r"\b(?:legacy|retirement|deprecated|eol|shutdown|sunset) (?:state|status|date|phase|period)\b",
            rf"\b(?:{NAME}|models?|versions?)\b{INSIDE}{{0,60}}\b(?:mov\w+|transition\w*|enter\w*|mark\w+|now|"
            rf"becom\w+|plac\w+) (?:to |into |in |as |the |a |considered )*legacy\b",
            rf"\b(?:starting|as of|effective|beginning|from)\b[^;]{{0,60}}{NAME}[^;]{{0,60}}\bnot (?:be )?available (?:in|to|for)\b|"
            r"\b(?:is|are) now (?:considered |marked |in )?(?:a |as )?legacy\b",
            r"\bmust (?:migrate|move|switch|upgrade|transition)\b",
            rf"\b(?:migrate|move|switch|upgrade|transition) (?:your \w+ |\w+ )?(?:to|from|off|"
            rf"away from)\b{INSIDE}{{1,80}}\b(?:before|by|prior to|no later than) (?:the )?{DAY}",
            rf"\b(?:access|availability|extended access)\b{INSIDE}{{0,60}}\b(?:ends|will end|end on|expires)\b",
            r"\bwill stop working\b(?! (?:when|if|once))|\bstopped working\b(?= (?:on|after|from))",
        ),
        stems("not |legacy|date|migrate|must|move|switch|upgrade|transition|access|availab|stop"),
        unless=_ASIDE,
    ),
    Rule(
        Label.DEPRECATION,
        anyof(
            r"\b(?:recommend|encourage|advise|suggest|urge|ask)\w*\b[^;]{0,60}\b(?:migrat|mov(?:e|ing)|switch|upgrad|"
            r"transition)\w*",
            r"\bplease (?:migrate|move|switch|upgrade|transition)\b|\bplan to (?:migrate|upgrade)\b",
            r"\b(?:replaced|superseded|succeeded) by\b|\breplac(?:es|ing) (?:the )?(?:previous|older|earlier|"
            r"existing)\b",
            r"\blegacy\b|\bremoved\b|\bremoval\b|\bdrop(?:s|ped)\b|\bgoing away\b|\blast day\b|\bmigration guide\b",
        ),
        stems(
            "recommend|encourag|advis|suggest|urge|ask|please|plan|replac|supersed|succeed|legacy|remov|"
            "drop|going away|last day|migration"
        ),
        sure=False,
        unless=_REMOVED,
    ),
)
