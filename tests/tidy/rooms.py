"""The arrows between rooms and parts, and the third-party headers' homes (DESIGN: the house). Checked twice: in the sources'
includes and in CMake's links."""

import fnmatch
import re
from pathlib import Path

FOLD = ["events", "projections/fold"]
PROJECTIONS = FOLD + ["log", "projections", "projections/sqlite", "projections/json", "projections/live"]
AUDIT = PROJECTIONS + ["coordinator/policy", "coordinator/config"]
HOUSE = AUDIT + ["coordinator/health", "coordinator/alerts", "coordinator/control", "coordinator/inverter", "coordinator/sources/parse", "coordinator/sources/fetch"]
REPLAY = ["replay", "replay/change", "replay/audit", "replay/backup", "replay/rebuild", "replay/legacy_import", "replay/log", "replay/inverter",
          "replay/config", "replay/decide", "replay/plan", "replay/quality", "replay/support", "replay/tariff", "replay/tiers"]

# part: the parts it may see. A part may always see itself; what is not named here may not be seen.
MAY_SEE = {
    "schemas": [],
    "events": ["schemas"],
    "log": ["events"],
    "projections/fold": ["events"],
    "projections": FOLD + ["log"],
    "projections/sqlite": FOLD + ["log", "projections"],
    "projections/json": FOLD + ["log", "projections"],
    "projections/live": PROJECTIONS,
    "coordinator/policy": FOLD,
    "coordinator/forecast": FOLD,
    "coordinator/config": FOLD + ["coordinator/sources/parse"],
    "coordinator/inverter": ["events"],
    "coordinator/simulator": ["events", "coordinator/inverter"],
    "coordinator/sources/parse": ["events"],
    "coordinator/sources/fetch": ["events", "coordinator/sources/parse", "coordinator/config"],
    "coordinator/health": FOLD,
    "coordinator/control": FOLD + ["log", "coordinator/health"],
    "coordinator/alerts": FOLD + ["log", "projections", "coordinator/config"],
    "coordinator/command_line": [],
    "coordinator/remote": ["events", "log"],  # a network by way of rclone
    "coordinator/daemon": HOUSE + ["coordinator/command_line", "coordinator/forecast", "coordinator/remote", "coordinator/simulator"],
    # These cannot touch an inverter or a network even by mistake.
    "replay/audit": AUDIT + ["replay"],
    "replay/rebuild": AUDIT + ["replay", "replay/change"],
    "replay/change": AUDIT + ["replay"],
    "replay/quality": AUDIT + ["replay", "replay/audit"],
    "replay/backup": AUDIT + ["coordinator/remote", "replay", "replay/change"],
    "replay/tiers": AUDIT + ["coordinator/remote", "replay", "replay/change"],
    "replay/legacy_import": AUDIT + ["replay", "replay/change"],
    "replay/log": AUDIT + ["replay", "replay/change"],
    "replay/support": AUDIT + ["replay", "replay/log"],
    "replay/tariff": AUDIT + ["coordinator/sources/parse", "replay"],
    "replay/config": AUDIT + ["replay"],
    "replay/decide": AUDIT + ["coordinator/sources/parse", "replay"],
    "replay/plan": AUDIT + ["coordinator/sources/parse", "replay"],
    "replay/house": HOUSE + ["replay"],
    "replay/rollout": HOUSE + ["replay", "replay/change", "replay/rebuild", "replay/house"],
    "replay/inverter": HOUSE + ["coordinator/simulator", "replay", "replay/house"],
    "replay": AUDIT + REPLAY + ["replay/house", "coordinator/command_line", "replay/rollout"],
}
# Single headers, of plain values only, that a part may include without seeing their part: they cannot be linked.
VALUES = {"coordinator/inverter/inverter.hpp": ["coordinator/config"], "coordinator/alerts/condition.hpp": ["coordinator/config"]}
FREE = ["tests"]  # may see everything, is seen by nobody

