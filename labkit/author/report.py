"""A verdict in words, and as JSON. Pure."""

import json

from labkit.author.check import Verdict


def as_text(verdict: Verdict) -> str:
    """Each finding with its cure, then how many; or that everything holds."""
    if verdict.findings:
        count = len(verdict.findings)
        findings = "\n".join(str(finding.problem) for finding in verdict.findings)
        return f"{findings}\n\n{count} finding{'' if count == 1 else 's'}."
    tried = f" {verdict.answers} answers tried." if verdict.answers else ""
    return f"All {verdict.gates} gates hold.{tried}"


def as_json(verdict: Verdict) -> str:
    """{"holds", "gates", "answers", "findings": [{"gate", "file", "cell", "lesson", "what", "cure"}]}"""
    findings = [
        {
            "gate": finding.gate,
            "file": finding.problem.file,
            "cell": finding.problem.cell,
            "lesson": finding.problem.about or None,
            "what": finding.problem.what,
            "cure": finding.problem.cure,
        }
        for finding in verdict.findings
    ]
    told = {"holds": not findings, "gates": verdict.gates, "answers": verdict.answers, "findings": findings}
    return json.dumps(told, indent=1, ensure_ascii=False)
