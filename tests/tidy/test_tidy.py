#!/usr/bin/env python3
"""Each check of tests/tidy fails on a fault planted for it, and lets pass what is right."""

import contextlib
import io
import os
import platform
import subprocess
import tempfile
import unittest
from pathlib import Path

import floats
import rooms
import sizes
import symbols
import tidy


class Includes(unittest.TestCase):
    def check(self, path, line, expected):
        with self.subTest(path=path, line=line):
            found = rooms.check_includes(path, f"#pragma once\n{line}\n")
            self.assertEqual(len(found), 1 if expected else 0, found)
            if expected:
                self.assertIn(f"{path}", found[0])
                self.assertIn(expected, found[0])

    def test_an_arrow_against_the_design_is_found(self):
        for path, header in [
                ("events/codec.cpp", "log/log.hpp"), ("log/log.cpp", "projections/fold/state.hpp"),
                ("projections/fold/state.cpp", "log/reader.hpp"), ("projections/fold/state.cpp", "projections/runner.hpp"),
                ("projections/runner.cpp", "coordinator/policy/decide.hpp"), ("projections/sqlite/a.cpp", "projections/json/b.hpp"),
                ("coordinator/policy/decide.cpp", "log/log.hpp"), ("coordinator/policy/decide.cpp", "coordinator/config/config.hpp"),
                ("coordinator/config/config.cpp", "coordinator/inverter/modbus_link.hpp"),
                ("coordinator/inverter/a.cpp", "coordinator/simulator/simulator.hpp"),
                ("coordinator/control/control.cpp", "coordinator/daemon/tick.hpp"),
                ("replay/audit/cmd_audit.cpp", "coordinator/inverter/inverter.hpp"),
                ("replay/rebuild/cmd_replay.cpp", "coordinator/control/control.hpp"),
                ("replay/log/cmd_log.cpp", "coordinator/sources/fetch/fetch.hpp"),
                ("replay/house/cmd_status.cpp", "coordinator/daemon/tick.hpp"),
                ("replay/main.cpp", "coordinator/inverter/inverter.hpp"),
                ("coordinator/daemon/tick.cpp", "replay/audit/audit.hpp"), ("log/log.cpp", "tests/support/event_builders.hpp")]:
            self.check(path, f'#include "{header}"', "may not see")

    def test_the_arrows_of_the_design_pass(self):
        for path, header in [
                ("log/log.cpp", "events/codec.hpp"), ("projections/json/a.cpp", "projections/projector.hpp"),
                ("coordinator/policy/decide.cpp", "projections/fold/state.hpp"),
                ("coordinator/simulator/house.cpp", "coordinator/inverter/register_map.hpp"),
                ("coordinator/config/config.hpp", "coordinator/inverter/inverter.hpp"),
                ("replay/audit/cmd_audit.cpp", "coordinator/policy/decide.hpp"),
                ("replay/house/cmd_status.cpp", "coordinator/control/control.hpp"),
                ("tests/log/log_test.cpp", "coordinator/daemon/tick.hpp")]:
            self.check(path, f'#include "{header}"', None)

    def test_a_third_party_header_outside_its_home_is_found(self):
        for path, header in [
                ("log/log.hpp", "lmdb.h"), ("projections/runner.cpp", "lmdb.h"), ("projections/sqlite/store.hpp", "sqlite3.h"),
                ("replay/audit/a.cpp", "sqlite3.h"), ("coordinator/daemon/tick.cpp", "modbus/modbus.h"),
                ("coordinator/inverter/inverter.hpp", "modbus/modbus.h"), ("coordinator/config/config.hpp", "yaml-cpp/yaml.h"),
                ("coordinator/daemon/main.cpp", "yaml-cpp/yaml.h"), ("log/merkle.hpp", "openssl/evp.h"),
                ("coordinator/control/control.hpp", "nlohmann/json.hpp"), ("coordinator/policy/decide.cpp", "spdlog/spdlog.h"),
                ("log/log.cpp", "CLI/CLI.hpp"), ("coordinator/sources/parse/prices.cpp", "curl/curl.h"),
                ("coordinator/policy/decide.cpp", "date/tz.h"), ("log/log.cpp", "flatbuffers/flatbuffers.h")]:
            self.check(path, f"#include <{header}>", "may be included in")
        self.check("log/log.cpp", "#include <boost/asio.hpp>", "is new")
        self.check("log/log.cpp", '#include "event_generated.h"', "events/codec.hpp only")
        self.check("log/log.cpp", '#include "merkle.hpp"', "not written from the root")
        self.check("log/log.cpp", '#include "log/words.inc"', "not written from the root")
        self.check("cellar/wine.cpp", '#include "events/codec.hpp"', "is in no part")

    def test_an_include_written_in_an_odd_way_is_read_all_the_same(self):
        for line, expected in [
                ('#include "events/../log/log.hpp"', "not written from the root"), ('#  include_next "log/log.hpp"', "may not see"),
                ('/* why */ #include "log/log.hpp"', "may not see"), ('#import "log/log.hpp"', "may not see"),
                ("#include <log/log.hpp>", "is new"), ("#include LOG_HEADER", "by no macro"), ("#include \\", "on no other line")]:
            self.check("events/codec.cpp", line, expected)

    def test_a_third_party_header_at_home_passes(self):
        for path, header in [("log/log.cpp", "lmdb.h"), ("projections/sqlite/store.cpp", "sqlite3.h"), ("log/log.cpp", "sys/file.h"),
                             ("events/codec.hpp", "vector"), ("replay/main.cpp", "CLI/CLI.hpp"), ("tests/x/a.cpp", "sqlite3.h")]:
            self.check(path, f"#include <{header}>", None)


