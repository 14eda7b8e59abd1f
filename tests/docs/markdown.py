"""Markdown made of comments, tables and values."""

import json
import re
import textwrap

WIDTH = 118


def fill(text):
    """A paragraph, its lines broken outside of `code` alone."""
    kept = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    filled = textwrap.fill(kept, WIDTH, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0", " ")


def fenced(text, language):
    return f"```{language}\n{text}\n```"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows]
    return "\n".join(lines)


def paragraphs(lines):
    """A comment's lines: indented ones are code, a line of shapes stands for itself."""
    blocks = []  # (kind, its lines)
    for line in lines:
        if line.startswith("    "):
            kind = "code"
        elif line.startswith("(") and " → " in line:
            kind = "shapes"
        else:
            kind = "text"
        if not line:
            blocks.append(("end", []))
        elif blocks and blocks[-1][0] == kind:
            blocks[-1][1].append(line)
        elif kind == "code" and len(blocks) > 1 and blocks[-2][0] == "code":
            blocks.pop()  # an empty line within code
            blocks[-1][1].extend(["", line])
        else:
            blocks.append((kind, [line]))
    return "\n\n".join(block(kind, of) for kind, of in blocks if kind != "end")


def block(kind, lines):
    if kind == "text":
        return fill(" ".join(lines))
    if kind == "shapes":
        return "\n\n".join(f"`{line}`" for line in lines)
    code = textwrap.dedent("\n".join(lines))
    is_toml = re.search(r"^\[", code, re.MULTILINE)
    return fenced(code, "toml" if is_toml else "c++")


def toml(value):
    """A default as TOML; whole numbers stand for floats of that value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}".replace("e-0", "e-")
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def either(names):
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def capitalised(text):
    return text[0].upper() + text[1:]
