"""What the public headers say of themselves: the comments above and behind declarations.

Not a C++ parser: it reads the form that clang-format gives these headers, and reference.py stops
where something it asks for is not found.
"""

import dataclasses
import re

OPENS = re.compile(r"^(?:struct|class|enum class) (?:SLOY_EXPORT )?(\w+)(?: final)?(?: : [\w:]+)? \{(.*)$")
MEMBER = re.compile(r"^  ([\w:<>]+) (\w+)(?: = [^;]*)?;(?:  +///< (.*))?$")
ENUMERATOR = re.compile(r"^  (\w+),?(?:  +///< (.*))?$")
TEMPLATE = re.compile(r"^(?:template <|requires)")
INSTANCE = re.compile(r"^using (\w+) = (\w+)<\d>;$", re.MULTILINE)
NAMES = re.compile(r"enum_names\((\w+)\) \{\s*return \{([^}]*)\};", re.DOTALL)
FUNCTION = re.compile(r"^SLOY_EXPORT ([\w:<>]+) (\w+)\((.*)\)(?:;| \{)")


@dataclasses.dataclass
class Member:
    type: str
    doc: str


@dataclasses.dataclass
class Declaration:
    name: str
    doc: list  # lines
    members: dict = dataclasses.field(default_factory=dict)  # of a struct, or an enum's values
    parameters: str = ""  # of a function
    section: str = ""  # the last "// ---- Section." before it


class Header:
    def __init__(self, path):
        text = path.read_text()
        top, self.body = text.split("#pragma once", 1)
        self.doc = [line[4:] for line in top.splitlines()]
        self.types, self.functions, self.sections = {}, [], {}
        self.read(self.body.splitlines())
        self.inherit()
        for name, template in INSTANCE.findall(text):  # one declaration under several names
            self.types[name] = self.types[template]
        for name, values in NAMES.findall(text):
            names = re.findall(r'"(\w+)"', values)
            if name in self.types:  # its values under the names files have for them
                docs = [member.doc for member in self.types[name].members.values()]
                docs += [""] * (len(names) - len(docs))
                self.types[name].members = {n: Member("", doc) for n, doc in zip(names, docs)}

    def read(self, lines):
        doc, inside, section = [], None, ""
        lines = iter(lines)
        for line in lines:
            if (comment := re.match(r"^\s*/// ?(.*)$", line)) and not line.lstrip().startswith("///<"):
                doc.append(comment[1])
                continue
            if TEMPLATE.match(line):
                continue
            if line.startswith("// ---- "):
                section, text = line[8:].split(".", 1)
                self.sections[section] = [text.strip()]
                while (line := next(lines)).startswith("// "):
                    self.sections[section].append(line[3:])
            if inside:
                inside = self.read_member(inside, line, doc)
            elif opened := OPENS.match(line):
                found = Declaration(opened[1], doc, section=section)
                self.types[found.name] = found
                inside = None if "}" in opened[2] else found
            elif line.startswith("SLOY_EXPORT "):  # what is inline is another's short form
                while not re.search(r"[;{]", line):
                    line += " " + next(lines).strip()
                if function := FUNCTION.match(line):
                    self.functions.append(
                        Declaration(function[2], doc, parameters=function[3], section=section))
            doc = []

    def inherit(self):
        """A member without a comment means what one of its name and type says before it."""
        said = {}
        for declared in self.types.values():
            for name, member in declared.members.items():
                if member.doc:
                    said.setdefault((name, member.type), member.doc)
                member.doc = member.doc or said.get((name, member.type), "")

    @staticmethod
    def read_member(inside, line, doc):
        if line.startswith("}"):
            return None
        if more := re.match(r"^ {6,}///< (.*)$", line):
            list(inside.members.values())[-1].doc += " " + more[1]
        elif member := MEMBER.match(line):
            inside.members[member[2]] = Member(member[1], member[3] or " ".join(doc))
        elif value := ENUMERATOR.match(line):
            inside.members[value[1]] = Member("", value[2] or "")
        return inside


class Headers:
    """All public headers of a folder and those below it ("layers/core"); a type or function is found
    whichever header has it."""

    def __init__(self, folder):
        self.by_name = {path.relative_to(folder).with_suffix("").as_posix(): Header(path)
                        for path in sorted(folder.rglob("*.h"))}
        self.types = {k: v for h in self.by_name.values() for k, v in h.types.items()}
        for below in sorted({name.split("/")[0] for name in self.by_name if "/" in name}):
            names = [name for name in self.by_name if name.startswith(f"{below}/")]
            names.sort(key=lambda name: name != f"{below}/core")
            self.share([self.by_name[name] for name in names])

    @staticmethod
    def share(parts):
        """In a folder of headers, a member that still has no comment means what one of its name and
        type says in another header there, the core first."""
        members = [(name, member) for header in parts for declared in header.types.values()
                   for name, member in declared.members.items()]
        said = {}
        for name, member in members:
            if member.doc:
                said.setdefault((name, member.type), member.doc)
        for name, member in members:
            member.doc = member.doc or said.get((name, member.type), "")

    def __getitem__(self, name):
        return self.by_name[name]

    def function(self, name):
        """The first that has a comment, or None."""
        found = [f for h in self.by_name.values() for f in h.functions if f.name == name and f.doc]
        return found[0] if found else None
