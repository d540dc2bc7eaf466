"""Purity of the libraries that must be pure (DESIGN: law 2): every symbol that they take from outside is on a list. No clock,
randomness, environment, disk, network, time-zone database, locale, thread or logging is."""

import re
import subprocess

ALLOWED = [
    r"wattledger::.*", r"(vtable|typeinfo|typeinfo name|guard variable) for wattledger::.*",
    r"flatbuffers::.*",
    # Memory and bytes.
    r"operator (new|delete)(\[\])?\(.*\)", r"mem(chr|cmp|cpy|move|set)", r"strlen|strcmp|strncmp",
    r"__(mem(cpy|move|set))_chk",
    # Errors that cannot happen, exceptions caught inside.
    r"abort|__assert_fail|__stack_chk_fail", r"_Unwind_Resume", r"__gxx_personality_v0", r"__cxa_\w+", r"__dso_handle",
    r"std::__throw_\w+\(.*\)", r"std::terminate\(\)", r"std::nothrow",
    r"std::(exception|bad_alloc|logic_error|runtime_error|invalid_argument|out_of_range|length_error)::.*",
    r"(vtable|typeinfo) for (std::(exception|bad_alloc|logic_error|runtime_error|invalid_argument|out_of_range)|"
    r"__cxxabiv1::.*)",
    # Containers, strings, numbers to text and back, which know no locale.
    r"std::_Rb_tree_\w+\(.*\)", r"std::__detail::_\w+::.*", r"std::_Hash_bytes\(.*\)", r"std::__cxx11::basic_string<.*",
    r"std::(to|from)_chars\(.*\)", r"std::__sort.*", r"_GLOBAL_OFFSET_TABLE_",
    # Wide integers and exact arithmetic.
    r"__u?(div|mod|divmod)ti[34]", r"__mulo?ti4|__multi3|__(fix|float)\w+", r"(floor|ceil|trunc|round|lround|llround|fmod|sqrt|pow|exp|log)f?l?",
    # Digests are functions of their bytes.
    r"SHA256(_\w+)?", r"EVP_(Digest\w*|sha256|MD_CTX_\w+|MD_\w+|Q_digest)",
]
# What one library needs besides, and why.
ALSO = {
    # nlohmann's parser asks which decimal point strtod expects, in order not to depend on it. Of pugixml only what parses bytes
    # in memory: its functions that open files are not on the list.
    "wattledger_sources_parse": [r"localeconv", r"strto(d|f|ld|ll|ull)", r"__errno_location", r"__isoc23_strto(ll|ull)", r"snprintf",
                                 r"(vtable|typeinfo) for nlohmann::.*", r"nlohmann::.*",
                                 r"pugi::xml_(document::(~?xml_document|load_buffer|document_element)|(node|named_node_iterator|text|parse_result)::).*"],
    # Where the sun stands.
    "wattledger_forecast": [r"sin|cos|sincos|tan|asin|atan2"],
}
PURE = ["wattledger_events", "wattledger_fold", "wattledger_policy", "wattledger_planner", "wattledger_sources_parse", "wattledger_forecast",
        "wattledger_health",
        "wattledger_alerts"]


def undefined(library):
    """Symbols that the library's objects lack and that no other of its objects has."""
    listing = subprocess.run(["nm", "--demangle", library], capture_output=True, text=True, check=True).stdout
    needed, defined = set(), set()
    for line in listing.splitlines():
        match = re.match(r"[0-9a-f ]{16} ([A-Za-z]) (.+)", line)
        if match:
            (needed if match.group(1) in "Uvw" else defined).add(match.group(2))
    return sorted(needed - defined)


def check_symbols(name, symbols):
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in ALLOWED + ALSO.get(name, [])))
    return [f"{name}: takes {symbol} from outside, which is not on the list of tests/tidy/symbols.py for pure libraries"
            for symbol in symbols if not allowed.fullmatch(symbol)]
