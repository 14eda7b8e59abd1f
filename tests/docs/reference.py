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
from markdown import fenced, fill, paragraphs, table
from types_page import Types, header_text, title_of

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Headers of what stands beside models and their training.
HELPERS = ("data_records", "data_view", "suspicious_labels", "covariate_shift", "minimize", "patterns",
           "io", "image_files", "inspect", "profile")

# What models' functions take and give, in the order they are called.
MODEL_STRUCTS = ("CompileOptions", "FitOptions", "History", "EvaluateOptions", "Evaluation",
                 "PredictOptions", "RateFinderOptions", "RateCurve")

# The struct of each kind of files.
FILE_KINDS = {"idx": "IdxFiles", "npy": "NpyFiles", "cifar10": "Cifar10Files", "cifar100": "Cifar100Files",
              "image-folder": "ImageFolder", "npy-folder": "NpyFolder", "csv": "CsvFile", "records": "RecordFiles"}

COMMANDS = ("train", "eval", "predict", "summary", "plan", "bench", "data", "data list", "data show",
            "data pack")
COMMON_OPTIONS = ("-h,--help", "--json", "--quiet", "--threads", "--seed")

# Every variable that our sources read, and what OpenMP reads for us.
ENVIRONMENT = {
    "SLOY_DATA_DIR": "where data sets lie: `$SLOY_DATA_DIR/fashion-mnist`, `$SLOY_DATA_DIR/mnist`",
    "XDG_CACHE_HOME": "where `--tune` keeps what it measured, in `sloy/`; else `$HOME/.cache`",
    "HOME": "see `XDG_CACHE_HOME`",
    "SLOY_MAX_CPU": "`baseline`, `avx2` or `avx512`: no wider instructions than these; results "
                    "differ in their last bits",
    "OMP_NUM_THREADS": "threads that compute, where neither `--threads` nor `set_threads` says",
    "NO_COLOR": "set to anything: no colours (https://no-color.org)",
    "TERM": "`dumb`: a line an epoch instead of a bar",
    "LC_ALL": "or `LC_CTYPE` or `LANG`, the first that is set: whether the terminal shows UTF-8",
    "LC_CTYPE": "see `LC_ALL`",
    "LANG": "see `LC_ALL`",
}


def leaves(config):
    """The names in a config, without those of what holds others."""
    for name, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield name


