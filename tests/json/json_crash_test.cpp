// A projector that is dropped without settling is a killed process; what it wrote last may be torn
// anywhere.
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "tests/json/json_target.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::ordered_json;

// Leaves of every file only a part of what lies beyond the manifest; of an array perhaps not even
// its old bracket.
void tear(const fs::path& data, std::uint32_t dice) {
  const fs::path out = data / "out";
  if (!fs::exists(out / manifest_file)) return;
  const Json manifest = Json::parse(text_of(out / manifest_file));
  for (const auto& [name, recorded] : manifest["files"].items()) {
    if (!fs::exists(out / name)) continue;
    const auto length = recorded.get<std::uint64_t>();
    const std::uint64_t size = fs::file_size(out / name);
    REQUIRE(size >= length);
    dice = dice * 1'664'525U + 1'013'904'223U;
    fs::resize_file(out / name, length + (dice >> 8U) % (size - length + 1));
    if (dice % 3 == 0 && size == length) continue;
    if (dice % 3 == 1 && size > length)
      std::ofstream(out / name, std::ios::binary | std::ios::app) << "\0,,{";
  }
}

void run_with_crashes(const fs::path& data, std::int64_t end,
                      const std::vector<std::uint32_t>& dice) {
  std::size_t roll = 0;
  std::int64_t at = 0;
  auto projector = projector_in(data);
  while (at < end) {
    const std::uint32_t die = dice[roll++ % dice.size()];
    const std::int64_t next =
        std::min<std::int64_t>(end, at + 1 + static_cast<std::int64_t>(die % 3'000));
    REQUIRE(feed(*projector, at, next).has_value());
    at = next;
    if (die % 4 != 0 || roll > 15) continue;
    projector = projector_in(data);
    tear(data, die);
    const auto checkpoint = projector->checkpoint();
    REQUIRE(checkpoint.has_value());
    at = *checkpoint ? static_cast<std::int64_t>((*checkpoint)->sequence.value) : 0;
  }
  REQUIRE(projector->settle().has_value());
}

TEST_SUITE("json/crash") {
  TEST_CASE("killed anywhere, torn anywhere, the files end byte for byte as without") {
    constexpr std::int64_t end = 10 * 24 * 60;
    testing::MemoryDirectory whole;
    build(whole.path(), end);
    const auto expected = files_in(whole.path());
    CHECK(rc::check([&] {
      const auto dice = *rc::gen::container<std::vector<std::uint32_t>>(
          15, rc::gen::inRange<std::uint32_t>(0, 1U << 30U));
      testing::MemoryDirectory data;
      run_with_crashes(data.path(), end, dice);
      RC_ASSERT(files_in(data.path()) == expected);
    }));
  }

  TEST_CASE("killed before the first settling, it begins from nothing") {
    testing::MemoryDirectory data;
    REQUIRE(feed(*projector_in(data.path()), 0, 3).has_value());
    const auto projector = projector_in(data.path());
    REQUIRE(projector->checkpoint().has_value());
    CHECK_FALSE(projector->checkpoint()->has_value());
    REQUIRE(feed(*projector, 0, 20).has_value());
    REQUIRE(projector->settle().has_value());
    testing::MemoryDirectory whole;
    build(whole.path(), 20);
    CHECK(files_in(data.path()) == files_in(whole.path()));
  }

  TEST_CASE("a bracket overwritten without any growth is put back") {
    testing::MemoryDirectory data;
    build(data.path(), 10);
    const auto expected = files_in(data.path());
    const fs::path file = data / "out" / "energy_data" / "energy_data_2025-10-01.json";
    std::string text = text_of(file);
    text.replace(text.size() - 2, 2, ",\n");
    write_text(file, text);
    const auto projector = projector_in(data.path());
    REQUIRE(projector->apply(after(10), checkpoint_at(10), {}).has_value());
    REQUIRE(projector->settle().has_value());
    CHECK(files_in(data.path()) == expected);
  }
}

}  // namespace
}  // namespace wattledger::projections
