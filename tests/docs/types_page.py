"""Sections of the reference on types that recipes name: layers, losses, optimizers and the like."""

import re

from markdown import capitalised, either, fill, paragraphs, table, toml

# What a field takes, by the type it has in C++. An enum takes its names.
TAKES = {
    "bool": "true or false",
    "int": "whole number",
    "std::int64_t": "whole number",
    "std::uint64_t": "whole number",
    "double": "number",
    "std::optional<double>": "number",
    "std::optional<int>": "whole number",
    "std::string": "text",
    "std::vector<double>": "numbers",
    "std::vector<std::string>": "list of texts",
    "std::vector<std::int64_t>": "whole numbers",
    "std::vector<int>": "whole numbers",
    "OneOrMany<int>": "whole number, or a list of them",
    "OneOrMany<double>": "number, or a list of them",
    "Sizes<N>": "whole number, or one for each direction",
    "Sizes<2>": "whole number, or [height, width]",
    "Margins<N>": "whole number, or [before, after] for each direction",
    "Padding": '"valid", "same", "causal", whole number, or [before, after] for each direction',
    "Activation": "[activation](layers.md#activations)",
    "Initializer": "[initializer](layers.md#initializers)",
    "Regularizer": "[regularizer](layers.md#regularizers)",
    "Constraint": "[constraint](layers.md#constraints)",
    "LearningRate": "number, or [schedule](training.md#schedules)",
    "EpochSchedule": "number, or [schedule](training.md#schedules)",
    "std::vector<LearningRateMultiplier>": "list of { path, multiplier }",
    "std::vector<int>": "whole numbers",
    "Loss": "[loss](training.md#losses)",
    "PerOutput<Loss>": "[loss](training.md#losses), or for several outputs a list or a table by name",
    "PerOutput<Metric>": "list of [metrics](training.md#metrics), or for several outputs lists of "
                         "lists or a table by name",
    "PerOutput<double>": "number, or for several outputs a list or a table by name",
    "Optimizer": "[optimizer](training.md#optimizers)",
    "std::vector<Callback>": "list of [callbacks](training.md#callbacks)",
    "std::vector<data::Augmentation>": "list of [augmentations](augmentations.md)",
    "Factor": "number, or [low, high]",
    "std::optional<Factor>": "number, or [low, high]",
    "Validation": 'number, "validation" or "test"',
    "std::optional<bool>": "true or false",
    "std::optional<ColorMode>": '"rgb" or "grayscale"; in C++ `data::ColorMode`',
    "data::Generated": "[table](#data-sets)",
    "data::LabelMode": '"int", "categorical" or "binary"; in C++ `data::LabelMode`',
    "OneOrMany<data::Target>": '"targets", "features" or a list of them; in C++ `data::Target`',
}

# What the comment of every type of a kind has: shapes on a line of their own, or a formula.
SHAPES = re.compile(r"^\(.* → \(.*\)$", re.MULTILINE)
FORMULA = re.compile(r"[=~←·√Σ‖/]|max\(|values\[i\]|Uniform on")
DEMANDED = {
    "Layers": SHAPES, "Losses": SHAPES, "Metrics": SHAPES, "Optimizers": FORMULA,
    "Schedules": FORMULA, "Initializers": FORMULA, "Regularizers": FORMULA, "Constraints": FORMULA,
}


def fields_of(config):
    """The arguments of a type as files have it. Every layer has a name: it isn't shown each time."""
    if isinstance(config, str):
        return {}
    return {key: value for key, value in config.items() if key not in ("type", "name")}


def aliases(entries):
    """The other names that types of a list have: {"MaxPooling2D": "MaxPool2D"}."""
    real = {e["name"]: e["config"] if isinstance(e["config"], str) else e["config"]["type"]
            for e in entries}
    return {name: type_ for name, type_ in real.items() if name != type_}


