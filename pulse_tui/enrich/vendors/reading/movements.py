"""Signs that something moved under an existing caller: what is swapped, refused, lowered, or kept only by pinning it."""

from __future__ import annotations

from collections.abc import Sequence

from pulse_tui.domain.note import Label
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.reading.pieces import Piece
from pulse_tui.enrich.vendors.reading.shapes import NAME, Rule, anyof, stems

_ENDS = frozenset({Label.DEPRECATION})
_OTHERS = frozenset({Label.DEPRECATION, Label.PRICING, Label.RATE_LIMIT})
_BEFORE = r"(?:previous|old|older|earlier|prior|former|original|legacy)"
_ANSWER = (
    r"(?:outputs?|results?|responses?|transcripts?|transcriptions?|answers?|scores?|embeddings|token counts?|latency|"
    r"completions?)"
)
_QUALITY = (
    r"(?:quality|accuracy|latency|speed|performance|reliability|stability|refusals?|hallucinations?|adherence|"
    r"(?:instruction|prompt)[- ]following|(?:tool|function)[- ]calling|reasoning|formatting|verbosity|safety|tone|"
    r"consistency|pronunciation|recognition|detection|outputs?|responses?|generations?|understanding)"
)
_UNIT = (
    r"(?:pages?|tokens?|characters?|bytes?|[kmg]b|items?|messages?|images?|files?|minutes?|seconds?|words?|documents?|"
    r"tools?|rows?|inputs?|chunks?|requests?)"
)
_STAGE = r"(?:(?:public |private |limited |research )?(?:beta|preview|alpha|experimental)|labs|docs)"
_SHAPE = r"(?:value|format|schema|default|response|signature|unit|url|path|field|parameter|payload|output|error code)"
_MAY = r"(?:may|might|can|could|will)(?: still| also| now)?"

