"""Print the registry of the corpus anew, with the size of each file: of a folder whose files have the pinned checksums.

python tests/write_registry.py NAB_ROOT > registry.txt && mv registry.txt nab_config/corpus_registry.txt
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from zhtm_detector.nab.fetch import COMMIT, read_registry


def registry_lines(root: Path) -> list[str]:
    """One line a file: relative path, size, sha256."""
    lines = [f"# Files of NAB v1.1 (https://github.com/numenta/NAB, commit {COMMIT}, MIT): path, size, sha256"]
    for name, expected in read_registry().items():
        content = (root / name).read_bytes()
        got = hashlib.sha256(content).hexdigest()
        if got != expected:
            raise SystemExit(f"{name}: expected sha256 {expected}, got {got}")
        lines.append(f"{name} {len(content)} {got}")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join([*registry_lines(Path(sys.argv[1])), ""]))
