#!/usr/bin/env python3
"""Compiles types of one's own that are wrong, and looks for the sentence that tells what they need.

A wrong signature must not end in the compiler's own words about templates, which name neither the
mistake nor the cure; nor must it compile, as a hook that would never be called.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

LAYER = "a layer's call must be `Value call(Scope& scope, Value x) const`"
LOSS = "a loss's call must be `Value call(Value target, Value prediction) const`"
METRIC = "a metric's call must be `Value call(Value target, Value prediction) const`"
OPTIMIZER = "an optimizer has a member `double learning_rate` and `Value step(OptimizerScope& scope"
ON_RUN = "on_train_begin and on_epoch_begin of a callback take (Run& run)"
ON_LOGS = "on_train_end of a callback take (Run& run, const Logs& logs)"
ON_NOTICE = "on_notice of a callback takes (Run& run, const Notice& notice)"
STATE = "a callback's state is `Config state() const` and `void set_state(const Config&)`"
FIELDS = "fields() lists a member of a type that files can't hold"

# (what is wrong, the sentence, the members of a type Own, where it is used)
WRONG = [
    ("a layer's call is not const", LAYER, "Value call(Scope&, Value x) { return x; }",
     "Sequential model{Input{2}, Own{}};"),
    ("a layer's call has no Scope", LAYER, "Value call(Value x) const { return x; }",
     "Sequential model{Input{2}, Own{}};"),
    ("a loss's call is not const", LOSS, "Value call(Value t, Value p) { return t - p; }",
     "CompileOptions options{.loss = Own{}};"),
    ("a loss takes one value", LOSS, "Value call(Value p) const { return p; }",
     "CompileOptions options{.loss = Own{}};"),
    ("a metric is not const", METRIC, "Value call(Value t, Value p) { return t - p; }",
     "CompileOptions options{.metrics = {Own{}}};"),
    ("an optimizer's step has no scope", OPTIMIZER,
     "double learning_rate = 1; Value step(Value w, Value g) const { return w - g; }",
     "CompileOptions options{.optimizer = Own{}};"),
    ("an optimizer has no learning rate", OPTIMIZER,
     "Value step(OptimizerScope&, Value w, Value g) const { return w - g; }",
     "CompileOptions options{.optimizer = Own{}};"),
    ("one of two hooks wants to change the logs", ON_LOGS,
     "void on_train_begin(Run&) {} void on_epoch_end(Run&, Logs&) {}",
     "FitOptions options{.callbacks = {Own{}}};"),
    ("a hook lacks the logs", ON_LOGS, "void on_train_end(Run&) {}",
     "FitOptions options{.callbacks = {Own{}}};"),
    ("a hook takes nothing", ON_RUN, "void on_epoch_begin() {}",
     "FitOptions options{.callbacks = {Own{}}};"),
    ("a notice is text", ON_NOTICE, "void on_notice(Run&, const std::string&) {}",
     "FitOptions options{.callbacks = {Own{}}};"),
    ("a state has no way back", STATE,
     "void on_train_begin(Run&) {} Config state() const { return {}; }",
     "FitOptions options{.callbacks = {Own{}}};"),
    ("a field is a pointer", FIELDS,
     "const char* text = nullptr; Value call(Scope&, Value x) const { return x; }"
     'static void fields(auto&& field) { field("text", &Own::text); }',
     "auto entry = register_layer<Own>();"),
]

# A sentence is worth little under a page of templates.
MOST_LINES = 60


def compile_snippet(options, members, use):
    source = f"#include <sloy/sloy.h>\nusing namespace sloy;\nstruct Own {{ {members} }};\n{use}\n"
    return subprocess.run(
        [options.compiler, "-std=c++20", "-fsyntax-only", f"-I{options.include}", "-xc++", "-"],
        input=source, text=True, capture_output=True, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", type=pathlib.Path, required=True)
    options = parser.parse_args()
    right = ("all is right", "", "int seen = 0; void on_epoch_end(Run&, const Logs&) { ++seen; }",
             "FitOptions options{.callbacks = {Own{}}};")
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        cases = [right, *WRONG]
        results = pool.map(lambda case: compile_snippet(options, *case[2:]), cases)
        for (what, sentence, *_), result in zip(cases, results):
            lines = result.stderr.count("\n")
            good = (sentence in result.stderr and lines <= MOST_LINES
                    and (result.returncode != 0) == bool(sentence))
            if not good:
                failures += 1
                print(f"{what}: expected, in {MOST_LINES} lines at most: {sentence!r}\n"
                      f"{result.stderr}")
    print(f"{len(cases) - failures} of {len(cases)} snippets give their sentence")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