class Links(unittest.TestCase):
    files = {"events/CMakeLists.txt": "wattledger_library(wattledger_events codec.cpp)",
             "log/CMakeLists.txt": "wattledger_library(wattledger_log log.cpp)  # (the log)",
             "coordinator/daemon/CMakeLists.txt": "wattledger_library(wattledger_daemon tick.cpp)",
             "coordinator/sources/CMakeLists.txt": "wattledger_library(wattledger_sources_parse parse/prices.cpp)"}

    def found(self, path, line):
        return rooms.check_links({**self.files, path: self.files.get(path, "add_executable(tool main.cpp)") + "\n" + line})

    def test_a_wrong_link_is_found(self):
        for path, line, expected in [
                ("events/CMakeLists.txt", "target_link_libraries(wattledger_events PUBLIC wattledger_log)", "may not link wattledger_log"),
                ("coordinator/sources/CMakeLists.txt", "target_link_libraries(wattledger_sources_parse PUBLIC wattledger_log)",
                 "(coordinator/sources/parse) may not link"),
                ("replay/CMakeLists.txt", "target_link_libraries(tool PRIVATE wattledger_daemon)", "may not link wattledger_daemon"),
                ("events/CMakeLists.txt", "target_link_libraries(wattledger_events PRIVATE PkgConfig::LMDB)", "only log may"),
                ("log/CMakeLists.txt", "target_link_libraries(wattledger_log PUBLIC PkgConfig::LMDB)", "only PRIVATE"),
                ("log/CMakeLists.txt", "target_link_libraries(wattledger_log\n  PRIVATE Boost::asio)", "does not know"),
                ("log/CMakeLists.txt", "link_libraries(sqlite3)", "past the check"),
                ("CMakeLists.txt", "link_libraries(sqlite3)", "past the check"),
                ("CMakeLists.txt", "target_link_libraries(wattledger_events PRIVATE PkgConfig::LMDB)", "only log may"),
                ("log/CMakeLists.txt", "target_sources(wattledger_log PRIVATE other.cpp)", "past the check"),
                ("events/CMakeLists.txt", "set_target_properties(wattledger_events PROPERTIES LINK_LIBRARIES wattledger_log)",
                 "past the check"),
                ("log/CMakeLists.txt", "set(log wattledger_log)\ntarget_link_libraries(${log} PUBLIC tl::expected)", "has no part"),
                ("replay/CMakeLists.txt", "wattledger_library(wattledger_two audit/a.cpp house/b.cpp)", "several parts"),
                ("events/CMakeLists.txt", "wattledger_library(wattledger_two a.cpp ../events/b.cpp)", "from the folder")]:
            with self.subTest(line=line):
                found = self.found(path, line)
                self.assertEqual(len(found), 1, found)
                self.assertIn(expected, found[0])

    def test_the_right_links_pass(self):
        self.assertEqual(self.found("log/CMakeLists.txt", "target_link_libraries(wattledger_log PUBLIC wattledger_events PRIVATE\n"
                                    "  PkgConfig::LMDB OpenSSL::Crypto)"), [])
        self.assertEqual(self.found("tests/log/CMakeLists.txt", "target_link_libraries(tool PRIVATE wattledger_daemon)"), [])
        self.assertEqual(self.found("CMakeLists.txt", "add_library(${name} STATIC ${ARGN})\n"
                                    "target_link_libraries(${name} PRIVATE wattledger_warnings)"), [])