# header: where it may be included. Wrapped in .cpp files, so that no header of ours makes others need it.
HEADERS = {
    "lmdb.h": ["log/*.cpp"],
    "sqlite3.h": ["projections/sqlite/*.cpp"],
    "modbus/*": ["coordinator/inverter/*.cpp"],
    "modbus.h": ["coordinator/inverter/*.cpp"],
    "yaml-cpp/*": ["coordinator/config/*.cpp"],
    "date/*": ["coordinator/config/*.cpp"],
    "curl/*": ["coordinator/sources/fetch/*.cpp", "coordinator/alerts/*.cpp"],
    "pugixml.hpp": ["coordinator/sources/parse/price_xml.cpp"],
    "openssl/*": ["*.cpp"],
    "nlohmann/*": ["*.cpp"],
    "fmt/*": ["*.cpp"],
    "zstd.h": ["log/*.cpp", "replay/support/tar_file.cpp"],
    "sodium.h": ["log/*.cpp"],
    "CLI/*": ["replay/*.cpp", "coordinator/command_line/*.cpp", "coordinator/daemon/main.cpp", "coordinator/daemon/arguments.cpp"],
    "spdlog/*": ["coordinator/daemon/*.cpp", "replay/main.cpp"],
    "flatbuffers/*": ["events/*.cpp"],
    "tl/expected.hpp": ["events/result.hpp"],
}
# The system's own, anywhere but in the pure parts, where tests/tidy/symbols.py has the last word.
SYSTEM = ["sys/*.h", "netinet/*.h", "arpa/*.h", "linux/*.h", "*intrin.h", "cpuid.h", "fcntl.h", "unistd.h", "poll.h", "netdb.h",
          "net/if.h", "ifaddrs.h", "pwd.h", "grp.h", "signal.h", "spawn.h", "termios.h"]

# CMake's name: the parts that may link it; None is any, PRIVATE. What headers of events need is PUBLIC there.
PACKAGES = {
    "PkgConfig::LMDB": ["log"],
    "PkgConfig::ZSTD": ["log", "replay/support"],
    "PkgConfig::SODIUM": ["log"],
    "PkgConfig::SQLITE": ["projections/sqlite"],
    "PkgConfig::MODBUS": ["coordinator/inverter"],
    "PkgConfig::YAML": ["coordinator/config"],
    "date::date-tz": ["coordinator/config"],
    "PkgConfig::SPDLOG": ["coordinator/daemon", "replay"],
    "CLI11::CLI11": ["coordinator/command_line", "coordinator/daemon"] + REPLAY + ["replay/house"],
    "CURL::libcurl": ["coordinator/sources/fetch", "coordinator/alerts"],
    "pugixml::pugixml": ["coordinator/sources/parse"],
    "OpenSSL::Crypto": None,
    "nlohmann_json::nlohmann_json": None,
    "fmt::fmt": None,
    "Threads::Threads": None,
    "wattledger_warnings": None,
}
# Commands and properties that would do the same unseen.
PAST_THE_CHECK = {"link_libraries", "link_directories", "include_directories", "target_sources", "target_link_directories"}
WAYS_TO_LINK = {"LINK_LIBRARIES", "INTERFACE_LINK_LIBRARIES", "INCLUDE_DIRECTORIES", "INTERFACE_INCLUDE_DIRECTORIES", "LINK_FLAGS"}
PUBLIC_PACKAGES = {"tl::expected": ["events"], "flatbuffers::flatbuffers": ["schemas"]}


def part_of(path):
    """The longest part that holds this path, or None."""
    folder = Path(path)
    while str(folder) != ".":
        if str(folder) in MAY_SEE or str(folder) in FREE:
            return str(folder)
        folder = folder.parent
    return None


def sees(part, other):
    return part in FREE or part == other or other in MAY_SEE.get(part, [])


def check_includes(path, text):
    """Findings about one source file; `path` is relative to the root."""
    part = part_of(path)
    if part is None:
        return [f"{path}: is in no part that tests/tidy/rooms.py knows; give the part its arrows there"]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'(?:\s|/\*.*?\*/)*#\s*(?:include|include_next|import)\b\s*(<([^>]+)>|"([^"]+)")?', line)
        if not match or part in FREE:
            continue
        at = f"{path}:{number}"
        if match.group(3):
            found += check_own(at, part, match.group(3))
        elif match.group(2):
            found += check_foreign(at, path, match.group(2))
        else:
            found.append(f"{at}: an include names its header here, by no macro and on no other line")
    return found


