"""The words in which VEX documents state a waiver, and the names that we give to what has no package URL."""

from __future__ import annotations

from pulse_tui.domain.waiver import Justification, VexStatus

ASSET = "urn:pulse-tui:asset:"
"""An asset of an estate as a product; its environment after ``#``."""
COMPONENT = "urn:pulse-tui:component:"
"""A component that has no package URL."""
PROPERTY = "pulse-tui:"
"""What CycloneDX has no field for."""

ANALYSES = {
    VexStatus.NOT_AFFECTED: "not_affected",
    VexStatus.AFFECTED: "exploitable",
    VexStatus.FIXED: "resolved",
    VexStatus.UNDER_INVESTIGATION: "in_triage",
}
"""CycloneDX's words for a status (``analysis.state``)."""
STATES = {
    **{word: status for status, word in ANALYSES.items()},
    "resolved_with_pedigree": VexStatus.FIXED,
    "false_positive": VexStatus.NOT_AFFECTED,
}
JUSTIFIED = {
    Justification.COMPONENT_NOT_PRESENT: "requires_dependency",
    Justification.CODE_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_IN_EXECUTE_PATH: "code_not_reachable",
    Justification.NOT_CONTROLLED_BY_ADVERSARY: "requires_environment",
    Justification.MITIGATED_INLINE: "protected_by_mitigating_control",
}
"""The nearest of CycloneDX's words for a justification (``analysis.justification``)."""
JUSTIFICATIONS = {
    **{word: justification for justification, word in JUSTIFIED.items()},
    "requires_configuration": Justification.NOT_CONTROLLED_BY_ADVERSARY,
    "protected_by_compiler": Justification.MITIGATED_INLINE,
    "protected_at_runtime": Justification.MITIGATED_INLINE,
    "protected_at_perimeter": Justification.MITIGATED_INLINE,
}