class Sizes(unittest.TestCase):
    def lengths(self, text):
        return {name: last - first + 1 for name, first, last in sizes.functions(text)}

    def test_functions_are_measured_from_their_name_to_their_last_brace(self):
        text = """namespace a {
// { a brace in a comment (
struct S {
  int x = 0;
  S() : x{1},
        y(2) {
    call("}");
  }
  bool operator==(const S&) const { return x == '}'; }
 private:
  void walk(
      int a) {
    for (int i = 0; i < a; ++i) {
      if (i) { x = 1'000; }
    }
  }
};
const Row table[] = {
    {1, f(2)},
};
enum class E { a, b };
TEST_SUITE("x") {
  TEST_CASE("y {") {
    auto f = [](int) { return R"(}})"; };
  }
}
}  // namespace a
"""
        self.assertEqual(self.lengths(text), {"S": 4, "operator==": 1, "walk": 6, "TEST_CASE": 3})

    def test_however_a_function_is_written_it_is_one(self):
        for head, name in [
                ("template <class T>\nvoid grow(T x)", "grow"), ("template <class T, class = std::enable_if_t<(sizeof(T) > 4)>>\nT grow(T x)", "grow"),
                ("template <class T>\n  requires(sizeof(T) > 4)\nvoid grow(T x)", "grow"), ("struct stat grow(int x)", "grow"),
                ("const struct stat& grow()", "grow"), ("[[nodiscard]] static int grow()", "grow"), ("void grow() try", "grow"),
                ("void grow(Limits limits = {1, 2})", "grow"), ("Tree::Tree(int a) : a_{a}, b_(std::vector<int>{1, 2})", "Tree::Tree"),
                ("Tree::operator bool() const", "operator bool"), ("auto grow() -> std::vector<int>", "grow"),
                ("const auto grow = []", "grow"), ("const auto grow = [](int a) mutable -> int", "grow")]:
            with self.subTest(head=head):
                self.assertEqual(list(self.lengths(head + " {\n  step();\n}\n")), [name])

    def test_what_is_no_function_is_none(self):
        for head in ["template <class T>\nstruct Row", "struct alignas(8) Row", "class [[nodiscard]] Row final : public Table<decltype(f())>",
                     "enum class Colour : std::uint8_t", "namespace a::b", "const Row rows[] =", "constexpr std::array<int, 2> two",
                     'extern "C"', 'TEST_SUITE("x")', "template <>\nstruct std::hash<Id>"]:
            with self.subTest(head=head):
                self.assertEqual(self.lengths(head + " {\n};\n"), {})

    def test_functions_of_python_are_measured_too(self):
        self.assertEqual(len(sizes.check_sizes({"tests/tidy/a.py": "def f():\n" + "    x = 1\n" * 70}, {})), 1)
        self.assertEqual(sizes.check_sizes({"tests/tidy/a.py": "def f():\n" + "    x = 1\n" * 69}, {}), [])

    def test_a_long_function_and_a_long_file_are_found_unless_excepted_with_a_reason(self):
        function = "void grow() {\n" + "  step();\n" * 69 + "}\n"
        found = sizes.check_sizes({"log/log.cpp": function}, {})
        self.assertEqual(found, ["log/log.cpp:1: grow has 71 lines, more than 70"])
        self.assertEqual(sizes.check_sizes({"log/log.cpp": function.replace("  step();\n", "", 1)}, {}), [])
        exceptions, wrong = sizes.read_exceptions("# list\nlog/log.cpp | grow | a table of steps reads better whole\n")
        self.assertEqual(wrong, [])
        self.assertEqual(sizes.check_sizes({"log/log.cpp": function}, exceptions), [])
        self.assertEqual(len(sizes.check_sizes({"log/log.cpp": ""}, exceptions)), 1, "an exception that nothing needs")
        self.assertEqual(len(sizes.check_sizes({"log/log.cpp": "\n" * 501}, {})), 1)
        self.assertEqual(sizes.check_sizes({"log/log.cpp": "\n" * 500}, {}), [])
        self.assertEqual(len(sizes.check_sizes({"log/log.cpp": "\n" * 500 + "// a last line without an end"}, {})), 1)
        self.assertEqual(len(sizes.read_exceptions("log/log.cpp | grow | long\nlog/log.cpp")[1]), 2)

    def test_names_that_say_nothing_are_found(self):
        for path in ["log/manager.cpp", "events/util.hpp", "log/helpers.cpp", "log/common.hpp", "log/Types.cpp", "log/types.hpp",
                     "log/two-words.cpp", "log/appender.cc", "log/table.inc", "log/log.h"]:
            self.assertEqual(len(sizes.check_name(path)), 1, path)
        for path in ["log/appender.cpp", "log/CMakeLists.txt", "events/result.hpp"]:
            self.assertEqual(sizes.check_name(path), [])

    def test_namespaces_and_header_guards(self):
        right = "#pragma once\nnamespace wattledger::log {\n}\n"
        self.assertEqual(sizes.check_namespaces("log/log.hpp", right), [])
        self.assertEqual(sizes.check_namespaces("log/log.cpp", "namespace fs = std::filesystem;\nnamespace wattledger {\n"), [])
        self.assertEqual(sizes.check_namespaces("log/log.hpp", right + "namespace CLI { class App; }\n"), [])
        for wrong in [right + "namespace log {\n}\n", right.replace("wattledger", "other"), right.replace("#pragma once", ""),
                      right + "using namespace std;\n", "#pragma once\nint x;\n"]:
            self.assertNotEqual(sizes.check_namespaces("log/log.hpp", wrong), [], wrong)

    def test_two_types_of_one_name_are_found_and_those_of_nameless_namespaces_are_not(self):
        one = "namespace wattledger::tool {\nenum class A : int { x };\ntemplate <class T>\nstruct B final : C<T> { struct A {}; };\n}\n"
        self.assertEqual(sizes.types_defined(one), ["wattledger::tool::A", "wattledger::tool::B"])
        hidden = "namespace wattledger::tool {\nnamespace {\nstruct A {};\n}\nvoid f() { struct B {}; }\nstruct A;\n}\n"
        self.assertEqual(sizes.types_defined(hidden), [])
        other = "namespace wattledger::log {\nstruct A {};\n}\n"
        self.assertEqual(sizes.check_types({"replay/a.hpp": one, "replay/b.cpp": hidden, "log/c.hpp": other}), [])
        self.assertEqual(len(sizes.check_types({"replay/a.hpp": one, "replay/b.hpp": one.replace("B", "D")})), 1)


