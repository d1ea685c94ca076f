"""Records of JSON lines."""

from __future__ import annotations

import json
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import json_text
from zhtm_detector.common.text import printable
from zhtm_detector.streams.input.lines import Line
from zhtm_detector.streams.input.source import RecordSource
from zhtm_detector.streams.record import Record, choose_fields


class JsonSource(RecordSource):
    """Records of JSON lines: an object a line, of which only the fields in use matter.

    The first object decides which they are. A value that is not there is missing, and so is NaN, which JSON has not but
    many writers write; numbers may be texts, as journald's.
    """

    kind = "jsonl"
    has_header = False

    def _record_of(self, text: str, line: Line) -> Record | None:
        content = _parse(text)
        if self.fields is None:
            self.fields = choose_fields(list(content), self._names)
        timestamp, key = self.fields.timestamp, self.fields.key
        for name in (timestamp, key):
            if name is not None and content.get(name) is None:
                raise InputError(f"field {printable(name, 60)}: not there; expected it in every record")
        return self._record(
            line.number,
            None if timestamp is None else content[timestamp],
            None if key is None else content[key],
            [content.get(name) for name in self.fields.values],
        )


def _parse(text: str) -> dict[str, Any]:
    # Not by `parse_json`, which checks whole documents: other fields than those in use are none of our business.
    try:
        content = json.loads(text)
    except RecursionError:
        raise InputError("not JSON that is flat enough; expected an object in each line") from None
    except ValueError as error:
        raise InputError(f"not JSON ({printable(str(error), 200)}); expected an object in each line") from None
    if not isinstance(content, dict):
        raise InputError(f"expected a JSON object in each line, got {json_text(content)}")
    return content
