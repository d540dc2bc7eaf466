#include "coordinator/config/legacy_environment.hpp"

#include <doctest/doctest.h>

#include <map>

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
  }
}
