// A simulation goes on as if nothing had happened, wherever it was stopped or killed.
#include <random>

#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

#ifdef WATTLEDGER_SANITIZED
constexpr int lived_days = 2;
#else
constexpr int lived_days = 14;
#endif

// With the autumn clock change among them.
constexpr const char* first_day = "2025-10-19";

// All that decisions say but for their places in the log: sequences, and the digest of a state that
// holds some.
std::vector<std::string> decisions(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  REQUIRE_MESSAGE(log.has_value(), log.error().line());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::vector<std::string> all;
  const auto scanned = snapshot->scan(
      snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
        if (record.event.kind() != Kind::DecisionMade) return true;
        fb::EventT event = record.event.unpack();
        event.cause.reset();
        fb::DecisionMadeT& decision = *event.fact.AsDecisionMade();
        decision.based_on = 0;
        decision.plan.reset();
        decision.state_digest.reset();
        const auto encoded = encode(event);
        if (!encoded) return Failure(encoded.error());
        all.push_back(utc_text(record.recorded_at) + " " +
                      std::string(reinterpret_cast<const char*>(encoded->bytes().data()),
                                  encoded->bytes().size()));
        return true;
      });
  REQUIRE_MESSAGE(scanned.has_value(), scanned.error().line());
  return all;
}

std::uint64_t head_of(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  return log ? log->snapshot()->head().value : 0;
}

// Runs until the log has grown by `step` records, then sends `number`. False: it ended before.
bool run_for(const std::vector<std::string>& arguments, const std::filesystem::path& data,
             std::uint64_t step, int number) {
  const std::uint64_t wanted = head_of(data) + step;
  Program daemon(WATTLEDGERD, arguments);
  while (!daemon.ended()) {
    const auto log = log::Log::open(data / "log");
    if (!log) continue;  // not made yet
    const auto moved = log::wait_beyond(*log, Sequence{wanted - 1}, std::chrono::milliseconds(200));
    if (moved && *moved) break;
  }
  if (daemon.ended()) return false;
  daemon.kill(number);
  return true;
}

}  // namespace

TEST_SUITE("simulation/restart") {
  TEST_CASE("killed or stopped at random points, a simulation decides what it would have decided") {
    const MemoryDirectory home;
    const std::uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    const auto arguments = [&](const char* name) {
      return simulation(lived_days, home / name, {}, first_day);
    };
    REQUIRE(run(WATTLEDGERD, arguments("whole")).code == 0);
    constexpr std::uint64_t restarts = 8;
    const std::uint64_t most = head_of(home / "whole") * 2 / restarts;
    for (const int number : {SIGKILL, SIGTERM}) {
      CAPTURE(number);
      const char* name = number == SIGKILL ? "killed" : "stopped";
      std::uint64_t times = 0;
      while (times < restarts &&
             run_for(arguments(name), home / name, 20 + random() % most, number))
        ++times;
      CHECK(times > 0);
      const Ran finished = run(WATTLEDGERD, arguments(name));
      const bool was_done = finished.err.find("already holds the days") != std::string::npos;
      REQUIRE_MESSAGE((finished.code == 0 || (finished.code == 3 && was_done)), finished.err);
      CHECK(count(home / name, Kind::CoordinatorStarted) >= times);
      const auto whole = decisions(home / "whole");
      const auto again = decisions(home / name);
      CHECK(whole.size() >= static_cast<std::size_t>(lived_days) * 96);
      CHECK(again.size() == whole.size());
      const auto differs = std::mismatch(whole.begin(), whole.end(), again.begin(), again.end());
      CHECK_MESSAGE(differs.first == whole.end(),
                    "differs first at " << differs.first->substr(0, 20));
    }
  }

  TEST_CASE("without the house's state a simulation goes on from the last reading") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(1, home / "live")).code == 0);
    REQUIRE(std::filesystem::remove(home / "live" / "house.state"));
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "live")).code == 0);
    CHECK(count(home / "live", Kind::ForeignChangeSeen) == 0);
    CHECK(count(home / "live", Kind::ReadingRecorded) == 2 * 1440);
  }

  TEST_CASE("the state of another house is not gone on from") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(1, home / "live")).code == 0);
    REQUIRE(run(WATTLEDGERD, {"--simulate", "1", "--start", "2025-10-22", "--data",
                              (home / "other").string(), "--seed", "9"})
                .code == 0);
    std::filesystem::copy_file(home / "other" / "house.state", home / "live" / "house.state",
                               std::filesystem::copy_options::overwrite_existing);
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "live")).code == 0);
    auto log = log::Log::open(home / "live" / "log");
    const auto snapshot = log->snapshot();
    std::int64_t imported = 0;
    const auto scanned = snapshot->scan(
        snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
          if (const auto* reading = record.event.as<fb::ReadingRecorded>()) {
            CHECK(reading->import_total_mwh().value_or(-1) >= imported);
            imported = reading->import_total_mwh().value_or(-1);
          }
          return true;
        });
    REQUIRE(scanned.has_value());
  }

  TEST_CASE("a replay of a simulation is recorded at the log's own time, so that it can go on") {
    const MemoryDirectory home;
    const auto data = (home / "live").string();
    REQUIRE(run(WATTLEDGERD, simulation(1, home / "live")).code == 0);
    REQUIRE(run(WATTLEDGER_TOOL, {"--data", data, "replay", "--yes"}).code == 0);
    CHECK(count(home / "live", Kind::ProjectionRebuilt) > 0);
    {
      auto log = log::Log::open(home / "live" / "log");
      REQUIRE(log.has_value());
      CHECK(utc_text(log->snapshot()->meta().head_recorded_at) == "2025-10-22T22:00:00Z");
    }
    const Ran later = run(WATTLEDGERD, simulation(2, home / "live"));
    CHECK_MESSAGE(later.code == 0, later.err);
    CHECK(count(home / "live", Kind::ReadingRecorded) == 2 * 1440);
  }

  TEST_CASE("a configured simulation decides by the file and leaves the file's house alone") {
    const MemoryDirectory home;
    std::ofstream(home / "house.yaml") << "data: real\n"
                                          "policy: {name: tiered}\n"
                                          "prices: {fixed: 0.5}\n"
                                          "site: {name: ours, timezone: Europe/Paris}\n"
                                          "inverter: {host: 192.0.2.1}\n";
    const auto config = (home / "house.yaml").string();
    const Ran ran = run(WATTLEDGERD, {"--simulate", "1", "--config", config, "--seed", "2",
                                      "--data", (home / "simulated").string()});
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    CHECK_MESSAGE(ran.out.find("of " + config + ": battery, grid, load, policy") == 0, ran.out);
    CHECK_FALSE(std::filesystem::exists(home / "real"));
    auto log = log::Log::open(home / "simulated" / "log");
    REQUIRE(log.has_value());
    const auto snapshot = log->snapshot();
    std::string policy, zone, prices;
    const auto scanned = snapshot->scan(
        snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
          if (const auto* adopted = record.event.as<fb::PolicyAdopted>())
            policy = adopted->text()->str();
          if (const auto* site = record.event.as<fb::SiteAdopted>())
            zone = site->site()->str() + " " + site->zone()->str();
          if (const auto* day = record.event.as<fb::PricesPublished>())
            prices = day->provider()->str();
          return true;
        });
    REQUIRE(scanned.has_value());
    CHECK(policy.find("policy.name=tiered") != std::string::npos);
    CHECK(zone == "demo house Europe/Paris");
    CHECK(prices == "fixed");
  }
}
