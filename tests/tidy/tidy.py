#!/usr/bin/env python3
"""tidy.py ROOT [LIBRARY.a…]: what the compiler does not check. Sources under ROOT: arrows, third-party headers, sizes, names,
namespaces. Libraries: purity. Prints a line per finding and ends with 1 if there is one."""

import sys
from pathlib import Path

import rooms
import sizes
import symbols

ROOMS = ["events", "log", "projections", "coordinator", "replay", "tests"]
AT_ROOT = {"schemas", *ROOMS, "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", ".clang-format", ".clang-tidy",
           ".gitignore", ".ci", ".git", "build", "wattledger-data", "wattledger-demo",
           "wattledger-simulation", "house.yaml", "compile_commands.json"}
SOURCES = {".cpp", ".hpp", ".h", ".py", ".sh", ".fbs"}


def read(root):
    """(sources, CMake files), each a dictionary of path: text."""
    sources, cmake = {}, {}
    for room in ["schemas", *ROOMS]:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in SOURCES:
                sources[name] = path.read_text(encoding="utf-8")
            elif path.name == "CMakeLists.txt":
                cmake[name] = path.read_text(encoding="utf-8")
    return sources, cmake


def check(root):
    sources, cmake = read(root)
    exceptions_file = root / "tests/tidy/exceptions.txt"
    exceptions, found = sizes.read_exceptions(exceptions_file.read_text(encoding="utf-8") if exceptions_file.exists() else "")
    found += [f"{path.name}: nothing but the rooms and the build's own files stands at the root"
              for path in sorted(root.iterdir()) if path.name not in AT_ROOT]
    found += sizes.check_sizes(sources, exceptions)
    for path, text in sources.items():
        found += sizes.check_name(path)
        if path.endswith((".cpp", ".hpp", ".h")):
            found += rooms.check_includes(path, text)
            found += sizes.check_namespaces(path, text)
    return found + rooms.check_links(cmake)


def main(arguments):
    found = check(Path(arguments[0]))
    for library in arguments[1:]:
        name = Path(library).stem.removeprefix("lib")
        found += symbols.check_symbols(name, symbols.undefined(library))
    for line in found:
        print(line)
    print(f"tests/tidy: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
