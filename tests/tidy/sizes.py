"""Lengths of files and functions, names of files, namespaces."""

import ast
import re
from pathlib import Path

FILE_LINES = 500
FUNCTION_LINES = 70
FORBIDDEN_NAMES = {"manager", "util", "utils", "helper", "helpers", "common", "misc", "base", "types"}
# C and C++ by other names.
OTHER_SUFFIXES = {".c", ".cc", ".cxx", ".c++", ".C", ".h", ".hh", ".hxx", ".h++", ".inl", ".inc", ".ipp", ".tpp", ".tcc", ".cppm",
                  ".ixx"}
# Namespaces of others that a header of ours may declare a class in, ahead.
AHEAD = {"CLI", "YAML", "spdlog", "date", "nlohmann", "flatbuffers", "reflection"}


def blanked(text):
    """The text with comments, strings, characters and preprocessor lines as spaces; lines stay where they are."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\ ]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:\\\n|[^\n])*", re.S | re.M)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


LAMBDA = re.compile(r"(?:(\w+)\s*=|[(,]|return|^)\s*\[[^\[\]]*\]\s*(?:mutable\b)?[^=\]]*$")


def without_template(head):
    """The head of a declaration behind its template <…> and requires(…)."""
    match = re.match(r"template\s*<", head)
    if not match:
        return head
    at, depth = match.end(), 1
    while at < len(head) and depth > 0:
        depth += {"<": 1, ">": -1}.get(head[at], 0)
        at += 1
    rest = re.sub(r"^requires\s*\((?:[^()]|\([^()]*\))*\)\s*", "", head[at:].lstrip())
    return without_template(rest)


def is_function(head):
    """Does what stands before a brace begin a function?"""
    if LAMBDA.search(head):
        return True
    if "(" not in head or head.endswith("=") or re.match(r"TEST_SUITE\b", head):
        return False
    if not re.match(r"(?:\[\[.*?\]\]|[\w\s])*?\b(?:namespace|class|struct|union|enum)\b", head) or "operator" in head:
        return True
    # A class, or a function whose result is written `struct name`: that one has a parenthesis right behind its name.
    declared = re.split(r"(?<!:):(?!:)", re.sub(r"\[\[.*?\]\]|alignas\s*\([^()]*\)", "", head))[0]
    return re.search(r"\w\s*\(", declared) is not None


def name_of(head):
    match = LAMBDA.search(head)
    if match:
        return match.group(1) or "lambda"
    match = re.search(r"(operator\s*[^\s(]+|[\w~:]+)\s*\(", head)
    return match.group(1) if match else "?"


def functions(text):
    """(name, first line, last line) of each function that stands in no other. Braces that initialise stand at their word, as
    clang-format puts them, or inside parentheses; those of a body stand apart."""
    text, found, stack, head_start, depth, line = blanked(text), [], [], 0, 0, 1
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == ";" and depth == 0:
            head_start = at + 1
        elif char == "{":
            head = re.sub(r"^\s*(public|private|protected)\s*:|^[,\s]+", "", text[head_start:at]).strip()
            initialises = depth > 0 or re.match(r"[\w>]", text[at - 1]) is not None
            inside = initialises or any(name for name, _, _, _ in stack)
            head = without_template(head)
            name = name_of(head) if not inside and is_function(head) else ""
            stack.append((name, line - head.count("\n"), depth, head_start if initialises else None))
            depth, head_start = 0, at + 1
        elif char == "}" and stack:
            name, first, depth, head_before = stack.pop()
            head_start = at + 1 if head_before is None else head_before
            if name:
                found.append((name, first, line))
    return found


def python_functions(text):
    """The same of Python."""
    return [(node.name, node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def read_exceptions(text):
    """{(path, what): reason}; findings about lines that are none."""
    exceptions, found = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in line.split("|")]
        if len(words) != 3 or len(words[2].split()) < 4:
            found.append(f"tests/tidy/exceptions.txt:{number}: write path | file or a function's name | reason in a sentence")
        else:
            exceptions[words[0], words[1]] = words[2]
    return exceptions, found


def check_sizes(sources, exceptions):
    """Findings about all sources, a dictionary of path: text, and about exceptions that nothing needs."""
    found, used = [], set()

    def too_long(path, what, message):
        if (path, what) in exceptions:
            used.add((path, what))
        else:
            found.append(message)

    for path, text in sources.items():
        lines = text.count("\n") + (not text.endswith("\n"))
        if lines > FILE_LINES:
            too_long(path, "file", f"{path}: {lines} lines are more than {FILE_LINES}; divide it")
        measure = {".cpp": functions, ".hpp": functions, ".py": python_functions}.get(Path(path).suffix, lambda _: [])
        for name, first, last in measure(text):
            if last - first + 1 > FUNCTION_LINES:
                too_long(path, name, f"{path}:{first}: {name} has {last - first + 1} lines, more than {FUNCTION_LINES}")
    found += [f"tests/tidy/exceptions.txt: {path} | {what}: needed no more, take it out"
              for path, what in exceptions if (path, what) not in used]
    return found


def check_name(path):
    stem = Path(path).name.split(".")[0]
    if Path(path).suffix in OTHER_SUFFIXES:
        return [f"{path}: our sources end in .cpp and .hpp; no check reads this one"]
    if stem == "CMakeLists":
        return []
    if stem in FORBIDDEN_NAMES:
        return [f"{path}: a file called {stem} says nothing; name what is in it"]
    if not re.fullmatch(r"[a-z0-9_]+", stem):
        return [f"{path}: file names are snake_case"]
    return []


def check_namespaces(path, text):
    names = re.findall(r"^(?:inline )?namespace ([\w:]+)(?!\s*=|[\w:])", blanked(text), re.M)
    found = [f"{path}: namespace {name}: everything of ours is in wattledger"
             for name in names if name.split("::")[0] != "wattledger" and name not in AHEAD]
    if path.endswith(".hpp") and not any(name.split("::")[0] == "wattledger" for name in names):
        found.append(f"{path}: declares nothing in namespace wattledger")
    if path.endswith(".hpp") and re.search(r"^\s*using namespace\b", blanked(text), re.M):
        found.append(f"{path}: a header does not say using namespace")
    if path.endswith(".hpp") and "#pragma once" not in text:
        found.append(f"{path}: lacks #pragma once")
    return found


def types_defined(text):
    """Qualified names of the classes and enumerations that the text defines at namespace scope, none of a nameless namespace."""
    text, scopes, found, head_at = blanked(text), [], [], 0
    for match in re.finditer(r"[{};]", text):
        head = without_template(" ".join(text[head_at:match.start()].split()))
        head_at = match.end()
        if match.group() == "}" and scopes:
            scopes.pop()
        if match.group() != "{":
            continue
        namespace = re.match(r"(?:inline )?namespace(?: ([\w:]+))?$", head)
        declared = re.match(r"(?:struct|class|union|enum(?: class| struct)?) (?:\[\[.*?\]\] )?(\w+)(?: final)?(?: ?:(?!:).*)?$", head)
        if declared and None not in scopes:
            found.append("::".join([*scopes, declared.group(1)]))
        scopes.append(namespace.group(1) if namespace else None)
    return found


def check_types(sources):
    """One type, one name: a linker takes any of two that are called alike for both, and says nothing."""
    found, first = [], {}
    for path, text in sources.items():
        if path.endswith((".cpp", ".hpp")):
            for name in types_defined(text):
                if first.setdefault(name, path) != path:
                    found.append(f"{path}: {name} is also a type of {first[name]}")
    return found
