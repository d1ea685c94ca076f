"""What is wrong with the way a command ended: nothing, or one or more classes of findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiny import Ran

from hostile.case import Case
from hostile.result_lines import wrong_lines
from hostile.sandbox import Listing, Sandbox

LONGEST = 2500  # characters of a line on standard error
_PREFIXES = ("error: ", "warning: ", "note: ")

TRACEBACK, CODE, LINES, CONTROL = "traceback", "wrong exit code", "several lines", "control character"
UNSAID, LONG, STDOUT = "says no expectation", "long line", "output although refused"
OUTSIDE, LEFTOVER, HALF, LOST, LATE = (
    "file outside",
    "temporary file",
    "half-written file",
    "others lost",
    "late refusal",
)
RESULT, ALTERED, NEXT = "wrong results", "altered although refused", "not taken by the next command"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    case: Case
    what: str
    detail: str


def judge(case: Case, ran: Ran, before: Listing, sandbox: Sandbox) -> list[Finding]:
    """All that is wrong with a command that came back."""
    found = [*_messages(case, ran), *_files(case, ran, before, sandbox)]
    if (results := case.results) is not None:
        path = sandbox.box / results.file
        content = path.read_bytes() if results.file and path.exists() else ran.out.encode()
        found += [(RESULT, detail) for detail in wrong_lines(content, results)]
    return [Finding(case, what, detail) for what, detail in found]


def judge_next(case: Case, ran: Ran) -> list[Finding]:
    """What is wrong with the command that takes what a case has written."""
    if ran.code == 0 and "Traceback" not in ran.err:
        return []
    return [Finding(case, NEXT, _last([line for line in ran.err.split("\n") if line] or ["no message"]))]


def _messages(case: Case, ran: Ran) -> Iterator[tuple[str, str]]:
    lines = [line for line in ran.err.split("\n") if line and "compiling the kernels" not in line]
    if "Traceback (most recent call last)" in ran.err:
        yield TRACEBACK, _last(lines)
        return
    if ran.code not in case.codes:
        expected = " or ".join(map(str, sorted(case.codes)))
        yield CODE, f"{ran.code} instead of {expected}: {lines[-1] if lines else 'no message'}"
    errors = [line for line in lines if line.startswith("error: ")]
    stray = [line for line in lines if not line.startswith(_PREFIXES)]
    if stray:
        yield LINES, stray[0]
    if (ran.code == 2 and len(errors) != 1) or (ran.code == 1 and not errors) or (ran.code == 0 and errors):
        yield LINES, f"exit code {ran.code} with {len(errors)} lines of error"
    if ran.code == 2 and ran.out and case.results is None:
        yield STDOUT, ran.out.split("\n")[0]
    for line in lines if case.results else [*lines, *ran.out.split("\n")]:
        if odd := next((letter for letter in line if not letter.isprintable()), None):
            yield CONTROL, f"{odd!r} in {line!r}"
            break
    for line in errors:
        if not case.theirs and not re.search(r"\bexpected|; see --help|nearest| step first", line):
            yield UNSAID, line
    for line in lines:
        if len(line) > LONGEST:
            yield LONG, f"{len(line)} characters: {line[:200]}"


def _last(lines: list[str]) -> str:
    """The exception of a traceback, and the line of our code that raised it."""
    ours = [line.strip() for line in lines if "zhtm_detector" in line and line.lstrip().startswith("File ")]
    return f"{lines[-1][:200]} ({ours[-1].rpartition('zhtm_detector')[2] if ours else '?'})"


def _files(case: Case, ran: Ran, before: Listing, sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    after = sandbox.listing()
    changed = [path for path in after if path not in before or before[path] != after[path]]
    gone = [path for path in before if path not in after]
    allowed = [str(sandbox.box / sandbox.text(name)) for name in ("results", *case.outputs)]
    allowed.append(str(sandbox.home / "cache"))
    for path in [*changed, *gone]:
        name = path.removeprefix(str(sandbox.root))
        if not any(path == place or path.startswith(f"{place}/") for place in allowed):
            if after.get(path) is None and any(place.startswith(f"{path}/") for place in allowed):
                continue  # the folder of an allowed file
            yield (LEFTOVER if path.startswith(str(sandbox.temporary)) else OUTSIDE), repr(name)
        elif path.endswith(".tmp") and path in after:
            yield LEFTOVER, repr(name)
    given = {sandbox.content(content) for content in case.files.values()}  # which may be copied as they are
    written = [path for path in changed if after[path] is not None]
    for path in written:
        if not _is_whole(Path(path)) and Path(path).read_bytes() not in given:
            yield HALF, repr(path.removeprefix(str(sandbox.root)))
    if case.untouched and ran.code == 2 and (late := [path for path in written if not path.endswith(".lock")]):
        yield LATE, repr(late[0].removeprefix(str(sandbox.box)))
    if ran.code == 2:
        for name in case.intact:
            path = sandbox.box / name
            if not path.exists() or path.read_bytes() != sandbox.content(case.files[name]):
                yield ALTERED, name
    if ran.code in (0, 1):
        for name in case.kept:
            if str(sandbox.box / name) not in after:
                yield LOST, name


def _is_whole(path: Path) -> bool:
    content = path.read_bytes()
    if path.suffix == ".json":
        try:
            json.loads(content, parse_constant=lambda constant: int(constant))
        except ValueError:
            return False
    return path.suffix not in (".csv", ".html", ".json") or content[-1:] in (b"\n", b"}", b">", b"]")
