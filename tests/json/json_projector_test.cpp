#include <nlohmann/json.hpp>

#include "tests/json/json_target.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/places.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t day = 24 * 60;

template <class T>
std::optional<T> known(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<T>();
}

// A row of the legacy array, back into what the fold gives.
fold::LegacyRow energy_of(const Json& json) {
  fold::EnergyRow row;
  row.timestamp = json["timestamp"].get<std::string>();
  row.battery_soc = known<double>(json["battery_soc"]);
  row.pv_power = known<std::int64_t>(json["pv_power"]);
  row.grid_power = known<std::int64_t>(json["grid_power"]);
  row.house_consumption = known<std::int64_t>(json["house_consumption"]);
  row.battery_power = known<std::int64_t>(json["battery_power"]);
  row.grid_voltage = known<double>(json["grid_voltage"]);
  row.grid_frequency = known<double>(json["grid_frequency"]);
  row.battery_voltage = known<double>(json["battery_voltage"]);
  row.battery_current = known<double>(json["battery_current"]);
  row.battery_temperature = known<double>(json["battery_temperature"]);
  row.price_pln = known<double>(json["price_pln"]);
  row.grid_import_total_kwh = known<double>(json["grid_import_total_kwh"]);
  row.grid_export_total_kwh = known<double>(json["grid_export_total_kwh"]);
  row.house_consumption_total_kwh = known<double>(json["house_consumption_total_kwh"]);
  row.pv_generation_total_kwh = known<double>(json["pv_generation_total_kwh"]);
  row.tariff_zone = json["tariff_zone"].get<std::string>();
  const auto at = parse_time(row.timestamp, ZoneOffsets());
  REQUIRE(at.has_value());
  return {Sequence{1}, *at, *at, LocalTime(at->time_since_epoch()), row};
}

// Its rows, appended `step` at a time, must give the file again.
void check_array_file(const fs::path& legacy, std::size_t step) {
  CAPTURE(legacy.string());
  const std::string text = text_of(legacy);
  REQUIRE_FALSE(text.empty());
  std::vector<fold::LegacyRow> rows;
  for (const Json& each : Json::parse(text)) rows.push_back(energy_of(each));
  testing::MemoryDirectory data;
  const auto projector = projector_in(data.path());
  std::uint64_t sequence = 0;
  for (std::size_t from = 0; from < rows.size(); from += step) {
    const std::size_t count = std::min(step, rows.size() - from);
    REQUIRE(projector
                ->apply(after(sequence), checkpoint_at(sequence + 1),
                        std::span(rows).subspan(from, count))
                .has_value());
    ++sequence;
  }
  const auto files = files_in(data.path());
  CHECK(files.at("energy_data/energy_data_" + date_text(rows.front().local) + ".json") == text);
}

