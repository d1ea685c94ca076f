"""The table of what became of the inputs, and the findings, grouped."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from hostile.judge import TRACEBACK, UNSAID, Finding
from hostile.run import Tally

_EXAMPLES = 4


def table(tallies: Iterable[Tally]) -> str:
    """One row a kind, as Markdown."""
    lines = [
        "| kind | inputs | accepted | a row | refused | findings | slowest |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for tally in tallies:
        counts = Counter(finding.what for finding in tally.findings)
        found = ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "0"
        seconds, which = tally.slowest
        cells = [
            tally.kind,
            tally.inputs,
            *(tally.codes[code] for code in (0, 1, 2)),
            found,
            f"{seconds:.1f} s ({which})",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def listing(findings: Iterable[Finding]) -> str:
    """Findings of one class and one cause together, with the cases that reproduce them."""
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.case.kind, finding.what, _cause(finding)].append(finding)
    lines = []
    for (kind, what, _), group in sorted(groups.items(), key=lambda item: (*item[0][:2], -len(item[1]))):
        examples = ", ".join(f"{kind}:{finding.case.number}" for finding in group[:_EXAMPLES])
        first = group[0]
        lines.append(f"- {what} ({len(group)}: {examples}): {_plain(first.case.note)}: {_plain(first.detail)}")
    return "\n".join(lines)


def _cause(finding: Finding) -> str:
    """What findings of one cause have in common: the message without its particulars, else what was hostile."""
    if finding.what in (UNSAID, TRACEBACK):
        return re.sub(r"\d+|\S+/\S+|'[^']*'", "…", finding.detail)
    return re.sub(r"^\w+: | at .*", "", finding.case.note)


def _plain(text: str, longest: int = 300) -> str:
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return line if len(line) <= longest else line[:longest] + "…"