RULES: tuple[Rule, ...] = (
    Rule(  # a name answers with another model than before
        Label.BEHAVIOUR_CHANGE,
        anyof(
            rf"\b(?:has|have|were|was) (?:all |both |now )?(?:been )?(?:upgraded|migrated|switched|moved|updated|"
            rf"transitioned|re-?routed|swapped) to (?:the |our |use |an? |new(?:er)? |latest |version )*{NAME}",
            rf"\b{NAME} (?:improved|upgraded|refreshed|retrained)(?=\W*(?:\Z|;| with| for| to be| and))",
        ),
        stems("to |improved|upgraded|refreshed|retrained"),
        named=True,
    ),
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            rf"\b(?:pin|stay|remain|keep|kept|revert|roll back|opt out|lock|retain|preserve|restore|return)\w*\b"
            rf"[^;]{{0,60}}\b{_BEFORE} (?:\w+ )?(?:models?|versions?|behaviou?r|snapshots?|defaults?|formats?|"
            rf"values?|outputs?|settings?)\b",
            rf"\b{_MAY} (?:change|alter|affect|shift) (?:your |the |model |existing )*(?:\w+ )?{_ANSWER}\b",
            rf"\b{_ANSWER}(?: \w+){{0,4}} {_MAY} (?:change|differ|shift|increase|decrease|be (?:slightly |somewhat )?"
            rf"(?:shorter|longer|different|slower|faster|higher|lower))\b",
            r"\b(?:updates|changes|tweaks|adjustments) to (?:\w+ of )?(?:our |the )(?:\w+ ){0,3}models?\b",
            rf"\b(?:improved|enhanced|reduced|increased|adjusted|tuned|optimi[sz]ed) (?:the )?(?:[\w-]+ ){{0,4}}?"
            rf"{_QUALITY} (?:\w+ ){{0,3}}?(?:of|in|for|with|on|across|from) (?:the |our |all )?(?:[\w-]+ ){{0,3}}?"
            rf"(?:{NAME}|models?|voices?)\b",
        ),
        stems(
            "pin|stay|remain|keep|kept|revert|roll back|opt out|lock|retain|preserve|restore|return|may|might|can|"
            "could|will|updates|changes|tweaks|adjustments|improved|enhanced|reduced|increased|adjusted|tuned|optimi"
        ),
        unless=anyof(
            r"\b(?:can|could) (?:change|alter|affect|shift|revert|return|restore|roll back|keep|pin|lock|retain)\b",
            r"\bfix\w* [^;]{0,120}",
        ),
        beside=frozenset({Label.NEW_MODEL, *_OTHERS}),
    ),
    Rule(  # an answer, a call or a place of another shape
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:returns|return|requires|require|uses|sends|emits|counts|raises|produces|yields|reports|accepts|"
            r"expects|takes|defaults|stops|starts|ends|streams|contains|carries|includes)\b[^;]{1,100}\binstead of\b",
            r"\A\W*(?:[\w/-]{1,30}: )?(?:retry|raise|send|return|read|write|count|parse|emit|treat|handle|sort|round|poll|close|"
            r"store|log|wait)s? [^;]{3,100}\binstead of\b",
            r"\bchang(?:e|es|ed|ing) (?:the )?(?:[\w.`]+ ){0,3}?(?:signatures?(?! (?:check|verif|valid))|return types?|types? of|base url)\b",
            rf"\b(?:updated|changed|new|revised) (?:\w+ ){{0,3}}?{_SHAPE} (?:structure|format|shape|schema|names?|types?|order)\b",
            r"\b(?:replaced (?:with|by)|consolidated (?:into|under)|merged (?:into|with)|folded into|split into)\b",
            r"\A\W*(?:[\w/-]{1,30}: )?(?:serialize|use|enable|disable|return|send|set|retry|stream|raise|include|exclude|"
            r"strip|validate|omit|skip|emit|encode|follow|close|cache|turn)s? [^;]{3,80}\bby default\b|"
            r"\A\W*(?:[\w/-]{1,30}: )?defaults? to\b",
            r"\bchang(?:e|es|ed) (?:\S+ ){0,6}?from \S+(?: \S+)? to \S+|\b(?:chang|updat)(?:e|es|ed) [^;]{0,40}\b(?:response|"
            r"status|error|return) codes?\b|\bmark \S+ as (?:an? )?required\b",
            rf"\b{_SHAPE} changes?\W*\Z",
            rf"\bmoved? (?:from|out of|under) (?!{_STAGE})\S+(?: \S+){{0,3}}? (?:to|into|under) (?!{_STAGE}|ga\b|"
            rf"general)\S",
            r"\bno longer an? \w|\bwe now (?:expect|return|send|emit|count|charge|reject|require|enforce|apply|truncate|strip|normali[sz]e|"
            r"validate|round|sort|escape|encode)\b",
        ),
        stems(
            "updated|changed|new |revised|replaced|consolidated|merged|folded|split into|default|instead of|chang|updat|mark |move|we now|no longer"
        ),
        unless=anyof(
            r"\b(?:can|could|lets?|allow\w*|enabl\w*|option\w*|if you|support\w*|choose|whether|add\w*|introduc\w*)\b"
            r"[^;]{0,160}\binstead of\b",
            r"\bfix\w* [^;]{0,160}",
        ),
        beside=frozenset({Label.NEW_MODEL, *_OTHERS}),
    ),
    Rule(
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\b(?:invalid|unknown|unsupported|missing|malformed|duplicate|unrecogni[sz]ed|empty|oversized)\b[^;]{0,80}"
            r"\b(?:returns?|raises?|results? in|throws?|produces?|triggers?|fails?) (?:an? |with )*(?:\w+ )?"
            r"(?:4\d\d|errors?|exceptions?)\b",
        ),
        stems("invalid|unknown|unsupported|missing|malformed|duplicate|unrecog|empty|oversized"),
        unless=anyof(
            r"\bfix\w* [^;]{0,160}",
            r"\b(?:handl|improv|clearer|better)\w*\b[^;]{0,120}\b(?:errors?|exceptions?)\b",
        ),
        beside=_OTHERS,
    ),
    Rule(  # less may be sent than before
        Label.BEHAVIOUR_CHANGE,
        anyof(
            r"\bnow (?:has|have) an? (?:maximum|max|minimum) (?:\w+ )?of\b",
            r"\badd(?:s|ed)? (?:an? |the )?(?:\S+ )?(?:default timeout|max(?:imum)? (?:\w+ )?(?:limit|size|length))\b",
            rf"\b(?:introduc|enforc|reduc|lower|decreas|impos)\w* (?:the |an? |our )?(?:\w+ ){{0,3}}?(?:\d[\d,.]*[km]?"
            rf"[- ]{_UNIT}[- ](?:per[- ]\w+ )?(?:limit|maximum|cap)|(?:maximum|max|limit) (?:\w+ )?(?:number|size|"
            rf"length|count|duration)? ?(?:of|for|on|from)\b)",
            r"\b(?:maximum|max|limit|size|length|window)\b[^;]{0,60}\b(?:reduced|lowered|decreased|shortened|capped) "
            r"(?:from|to|at)\b",
            rf"\b(?:is|are) now (?:limited|capped|restricted) (?:to|at) (?:\w+ )?\d[\d,.]*[km]? ?{_UNIT}\b",
        ),
        stems("now ha|add|introduc|enforc|reduc|lower|decreas|impos|shortened|capped|limited|restricted"),
        unless=anyof(r"\b(?:rate|cost|spend\w*|quota|billing|price)\b[^;]{0,60}"),
        beside=_OTHERS,
    ),
)