TEST_SUITE("json/projector") {
  TEST_CASE("looking creates nothing") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    const auto checkpoint = projector->checkpoint();
    REQUIRE(checkpoint.has_value());
    CHECK_FALSE(checkpoint->has_value());
    CHECK(projector->settle().has_value());
    CHECK(fs::is_empty(data.path()));
  }

  TEST_CASE("each family goes into its day's file in its form") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 1).has_value());
    const auto files = files_in(data.path());
    CHECK(files.at("coordinator_state_20251001.json") == "{\"minute\": 0}\n");
    CHECK(files.at("charging_decision_20251001.json") ==
          "{\"decision\": 0, \"decision_type\": \"charging\"}\n");
    CHECK(files.at("coordinator_state_20251001_000000.json") == "{\n  \"minute\": 0\n}");
    CHECK(files.at("energy_data/charging_decision_20251001_000000.json") ==
          "{\n  \"decision\": 0\n}");
    const std::string energy = files.at("energy_data/energy_data_2025-10-01.json");
    CHECK(energy.rfind("[\n  {\n    \"timestamp\": \"2025-10-01T00:00:00\",\n    \"battery_soc\": "
                       "0.0,\n    \"pv_power\": null,\n",
                       0) == 0);
    const std::string end = ",\n    \"tariff_zone\": \"T1\"\n  }\n]";
    CHECK(energy.substr(energy.size() - end.size()) == end);
  }

  TEST_CASE(
      "an array file is byte for byte what the legacy system wrote, however many rows come at "
      "once") {
    check_array_file(testing::golden_directory() / "legacy" / "energy_data_2026-01-05.json", 1);
    const fs::path sample = testing::shared_data() / "legacy_sample" / "out" / "energy_data";
    if (!fs::exists(sample)) {
      MESSAGE("skipped the rest: " << sample.string() << " is absent");
      return;
    }
    check_array_file(sample / "energy_data_2026-01-05.json", 1);
    check_array_file(sample / "energy_data_2026-01-06.json", 7);
    check_array_file(sample / "energy_data_2026-01-07.json", 1000);
  }

  TEST_CASE("batches of any size give the same bytes") {
    testing::MemoryDirectory one;
    testing::MemoryDirectory many;
    build(one.path(), 3 * day);
    const auto projector = projector_in(many.path());
    std::int64_t at = 0;
    for (std::int64_t size = 1; at < 3 * day; size = size * 7 % 613) {
      const std::int64_t end = std::min(at + size, 3 * day);
      REQUIRE(feed(*projector, at, end).has_value());
      at = end;
    }
    REQUIRE(projector->settle().has_value());
    CHECK(files_in(one.path()) == files_in(many.path()));
  }

  TEST_CASE(
      "the checkpoint is durable when the rows' time has moved on by five minutes, not before") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 1).has_value());
    REQUIRE(feed(*projector, 1, 5).has_value());
    CHECK(projector->checkpoint().value() == after(5));
    CHECK_FALSE(projector_in(data.path())->checkpoint().value().has_value());
    REQUIRE(feed(*projector, 5, 6).has_value());
    CHECK(projector_in(data.path())->checkpoint().value() == after(6));
    REQUIRE(feed(*projector, 6, 7).has_value());
    CHECK(projector_in(data.path())->checkpoint().value() == after(6));
    REQUIRE(projector->settle().has_value());
    CHECK(projector_in(data.path())->checkpoint().value() == after(7));
  }

  TEST_CASE("events without rows move the checkpoint too") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(projector->apply(std::nullopt, checkpoint_at(3), {}).has_value());
    REQUIRE(projector->settle().has_value());
    CHECK(projector_in(data.path())->checkpoint().value() == after(3));
  }

  TEST_CASE("a batch that does not begin where the files stand is refused") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 5).has_value());
    const auto files = files_in(data.path());
    const auto gap = feed(*projector, 6, 7);
    REQUIRE_FALSE(gap.has_value());
    CHECK(gap.error().kind == ErrorKind::conflict);
    CHECK(files_in(data.path()) == files);
    CHECK(feed(*projector, 5, 7).has_value());
  }

  TEST_CASE("a file system that takes no more leaves the files as they were") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 30).has_value());
    REQUIRE(projector->settle().has_value());
    const auto files = files_in(data.path());
    const auto failed = [&] {
      const testing::FileSizeLimit limit(
          files.at("energy_data/energy_data_2025-10-01.json").size() + 100);
      return feed(*projector, 30, 120);
    }();
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().kind == ErrorKind::full);
    CHECK(files_in(data.path()) == files);
    REQUIRE(feed(*projector, 30, 120).has_value());
    REQUIRE(projector->settle().has_value());
    testing::MemoryDirectory whole;
    build(whole.path(), 120);
    CHECK(files_in(data.path()) == files_in(whole.path()));
  }
}

