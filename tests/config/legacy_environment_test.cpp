#include "coordinator/config/legacy_environment.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

using Variables = std::map<std::string, std::string>;

Result<Config> taken(const Variables& variables, Config config = {}) {
  const auto result = take_legacy_environment(
      [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      config);
  if (!result) return Failure(result.error());
  return config;
}

}  // namespace

TEST_SUITE("config/legacy_environment") {
  TEST_CASE("DATABASE_PATH is the database's place where the configuration names none") {
    CHECK(taken({{"DATABASE_PATH", "/srv/energy.db"}})->sqlite.path == "/srv/energy.db");
    Config named;
    named.sqlite.path = "/srv/named.db";
    CHECK(taken({{"DATABASE_PATH", "/srv/energy.db"}}, named)->sqlite.path == "/srv/named.db");
    CHECK(taken({{"DATABASE_PATH", ""}})->sqlite.path.empty());
    CHECK(taken({})->sqlite.path.empty());
  }

  TEST_CASE("a relative DATABASE_PATH is refused, for nobody knows where it began") {
    const auto refused = taken({{"DATABASE_PATH", "data/energy.db"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("DATABASE_PATH: \"data/energy.db\"") == 0);
    CHECK(refused.error().remedy.find("whole path") != std::string::npos);
  }

  TEST_CASE("DATABASE_POOL_SIZE means nothing, and that is said") {
    using Names = std::vector<std::string>;
    CHECK(taken({{"DATABASE_POOL_SIZE", "10"}})->without_meaning ==
          Names{"DATABASE_POOL_SIZE (environment)"});
    CHECK(taken({})->without_meaning.empty());
    const auto remarks = legacy_environment_remarks([](const char* name) -> const char* {
      return name == std::string("DATABASE_POOL_SIZE") ? "10" : nullptr;
    });
    REQUIRE(remarks.size() == 1);
    CHECK(remarks[0].find("DATABASE_POOL_SIZE of the environment sets nothing") == 0);
  }

  TEST_CASE("a configuration that is loaded takes them from the process's own environment") {
    testing::MemoryDirectory place;
    const auto file = place.path() / "house.yaml";
    std::ofstream(file) << "site: {name: h}\n";
    REQUIRE(::setenv("DATABASE_PATH", "/srv/energy.db", 1) == 0);
    const auto with = load(file);
    ::unsetenv("DATABASE_PATH");
    const auto without = load(file);
    REQUIRE(with);
    REQUIRE(without);
    CHECK(with->sqlite.path == "/srv/energy.db");
    CHECK(without->sqlite.path.empty());
  }
}