class Types:
    """Sections on the types of one page."""

    def __init__(self, headers, lacks):
        self.headers = headers
        self.lacks = lacks  # what the page should say and the headers don't
        self.explained = set()  # enums whose values the page has explained

    def kind(self, title, header, entries):
        """All types of a kind, after what its header says of them."""
        self.check_comments(title, entries)
        other_names = aliases(entries)
        parts = [f"## {title}", header_text(self.headers[header])]
        parts += [self.section(group) for group in self.groups(entries)]
        if other_names:
            names = ", ".join(f"`{name}` for {type_}" for name, type_ in other_names.items())
            parts.append(fill(f"Files may also say {names}."))
        return "\n\n".join(parts)

    def check_comments(self, title, entries):
        demanded = DEMANDED.get(title)
        for (entry, *_) in self.groups(entries):
            name, said = entry["name"], "\n".join(self.declared(entry["name"]).doc)
            if demanded and not demanded.search(said) and name != "Input":
                self.lacks.append(f"{name}: its comment has no "
                                  + ("line of shapes" if demanded is SHAPES else "formula"))

    def declared(self, name):
        types = self.headers.types
        return types.get(f"{name}Layer") or types[name]  # Activation is an ActivationLayer

    def groups(self, entries):
        """The entries but other names, those of one template together: Conv1D, Conv2D, Conv3D."""
        other_names, found = aliases(entries), {}
        for entry in entries:
            if entry["name"] not in other_names:
                found.setdefault(id(self.declared(entry["name"])), []).append(entry)
        return list(found.values())

    def section(self, group):
        """One section for all entries of a group, whose form and defaults are its second's."""
        entry = group[min(1, len(group) - 1)]
        name, fields = entry["name"], fields_of(entry["config"])
        declared = self.declared(name)
        parts = [f"### {title_of(group)}", paragraphs(declared.doc)]
        if fields and name != "Input":  # its shape and dtype are no members
            form = self.toml_form(name, declared, fields)
            parts.append(f"`{form}`")
            parts.append(self.fields_table(declared, fields))
        return "\n\n".join(parts)

    @staticmethod
    def toml_form(name, declared, fields):
        """How a file writes it: needed arguments, then as many defaults as fit a line."""
        shown, rest = [f'type = "{name}"'], []
        for field, default in fields.items():
            if declared.members[field].doc.startswith("needed"):
                shown.append(f"{field} = …")
            elif default is not None:
                rest.append(f"{field} = {toml(default)}")
        while rest and len(", ".join(shown + rest[:1])) < 90:
            shown.append(rest.pop(0))
        return "{ " + ", ".join(shown) + (", … }" if rest else " }")

    def fields_table(self, declared, fields, head="argument"):
        rows = []
        for field, default in fields.items():
            member = declared.members[field]
            needed = re.match(r"needed(: |$)", member.doc)
            if bool(needed) != member.is_needed:
                self.lacks.append(f"{declared.name}: comment and fields() of `{field}` disagree")
            if isinstance(default, dict):
                default = default.get("type")
            shown = "**needed**" if needed else "none" if default is None else f"`{toml(default)}`"
            said = member.doc[needed.end():] if needed else member.doc
            if not said:
                self.lacks.append(f"{declared.name}: `{field}` has no comment")
            some = re.match(r"(\w+) or (\w+): ", said)  # an enum's values, of which others are refused
            said = said[some.end():] if some else said
            rows.append((f"`{field}`", self.takes(member.type, some and some.groups()), shown, said))
        explained = [self.explain(f, declared.members[f].type) for f in fields]
        parts = [table((head, "takes", "default", "meaning"), rows), *filter(None, explained)]
        return "\n\n".join(parts)

    def takes(self, cpp_type, values=None):
        if cpp_type in TAKES:
            return TAKES[cpp_type]
        names = values or self.headers.types[cpp_type].members
        said = either([f'"{name}"' for name in names])
        return f"{said}; in C++ `{cpp_type}`"

    def explain(self, field, cpp_type):
        """What the values of an enum mean, the first time the page has it."""
        enum = self.headers.types.get(cpp_type)
        if cpp_type in TAKES or cpp_type in self.explained:
            return ""
        self.explained.add(cpp_type)
        values = [(f'`"{name}"`', f"`{m.cpp}`", m.doc) for name, m in enum.members.items()]
        return "\n\n".join((fill(f"`{field}`. {' '.join(enum.doc)}"),
                            table((f"`{field}`", "in C++", "meaning"), values)))


def header_text(header):
    """A header's own comment, without the word it begins with: that is the section's title."""
    return capitalised(paragraphs(header.doc).split(": ", 1)[1])


def title_of(group):
    return ", ".join(entry["name"] for entry in group)