TEST_SUITE("json/ownership") {
  TEST_CASE("legacy files without our manifest are foreign and stay untouched") {
    for (const char* name :
         {"energy_data/energy_data_2025-10-01.json", "coordinator_state_20251001_000000.json",
          "energy_data/battery_selling_decision_20251001_180100.json"}) {
      CAPTURE(name);
      testing::MemoryDirectory data;
      write_text(data / "out" / name, "[]");
      const auto projector = projector_in(data.path());
      const auto checkpoint = projector->checkpoint();
      REQUIRE_FALSE(checkpoint.has_value());
      CHECK(checkpoint.error().kind == ErrorKind::foreign);
      CHECK(checkpoint.error().what.find(name) != std::string::npos);
      CHECK(checkpoint.error().remedy.find("import legacy") != std::string::npos);
      CHECK(feed(*projector, 0, 5).error().kind == ErrorKind::foreign);
      CHECK(files_in(data.path()).size() == 1);
    }
  }

  TEST_CASE("files of other names are nobody's business") {
    testing::MemoryDirectory data;
    write_text(data / "out" / "notes.txt", "mine");
    CHECK(feed(*projector_in(data.path()), 0, 5).has_value());
  }

  TEST_CASE("a file that somebody put where a new day's would come is not overwritten") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 10).has_value());
    write_text(data / "out" / "coordinator_state_20251002.json", "theirs");
    const auto refused = feed(*projector, 10, day + 1);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == ErrorKind::foreign);
    CHECK(text_of(data / "out" / "coordinator_state_20251002.json") == "theirs");
    CHECK(feed(*projector, 10, 20).has_value());
  }

  TEST_CASE("a listed file that is missing or shorter is named, with the remedy") {
    testing::MemoryDirectory data;
    build(data.path(), 10);
    const fs::path file = data / "out" / "coordinator_state_20251001.json";
    fs::resize_file(file, 3);
    auto checkpoint = projector_in(data.path())->checkpoint();
    REQUIRE_FALSE(checkpoint.has_value());
    CHECK(checkpoint.error().kind == ErrorKind::corrupt);
    CHECK(checkpoint.error().what.find(file.string()) != std::string::npos);
    CHECK(checkpoint.error().remedy.find("wattledger replay --projection json") !=
          std::string::npos);
    fs::remove(file);
    checkpoint = projector_in(data.path())->checkpoint();
    REQUIRE_FALSE(checkpoint.has_value());
    CHECK(checkpoint.error().what.find("missing") != std::string::npos);
    CHECK_FALSE(feed(*projector_in(data.path()), 10, 11).has_value());
  }

  TEST_CASE("a file removed or edited while it is fed is found when it is settled") {
    testing::MemoryDirectory data;
    const fs::path file = data / "out" / "coordinator_state_20251001.json";
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 3).has_value());
    fs::remove(file);
    CHECK(projector->settle().error().kind == ErrorKind::corrupt);
    testing::MemoryDirectory other;
    const auto second = projector_in(other.path());
    REQUIRE(feed(*second, 0, 3).has_value());
    write_text(other / "out" / "coordinator_state_20251001.json", "edited");
    CHECK(second->settle().error().kind == ErrorKind::corrupt);
  }

  TEST_CASE("a manifest that cannot be read is one clear line") {
    struct Row {
      const char* name;
      const char* text;
      ErrorKind kind;
    };
    const Row rows[] = {
        {"empty", "", ErrorKind::corrupt},
        {"cut", R"({"format": 1, "log")", ErrorKind::corrupt},
        {"no sequence", R"({"format": 1})", ErrorKind::corrupt},
        {"a name outside",
         R"({"format":1,"sequence":null,"newest_day":"","files":{"../../etc/passwd":3},"expired":[]})",
         ErrorKind::corrupt},
        {"an expired name outside",
         R"({"format":1,"sequence":null,"newest_day":"","files":{},"expired":["../log"]})",
         ErrorKind::corrupt},
        {"a text for a length",
         R"({"format":1,"sequence":null,"newest_day":"","files":{"coordinator_state_20251001.json":"x"},"expired":[]})",
         ErrorKind::corrupt},
        {"another's documents",
         R"({"format":2,"sequence":null,"newest_day":"","files":{},"expired":[],"documents":7})",
         ErrorKind::corrupt},
        {"a whole file outside",
         R"({"format":2,"sequence":null,"newest_day":"","files":{},"expired":[],"whole":["out/../x.json"]})",
         ErrorKind::corrupt},
        {"newer", R"({"format": 3})", ErrorKind::newer},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      testing::MemoryDirectory data;
      write_text(data / "out" / manifest_file, row.text);
      const auto checkpoint = projector_in(data.path())->checkpoint();
      REQUIRE_FALSE(checkpoint.has_value());
      CHECK(checkpoint.error().kind == row.kind);
      CHECK(checkpoint.error().remedy.find("replay") != std::string::npos);
    }
  }
}