def check_own(at, part, header):
    if header == "event_generated.h":
        return [] if part == "events" else [f"{at}: event_generated.h comes through events/codec.hpp only"]
    other = part_of(header)
    if other is None or ".." in Path(header).parts or not header.endswith(".hpp"):
        return [f"{at}: \"{header}\" is not written from the root (room/part/file.hpp), or its part is unknown"]
    return [] if sees(part, other) or part in VALUES.get(header, []) else [f"{at}: {part} may not see {other} ({header})"]


def check_foreign(at, path, header):
    if not header.endswith(".h") and not header.endswith(".hpp") and "/" not in header:
        return []  # C++'s own
    for pattern, homes in HEADERS.items():
        if fnmatch.fnmatchcase(header, pattern):
            if any(fnmatch.fnmatchcase(path, home) for home in homes):
                return []
            return [f"{at}: <{header}> may be included in {', '.join(homes)} only"]
    if any(fnmatch.fnmatchcase(header, pattern) for pattern in SYSTEM):
        return []
    return [f"{at}: <{header}> is new; tests/tidy/rooms.py says where a third-party header lives"]


def cmake_commands(text):
    """(name, words) of each command."""
    text = re.sub(r"#.*", "", text)
    return [(m.group(1).lower(), m.group(2).split()) for m in re.finditer(r"(\w+)\s*\(([^()]*)\)", text)]


def targets_in(path, text):
    """Target: the parts of its sources, or of its folder."""
    folder = Path(path).parent
    made = {}
    for name, words in cmake_commands(text):
        if name in ("wattledger_library", "add_library", "add_executable") and words:
            sources = [word for word in words[1:] if word.endswith(".cpp")]
            made[words[0]] = {part_of(str((folder / source).parent)) for source in sources} or {part_of(str(folder))}
    return made


def check_links(files):
    """Findings about all CMakeLists.txt: a dictionary of path: text. The root's own, which makes the rule for a library, may
    link nothing else."""
    parts, found = {}, []
    for path, text in files.items():
        parts.update(targets_in(path, text))
    owner = {target: next(iter(found_in)) for target, found_in in parts.items()}
    for target, found_in in parts.items():
        if len(found_in) > 1:
            found.append(f"{target} has sources of several parts: {', '.join(sorted(map(str, found_in)))}")
    for path, text in files.items():
        for name, words in cmake_commands(text):
            if part_of(path) in FREE:
                continue
            if name == "target_link_libraries" and words and (path, words[0]) != ("CMakeLists.txt", "${name}"):
                found += check_link(path, owner, words)
            elif name in ("wattledger_library", "add_library", "add_executable"):
                found += [f"{path}: {words[0]}: write {word} from the folder of this file" for word in words[1:]
                          if word.endswith(".cpp") and (".." in Path(word).parts or "$" in word)]
            elif name in PAST_THE_CHECK or WAYS_TO_LINK.intersection(words):
                found.append(f"{path}: {name}({' '.join(words[:2])} …) goes past the check of links; use target_link_libraries")
    return found


def check_link(path, owner, words):
    target, part, access, found = words[0], owner.get(words[0]), "PUBLIC", []
    if part is None:
        return [f"{path}: {target} has no part that tests/tidy/rooms.py knows"]
    for word in words[1:]:
        if word in ("PUBLIC", "PRIVATE", "INTERFACE"):
            access = word
        elif part in FREE:
            continue
        elif word in PUBLIC_PACKAGES and part in PUBLIC_PACKAGES[word]:
            continue
        elif word in PACKAGES:
            if PACKAGES[word] is not None and part not in PACKAGES[word]:
                found.append(f"{path}: {target} may not link {word}; only {', '.join(PACKAGES[word])} may")
            elif access != "PRIVATE":
                found.append(f"{path}: {target} links {word} {access}; only PRIVATE keeps its headers in our .cpp files")
        elif word not in owner:
            found.append(f"{path}: {target} links {word}, which tests/tidy/rooms.py does not know")
        elif owner[word] is None or not sees(part, owner[word]):
            found.append(f"{path}: {target} ({part}) may not link {word} ({owner[word]})")
    return found
