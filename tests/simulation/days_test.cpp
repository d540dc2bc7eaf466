// Live equals replayed, over a week of real prices and a real house that holds the autumn clock
// change.
#include <random>

#include "log/appender.hpp"
#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("simulation/days") {
  TEST_CASE("seven days lived and then replayed twice give equal tables and equal files") {
    const MemoryDirectory home;
    const Ran lived = run(WATTLEDGERD, simulation(proof_days, home / "live"));
    REQUIRE_MESSAGE(lived.code == 0, lived.err);
    CHECK(count(home / "live", Kind::ReadingRecorded) ==
          static_cast<std::uint64_t>(proof_days) * 1440);
    CHECK(count(home / "live", Kind::DecisionMade) >= static_cast<std::uint64_t>(proof_days) * 96);
    // Each hour what the house will use, and once its panels gave, what they will give.
    CHECK(count(home / "live", Kind::LoadForecastIssued) ==
          static_cast<std::uint64_t>(proof_days) * 24);
    CHECK(count(home / "live", Kind::PvForecastIssued) >
          static_cast<std::uint64_t>(proof_days - 2) * 24);
    CHECK(count(home / "live", Kind::CommandConfirmed) > 0);
    CHECK(count(home / "live", Kind::CommandFailed) == 0);
    require_live_equals_rebuilt(home / "live", home / "once");
    require_live_equals_rebuilt(home / "live", home / "twice");

    SUBCASE("and audit verify finds every decision identical") {
      const Ran verified =
          run(WATTLEDGER_TOOL, {"--data", (home / "live").string(), "audit", "verify"});
      CHECK_MESSAGE(verified.code == 0, verified.out << verified.err);
    }
    SUBCASE("and audit verify finds the one decision that was altered") {
      std::uint64_t altered = 0;
      {
        auto original = log::Log::open(home / "live" / "log");
        REQUIRE(original.has_value());
        const auto snapshot = original->snapshot();
        std::filesystem::create_directories(home / "forged" / "log");
        auto forged = log::Log::create(home / "forged" / "log", {.demo = true, .uuid = {}});
        REQUIRE(forged.has_value());
        auto lock = log::WriterLock::take(home / "forged" / "log", "test");
        REQUIRE(lock.has_value());
        auto appender = log::Appender::open(*forged, *lock, {});
        REQUIRE(appender.has_value());
        std::uint64_t decisions = 0;
        const auto copied = snapshot->scan(
            snapshot->first(), snapshot->head(),
            [&](const log::RecordView& record) -> Result<bool> {
              fb::EventT event = record.event.unpack();
              if (auto* decision = event.fact.AsDecisionMade();
                  decision != nullptr && ++decisions == 50) {
                decision->expected_cost_e8 = decision->expected_cost_e8.value_or(0) + 1;
                altered = record.sequence.value;
              }
              const auto encoded = encode(event);
              if (!encoded) return Failure(encoded.error());
              const auto appended =
                  appender->enqueue(*encoded, record.recorded_at,
                                    {.urgency = log::Urgency::telemetry, .expected_head = {}});
              if (!appended) return Failure(appended.error());
              return true;
            });
        REQUIRE_MESSAGE(copied.has_value(), copied.error().line());
        REQUIRE(appender->flush().has_value());
      }
      const Ran verified =
          run(WATTLEDGER_TOOL, {"--data", (home / "forged").string(), "audit", "verify"});
      CHECK(verified.code == 1);
      CHECK_MESSAGE(verified.out.find(std::to_string(altered)) != std::string::npos, verified.out);
      CHECK(verified.out.find("differs") != std::string::npos);
    }
  }

  TEST_CASE("the size of commits changes neither log nor projections") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "single", {"--commit-events", "1"})).code == 0);
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "grouped", {"--commit-events", "500"})).code ==
            0);
    CHECK(records(home / "single") == records(home / "grouped"));
    require_live_equals_rebuilt(home / "single", home / "single rebuilt");
    require_live_equals_rebuilt(home / "grouped", home / "grouped rebuilt");
    const auto differences = projections::compare(home / "single", home / "grouped");
    REQUIRE(differences.has_value());
    // Checkpoints name their log, and every log has a uuid of its own.
    for (const auto& difference : *differences)
      CHECK_MESSAGE(difference.place.find("checkpoint") != std::string::npos,
                    difference.place << ": " << difference.what);
  }

  TEST_CASE("the same seed gives the same log but for its uuid") {
    const MemoryDirectory home;
    const auto generated = [&](const char* name, const char* seed) {
      return std::vector<std::string>{"--simulate",           "2",      "--data",
                                      (home / name).string(), "--seed", seed};
    };
    REQUIRE(run(WATTLEDGERD, generated("a", "7")).code == 0);
    REQUIRE(run(WATTLEDGERD, generated("b", "7")).code == 0);
    REQUIRE(run(WATTLEDGERD, generated("c", "8")).code == 0);
    CHECK(records(home / "a") == records(home / "b"));
    CHECK(records(home / "a") != records(home / "c"));
  }

  TEST_CASE("a simulation that goes on later keeps its battery and its counters") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(1, home / "live")).code == 0);
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "live")).code == 0);
    CHECK(count(home / "live", Kind::CoordinatorStarted) == 2);
    CHECK(count(home / "live", Kind::ReadingRecorded) == 2 * 1440);
    auto log = log::Log::open(home / "live" / "log");
    const auto snapshot = log->snapshot();
    std::int64_t imported = 0;
    std::int64_t soc = -1;
    const auto scanned = snapshot->scan(
        snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
          const auto* reading = record.event.as<fb::ReadingRecorded>();
          if (reading == nullptr) return true;
          CHECK(reading->import_total_mwh().value_or(-1) >= imported);
          imported = reading->import_total_mwh().value_or(-1);
          if (soc >= 0) CHECK(std::abs(*reading->battery_soc_bp() - soc) <= 200);
          soc = *reading->battery_soc_bp();
          return true;
        });
    REQUIRE(scanned.has_value());
    CHECK(imported > 0);
  }

  TEST_CASE("killed at random points and restarted, what is live still equals what is replayed") {
    const MemoryDirectory home;
    const std::uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    const auto arguments = simulation(proof_days, home / "live");
    constexpr int kills = 6;
    int killed = 0;
    for (; killed < kills; ++killed) {
      const std::uint64_t step =
          200 + random() % (static_cast<std::uint64_t>(proof_days) * 1440 / kills);
      std::uint64_t before = 0;
      if (const auto log = log::Log::open(home / "live" / "log"))
        before = log->snapshot()->head().value;
      Program daemon(WATTLEDGERD, arguments);
      // The log itself says when: SIGKILL once it has grown by `step` records.
      while (!daemon.ended()) {
        const auto log = log::Log::open(home / "live" / "log");
        if (!log) continue;
        if (log->snapshot()->head().value >= before + step) break;
        const auto moved =
            log::wait_beyond(*log, Sequence{before + step - 1}, std::chrono::milliseconds(200));
        if (moved && *moved) break;
      }
      if (daemon.ended()) break;
      CHECK(daemon.kill(SIGKILL) == 128 + SIGKILL);
    }
    CHECK(killed > 0);
    // It may have come to its end before the last kill.
    const Ran finished = run(WATTLEDGERD, arguments);
    const bool was_done = finished.err.find("already holds the days") != std::string::npos;
    REQUIRE_MESSAGE((finished.code == 0 || (finished.code == 3 && was_done)), finished.err);
    require_live_equals_rebuilt(home / "live", home / "rebuilt");
    require_live_equals_rebuilt(home / "live", home / "rebuilt again");
    const Ran verified =
        run(WATTLEDGER_TOOL, {"--data", (home / "live").string(), "audit", "verify"});
    CHECK_MESSAGE(verified.code == 0, verified.out << verified.err);
    const Ran log_verified =
        run(WATTLEDGER_TOOL, {"--data", (home / "live").string(), "log", "verify"});
    CHECK_MESSAGE(log_verified.code == 0, log_verified.out << log_verified.err);
  }
}