TEST_SUITE("json/retention") {
  TEST_CASE("whole days more than seven before the newest row are removed") {
    testing::MemoryDirectory data;
    build(data.path(), 9 * day + 1);
    const auto files = files_in(data.path());
    CHECK(files.count("coordinator_state_20251002.json") == 0);
    CHECK(files.count("energy_data/energy_data_2025-10-02.json") == 0);
    CHECK(files.count("charging_decision_20251003.json") == 1);
    CHECK(count_day_files(files) == 8 * 3);
    CHECK(files.count("coordinator_state_20251002_234500.json") == 0);
    CHECK(files.count("coordinator_state_20251003_000000.json") == 1);
    CHECK(files.count("energy_data/charging_decision_20251002_234500.json") == 0);
    CHECK(files.count("energy_data/charging_decision_20251003_000000.json") == 1);
    CHECK(files.count("daily_snapshots/snapshot_20251001.json") == 1);
  }

  TEST_CASE("live, in one go and staged hold the same") {
    testing::MemoryDirectory live;
    testing::MemoryDirectory whole;
    testing::MemoryDirectory staged;
    const auto projector = projector_in(live.path());
    for (std::int64_t at = 0; at < 12 * day; at += 97)
      REQUIRE(feed(*projector, at, std::min(at + 97, 12 * day)).has_value());
    REQUIRE(projector->settle().has_value());
    build(whole.path(), 12 * day);
    build(staged.path(), 12 * day, true);
    CHECK(files_in(live.path()) == files_in(whole.path()));
    CHECK(files_in(live.path()) == files_in(staged.path()));
  }

  TEST_CASE("keep-all keeps all") {
    testing::MemoryDirectory data;
    build(data.path(), 12 * day, true, true);
    const auto files = files_in(data.path());
    CHECK(count_day_files(files) == 12 * 3);
    CHECK(files.count("coordinator_state_20251001_000000.json") == 1);
  }

  TEST_CASE("a row of a day out of reach, from a clock that went back, is left out") {
    testing::MemoryDirectory data;
    const auto projector = projector_in(data.path());
    const auto late = rows_of_minute(20 * day);
    const auto early = rows_of_minute(0);
    REQUIRE(projector->apply(std::nullopt, checkpoint_at(1), late).has_value());
    REQUIRE(projector->apply(checkpoint_at(1), checkpoint_at(2), early).has_value());
    REQUIRE(projector->settle().has_value());
    CHECK(count_day_files(files_in(data.path())) == 3);
  }

  TEST_CASE("a removal that was cut short is made up for") {
    testing::MemoryDirectory data;
    build(data.path(), 10);
    Json manifest = Json::parse(text_of(data / "out" / manifest_file));
    manifest["expired"] = {"coordinator_state_20250920.json"};
    write_text(data / "out" / manifest_file, manifest.dump(1));
    write_text(data / "out" / "coordinator_state_20250920.json", "{}\n");
    SUBCASE("with the next row") {
      const auto projector = projector_in(data.path());
      REQUIRE(feed(*projector, 10, 20).has_value());
      REQUIRE(projector->settle().has_value());
      testing::MemoryDirectory whole;
      build(whole.path(), 20);
      CHECK(files_in(data.path()) == files_in(whole.path()));
    }
    SUBCASE("and where no row comes any more") {
      const auto projector = projector_in(data.path());
      REQUIRE(projector->settle().has_value());
      testing::MemoryDirectory whole;
      build(whole.path(), 10);
      CHECK(files_in(data.path()) == files_in(whole.path()));
    }
  }
}

}  // namespace
}  // namespace wattledger::projections