class Floats(unittest.TestCase):
    def floating(self, code, options=(), name="wattledger_policy"):
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder, "a.cpp"), Path(folder, "a.cpp.o")
            source.write_text(code, encoding="utf-8")
            compiler = os.environ.get("CXX", "c++")
            subprocess.run([compiler, "-std=c++20", "-O2", *options, "-c", source, "-o", made], check=True)
            return floats.check_floats(name, made)

    def test_arithmetic_with_floating_point_is_found(self):
        for code in ["double f(double a, double b) { return a * b; }", "long f(double a) { return (long)a; }",
                     "float f(float a, float b) { return a - b; }", "double f(long a) { return (double)a; }",
                     "bool f(double a, double b) { return a < b; }",
                     "void f(double* a, const double* b) { for (int i = 0; i < 64; ++i) a[i] += b[i]; }"]:
            with self.subTest(code=code):
                self.assertNotEqual(self.floating(code), [])

    @unittest.skipUnless(platform.machine() == "x86_64", "the options are x86-64's")
    def test_so_is_a_fused_multiplication_and_the_x87(self):
        fused = self.floating("double f(double a, double b, double c) { return a * b + c; }", ["-mfma", "-ffp-contract=fast"])
        self.assertIn("vfm", fused[0])
        self.assertNotEqual(self.floating("long double f(long double a) { return a + 1; }"), [])

    def test_integers_and_copies_pass(self):
        self.assertEqual(self.floating("""
struct Both { double a; long b; };
Both f(const Both& x) { return x; }
__extension__ typedef __int128 Wide;
long g(long a, long b) { return (long)((Wide)a * b / 10'000); }
void h(long* a, const long* b) { for (int i = 0; i < 64; ++i) a[i] += b[i]; }"""), [])