_ADDS = anyof(
    r"\b(?:add|adds|added|adding|launch\w*|releas\w*|introduc\w*|announc\w*|publish\w*|new|enables?|allows?|lets|can|beta|"
    r"preview|available|availability|optional|support|supports|supported|expand\w*|option|ability|you|your)\b|"
    r"\bno longer (?:requires?|required|needs?|based)\b",
)
"""Signs that a sentence offers something more, and changes nothing of what is there."""
_ELSEWHERE = anyof(
    r"\b(?:docs?|documentation|guides?|readme|tutorials?|cookbooks?|examples?|samples?|console|dashboard|portal|studio|"
    r"playground|ui|interface|page|pages|menu|tab|button|screen|shortcuts?|theme|app|apps|navigation|website|site|blog|"
    r"polic(?:y|ies)|terms|charts?|typo|typos|messaging|types?|typing|tests?|ci|deps|internal|lint\w*|refactor\w*|"
    r"build|workflow|fix\w*|bump\w*|team|teams|members?|roles?|admins?|accounts?|invoices?|report|reports|"
    r"servers?|containers?|sdks?|clients|subscriptions?|usage|billing|tracking|the message|error messages?|lists? of|projects?)\b",
)
"""Words of places that no request passes, and of work on the code."""
_CHANGED = anyof(
    r"(?:\A\W*(?:[^:;]{1,60}: |[^\u2014;]{1,60}\u2014 )?|\b(?:is|are|was|were|been|we|we've|have|has)(?: \w+ly| also| all)? )"
    r"(?:changed|improved|reduced|decreased|adjusted|replaced|modified|switched|tightened|lowered|shortened|aligned|"
    r"standardi[sz]ed|normali[sz]ed|unified|optimi[sz]ed|refined|refreshed|upgraded|updated|reworked|overhauled|retrained|"
    r"tuned|corrected)\b",
    r"\bimprovements?\b(?! (?:request|program))",
    r"\bnow (?!supports?\b|includes?\b|accepts?\b|has\b|is\b|offers?\b|comes\b|works\b|lists?\b|covers?\b|returns\b|"
    r"requires\b|lives\b|shows?\b|appears\b|responds\b|provides\b|gives\b|lets\b)[a-z]{3,14}s\b",
    r"\binstead of\b|\bpreviously\b(?! known)",
)


def changed(parts: Sequence[Piece]) -> str | None:
    """A sentence's word for a change of what is there, where neither it nor the note's first sentence offers more.

    Asked of a note that no rule claims."""
    if not parts or _ADDS.search(parts[0].text) is not None:
        return None
    for piece in parts:
        if _ADDS.search(piece.text) or _ELSEWHERE.search(piece.text):
            continue
        if (match := _CHANGED.search(piece.text)) is not None:
            return clean(match[0], 200)
    return None
