"""Prices and billing; rates, quotas and tiers."""

from __future__ import annotations

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading.shapes import INSIDE, Rule, anyof, stems

_CHANGED = (
    r"(?:reduc(?:e|es|ed|ing)|lower(?:s|ed|ing)?|cut(?:s|ting)?|drop(?:s|ped|ping)?|decreas(?:e|es|ed|ing)|"
    r"slash(?:ed|ing|es)?|increas(?:e|es|ed|ing)"
    r"|rais(?:e|es|ed|ing)|rise|rises|chang(?:e|es|ed|ing)|updat(?:e|es|ed|ing)|halv(?:e|es|ed|ing)|doubl(?:e|es|ed|"
    r"ing)|tripl(?:e|es|ed|ing)|adjust(?:s|ed|ing)?"
    r"|revis(?:e|es|ed|ing)|simplif(?:y|ies|ied|ying)|remov(?:e|es|ed|ing)|introduc(?:e|es|ed|ing)|extend(?:s|ed|"
    r"ing)?|reset(?:s|ting)?|relax(?:es|ed|ing)?"
    r"|tighten(?:s|ed|ing)?|expand(?:s|ed|ing)?|quadrupl(?:e|es|ed|ing)|grow(?:s|n|ing)?|bump(?:s|ed|ing)?|unif(?:y|"
    r"ies|ied|ying)|separat(?:es|ed|ing))"
)
_PRICE = r"(?:pric(?:e|es|ing)|costs?|rates|fees?|charges?)"
_LIMIT = (
    r"(?:rate[- ]?limits?|rate limiting|quotas?|usage limits?|usage tiers?|throughput limits?|(?<!per-)request limits?|"
    r"token limits? per|concurrency limits?"
    r"|(?:requests?|tokens?|images?) per (?:minute|day|second|hour|month)|\b[RTIO]{1,2}P[MDS]\b|[io]tpm\b|(?<!per[- ])(?:daily|"
    r"weekly|monthly|hourly|session|message) limits?"
    r"|batch (?:queue|enqueued)(?: token)? limits?|concurrent requests?|spend(?:ing)? limits?)"
)

