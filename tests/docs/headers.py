"""What the public headers say of themselves: the comments above and behind declarations.

Not a C++ parser: it reads the form that clang-format gives these headers, and reference.py stops
where something it asks for is not found.
"""

import dataclasses
import re

OPENS = re.compile(r"^(?:struct|class|enum class) (?:SLOY_EXPORT )?(\w+)(?: final)?(?: : [\w:]+)? \{(.*)$")
MEMBER = re.compile(r"^  ([\w:<>]+) (\w+)(?: = ([^;]*))?;(?:  +///< (.*))?$")
NEEDED = re.compile(r'field\("\w+", &[\w:]+::(\w+), Needed\{\}\);')
ENUMERATOR = re.compile(r"^  (\w+),?(?:  +///< (.*))?$")
ONE_LINE_ENUM = re.compile(r"^enum class .*\{ ([\w, ]+) \};$")
TEMPLATE = re.compile(r"^(?:template <|requires)")
INSTANCE = re.compile(r"^using (\w+) = (\w+)<\d>;$", re.MULTILINE)
NAMES = re.compile(r"enum_names\((\w+)\) \{\s*return \{([^}]*)\};", re.DOTALL)
FUNCTION = re.compile(r"^SLOY_EXPORT ([\w:<>]+) (\w+)\((.*)\)(?:;| \{)")


# Arguments that mean the same in every layer: where one has no comment, the first one's of its name
# and type holds, the core's before others'. No other comment is shared.
ONE_MEANING = {
    "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer",
    "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
    "weight_standardization", "weight_standardization_epsilon", "trainable",
    "strides", "padding", "dilation_rate", "noise_shape",
    "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "beta_regularizer",
    "gamma_regularizer", "beta_constraint", "gamma_constraint",
}


@dataclasses.dataclass
class Member:
    type: str
    doc: str
    default: str = ""  # as C++ writes it
    cpp: str = ""  # of an enum's value: its name in C++
    is_needed: bool = False  # fields() says that files can't leave it out


@dataclasses.dataclass
class Declaration:
    name: str
    doc: list  # lines
    members: dict = dataclasses.field(default_factory=dict)  # of a struct, or an enum's values
    parameters: str = ""  # of a function
    returns: str = ""  # by a function
    section: str = ""  # the last "// ---- Section." before it


class Header:
    def __init__(self, path):
        text = path.read_text()
        top, self.body = text.split("#pragma once", 1)
        self.doc = [line[4:] for line in top.splitlines()]
        self.types, self.functions, self.sections = {}, [], {}
        self.read(self.body.splitlines())
        for name, template in INSTANCE.findall(text):  # one declaration under several names
            self.types[name] = self.types[template]
        for name, values in NAMES.findall(text):
            names = re.findall(r'"(\w+)"', values)
            if name in self.types:  # its values under the names files have for them
                declared = self.types[name].members.items()
                self.types[name].members = {n: Member("", value.doc, cpp=f"{name}::{cpp}")
                                            for n, (cpp, value) in zip(names, declared)}

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
                if values := ONE_LINE_ENUM.match(line):
                    found.members = {value: Member("", "") for value in values[1].split(", ")}
            elif line.startswith("SLOY_EXPORT "):  # what is inline is another's short form
                while not re.search(r"[;{]", line):
                    line += " " + next(lines).strip()
                if function := FUNCTION.match(line):
                    self.functions.append(
                        Declaration(function[2], doc, parameters=function[3], returns=function[1],
                                    section=section))
            doc = []

    @staticmethod
    def read_member(inside, line, doc):
        if line.startswith("}"):
            return None
        if more := re.match(r"^ {6,}///< (.*)$", line):
            list(inside.members.values())[-1].doc += " " + more[1]
        elif member := MEMBER.match(line):
            inside.members[member[2]] = Member(member[1], member[4] or " ".join(doc), member[3] or "")
        elif value := ENUMERATOR.match(line):
            inside.members[value[1]] = Member("", value[2] or "")
        elif needed := NEEDED.search(line):
            inside.members[needed[1]].is_needed = True
        return inside


class Headers:
    """All public headers of a folder and those below it ("layers/core"); a type or function is found
    whichever header has it."""

    def __init__(self, folder):
        self.by_name = {path.relative_to(folder).with_suffix("").as_posix(): Header(path)
                        for path in sorted(folder.rglob("*.h"))}
        self.types = {k: v for h in self.by_name.values() for k, v in h.types.items()}
        self.share_comments()

    def share_comments(self):
        """Those of layers' arguments that mean the same in all."""
        names = [name for name in self.by_name if name.startswith("layers/")]
        names.sort(key=lambda name: name != "layers/core")
        members = [(name, member) for header in names
                   for declared in self.by_name[header].types.values()
                   for name, member in declared.members.items() if name in ONE_MEANING]
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