class Symbols(unittest.TestCase):
    def impure(self, code, name="wattledger_fold"):
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder, "a.cpp"), Path(folder, "a.o")
            source.write_text(code, encoding="utf-8")
            compiler = os.environ.get("CXX", "c++")
            subprocess.run([compiler, "-std=c++20", "-O1", "-c", source, "-o", made], check=True)
            return symbols.check_symbols(name, symbols.undefined(made))

    def test_every_kind_of_impurity_is_found(self):
        for what, code in {
                "time": 'extern "C" long time(long*); long f() { return time(nullptr); }',
                "clock": "#include <chrono>\nauto f() { return std::chrono::system_clock::now(); }",
                "steady": "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }",
                "rand": 'extern "C" int rand(); int f() { return rand(); }',
                "random_device": "#include <random>\nunsigned f() { return std::random_device{}(); }",
                "getenv": '#include <cstdlib>\nchar* f() { return std::getenv("HOME"); }',
                "open": '#include <fcntl.h>\nint f() { return open("x", 0); }',
                "fopen": '#include <cstdio>\nvoid* f() { return std::fopen("x", "r"); }',
                "fstream": '#include <fstream>\nvoid f() { std::ofstream file("x"); }',
                "filesystem": '#include <filesystem>\nbool f() { return std::filesystem::exists("x"); }',
                "socket": "#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }",
                "localtime": "#include <ctime>\ntm* f(const time_t* t) { return std::localtime(t); }",
                "tzset": "#include <ctime>\nvoid f() { tzset(); }",
                "snprintf": '#include <cstdio>\nint f(char* s, double d) { return std::snprintf(s, 9, "%f", d); }',
                "strtod": "#include <cstdlib>\ndouble f(const char* s) { return std::strtod(s, nullptr); }",
                "toupper": "#include <cctype>\nint f(int c) { return std::toupper(c); }",
                "stringstream": "#include <sstream>\nstd::string f(int i) { std::ostringstream s; s << i; return s.str(); }",
                "cerr": '#include <iostream>\nvoid f() { std::cerr << "x"; }',
                "thread": "#include <thread>\nvoid f() { std::thread([] {}).join(); }",
                "lmdb": 'extern "C" int mdb_env_sync(void*, int); int f() { return mdb_env_sync(nullptr, 0); }'}.items():
            with self.subTest(what=what):
                self.assertNotEqual(self.impure(code), [])

    def test_pure_code_passes(self):
        self.assertEqual(self.impure("""
#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
int f(std::vector<int> v, std::map<std::string, int>& m) {
  std::sort(v.begin(), v.end());
  m["a"] += v.at(0);
  char text[9];
  std::to_chars(text, text + 9, v[0]);
  try { throw std::runtime_error("x" + std::to_string(v[1])); } catch (const std::exception& e) { return e.what()[0]; }
}"""), [])

    def test_what_another_object_of_the_library_defines_is_not_taken_from_outside(self):
        self.assertEqual(self.impure("int g(); int f() { return g(); }\nint g() { return 1; }"), [])

    def test_an_exception_holds_for_its_library_only(self):
        code = "#include <clocale>\nvoid* f() { return std::localeconv(); }"
        self.assertEqual(self.impure(code, "wattledger_sources_parse"), [])
        self.assertNotEqual(self.impure(code, "wattledger_fold"), [])


class Schemas(unittest.TestCase):
    def test_a_field_without_an_explicit_id_is_found(self):
        right = "table Row { a:int = null (id: 0); // why\n  b:[Other] (required, id: 1); }\nstruct Pair { a:long; }\ntable Empty {}\n"
        self.assertEqual(tidy.check_schema("schemas/row.fbs", right), [])
        self.assertEqual(tidy.check_schema("schemas/row.fbs", right.replace(" (id: 0)", "")),
                         ["schemas/row.fbs: Row.a has no explicit id"])


class House(unittest.TestCase):
    def test_a_planted_fault_of_each_kind_is_found_in_a_whole_tree_and_ends_with_one(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in {"events/codec.cpp": '#include "log/log.hpp"\n', "events/CMakeLists.txt": "",
                               "log/util.hpp": "#pragma once\n#include <lmdb.h>\nnamespace wattledger {}\n",
                               "log/CMakeLists.txt": "wattledger_library(wattledger_log log.cpp)\n"
                                                     "target_link_libraries(wattledger_log PRIVATE PkgConfig::SQLITE)\n",
                               "notes.txt": ""}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            found = "\n".join(tidy.check(root))
            for expected in ["may not see log", "a file called util", "<lmdb.h> may be", "PkgConfig::SQLITE", "notes.txt"]:
                self.assertIn(expected, found)
            self.assertEqual(len(found.splitlines()), 5, found)

    def test_a_pure_library_that_is_not_looked_at_is_a_finding(self):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, "libwattledger_fold.a")
            subprocess.run(["ar", "rc", made], check=True)
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                self.assertEqual(tidy.main([folder, str(made)]), 1)
            self.assertIn("wattledger_policy: is pure by design", output.getvalue())
            self.assertNotIn("wattledger_fold: is pure", output.getvalue())


if __name__ == "__main__":
    unittest.main()
