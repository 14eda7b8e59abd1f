#!/usr/bin/env python3
"""Writes docs/reference from what the code says: the types and ops the library lists (list_names),
the comments in include/sloy, the program's --help. Renewed by scripts/reference.

    reference.py --lists PROGRAM --sloy PROGRAM [--check]

--check writes nothing and fails where a page differs from what would be written.
"""

import argparse
import difflib
import json
import pathlib
import re
import subprocess
import sys

from headers import Headers
from markdown import capitalised, either, fenced, fill, paragraphs, table, toml

ROOT = pathlib.Path(__file__).resolve().parents[2]

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
    "Validation": 'number, or "test"',
    "data::Generated": "[table](#data-sets)",
    "data::LabelMode": '"int", "categorical" or "binary"',
    "OneOrMany<data::Target>": '"targets", "features" or a list of them',
}

COMMANDS = ("train", "eval", "predict", "summary", "plan", "bench", "data", "data list", "data show")
COMMON_OPTIONS = ("-h,--help", "--json", "--quiet", "--threads", "--seed")

# Every variable that our sources read, and what OpenMP reads for us.
ENVIRONMENT = {
    "SLOY_DATA_DIR": "where data sets lie: `$SLOY_DATA_DIR/fashion-mnist`, `$SLOY_DATA_DIR/mnist`",
    "SLOY_MAX_CPU": "`baseline`, `avx2` or `avx512`: no wider instructions than these; results "
                    "differ in their last bits",
    "OMP_NUM_THREADS": "threads that compute, where neither `--threads` nor `set_threads` says",
    "NO_COLOR": "set to anything: no colours (https://no-color.org)",
    "TERM": "`dumb`: a line an epoch instead of a bar",
    "LC_ALL": "or `LC_CTYPE` or `LANG`, the first that is set: whether the terminal shows UTF-8",
    "LC_CTYPE": "see `LC_ALL`",
    "LANG": "see `LC_ALL`",
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


def leaves(config):
    """The names in a config, without those of what holds others."""
    for name, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield name


class Types:
    """Sections on the types of one page."""

    def __init__(self, headers):
        self.headers = headers
        self.explained = set()  # enums whose values the page has explained

    def kind(self, title, header, entries):
        """All types of a kind, after what its header says of them."""
        other_names = aliases(entries)
        parts = [f"## {title}", header_text(self.headers[header])]
        parts += [self.section(group) for group in self.groups(entries)]
        if other_names:
            names = ", ".join(f"`{name}` for {type_}" for name, type_ in other_names.items())
            parts.append(f"Files may also say {names}.")
        return "\n\n".join(parts)

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
        if fields:
            form = self.toml_form(name, declared, fields)
            parts.append(f"`{form}`")
            if "…" in form or any(declared.members[field].doc for field in fields):
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
            if isinstance(default, dict):
                default = default.get("type")
            shown = "**needed**" if needed else "" if default is None else f"`{toml(default)}`"
            said = member.doc[needed.end():] if needed else member.doc
            rows.append((f"`{field}`", self.takes(member.type), shown, said))
        explained = [self.explain(f, declared.members[f].type) for f in fields]
        parts = [table((head, "takes", "default", ""), rows), *filter(None, explained)]
        return "\n\n".join(parts)

    def takes(self, cpp_type):
        if cpp_type in TAKES:
            return TAKES[cpp_type]
        return either([f'"{name}"' for name in self.headers.types[cpp_type].members])

    def explain(self, field, cpp_type):
        """What the values of an enum mean, the first time the page has it."""
        enum = self.headers.types.get(cpp_type)
        if cpp_type in TAKES or cpp_type in self.explained:
            return ""
        self.explained.add(cpp_type)
        values = [(f'`"{name}"`', m.doc) for name, m in enum.members.items() if m.doc]
        said = " ".join(enum.doc)
        parts = [fill(f"`{field}`: {said[0].lower()}{said[1:]}")] if said else []
        parts += [table((f"`{field}`", ""), values)] if values else []
        return "\n\n".join(parts)


class Pages:
    def __init__(self, lists, sloy):
        self.lists = json.loads(run(lists))
        self.sloy = sloy
        self.headers = Headers(ROOT / "include/sloy")

    def layers(self):
        types = Types(self.headers)
        return page("Layers, activations, initializers, regularizers, constraints",
                    types.kind("Layers", "layers", self.lists["layers"]),
                    self.activations(),
                    types.kind("Initializers", "initializers", self.lists["initializers"]),
                    types.kind("Regularizers", "regularizers", self.lists["regularizers"]),
                    types.kind("Constraints", "constraints", self.lists["constraints"]))

    def activations(self):
        formulas = {op["name"]: f"`{op['formula']}`" for op in self.lists["ops"]}
        said = {name: self.headers.function(name) for name in self.lists["activations"]}
        rows = [(f"`{name}`", " ".join(function.doc) if function else formulas[name])
                for name, function in said.items()]
        return "\n\n".join(("## Activations", header_text(self.headers["activations"]),
                            table(("name", ""), rows)))

    def training(self):
        types = Types(self.headers)
        return page("Losses, metrics, optimizers, callbacks",
                    types.kind("Losses", "losses", self.lists["losses"]),
                    types.kind("Metrics", "metrics", self.own_metrics()),
                    types.kind("Optimizers", "optimizers", self.lists["optimizers"]),
                    self.optimizer_options(types),
                    types.kind("Schedules", "schedules", self.lists["schedules"]),
                    types.kind("Callbacks", "callbacks", self.lists["callbacks"]))

    def optimizer_options(self, types):
        declared = self.headers.types["OptimizerOptions"]
        return "\n\n".join((
            "### What all optimizers share", header_text(self.headers["optimizer"]),
            types.fields_table(declared, self.lists["optimizer_options"], "key")))

    def own_metrics(self):
        losses = {entry["name"] for entry in self.lists["losses"]}
        return [entry for entry in self.lists["metrics"] if entry["name"] not in losses]

    def ops(self):
        header = self.headers["ops"]
        parts = [header_text(header)]
        for section, text in header.sections.items():
            functions = [f for f in header.functions if f.section == section
                         and f.name not in ("to_config", "from_config")]
            structs = [t for t in header.types.values() if t.section == section]
            parts += [f"## {section}", fill(" ".join(text)),
                      table(("function", "gives"), [self.function_row(f) for f in functions]),
                      *[struct_line(struct) for struct in structs]]
        return page("Ops", *parts, self.primitives())

    def function_row(self, function):
        parameters = re.sub(r"\bValue |std::|const |&|64_t", "", function.parameters)
        formulas = [op["formula"] for op in self.lists["ops"] if op["name"] == function.name]
        said = " ".join(function.doc) or f"`{formulas[0]}`"
        return f"`{function.name}({parameters})`", said

    def primitives(self):
        rows = [(f"`{op['name']}`", f"`{op['formula']}`",
                 ", ".join(f"`{name}`" for name in leaves(op["attributes"])), op["onnx"])
                for op in self.lists["ops"]]
        return "\n\n".join(("## Primitives", fill(
            "What graphs are made of: the functions above write these, and what they are given "
            "besides values becomes attributes. `sloy plan --explain` shows them by these names. "
            "ONNX: the operator there that computes the same, where there is one."),
            table(("op", "formula", "attributes", "ONNX"), rows)))

    def program(self):
        return page("Recipes, commands, data sets", self.recipe(), self.commands(),
                    self.data_sets(), self.environment())

    def recipe(self):
        types, declared = Types(self.headers), self.headers.types
        shipped = ", ".join(f"`{name}`" for name in self.lists["shipped_recipes"])
        return "\n\n".join((
            "## Recipes", header_text(self.headers["recipe"]), fill(
                f"Shipped with the program, by `--model`: {shipped}. `sloy train` writes the "
                "recipe it ran, with every default, into the run's directory. Any key can be set "
                "from the command line: `--set train.optimizer.learning_rate=1e-2`, "
                "`--set model.layer.0.units=16` (layers count from 0, or go by name)."),
            "### [data]",
            types.fields_table(declared["RecipeData"], self.lists["recipe_data"], "key"),
            "### [train]",
            types.fields_table(declared["RecipeTrain"], self.lists["recipe_train"], "key")))

    def commands(self):
        common, _ = self.help("train")
        parts = ["## Commands",
                 "Options of every command (`data` leaves them to its `list` and `show`):",
                 fenced(common, "text")]
        for command in COMMANDS:
            parts += [f"### sloy {command}", fenced(self.help(command)[1], "text")]
        return "\n\n".join(parts)

    def help(self, command):
        """What --help prints, apart: the options that every command has, and the rest."""
        text = run(self.sloy, *command.split(), "--help")
        lines = re.sub(r"\n(?= {20})", "\0", text).splitlines()  # with what continues them
        common = [line for line in lines if line.strip().startswith(COMMON_OPTIONS)]
        own = "\n".join(line for line in lines if line not in common)
        own = re.sub(r"Options:\n\n+", "", own).strip()  # nothing is left of these
        return "\n".join(common).replace("\0", "\n"), own.replace("\0", "\n")

    def data_sets(self):
        rows = []
        for name in self.lists["data_sets"]:
            function = {"xor": "exclusive_or"}.get(name, name.replace("-", "_"))
            said = " ".join(self.headers.function(function).doc)
            rows.append((f"`{name}`", f"`data::{function}`", said))
        declared = self.headers.types["Generated"]
        generated = self.lists["recipe_data"]["generated"]
        return "\n\n".join(("## Data sets", table(("name", "in C++", ""), rows), fill(
            "Sets made by formula take what a recipe says under `[data.generated]`, in C++ "
            "`data::Generated`:"), Types(self.headers).fields_table(declared, generated), fill(
            "Any other data come from C++: `data::from_tensors`, `data::idx`, or a type of your "
            "own with `size`, `spec` and `read` (`include/sloy/data.h`).")))

    def environment(self):
        read = set()
        for path in [*(ROOT / "src").rglob("*.cpp"), *(ROOT / "apps").rglob("*.cpp")]:
            if not path.name.endswith("_test.cpp"):
                read |= set(re.findall(r'(?:getenv|variable)\("([A-Z_]+)"\)', path.read_text()))
        if unknown := read - set(ENVIRONMENT):
            sys.exit(f"ENVIRONMENT in reference.py doesn't have {', '.join(sorted(unknown))}")
        rows = [(f"`{name}`", said) for name, said in ENVIRONMENT.items()]
        return "\n\n".join(("## Environment variables", table(("variable", ""), rows)))

    def README(self):
        """The first page: every name, with a link."""
        types = Types(self.headers)

        def names(file, entries):
            return ", ".join(f"[{e['name']}]({file}.md#{anchor(title_of(group))})"
                             for group in types.groups(entries) for e in group)

        rows = [(f"[{kind}]({file}.md#{kind})", names(file, self.lists[kind]))
                for file, kind in (("layers", "layers"), ("layers", "initializers"),
                                   ("layers", "regularizers"), ("layers", "constraints"),
                                   ("training", "losses"), ("training", "optimizers"),
                                   ("training", "schedules"), ("training", "callbacks"))]
        rows.insert(1, ("[activations](layers.md#activations)",
                        ", ".join(self.lists["activations"])))
        rows.insert(6, ("[metrics](training.md#metrics)",
                        names("training", self.own_metrics()) + ", and every loss"))
        sections = [s.split(":")[0].lower() for s in self.headers["ops"].sections]
        commands = [f"[{c}](program.md#sloy-{c})" for c in COMMANDS if " " not in c]
        rows += [("[ops](ops.md)", ", ".join(sections)),
                 ("[recipes](program.md#recipes)", "every key and its default"),
                 ("[commands](program.md#commands)", ", ".join(commands)),
                 ("[data sets](program.md#data-sets)", ", ".join(self.lists["data_sets"])),
                 ("[environment variables](program.md#environment-variables)",
                  ", ".join(ENVIRONMENT))]
        return page("Reference", fill(
            "Names, arguments, defaults and meanings are Keras 3's where Keras has the thing; "
            "[Conventions](../conventions.md) lists where they aren't. An argument has one name "
            "everywhere: `Dense{.units = 64}` in C++ is `{ type = \"Dense\", units = 64 }` in a "
            "recipe and in a model file. Defaults are shown as recipes write them; **needed** are "
            "arguments without one."), table(("", ""), rows))


def header_text(header):
    """A header's own comment, without the word it begins with: that is the section's title."""
    return capitalised(paragraphs(header.doc).split(": ", 1)[1])


def title_of(group):
    return ", ".join(entry["name"] for entry in group)


def anchor(title):
    """What GitHub makes of a heading."""
    return title.lower().replace(",", "").replace(" ", "-")


def struct_line(struct):
    """What a struct or enum among the ops is for, and its members."""
    if struct.name == "Padding":
        return fill(f"`Padding`: {' '.join(struct.doc)}")
    members = [f"`{name}`" + (f" ({m.doc})" if m.doc else "") for name, m in struct.members.items()]
    return fill(" ".join([f"`{struct.name}`: {', '.join(members)}.", *struct.doc]))


def page(title, *parts):
    note = "<!-- Written by scripts/reference from the code: change the comments there, not this. -->"
    return "\n\n".join(filter(None, (f"{note}\n\n# {title}", *parts))) + "\n"


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lists", required=True, help="the program made of list_names.cpp")
    parser.add_argument("--sloy", required=True, help="the program sloy")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    pages, stale = Pages(options.lists, options.sloy), False
    for name in ("README", "layers", "training", "ops", "program"):
        path = ROOT / f"docs/reference/{name}.md"
        text = getattr(pages, name)().replace(f"({name}.md#", "(#")
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            continue
        old = path.read_text() if path.exists() else ""
        difference = difflib.unified_diff(old.splitlines(), text.splitlines(), path.name,
                                          "what the code says", n=1, lineterm="")
        for line in difference:
            print(line)
            stale = True
    if stale:
        sys.exit("docs/reference is not what the code says: scripts/reference writes it anew.")


if __name__ == "__main__":
    main()
