// Expected texts were made by CPython 3.11: json.dumps(x), and for broken UTF-8
// json.dumps(bytes.decode(errors="replace")).
#include "projections/fold/python_json.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

namespace wattledger::fold {
namespace {

struct FloatRow {
  std::uint64_t bits;
  const char* text;
};

constexpr FloatRow floats[] = {
    {0x0000000000000000ULL, "0.0"},
    {0x8000000000000000ULL, "-0.0"},
    {0x3ff0000000000000ULL, "1.0"},
    {0xbff0000000000000ULL, "-1.0"},
    {0x3fb999999999999aULL, "0.1"},
    {0x3fd5555555555555ULL, "0.3333333333333333"},
    {0x3fe5555555555555ULL, "0.6666666666666666"},
    {0x4059000000000000ULL, "100.0"},
    {0x430c6bf526340000ULL, "1000000000000000.0"},
    {0x4341c37937e08000ULL, "1e+16"},
    {0x4341c37937e07fffULL, "9999999999999998.0"},
    {0x4376345785d8a000ULL, "1e+17"},
    {0x4480f0cf064dd592ULL, "1e+22"},
    {0x44b52d02c7e14af6ULL, "1e+23"},
    {0x437b69b4ba630f35ULL, "1.2345678901234568e+17"},
    {0x4340000000000000ULL, "9007199254740992.0"},
    {0x4340000000000003ULL, "9007199254740998.0"},
    {0x3f1a36e2eb1c432dULL, "0.0001"},
    {0x3f202e4b6ce5dc68ULL, "0.00012345"},
    {0x3f1a36371ea531a8ULL, "9.999e-05"},
    {0x3ee4f8b588e368f1ULL, "1e-05"},
    {0x3e8421f5f40d8376ULL, "1.5e-07"},
    {0x0000000000000001ULL, "5e-324"},
    {0x0010000000000000ULL, "2.2250738585072014e-308"},
    {0x7fefffffffffffffULL, "1.7976931348623157e+308"},
    {0xbee4f8b588e368f1ULL, "-1e-05"},
    {0xc05edd2f1a9fbe77ULL, "-123.456"},
    {0x40b3880ccccccccdULL, "5000.05"},
    {0x40b388199999999aULL, "5000.1"},
    {0x407921999999999aULL, "402.1"},
    {0x406cf00000000000ULL, "231.5"},
    {0x3fd532617c1bda51ULL, "0.3312"},
    {0x3fdc87fcb923a29cULL, "0.4458"},
    {0x01a56e1fc2f8f359ULL, "1e-300"},
    {0x54b249ad2594c37dULL, "1e+100"},
    {0x4330000000000000ULL, "4503599627370496.0"},
    {0x3fe0000000000000ULL, "0.5"},
    {0x4132d687e4189375ULL, "1234567.891"},
    {0x40a7700a3d70a3d7ULL, "3000.02"},
    {0x404b800000000000ULL, "55.0"},
    {0x40f6152800000000ULL, "90450.5"},
    {0x95bd447e7184d454ULL, "-5.834308403685039e-204"},
    {0x62f746b484e61cebULL, "5.490217125865323e+168"},
    {0xb80469b84b2d451cULL, "-7.498540305211753e-39"},
    {0xb61e6ba536824dd6ULL, "-5.2036359252290923e-48"},
    {0x6ae12c972399d29dULL, "6.892282646577293e+206"},
    {0xec7ac8ad1b2ba06bULL, "-3.6067048623017773e+214"},
    {0x6ca4a1a9f5b19f71ULL, "2.2225815942294046e+215"},
    {0xdc36fc902248cd70ULL, "-1.6707532346776818e+136"},
    {0x4f0f4c3c2052e52bULL, "6.912301591422558e+72"},
    {0xe500bddf37b00307ULL, "-3.3920845710139776e+178"},
    {0x5e0e14ca778e6176ULL, "1.1738248431201034e+145"},
    {0x54a5054cda2ec003ULL, "5.747193736287581e+99"},
    {0x953a5154281fa6f5ULL, "-2.0493246146754434e-206"},
    {0x8c0a70a7a84567f9ULL, "-1.1540271549314232e-250"},
    {0x169a73bf4c83cf3bULL, "8.639401614423456e-200"},
    {0x0db317d94c8edfa3ULL, "1.118513688477634e-242"},
    {0xb71ed78a1dc02e27ULL, "-3.457502312322161e-43"},
    {0x939ae232588efbceULL, "-3.1193938339059635e-214"},
    {0xc85990d2e844c762ULL, "-3.4798252390900124e+40"},
    {0x5e571eaa66c164e7ULL, "2.886966539309405e+146"},
    {0x60ec6db25097c040ULL, "7.806236592869686e+158"},
    {0x5df6f817b0992bcfULL, "4.481486903700458e+144"},
    {0x03f84c485e5c4176ULL, "1.5583117196573567e-289"},
    {0x8c3f846cc6a942d3ULL, "-1.1005059718788946e-249"},
    {0x3da9d8c096d38ff5ULL, "1.1753713205259787e-11"},
    {0x3af9f30c5a661477ULL, "1.3415529111996117e-24"},
    {0x7ec0c9226ed91f2eULL, "3.5972004743553095e+302"},
    {0xbaa2919c0ded97bbULL, "-2.999949409826361e-26"},
    {0x5e05c9906be994f2ULL, "8.501832416495878e+144"},
    {0x9ce4aa5f0b4702d2ULL, "-1.7111915831841828e-169"},
    {0x851bec1ede27387cULL, "-4.6943558351360803e-284"},
    {0x50d00787862a73dbULL, "1.9006249657030823e+81"},
    {0x7ac526d3d4381551ULL, "2.4572570754954475e+283"},
    {0x7a8d9ccd7582329fULL, "2.1501124587629733e+282"},
    {0x620602e0fc80fa6fULL, "1.5844271376189382e+164"},
    {0x670c589145d28c06ULL, "2.4667127562462862e+188"},
    {0x5eda7e46a386c4a7ULL, "8.46902402431897e+148"},
    {0xbce1cb3400e287d7ULL, "-1.975504455550783e-15"},
    {0xbaeebb48936b7ac2ULL, "-7.9439262502465185e-25"},
    {0x7592b89ff910d68aULL, "2.248794502955972e+258"},
    {0xc0c20173ac8a75f2ULL, "-9218.903703029242"},
    {0xc0ae196d7133a3fcULL, "-3852.7137542855908"},
    {0x40c1318fb32c8618ULL, "8803.122655454135"},
    {0xc0b729fb4f7ff5a7ULL, "-5929.981681821321"},
    {0xc0b9beceddbc8cd8ULL, "-6590.808070930849"},
    {0x40b93a8bdf88fe30ULL, "6458.546379625375"},
    {0xc0bb020a0dd41cd0ULL, "-6914.039273507151"},
    {0x40b6912487869816ULL, "5777.142692958956"},
    {0xc0b0f7ecb03bb53cULL, "-4343.924564105746"},
    {0xc0a9815c282cf64aULL, "-3264.6799940157553"},
    {0xc0bcea02040cf387ULL, "-7402.007874307113"},
    {0xc0c1b8a27f8adae6ULL, "-9073.269517285236"},
    {0x40b5f846e44dbf0eULL, "5624.276921137947"},
    {0xc0b2dbe7d4eb458fULL, "-4827.905592636568"},
    {0xc0b17cefa17e8f46ULL, "-4476.936057958583"},
    {0xc0c0a24cc6813d35ULL, "-8516.599807886969"},
    {0x40b1767f3675fe3aULL, "4470.496924757545"},
    {0x40c082828ff3bf70ULL, "8453.020018070674"},
    {0xc0c13d02e9b7fb0fULL, "-8826.022757527911"},
    {0xc0b194edfe0440d4ULL, "-4500.929657235934"},
    {0x43417b401eef47e6ULL, "9841179862405068.0"},
    {0x4341a95cfdb475b4ULL, "9942582925257576.0"},
    {0x43409f74cfb69359ULL, "9357847354484402.0"},
    {0x4340b67206cbc960ULL, "9408400967832256.0"},
    {0x43401abfc6980e58ULL, "9066021200600240.0"},
    {0x4340ba1304117474ULL, "9416380925536488.0"},
    {0x43406f87811146a4ULL, "9252454808063304.0"},
    {0x4341164395424414ULL, "9619108253698088.0"},
    {0x4340f58181a36703ULL, "9547072403852806.0"},
    {0x43418333c5312560ULL, "9858665957968576.0"},
    {0x408d4cd72ef0ae53ULL, "937.60507"},
    {0x4079d1791f70de8fULL, "413.092071"},
    {0x408623fd2c7b890dULL, "708.49862"},
    {0x407418838088509cULL, "321.532105"},
    {0x408f2bb1c087442cULL, "997.461793"},
    {0x4081eb48f6cefed6ULL, "573.410627"},
    {0x408c92393bc0a06fULL, "914.277946"},
    {0x4080e70475e6362aULL, "540.877178"},
    {0x407b6a92f6e8294aULL, "438.66088"},
    {0x4082c18b178b3700ULL, "600.192916"},
    {0x3f49f0ab7d31009bULL, "0.0007916295384191753"},
    {0x3ee3e59383cfc766ULL, "9.487525057114576e-06"},
    {0x3f0d9ea80bedd7fcULL, "5.649519288557223e-05"},
    {0x3eb5bd23ead85e94ULL, "1.2957351985860766e-06"},
    {0x3f3a1c9e2340026eULL, "0.0003984342649801302"},
    {0x3ec0c86660e1c29dULL, "2.0006671155803404e-06"},
    {0x3eb9db7370bdc4f3ULL, "1.5412110227731775e-06"},
    {0x3ef00b1cc44ab8c9ULL, "1.530018586731115e-05"},
    {0x3f3f7af9a993132eULL, "0.00048035235665748715"},
    {0x3f19270a89b3c05cULL, "9.594919031363905e-05"},
    {0x42f90a6b1d263b59ULL, "440520599036853.56"},
    {0x42e30f158426b78cULL, "167644051355068.38"},
    {0x435a87810029c24bULL, "2.986935007097886e+16"},
    {0x437a1bb8ee27077bULL, "1.1758128764711518e+17"},
    {0x431de21724f02121ULL, "2102840839112776.2"},
    {0x43606de7ec546057ULL, "3.699553997756895e+16"},
    {0x4313d7308c797eabULL, "1396157018169258.8"},
    {0x43a9d6f4c86838a4ULL, "9.309723187717289e+17"},
    {0x4380db3da4f47006ULL, "1.5182903789892422e+17"},
    {0x434e6236294696f9ULL, "1.7104468123135474e+16"},
};

struct StringRow {
  std::string_view bytes;
  const char* text;
};

constexpr StringRow strings[] = {
    {std::string_view("", 0), "\042\042"},
    {std::string_view("plain", 5), "\042plain\042"},
    {std::string_view("quote \042 backslash \134 slash /", 27),
     "\042quote \134\042 backslash \134\134 slash /\042"},
    {std::string_view("tab\011newline\012return\015feed\014back\010", 29),
     "\042tab\134tnewline\134nreturn\134rfeed\134fback\134b\042"},
    {std::string_view("\000\001\037\177", 4), "\042\134u0000\134u0001\134u001f\134u007f\042"},
    {std::string_view(
         "za\305\274\303\263\305\202\304\207 g\304\231\305\233l\304\205 ja\305\272\305\204", 26),
     "\042za\134u017c\134u00f3\134u0142\134u0107 g\134u0119\134u015bl\134u0105 "
     "ja\134u017a\134u0144\042"},
    {std::string_view("\342\202\254 5", 5), "\042\134u20ac 5\042"},
    {std::string_view("\360\237\224\213", 4), "\042\134ud83d\134udd0b\042"},
    {std::string_view("\357\277\276\364\217\277\277", 7), "\042\134ufffe\134udbff\134udfff\042"},
    {std::string_view("a\302\200b\337\277\340\240\200\357\277\277\360\220\200\200", 16),
     "\042a\134u0080b\134u07ff\134u0800\134uffff\134ud800\134udc00\042"},
    {std::string_view("\303", 1), "\042\134ufffd\042"},
    {std::string_view("a\342\202z", 4), "\042a\134ufffdz\042"},
    {std::string_view("\360\237\230", 3), "\042\134ufffd\042"},
    {std::string_view("\355\240\200", 3), "\042\134ufffd\134ufffd\134ufffd\042"},
    {std::string_view("\377\376", 2), "\042\134ufffd\134ufffd\042"},
    {std::string_view("\300\200", 2), "\042\134ufffd\134ufffd\042"},
    {std::string_view("\364\220\200\200", 4), "\042\134ufffd\134ufffd\134ufffd\134ufffd\042"},
    {std::string_view("\340\200\200", 3), "\042\134ufffd\134ufffd\134ufffd\042"},
    {std::string_view("ok\360\237\224", 5), "\042ok\134ufffd\042"},
    {std::string_view("\360\220\200A", 4), "\042\134ufffdA\042"},
    {std::string_view("\200", 1), "\042\134ufffd\042"},
};

double from_bits(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

TEST_SUITE("fold/python_json") {
  TEST_CASE("a float is written as Python's repr") {
    for (const FloatRow& row : floats) CHECK(python_float(from_bits(row.bits)) == row.text);
  }

  TEST_CASE("what is not a number is written as json.dumps has it") {
    CHECK(python_float(std::numeric_limits<double>::quiet_NaN()) == "NaN");
    CHECK(python_float(std::numeric_limits<double>::infinity()) == "Infinity");
    CHECK(python_float(-std::numeric_limits<double>::infinity()) == "-Infinity");
  }

  TEST_CASE("every finite float reads back as itself") {
    CHECK(rc::check([](std::uint64_t bits) {
      const double value = from_bits(bits);
      RC_PRE(std::isfinite(value));
      RC_ASSERT(std::strtod(python_float(value).c_str(), nullptr) == value);
    }));
  }

  TEST_CASE("a string is escaped to ASCII, and what is not UTF-8 becomes U+FFFD as in Python") {
    for (const StringRow& row : strings) CHECK(python_string(row.bytes) == row.text);
  }

  TEST_CASE("any bytes become a JSON string of printable ASCII") {
    CHECK(rc::check([](const std::string& bytes) {
      const std::string text = python_string(bytes);
      for (const char c : text) RC_ASSERT(c >= ' ' && c <= '~');
      RC_ASSERT(nlohmann::json::parse(text).is_string());
    }));
  }

  TEST_CASE("an object is compact, with Python's separators and the keys in their order") {
    CHECK(PythonObject().text() == "{}");
    CHECK(PythonObject()
              .add("b", std::int64_t{-3})
              .add("a", 1.0)
              .add("t", true)
              .add("s", "x")
              .add_null("n")
              .add_raw("o", PythonObject().add("k", false).text())
              .text() ==
          R"({"b": -3, "a": 1.0, "t": true, "s": "x", "n": null, "o": {"k": false}})");
    CHECK(PythonObject()
              .add_or_null("a", std::optional<double>())
              .add_or_unknown("b", std::optional<double>())
              .add_or_unknown("c", std::optional<double>(2))
              .text() == R"({"a": null, "b": "Unknown", "c": 2.0})");
  }

  TEST_CASE("indented is as json.dumps(indent=2) sets it: empty ones closed, strings untouched") {
    CHECK(python_indented("{}") == "{}");
    CHECK(python_indented("[]") == "[]");
    CHECK(python_indented("[1, {}, [], {\"a\": [\"x, {\\\"y\\\"}\", 2.5]}]") ==
          "[\n  1,\n  {},\n  [],\n  {\n    \"a\": [\n      \"x, {\\\"y\\\"}\",\n      2.5\n    "
          "]\n  }\n]");
    CHECK(python_indented("{\"a\": 1}", 1) == "{\n    \"a\": 1\n  }");
  }
}

}  // namespace
}  // namespace wattledger::fold
