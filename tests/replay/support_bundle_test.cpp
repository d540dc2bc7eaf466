// What is handed to a helper holds what helps and nothing that tells whose house it is.
#include <doctest/doctest.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "replay/support/pseudonyms.hpp"
#include "tests/replay/house_log.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using tool::Pseudonyms;

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Name without its folder: text.
std::map<std::string, std::string> members(const fs::path& bundle) {
  const std::string packed = contents(bundle);
  std::string tar(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  REQUIRE(ZSTD_decompress(tar.data(), tar.size(), packed.data(), packed.size()) == tar.size());
  std::map<std::string, std::string> found;
  constexpr std::size_t block = 512;
  for (std::size_t at = 0; tar[at] != '\0';) {
    const std::string name = tar.substr(at).c_str();
    const std::size_t size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
    found[name.substr(name.find('/') + 1)] = tar.substr(at + block, size);
    at += block + (size + block - 1) / block * block;
  }
  return found;
}

constexpr const char* planted_serial = "9010KETU213W0042";
constexpr const char* planted_host = "attic-pi";

// A house that tells of itself wherever it can.
struct TellingHouse {
  TellingHouse() {
    fb::SiteAdoptedT site;
    site.site = "Kowalscy, Lipowa 7";
    site.device_serial = planted_serial;
    site.latitude_e6 = 50'061'430;
    site.longitude_e6 = 19'936'580;
    site.zone = "Europe/Warsaw";
    house.add(0, site);
    fb::CoordinatorStartedT started;
    started.host = planted_host;
    house.add(1, started);
    house.reading(60);
    fb::OverrideRequestedT override;
    override.reason = "Anna asked from anna@kowalscy.example";
    house.add(70, override);
    house.close();
    fs::create_directories(house.data() / "logs");
    std::ofstream(house.data() / "logs" / "master_coordinator.log")
        << "2025-10-01 00:01:00,000 - wattledgerd - info - inverter GW10K-ET " << planted_serial
        << " at 192.168.77.23:8899 found\n"
        << "weather: https://api.example/v1?latitude=50.0614&token=s3cr3t-token failed\n"
        << "Lipowa: site Kowalscy, Lipowa 7 at latitude 50.0614, longitude: 19.9366\n"
        << "backup to /home/anna/backups, alert with Authorization: Bearer abc/def+123=\n"
        << "log 4f9d0c3a1b2e48d7a6c5b4e3f2a19081, gateway fe80::1ff:fe23:4567:890a\n"
        << "2025-10-01 00:02:00,000 - wattledgerd - info - decided: self_use by no_price [7]\n";
    std::ofstream(house.data() / "health.json")
        << R"({"overall":"ok","items":[{"name":"inverter","detail":"192.168.77.23 answers"}]})";
    std::ofstream(file()) << "data: " << house.data().string() << "\n"
                          << "site: {name: \"Kowalscy, Lipowa 7\", latitude: 50.06143, longitude: "
                             "19.93658}\n"
                          << "inverter: {host: 192.168.77.23, transport: udp}\n"
                          << "battery: {capacity_kwh: 11.5}\n"
                          << "sources: {entsoe_token_file: /home/anna/entsoe.token, mirror: "
                             "\"https://mirror.kowalscy.example\"}\n";
  }
  [[nodiscard]] fs::path file() const { return house.data() / "house.yaml"; }
  [[nodiscard]] ToolRun bundle(const std::string& name, const std::string& key = {}) const {
    std::vector<std::string> words{"--config", file().string(), "support-bundle", "--out",
                                   (house.data() / name).string()};
    if (!key.empty()) words.insert(words.end(), {"--key", key});
    return run_tool(words);
  }
  HouseDirectory house;
};

}  // namespace