RULES: tuple[Rule, ...] = (
    Rule(
        Label.PRICING,
        anyof(
            rf"\b{_PRICE} (?:update|change|increase|decrease|reduction|drop|cut|adjustment|revision)s?\b",
            rf"\b{_CHANGED} (?:the |our |its |their |all |api |input |output |token |cached? |model |"
            rf"new )*(?:\S+ ){{0,4}}?(?:pric(?:e|es|ing)|costs? (?:of|for|per)|fees?)\b",
            rf"\b(?:pric(?:e|es|ing)|token costs?|fees?)\b{INSIDE}{{0,80}}\b(?:{_CHANGED}|now|takes? effect|"
            rf"effective)\b",
            r"\b(?:introductory|promotional|standard|new|updated|lower|reduced|increased|cheaper|discounted|revised|"
            r"simplified|tiered|higher|premium|regular) (?:\w+ )?(?:pric(?:e|es|ing)|rates)\b(?! limit)",
            r"\bnow (?:at )?(?:half|twice|double|a (?:third|quarter)|\d+x)(?: of)? (?:the )?(?:pric(?:e|ing)|cost)\b",
            r"[$€£₹¥] ?\d[\d.,]*[^;]{0,60}\b(?:was|from|previously|instead of)\W{1,3}[$€£₹¥] ?\d|\bfrom [$€£₹¥] ?\d[^;]{0,40}"
            r"\bto [$€£₹¥] ?\d|\brepric(?:e|es|ed|ing)\b|\bsurcharges?\b",
            r"\b(?:costs?|prices?)(?: \w+){0,2} (?:halved|doubled|tripled|cut|slashed|reduced|lowered|dropped|increased|"
            r"raised)\b|\b(?:lower|rais|reduc|cut|increas)\w* (?:the )?(?:input|output|cached?)\b[^;]{0,80}\bper "
            r"(?:\w+ )?tokens?\b",
            r"\b(?:are|is) (?:now )?priced at\b|\bincurs? an? (?:charge|fee|cost)\b|\bcharge[sd]? per (?:million|thousand|1m|1k|"
            r"output|input) ",
            r"\b(?:offer|introduc|apply|appli|add)\w* (?:an? |the )?(?:\w+ )?discounts?\b",
            r"\b(?:receive|get|include|grant|offer)s? [^;]{0,30}\bfree (?:credits?|tokens)\b|\bmultipliers?\b[^;]{0,40}"
            r"\b(?:chang|increas|decreas|reduc|rais|lower|is now|are now|set to)\w*",
            r"\bnow (?:\d+(?:x|%) )?(?:cheaper|priced|free)\b|\bpriced the same\b|\bat no (?:additional|"
            r"extra) (?:cost|charge)\b|\bfree of charge\b",
            r"\b(?:will be|are|is|be|being|no longer|now|not) (?:\w+ )?(?:billed|charged|metered)\b(?! (?:once|"
            r"only once))",
            r"\b(?:billing|charges?|charging|metering)(?: for [^;]{1,60}?)? (?:starts?|begins?|will (?:start|begin|"
            r"change)|changes?|has changed|is changing|model|rules?)\b|\b(?:now|will) costs?\b",
            r"\b(?:introduc\w+|launch\w+|add\w+|new|remov\w+|end\w*) (?:an? |the |our )?free (?:api )?(?:tier|plan|"
            r"usage|quota|credits?)\b|\bfree (?:until|through|during|for a limited)\b",
            r"\b(?:introduc|launch|enabl|chang|mov)\w* (?:to )?(?:[\w-]+ ){0,3}billing\b(?! (?:errors?|pages?|docs|"
            r"alerts?|history|settings|address|details|emails?|contacts?))|\bcredits\b[^;]{0,40}\b(?:can|may|"
            r"will) now\b",
            r"\b(?:introduc|roll|launch|new|chang|updat)\w*[^;]{0,60}\bbilling (?:plans?|tiers?|models?|rules?|terms|"
            r"cycles?)\b",
        ),
        stems(
            "credits|surcharge|multiplier|€|£|₹|¥|token|pric|cost|fee|rates|cheap|discount|expensive|free|bill|charg|meter|$|%"
        ),
        unless=anyof(
            r"\bprice[- ]performance\b|\bcost[- ](?:effective|efficien\w+|optimi[sz]\w+)\b",
            r"\bon the free tier\b|\b(?:see|visit|view|refer to|check)(?: the| our)? pric\w+|\bpricing (?:page|"
            r"details|docs|documentation|guide|table|calculator)\b",
            r"(?:(?<!are )(?<!'re )\b(?:reducing|lowering|cutting)|\bto (?:reduce|lower|cut|save|control|optimi[sz]e|"
            r"track|estimate))\b[^;]{0,80}\bcosts?\b",
            r"\b(?:at|or) (?:the |an? )?(?:premium|introductory|regular|higher|lower|reduced|discounted) (?:pricing|price|cost|"
            r"prices|rates)\b(?!.{0,40}\b(?:ends?|until|now)\b)",
            r"\bbilling[- ](?:related|errors?|issues?)\b|\bcost (?:tracking|report\w*|api|dashboard|estimat\w+|"
            r"explorer|management|calculat\w+|breakdown)\b",
        ),
    ),
    Rule(  # a comparison with another model is no change of a price
        Label.PRICING,
        anyof(
            r"\bpric(?:e|es|ed|ing) (?:is |are |at |starts? |starting |of |from )+\$?\d|\$ ?\d[\d.,]* ?(?:/|per|"
            r"for each|for every)\b",
            rf"\b\d{{1,3}}(?:\.\d+)? ?(?:%|percent){INSIDE}{{0,30}}\b(?:cheaper|discount\w*|off\b|less expensive|"
            rf"lower (?:cost|price)|price|cost (?:reduction|savings))",
            r"\b(?:discount(?:ed|s)?|cheaper|less expensive)\b[^;]{0,60}\b(?:now|until|through|from|for all|starting|"
            r"per|than before)\b",
        ),
        stems("cheap|discount|expensive|%|percent|$|pric"),
        beside=frozenset({Label.NEW_MODEL, Label.DEPRECATION}),
    ),
    Rule(
        Label.PRICING,
        anyof(
            r"\bpric(?:e|es|ed|ing)\b",
            r"\bbill(?:ed|ing)\b",
            r"\bcost(?:s)?\b",
            r"\bdiscount\w*\b",
            r"\bcheaper\b",
            r"\bfree tier\b",
            r"\bcredits\b",
        ),
        stems("pric|bill|cost|discount|cheap|free|credits"),
        sure=False,
    ),
    Rule(
        Label.RATE_LIMIT,
        anyof(
            rf"\b{_CHANGED}\b{INSIDE}{{0,50}}?\b{_LIMIT}",
            rf"\b(?:higher|lower|new|updated|doubled|reduced|increased|stricter|relaxed|"
            rf"unified) (?:\S+ ){{0,3}}?{_LIMIT}",
            rf"\b(?:gets?|receives?|now (?:have|has)|now with) (?:an? |their |its )?(?:own |separate |dedicated |"
            rf"default |dynamic |unlimited |larger )+(?:\S+ ){{0,2}}?{_LIMIT}",
            rf"\b{_LIMIT}(?: \w+){{0,4}} (?:are|is|has|have|now|will|was|were)\b",
            rf"\b{_LIMIT}{INSIDE}{{0,60}}\b(?:{_CHANGED}|higher|lower|now|no longer|capped|merged)\b",
            r"\b(?:no longer|now) (?:counts?|counted) (?:toward|towards|against|in)\b[^;]{0,40}\blimits?\b",
            r"\blimited to \d[\d,.]* (?:concurrent|simultaneous|parallel)\b|\bup to \d[\d,.]* (?:concurrent|simultaneous|"
            r"parallel) ",
            rf"\b{_LIMIT} (?:increase|decrease|reduction|change|update|adjustment)s?\b",
            r"\b(?:tier|level) [1-5]\b[^;]{0,60}\b(?:limits?|rpm|tpm|requests|users?|customers|quota)\b",
            r"\b\d[\d,.]*[KMkm]? (?:RPM|TPM|RPD|TPD|RPS|ITPM|OTPM|requests per|tokens per (?:minute|day|second|"
            r"hour))\b",
        ),
        stems(
            "limit|quota|tier|per minute|per day|per second|per hour|per month|rpm|tpm|rpd|concurren|simultaneous|parallel"
        ),
        unless=anyof(
            r"\brate[- ]?limits? (?:charts?|tabs?|headers?|errors?|api|page|docs|documentation|exceptions?|handling|"
            r"retr\w+|dashboard|status|info\w*|events?|messages?|widget|types?|usage)\b",
            r"\b(?:see|visit|view|refer to|check|monitor)(?: \w+){0,4} (?:rate limits?|quotas?)\b",
            r"\b(?:higher|lower) [^;]{0,60}\bthan (?:our|other|those)\b",
            r"\b(?:rate[- ]?limit|ratelimit)\w*[- ](?:reset|remaining|requests|tokens|type)\b|\bx-ratelimit\S*|"
            r"\banthropic-ratelimit\S*",
            r"\b(?:retry|retries|back ?off|handle|handling|parse|raise|catch|fix\w*) (?:\w+ ){0,3}rate[- ]?limit\w*",
        ),
    ),
    Rule(
        Label.RATE_LIMIT,
        anyof(rf"{_LIMIT}", r"\blimits? (?:is|are|has|have|of)\b", r"\bcapacity\b", r"\bthroughput\b"),
        stems("limit|quota|tier|per minute|per day|per second|rpm|tpm|concurren|capacity|throughput"),
        sure=False,
    ),
)
