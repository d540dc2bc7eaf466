#!/usr/bin/env python3
"""tidy.py ROOT [LIBRARY.a…]: what the compiler does not check. Sources under ROOT: arrows, third-party headers, sizes, names,
namespaces. Libraries: purity, and integers in what decides. Prints a line per finding and ends with 1 if there is one."""

import re
import sys
from pathlib import Path

import floats
import rooms
import sizes
import symbols

ROOMS = ["events", "log", "projections", "coordinator", "replay", "tests"]
AT_ROOT = {"schemas", *ROOMS, "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", ".clang-format", ".clang-tidy",
           ".gitignore", ".ci", ".git", "build", "wattledger-data", "wattledger-demo",
           "wattledger-simulation", "house.yaml", "compile_commands.json"}
SOURCES = {".cpp", ".hpp", ".py", ".sh", ".fbs"} | sizes.OTHER_SUFFIXES


def read(root):
    """(sources, CMake files), each a dictionary of path: text."""
    sources, cmake = {}, {}
    if (root / "CMakeLists.txt").exists():
        cmake["CMakeLists.txt"] = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    for room in ["schemas", *ROOMS]:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in SOURCES and path.is_file():
                sources[name] = path.read_text(encoding="utf-8")
            elif path.name == "CMakeLists.txt":
                cmake[name] = path.read_text(encoding="utf-8")
    return sources, cmake


def check_schema(path, text):
    """Every field of a table has an explicit id (schemas/README.md); flatc asks only that all or none of a table's have one."""
    text, found = re.sub(r"//[^\n]*", "", text), []
    for table, fields in re.findall(r"\btable\s+(\w+)[^{;]*\{([^}]*)\}", text):
        found += [f"{path}: {table}.{field.split(':')[0].strip()} has no explicit id"
                  for field in fields.split(";") if field.strip() and not re.search(r"\bid\s*:\s*\d+", field)]
    return found


def check(root):
    sources, cmake = read(root)
    exceptions_file = root / "tests/tidy/exceptions.txt"
    exceptions, found = sizes.read_exceptions(exceptions_file.read_text(encoding="utf-8") if exceptions_file.exists() else "")
    found += [f"{path.name}: nothing but the rooms and the build's own files stands at the root"
              for path in sorted(root.iterdir()) if path.name not in AT_ROOT]
    found += sizes.check_sizes({**sources, **cmake}, exceptions)
    found += sizes.check_types(sources)
    for path, text in sources.items():
        found += sizes.check_name(path)
        if path.endswith(".fbs"):
            found += check_schema(path, text)
        if path.endswith((".cpp", ".hpp")):
            found += rooms.check_includes(path, text)
            found += sizes.check_namespaces(path, text)
    return found + rooms.check_links(cmake)


def main(arguments):
    found = check(Path(arguments[0]))
    libraries = {Path(library).stem.removeprefix("lib"): library for library in arguments[1:]}
    if libraries:
        found += [f"{name}: is pure by design, and was not given to be looked at" for name in symbols.PURE if name not in libraries]
    for name, library in libraries.items():
        found += symbols.check_symbols(name, symbols.undefined(library))
        if name in floats.INTEGERS_ONLY:
            found += floats.check_floats(name, library)
    for line in found:
        print(line)
    print(f"tests/tidy: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
