"""Finds classes in C++ source and counts what a reader must keep in mind of each."""

import dataclasses
import re

CLASS = re.compile(r"\bclass\s+(?:alignas\([^)]*\)\s*|\[\[\w+\]\]\s*)*(?P<name>\w+)(?:\s+final)?\s*(?::(?!:)[^;{}()]*)?\{")
ACCESS = re.compile(r"^\s*(public|private|protected)\s*$")
FIELD = re.compile(r"\b(\w+_)\s*(?:\[[^\]]*\]\s*)?$")


@dataclasses.dataclass
class ClassSize:
    name: str
    line: int
    public_methods: int  # neither constructors nor operators
    fields: int


def class_sizes(code):
    """Of all classes in `code`, whose comments and strings are blanked. Structs carry data; they are not counted."""
    sizes = []
    for match in CLASS.finditer(code):
        if re.search(r"\benum\s*$", code[: match.start()]):
            continue
        size = ClassSize(match["name"], code.count("\n", 0, match.start()) + 1, 0, 0)
        access = "private"
        for text, ends_access in _declarations(code, match.end()):
            if ends_access:
                access = text
            elif _is_method(text, size.name):
                size.public_methods += access == "public"
            elif FIELD.search(_without_initializer(text)):
                size.fields += 1
        sizes.append(size)
    return sizes


def _declarations(code, position):
    """(declaration, False) or (access word, True) for each at the top level of the class body that begins at `position`."""
    head, depth = position, 0
    body = ""  # the text of the declaration, without what stands in braces
    while position < len(code):
        character = code[position]
        if character == "{":
            if depth == 0:
                body += code[head:position] + "{}"
            depth += 1
        elif character == "}":
            if depth == 0:
                return
            depth -= 1
            head = position + 1
            # A method's body ends its declaration; an initializer's brace is followed by a semicolon.
            if depth == 0 and "(" in body and not re.match(r"\s*[;,({]", code[head:]):
                yield body, False
                body = ""
        elif depth == 0 and character == ";":
            yield body + code[head:position], False
            body, head = "", position + 1
        elif depth == 0 and character == ":" and (access := ACCESS.match(body + code[head:position])):
            yield access[1], True
            body, head = "", position + 1
        position += 1


def _without_initializer(text):
    text = re.sub(r"^\s*(?:struct|enum|union)\b[^{]*\{\}", "", text)  # `struct Pulse {...} pulse_`
    return re.split(r"=|\{", text)[0].rstrip()


def _is_method(text, class_name):
    text = re.sub(r"<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>", "", text)  # template arguments may hold parentheses
    declared = re.search(r"(~?\w+)\s*\(", text)
    if declared is None or "=" in text[: declared.start()]:
        return False
    is_special = declared[1].lstrip("~") == class_name or "operator" in text
    return not is_special and not re.match(r"\s*(?:friend|using|typedef)\b", text) and not declared[1].endswith("_")
