"""Integers throughout (DESIGN: deciding): nothing that decides, plans or folds computes with floating point, so that fused
multiply-add, optimization and the compiler cannot change a byte of a decision. Read from the machine code, not from the sources."""

import re
import subprocess

# Rows for legacy readers have columns of type REAL; no decision reads a row. What has no entry has no exception.
MAY_COMPUTE = {"wattledger_fold": {"imported", "legacy_current_data", "legacy_decision", "legacy_rows", "operation_rows",
                                   "price_files", "python_json", "table_rows"}}
INTEGERS_ONLY = ["wattledger_events", "wattledger_fold", "wattledger_policy", "wattledger_planner"]

# x86-64: SSE, AVX and FMA arithmetic, comparisons and conversions, and all of the x87; moves copy any bytes and are none.
X86 = re.compile(r"v?(add|sub|mul|div|sqrt|min|max|u?comi|cmp\w*|round|hadd|addsub|dp)(ss|sd|ps|pd)|vf(n?m(add|sub)|maddsub|msubadd)\w*|"
                 r"v?cvt(t?s[sd]|t?p[sd]|si2|dq2|pi2)\w*|f(add|sub|mul|div|ild|ist|ld|st|com|ucom|sqrt|abs|chs)\w*")
# aarch64: moves between registers are none.
ARM = re.compile(r"f(?!mov\b)(n?m?(add|sub|mul|div|la|ls)|sqrt|cmpe?|ccmpe?|cvt\w*|abs|neg|max\w*|min\w*|rint\w*)\w*|[su]cvtf")


def mnemonics(library):
    """(object's name, function, mnemonic) of every instruction."""
    listing = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", "--demangle", library],
                             capture_output=True, text=True, check=True).stdout
    name, function = "", ""
    for line in listing.splitlines():
        if match := re.match(r"(\S+?)(\.cpp)?\.o:\s+file format", line):
            name = match.group(1)
        elif match := re.match(r"[0-9a-f]{16} <(.+)>:", line):
            function = match.group(1)
        elif match := re.match(r"\s+[0-9a-f]+:\s+([a-z]\w*)", line):
            yield name, function, match.group(1)


def check_floats(library_name, library):
    allowed, found = MAY_COMPUTE.get(library_name, set()), {}
    for name, function, mnemonic in mnemonics(library):
        if name not in allowed and (X86.fullmatch(mnemonic) or ARM.fullmatch(mnemonic)):
            found.setdefault((name, function), mnemonic)
    return [f"{library_name}: {name}.cpp computes with floating point ({mnemonic} in {function[:120]}); what decides uses integers"
            for (name, function), mnemonic in sorted(found.items())]