TEST_SUITE("replay/support_bundle") {
  TEST_CASE("the bundle holds what helps, and nothing of what tells whose house it is") {
    const TellingHouse telling;
    const ToolRun run = telling.bundle("bundle.tar.zst");
    INFO(run.err);
    REQUIRE(run.code == 0);
    const fs::path file = telling.house.data() / "bundle.tar.zst";
    CHECK((fs::status(file).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    const auto taken = members(file);
    for (const char* name :
         {"CONTENTS.txt", "versions.txt", "configuration.txt", "health.json", "log_stat.json",
          "events.jsonl", "files.txt", "logs/master_coordinator.log"}) {
      CAPTURE(name);
      REQUIRE(taken.count(name) == 1);
      CHECK(run.out.find(name) != std::string::npos);
    }
    std::string all;
    for (const auto& [name, text] : taken) all += name + "\n" + text;
    for (const char* told : {"Kowalscy", "kowalscy", "Lipowa 7", planted_serial, planted_host,
                             "50.06", "50061430", "19.93", "19936580", "192.168.77", "anna",
                             "s3cr3t", "entsoe.token", "abc/def", "mirror.", "4f9d0c3a", "890a"}) {
      CAPTURE(told);
      CHECK(all.find(told) == std::string::npos);
    }
    CHECK(all.find(telling.house.data().string()) == std::string::npos);
    CHECK(taken.at("configuration.txt").find("battery.capacity_kwh: 11.5\n") != std::string::npos);
    CHECK(taken.at("configuration.txt").find("inverter.transport: udp\n") != std::string::npos);
    CHECK(taken.at("logs/master_coordinator.log")
              .find("2025-10-01 00:02:00,000 - wattledgerd - info - decided: self_use by no_price "
                    "[7]\n") != std::string::npos);
    CHECK(taken.at("events.jsonl").find("5000") != std::string::npos);
    CHECK(taken.at("events.jsonl").find("Europe/Warsaw") != std::string::npos);
  }

  TEST_CASE("a thing has one name in a bundle, another in the next, the same under one key") {
    const TellingHouse telling;
    const auto serial_in = [&](const std::string& name, const std::string& key) {
      const ToolRun run = telling.bundle(name, key);
      INFO(run.err);
      REQUIRE(run.code == 0);
      const auto taken = members(telling.house.data() / name);
      const std::string& events = taken.at("events.jsonl");
      const std::size_t at = events.find("serial-");
      REQUIRE(at != std::string::npos);
      const std::string serial = events.substr(at, std::string("serial-").size() + 12);
      CHECK(taken.at("logs/master_coordinator.log").find(" " + serial + " at host-") !=
            std::string::npos);
      return serial;
    };
    const std::string key = (telling.house.data() / "bundles.key").string();
    std::ofstream(key) << "thirty-two bytes of something...";
    CHECK(serial_in("1.tar.zst", "") != serial_in("2.tar.zst", ""));
    CHECK(serial_in("3.tar.zst", key) == serial_in("4.tar.zst", key));
  }

  TEST_CASE("a name that is taken, a key that is none: one line, exit code 3") {
    const TellingHouse telling;
    REQUIRE(telling.bundle("bundle.tar.zst").code == 0);
    const ToolRun again = telling.bundle("bundle.tar.zst");
    CHECK(again.code == 3);
    CHECK(again.one_error_line());
    CHECK(again.err.find("is there already") != std::string::npos);
    std::ofstream(telling.house.data() / "short.key") << "short";
    const ToolRun key = telling.bundle("b.tar.zst", (telling.house.data() / "short.key").string());
    CHECK(key.code == 3);
    CHECK(key.err.find("too short for a key") != std::string::npos);
  }

  TEST_CASE("a configuration that does not hold and a log that is not there are said, not in it") {
    const TellingHouse telling;
    std::ofstream(telling.file()) << "inverter: {hots: 192.168.77.23}\n";
    fs::remove_all(telling.house.data() / "log");
    const std::string out = (telling.house.data() / "b.tar.zst").string();
    const ToolRun run =
        run_tool({"--config", telling.file().string(), "--data", telling.house.data().string(),
                  "--format", "json", "support-bundle", "--out", out});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const auto said = run.json_lines().at(0);
    REQUIRE(said["left_out"].size() == 2);
    CHECK(said["left_out"][0].get<std::string>().find("inverter.hots is not a key") !=
          std::string::npos);
    CHECK(said["left_out"][1].get<std::string>().rfind("log: ", 0) == 0);
    const auto taken = members(out);
    CHECK(taken.count("logs/master_coordinator.log") == 1);
    CHECK(taken.count("events.jsonl") == 0);
  }

  TEST_CASE("what is no name stays as it is") {
    Pseudonyms names("key of a test");
    names.hide("site", "Dom");
    for (const char* kept :
         {"2025-10-26 02:15:00+02:00 decided: charge 3000 W until 06:00, SOC 64.0 %",
          "log root 8a1f00000000000000000000000000000000000000000000000000000000beef",
          "127.0.0.1:502, ::1 and localhost are every house's own", "GW10K-ET 04029-10-S11, v0.1.0",
          "Domowy, Kingdom: a name is a word of its own", "/var/lib/wattledger/log"}) {
      CAPTURE(kept);
      CHECK(names.cleaned(kept) == kept);
    }
    CHECK(names.cleaned("Dom: 10.0.0.7:502.") ==
          names.name("site", "Dom") + ": " + names.name("host", "10.0.0.7") + ":502.");
    CHECK(names.cleaned_json("{not json") == std::nullopt);
  }
}