class Pages:
    def __init__(self, lists, sloy):
        self.lists = json.loads(run(lists))
        self.sloy = sloy
        self.headers = Headers(ROOT / "include/sloy")
        self.lacks = []

    def types(self):
        return Types(self.headers, self.lacks)

    def layers(self):
        types = self.types()
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
        types = self.types()
        return page("Losses, metrics, optimizers, callbacks",
                    types.kind("Losses", "losses", self.lists["losses"]),
                    self.loss_options(types),
                    types.kind("Metrics", "metrics", self.own_metrics()),
                    types.kind("Optimizers", "optimizers", self.lists["optimizers"]),
                    self.optimizer_options(types),
                    types.kind("Schedules", "schedules", self.lists["schedules"]),
                    types.kind("Callbacks", "callbacks", self.lists["callbacks"]))

    def augmentations(self):
        return page("Augmentation", header_text(self.headers["augmentation"]),
                    self.types().kind("Augmentations", "augmentations", self.lists["augmentations"]))

    def loss_options(self, types):
        declared = self.headers.types["LossOptions"]
        return "\n\n".join((
            "### What all losses share", fill(" ".join(declared.doc).split(". ", 1)[1]),
            types.fields_table(declared, self.lists["loss_options"], "key")))

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
                    self.data_sets(), self.file_kinds(), self.environment())

    def recipe(self):
        types, declared = self.types(), self.headers.types
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
            "`data::Generated`:"), self.types().fields_table(declared, generated), fill(
            "Any other data come from C++: `data::from_tensors`, `data::idx`, or a type of your "
            "own with `size`, `spec` and `read` (`include/sloy/data.h`).")))

    def file_kinds(self):
        types = self.types()
        parts = ["## Files", header_text(self.headers["data_files"])]
        for config in self.lists["file_kinds"]:
            kind = config.pop("kind")
            declared = self.headers.types[FILE_KINDS[kind]]
            parts += [f"### {kind}", fill(f"`kind = \"{kind}\"`, in C++ `data::{declared.name}`."),
                      paragraphs(declared.doc), types.fields_table(declared, config, "key")]
        return "\n\n".join(parts)

    def helpers(self):
        """What stands beside layers and their training: structs of C++, and functions."""
        model = ["## Models", fill(
            "What `compile`, `fit`, `evaluate`, `predict` and `find_learning_rate` take and give; "
            "`include/sloy/model.h` has the functions."),
            *[self.struct(self.headers.types[name]) for name in MODEL_STRUCTS]]
        return page("Models and helpers in C++", *model,
                    *[self.helper(self.headers[name]) for name in HELPERS])

    def helper(self, header):
        parts = [f"## {' '.join(header.doc).split(': ', 1)[0]}", header_text(header)]
        for function in documented(header):
            if f"### {function.name}" not in parts:
                parts.append(f"### {function.name}")
            parts += [fenced(f"{function.returns} {function.name}({function.parameters})", "c++"),
                      paragraphs(function.doc)]
        parts += [self.struct(declared) for declared in header.types.values()]
        return "\n\n".join(filter(None, parts))

    def struct(self, declared):
        rows = [self.member_row(declared, name) for name in declared.members]
        return "\n\n".join(filter(None, (
            f"### {declared.name}", paragraphs(declared.doc),
            table(("member", "type", "default", "meaning"), rows))))

    def member_row(self, declared, name):
        member = declared.members[name]
        needed = member.doc.startswith("needed: ")
        default = "**needed**" if needed else f"`{member.default}`" if member.default else ""
        if not member.doc:
            self.lacks.append(f"{declared.name}: `{name}` has no comment")
        return f"`{name}`", f"`{member.type}`", default, member.doc.removeprefix("needed: ")

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
        types = self.types()

        def names(file, entries):
            return ", ".join(f"[{e['name']}]({file}.md#{anchor(title_of(group))})"
                             for group in types.groups(entries) for e in group)

        rows = [(f"[{kind}]({file}.md#{kind})", names(file, self.lists[kind]))
                for file, kind in (("layers", "layers"), ("layers", "initializers"),
                                   ("layers", "regularizers"), ("layers", "constraints"),
                                   ("training", "losses"), ("training", "optimizers"),
                                   ("training", "schedules"), ("training", "callbacks"),
                                   ("augmentations", "augmentations"))]
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
                 ("[models in C++](helpers.md#models)", ", ".join(
                     f"[{name}](helpers.md#{name.lower()})" for name in MODEL_STRUCTS)),
                 ("[helpers in C++](helpers.md)", ", ".join(dict.fromkeys(
                     f"[{function.name}](helpers.md#{function.name.lower()})" for name in HELPERS
                     for function in documented(self.headers[name])))),
                 ("[environment variables](program.md#environment-variables)",
                  ", ".join(ENVIRONMENT))]
        return page("Reference", fill(
            "Names, arguments, defaults and meanings are Keras 3's where Keras has the thing; "
            "[Conventions](../conventions.md) lists where they aren't. A name is the same "
            "everywhere: `Dense{.units = 64}` in C++ is `{ type = \"Dense\", units = 64 }` in a "
            "recipe and in a model file; values that are names in files are enums in C++, shown "
            "beside them. Defaults are written as in recipes; arguments that are **needed** have "
            "none."), table(("", ""), rows))


def documented(header):
    return [function for function in header.functions if function.doc]


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
    texts = {name: getattr(pages, name)().replace(f"({name}.md#", "(#")
             for name in ("README", "layers", "training", "augmentations", "ops", "program", "helpers")}
    if pages.lacks:
        sys.exit("The headers don't say enough:\n" + "\n".join(dict.fromkeys(pages.lacks)))
    for name, text in texts.items():
        path = ROOT / f"docs/reference/{name}.md"
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
