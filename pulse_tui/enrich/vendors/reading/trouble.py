"""Incidents, and vulnerabilities with their fixes."""

from __future__ import annotations

from pulse_tui.domain.note import Label
from pulse_tui.enrich.vendors.reading.shapes import Rule, anyof, stems

RULES: tuple[Rule, ...] = (
    Rule(
        Label.INCIDENT,
        anyof(
            r"\b(?:elevated|increased|intermittent|high(?:er)?) (?:\w+ )?(?:errors?|error rates?|timeouts?|"
            r"latenc(?:y|ies)|failures?|failure rates?"
            r"|rates? of (?:errors?|failures?|timeouts?|5\d\d))\b",
            r"\belevated billing\b",
            r"\bdegrad(?:ed|ation)(?: in| of)? (?:\w+ ){0,2}(?:availability|performance|quality|service|experience)\b",
            r"\b(?:service|performance|quality|availability|partial|system) degradation\b|\bexperienc\w+ degrad\w+",
            r"\b(?:partial |major |complete |full |service |total )?outages?\b",
            r"\b(?:service )?(?:disruptions?|interruptions?) (?:with|of|to|in|affecting|for)\b|"
            r"\bservice disruptions?\b",
            r"\bincidents? (?:with|on|affecting|involving|in|report|has been)\b|\bpost-?mortem\b",
            r"\bissues? (?:is |was |are |that (?:is|was) )?(?:affecting|impacting|causing)\b",
            r"\b(?:fully |currently |partially )?(?:unavailable|down) for (?:some|all|many) (?:users|customers)\b",
            r"\A\W*(?:investigating|identified|monitoring|resolved|update|postmortem)\W{0,4} [-\u2013\u2014] \S|"
            r"\ba fix has been implemented and we are monitoring\b",
            r"\bconnectivity issues?\b|\bwe(?:'re| are) (?:currently )?(?:aware of|investigating)\b",
        ),
        stems(
            "elevated|increased|intermittent|high|degrad|outage|disrupt|interrupt|incident|mortem|issue|"
            "unavailable|down|investigating|aware|identified|monitoring|resolved|update"
        ),
        unless=anyof(
            r"\bfix(?:e[sd])? (?:an?|the|some|several|various) (?:\w+ ){0,3}issues? (?:\w+ )?(?:affecting|impacting|"
            r"causing)",
            r"\b(?:avoid|prevent|without|minimi[sz])\w*[^;]{0,60}\b(?:disruptions?|interruptions?|outages?|degrad\w+)",
            r"\bincident (?:response|management|report(?:ing)? tools?)",
            r"\bfix(?:e[sd]|ing)? [^;]{0,60}?(?:degrad|outage|elevated|latency)\w*",
        ),
    ),
    Rule(
        Label.SECURITY,
        anyof(
            r"\bvulnerabilit(?:y|ies)\b",
            r"\b(?:CVE-\d{4}-\d+|PYSEC-\d{4}-\d+|GHSA-\w{4}-\w{4}-\w{4})",
            r"\barbitrary (?:code|command|file)\b|\bremote code execution\b|\bRCE\b",
            r"\b(?:SQL|command|code|prompt|template|header|CRLF|log) injections?\b",
            r"\bcross-site (?:scripting|request forgery)\b|\b(?:XSS|CSRF|SSRF|XXE)\b|\bserver-side request forgery\b|"
            r"\bopen redirect\b",
            r"\b(?:path|directory) traversal\b|\bside[- ]channel\b|\bexfiltrat\w+\b|\bsandbox escape\b|"
            r"\bprivilege escalation\b",
            r"\b(?:remote|unauthenticated|local|malicious|an) attackers?\b",
            r"\b(?:authentication|authorization|access control|permission|sandbox|allowlist|deny ?list) bypass\w*\b",
            r"\bsecurity (?:fix(?:es)?|patch(?:es)?|advisor(?:y|ies)|bulletins?|issues?|flaws?|bugs?|hole|incident|"
            r"breach|hardening|releases?)\b",
            r"\bmalicious (?:\w+ ){0,3}(?:can|could|may|might)\b|\btokens? (?:were|was|are|is|could be|"
            r"being) leaked\b|\boverwrit\w+ arbitrary\b",
            r"\b(?:leak(?:ed|s|ing)?|expos(?:ed|es|ing|ure of)) (?:\w+ ){0,3}(?:credentials?|secrets?|tokens?|"
            r"api keys?|passwords?|sensitive)\b",
            r"\b(?:credentials?|secrets?|api keys?|passwords?) (?:\w+ ){0,3}(?:leak(?:ed|s|ing)?|exposed|"
            r"in (?:plain ?text|logs))\b",
            r"\b(?:exploit(?:ed|able|s|ation)?|denial[- ]of[- ]service|ReDoS|unsafe deseriali[sz]ation|"
            r"insecure deseriali[sz]ation|use[- ]after[- ]free"
            r"|buffer overflow|out-of-bounds)\b",
        ),
        stems(
            "vulnerab|cve-|pysec-|ghsa-|arbitrary|code execution|rce|injection|cross-site|xss|csrf|ssrf|"
            "xxe|forgery|redirect|traversal|side-channel|side channel|exfiltrat|escape|escalation|"
            "attacker|malicious|overwrit|bypass|security|leak|expos|credential|secret|api key|password|"
            "exploit|denial|redos|deseriali|free|overflow|out-of-bounds"
        ),
        unless=anyof(
            r"\b(?:scan|detect|find|identif|discover|analy[sz]|surfac|search|test|look|check|prevent|protect|defend|"
            r"guard|block|resist|hunt|fix\w* security"
            r"|filter|shield|classif|flag|evaluat|robust)\w*(?: \S+){0,8}? (?:security )?(?:vulnerabilit(?:y|ies)|"
            r"injections?|exploit\w*|exfiltrat\w+"
            r"|attackers?|security (?:issues|bugs|flaws))",
            r"\bvulnerability (?:scan\w*|detect\w*|manage\w*|research\w*|reports?|disclosure|database|analys\w+|"
            r"assess\w*|discover\w*|triage|remediat\w*)",
            r"\b(?:prompt|sql|code) injections? (?:detect\w*|protect\w*|defen[sc]e\w*|guard\w*|shield\w*|classif\w*|"
            r"attacks? detection|resistance)",
            r"\bsecurity (?:bulletins?|advisor(?:y|ies)) (?:page|feed|format)",
        ),
    ),
    Rule(
        Label.SECURITY,
        anyof(r"\bsecurity\b", r"\bmitigat\w+\b", r"\bleak(?:s|ed|ing)?\b"),
        stems("security|mitigat|leak"),
        sure=False,
        unless=anyof(r"\bmemory leaks?\b|\bsecurity (?:teams?|review|cent(?:er|re)|tools?|features?|posture)\b"),
    ),
)
