"""JSON documents as trees that can be spoilt in ways that Python's own objects cannot hold.

A tree is a list of trees, a `Pairs` (an object whose keys may repeat), a plain value, or `Raw` text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hostile.texts import ESCAPE

Path = tuple[int, ...]  # positions, from the root


@dataclass
class Raw:
    """Text that is written as it is."""

    text: str


@dataclass
class Pairs:
    """An object: keys and values in order, keys not necessarily distinct."""

    items: list[tuple[str, Any]]


def tree_of(content: Any) -> Any:
    """Python's JSON objects as a tree."""
    if isinstance(content, dict):
        return Pairs([(key, tree_of(value)) for key, value in content.items()])
    return [tree_of(value) for value in content] if isinstance(content, list) else content


def written(tree: Any) -> str:
    """JSON of a tree."""
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, Pairs):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(value)}" for key, value in tree.items) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(written, tree)) + "]"
    return json.dumps(tree)


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Places of all nodes, the root first."""
    yield path
    for index, child in enumerate(_children(tree)):
        yield from paths(child, (*path, index))


def node(tree: Any, path: Path) -> Any:
    """The node at a place."""
    for index in path:
        tree = _children(tree)[index]
    return tree


def replaced(tree: Any, path: Path, new: Any) -> Any:
    """The tree with another node at a place."""
    if not path:
        return new
    index, rest = path[0], path[1:]
    if isinstance(tree, Pairs):
        items = list(tree.items)
        items[index] = items[index][0], replaced(items[index][1], rest, new)
        return Pairs(items)
    return [replaced(child, rest, new) if at == index else child for at, child in enumerate(tree)]


def keys_to(tree: Any, path: Path) -> str:
    """The place, for readers."""
    names = []
    for index in path:
        names.append(tree.items[index][0] if isinstance(tree, Pairs) else str(index))
        tree = _children(tree)[index]
    return ".".join(names) or "all of it"


def _children(tree: Any) -> list[Any]:
    if isinstance(tree, Pairs):
        return [value for _, value in tree.items]
    return tree if isinstance(tree, list) else []


# No JSON reader of ours may take these, wherever they stand.
_TOKENS = (
    *("NaN", "Infinity", "-Infinity", "nan", "1e400", "-1e999", "9" * 400, "-" + "9" * 5000, "1" * 4301),
    *("[" * 100_000 + "]" * 100_000, "[" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000, "[[]" * 20_000),
    *(r'"\ud800"', r'"a\udcffb"', r'{"\udc00": 1}', '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}'),
    *("'x'", "undefined", "0x10", "+1", "01", ".5", "1.", "True", "None", '"\n"', '"\t"', '"\x00"', r'"\x41"', '"'),
    *("", ",", "[1,]", '{"a"}', '{"a":1,}', "{a: 1}", "[1 2]", "1_000", "١", "//", "/* */"),
)


def spoilt_text(rng: Random, tree: Any) -> tuple[bytes, str]:
    """JSON that must be refused, whatever the document means."""
    if rng.random() < 0.6:
        path = rng.choice(list(paths(tree)))
        token = rng.choice(_TOKENS)
        shown = token if len(token) < 30 else f"{token[:6]}… of {len(token)}"
        return written(replaced(tree, path, Raw(token))).encode(), f"{shown!r} at {keys_to(tree, path)}"
    if rng.random() < 0.3:
        return _with_duplicate_key(rng, tree)
    good = written(tree)
    middle = rng.randrange(1, len(good) - 1)
    note, content = rng.choice([
        ("empty", b""), ("blank", b" \n"), ("truncated", good[:middle].encode()), ("more after the end",
        (good + "x").encode()),
        ("twice", (good * 2).encode()), ("NULs after the end", good.encode() + bytes(5)),
        ("UTF-16", good.encode("utf-16")),
        ("UTF-32 without BOM", good.encode("utf-32-be")), ("random bytes", rng.randbytes(500)),
        ("bad UTF-8", good.encode().replace(b'"', b'"\xff', 1)), ("comment", ("// x\n" + good).encode()),
        ("single quotes", good.replace('"', "'").encode()), ("a text", b'"x"'), ("a number", b"1"), ("null", b"null"),
        ("a list", b"[]"), ("true", b"true"), ("YAML", b"a: 1"), ("JSON lines", b"{}\n{}"), ("NUL", bytes(100)),
        ("CSV", b"a,b\n1,2\n"), ("control character", good.encode().replace(b'"', b'"\x1b', 1)),
        ("2 MB", b"[" + b"1," * 10**6 + b"1]"),
    ])  # fmt: skip
    return content, note


def _with_duplicate_key(rng: Random, tree: Any) -> tuple[bytes, str]:
    objects = [path for path in paths(tree) if isinstance(node(tree, path), Pairs) and node(tree, path).items]
    path = rng.choice(objects)
    items = node(tree, path).items
    item = rng.choice(items)
    new = item if rng.random() < 0.5 else (item[0], None)
    content = written(replaced(tree, path, Pairs([*items, new] if rng.random() < 0.5 else [new, *items])))
    return content.encode(), f"duplicate key {item[0]} at {keys_to(tree, path)}"


# Values of every type, to stand in for one of another.
VALUES: tuple[Any, ...] = (
    *(True, False, None, 0, 1, -1, 2, 1.5, -0.0, 1e-320, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, -(2**63), 2**64),
    *("", "1", "0.5", "true", "null", "nan", "x", "../x", ESCAPE, "<b>x</b>", "a\nb", "名", "a" * 10_000, "2014-04-01"),
    *([], [[]], [None], [1, 2], ["a"], [1] * 1000, [[1], [2]], Pairs([]), Pairs([("a", 1)]), Pairs([("", None)])),
)


def kind_of(value: Any) -> str:
    """JSON's type of a node."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return {str: "text", list: "list", Pairs: "object"}[type(value)]


def shown(value: Any) -> str:
    """A value in a note."""
    return written(value)[:30]
