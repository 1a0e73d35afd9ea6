"""YAML 1.2 with its core schema, on PyYAML, which reads YAML 1.1: there `1e-3` is a string and `no` is false.

Duplicate keys are faults, and the line of every key and value is kept. The merge key `<<` is not part of YAML 1.2.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

from ..base.errors import Fault
from .document import LARGEST, Document, Steps, check_key

TAG = "tag:yaml.org,2002:"
LONGEST = 400  # characters of a number: more than the largest double has digits
# YAML 1.2.2, section 10.3.2
CORE = {
    "null": re.compile(r"(?:null|Null|NULL|~|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    "int": re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    "float": re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}


class CoreLoader(yaml.SafeLoader):
    """Composes nodes whose plain scalars are tagged by the core schema."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


class CoreDumper(yaml.SafeDumper):
    """Writes YAML that `CoreLoader` reads back to the same values; never uses aliases."""

    yaml_implicit_resolvers: dict[Any, Any] = {}

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True


for _tag, _pattern in CORE.items():
    for _class in (CoreLoader, CoreDumper):
        _class.add_implicit_resolver(TAG + _tag, _pattern, None)


def dump(tree: Any) -> str:
    """Return values as YAML, keys in their order."""
    text: str = yaml.dump(
        tree, Dumper=CoreDumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
    )
    return text


def read(path: Path) -> Document:
    """Return the document in a UTF-8 file; what makes it unreadable is among its faults."""
    name = str(path)
    document = Document(name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        document.faults.append(Fault("should be a recipe file. Found nothing there.", name))
    except IsADirectoryError:
        document.faults.append(Fault("should be a recipe file. Found a folder.", name))
    except OSError as error:
        document.faults.append(Fault(f"should be a readable file. Found: {error.strerror}.", name))
    else:
        try:
            return parse(content.decode("utf-8-sig"), name)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            found = f"should be UTF-8 text. Found the byte 0x{content[error.start]:02x}."
            document.faults.append(Fault(found, name, line))
    return document


def parse(text: str, name: str) -> Document:
    """Return the document in a text; `name` is the file that its places name."""
    reader = _Reader(text, name)
    reader.read()
    return reader.document


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.document = Document(name)
        self.size = 0
        self.open: list[yaml.Node] = []

    def read(self) -> None:
        try:
            loader = CoreLoader(self.text)
            node = loader.get_single_node()
            if node is not None:
                self.document.tree = self.value(node, ())
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            self.fault(f"should have no control characters. Found U+{ord(self.text[error.position]):04X}.", line)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.fault(_sentence(error), mark.line + 1 if mark else None)
        except RecursionError:
            self.fault("should be nested a few levels deep. Found hundreds of levels.", None)

    def fault(self, message: str, line: int | None, steps: Steps = ()) -> None:
        path = ".".join(str(step) for step in steps) or None
        self.document.faults.append(Fault(message, self.name, line, path))

    def value(self, node: yaml.Node, steps: Steps) -> Any:
        line = node.start_mark.line + 1
        self.document.values[steps] = (self.name, line)
        self.size += 1
        if any(node is around for around in self.open):
            self.fault("an alias should not lie inside the value that it refers to. Found one that does.", line, steps)
            return None
        if self.size > LARGEST:
            if self.size == LARGEST + 1:
                self.fault(f"should hold at most {LARGEST} values, aliases expanded. Found more.", line)
            return None
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, steps)
        self.open.append(node)
        if isinstance(node, yaml.MappingNode):
            found: Any = self.mapping(node, steps)
        else:
            found = [self.value(inner, (*steps, i)) for i, inner in enumerate(node.value)]
        self.open.pop()
        if node.tag not in (TAG + "map", TAG + "seq"):
            self.fault(f"should have no tag. Found '{_tag_name(node.tag)}'.", line, steps)
        return found

    def mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault("keys should be strings. Found a list or a mapping.", line, steps)
                continue
            key = self.scalar(key_node, steps)
            if key == "<<" and key_node.style is None:
                found_merge = "should be written out. Found the merge key '<<', which YAML 1.2 does not have."
                self.fault(found_merge, line, steps)
                continue
            if not isinstance(key, str):
                self.document.values.setdefault((*steps, str(key)), (self.name, line))
                check_key(self.document, key, (*steps, str(key)))
                continue
            inner = (*steps, key)
            if key in found:
                before = self.document.keys[inner][1]
                self.fault(f"should be written once. Found it on line {before} already.", line, inner)
                continue
            self.document.keys[inner] = (self.name, line)
            found[key] = self.value(value_node, inner)
        return found

    def scalar(self, node: yaml.ScalarNode, steps: Steps) -> Any:
        kind, text = node.tag.removeprefix(TAG), node.value
        line = node.start_mark.line + 1
        if kind == "str":
            return text
        if kind not in CORE:
            self.fault(f"should have no tag. Found '{_tag_name(node.tag)}'.", line, steps)
            return None
        if not CORE[kind].match(text):
            self.fault(f"should be written as YAML 1.2 writes a value tagged '!!{kind}'. Found '{text}'.", line, steps)
            return None
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and len(text) <= LONGEST:
            return int(text, 8) if text.startswith("0o") else int(text, 16) if text.startswith("0x") else int(text)
        if len(text) > LONGEST or text.lower().endswith(("inf", "nan")) or math.isinf(float(text)):
            self.fault(f"should be a finite number. Found {text[:LONGEST]}.", line, steps)
            return None
        return float(text)


def _tag_name(tag: str) -> str:
    return "!!" + tag.removeprefix(TAG) if tag.startswith(TAG) else tag


def _sentence(error: yaml.MarkedYAMLError) -> str:
    """Return PyYAML's complaint as a sentence of this library's."""
    problem = error.problem or ""
    if "'\\t'" in problem:
        return "should be indented with spaces. Found a tab."
    if "expected a single document" in (error.context or ""):
        return "should be one YAML document. Found a second one."
    if "scanning an alias" in (error.context or ""):
        return "a text that begins with '*' should be in quotes. Found one that is not."
    if "undefined alias" in problem:
        return f"an alias should refer to an anchor above it. F{problem[1:]}."
    if "duplicate anchor" in (error.context or ""):
        return "an anchor should have a name of its own. Found one a second time."
    context = f" {error.context}" if error.context else ""
    return f"should be YAML. Found a fault{context}: {problem}."
