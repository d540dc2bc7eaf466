// What each item of the health report rests on.
#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "coordinator/health/health.hpp"
#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::health;
using namespace wattledger::testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

// 2025-10-11T16:00:00Z, in a house on UTC: prices of tomorrow are due.
const UtcTime now = at_s(10 * 86'400 + 16 * 3'600);

fold::State well_state() {
  fold::State state;
  state.coordinator.started_at = now - hours(5);
  state.coordinator.running = true;
  state.reading.emplace();
  state.reading->at = now - seconds(40);
  const UtcTime today = at_s(10 * 86'400);
  for (int hour = 0; hour < 48; ++hour)
    state.prices.push_back({today + hours(hour), hours(1), PriceE8(40'000'000)});
  return state;
}

// Of a house where nothing is wrong.
HealthFacts well(const fold::State& state) {
  HealthFacts facts;
  facts.daemon.running = true;
  facts.log_since = now - hours(200 * 24);
  facts.state = &state;
  facts.log = LogFacts{Sequence{100}, 3 * mib, 0, ""};
  facts.projections = {{"sqlite", true, "", 0, {}}};
  facts.inverter = InverterFacts{now - seconds(4), true, 0, seconds(10)};
  facts.sources = SourceFacts{{}, true};
  facts.disk = DiskFacts{8'000 * mib, 1'000 * mib};
  facts.map = MapFacts{3 * mib, 65'536 * mib, true};
  facts.clock = ClockFacts{true, true, seconds(-3)};
  facts.backup = facts.drill = facts.verify =
      DoneFacts{now - hours(14), "b1", {}, "", true, true, ""};
  facts.memory = MemoryFacts{50 * mib, 30 * mib, 128 * mib};
  return facts;
}

HealthItem item_of(const HealthReport& report, const std::string& name) {
  for (const HealthItem& item : report.items)
    if (item.name == name) return item;
  FAIL("no item " << name);
  return {};
}

struct Row {
  const char* what;
  std::function<void(HealthFacts&, fold::State&)> wrong;
  const char* item;
  Health state;
  const char* detail;  // a part of it
};

UtcTime age(hours old) { return now - old; }

// Its item alone is not ok, and says what to do.
void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    fold::State state = well_state();
    HealthFacts facts = well(state);
    row.wrong(facts, state);
    const HealthReport report = judge_health(facts, now);
    CHECK(report.overall == row.state);
    for (const HealthItem& item : report.items) {
      CAPTURE(item.name);
      CAPTURE(item.detail);
      const bool meant = item.name == row.item;
      CHECK(item.state == (meant ? row.state : Health::ok));
      CHECK(item.remedy.empty() == !meant);
      if (meant) CHECK(item.detail.find(row.detail) != std::string::npos);
    }
  }
}

}  // namespace

TEST_SUITE("health/judge") {
  TEST_CASE("of a house where nothing is wrong every item is ok and none has a remedy") {
    const fold::State state = well_state();
    const HealthReport report = judge_health(well(state), now);
    std::string names;
    for (const HealthItem& item : report.items) {
      CAPTURE(item.name);
      CAPTURE(item.detail);
      CHECK(item.state == Health::ok);
      CHECK(item.remedy.empty());
      CHECK_FALSE(item.detail.empty());
      names += item.name + " ";
    }
    CHECK(names ==
          "daemon log projections inverter sources disk map clock backup drill verify memory ");
    CHECK(report.overall == Health::ok);
    CHECK(health_line(report) == "ok");
  }

  TEST_CASE("what is wrong with daemon, log, projections and inverter is told by that item alone") {
    check_rows({
        {"safe mode", [](auto& f, auto&) { f.daemon.safe_mode = true; }, "daemon", Health::degraded,
         "safe mode"},
        {"a hung loop", [](auto& f, auto&) { f.daemon.judged_at = age(hours(1)); }, "daemon",
         Health::failed, "1 h ago"},
        {"a latched fault",
         [](auto&, auto& s) {
           s.faults.push_back({fb::Fault::register_writes_excessive, Sequence{1}, now, true, ""});
         },
         "daemon", Health::degraded, "register_writes_excessive"},
        {"damage", [](auto& f, auto&) { f.log->damaged = 2; }, "log", Health::failed,
         "2 records cannot be read"},
        {"a poisoned appender", [](auto& f, auto&) { f.log->trouble = "disk full"; }, "log",
         Health::failed, "disk full"},
        {"a projection that is not fed",
         [](auto& f, auto&) {
           f.projections->front() = {"sqlite", false, "foreign", 3, {}};
         },
         "projections", Health::failed, "sqlite is not fed: foreign"},
        {"a projection that lags",
         [](auto& f, auto&) {
           f.projections->front() = {"sqlite", true, "", 9, seconds(301)};
         },
         "projections", Health::degraded, "9 records behind (5 min)"},
        {"a silent poll", [](auto& f, auto&) { f.inverter->silent_polls = 1; }, "inverter",
         Health::degraded, "1 silent poll"},
        {"three silent polls", [](auto& f, auto&) { f.inverter->silent_polls = 3; }, "inverter",
         Health::failed, "3 silent polls"},
        {"answers of long ago",
         [](auto&, auto& s) { s.reading->quality = fb::Quality::implausible; }, "inverter",
         Health::degraded, "implausible"},
        {"commands that fail", [](auto&, auto& s) { s.inverter.failures = 2; }, "inverter",
         Health::degraded, "2 failed commands"},
        {"a source that fails",
         [](auto& f, auto&) {
           f.sources->failing = {{"pse", age(hours(2)), "no route"}};
         },
         "sources", Health::degraded, "pse fails since 2 h: no route"},
    });
  }

  TEST_CASE(
      "what is wrong with sources, room, clock, copies and memory is told by that item alone") {
    check_rows({
        {"no price for now", [](auto&, auto& s) { s.prices.clear(); }, "sources", Health::failed,
         "no price is known for now"},
        {"tomorrow's prices missing in the afternoon", [](auto&, auto& s) { s.prices.resize(24); },
         "sources", Health::degraded, "tomorrow's prices are not known"},
        {"a gap this evening",
         [](auto&, auto& s) { s.prices.erase(s.prices.begin() + 20, s.prices.begin() + 21); },
         "sources", Health::degraded, "known for 4 h only"},
        {"little room", [](auto& f, auto&) { f.disk->free = 900 * mib; }, "disk", Health::degraded,
         "900 MiB free of at least 1000 MiB"},
        {"hardly any room", [](auto& f, auto&) { f.disk->free = 63 * mib; }, "disk", Health::failed,
         "63.0 MiB free"},
        {"half of a map that cannot grow",
         [](auto& f, auto&) {
           f.map = MapFacts{256 * mib, 512 * mib, false};
         },
         "map", Health::degraded, "256 MiB of 512 MiB"},
        {"a map that is nearly full",
         [](auto& f, auto&) {
           f.map = MapFacts{500 * mib, 512 * mib, false};
         },
         "map", Health::failed, "500 MiB of 512 MiB"},
        {"a clock that nobody sets", [](auto& f, auto&) { f.clock->synchronised = false; }, "clock",
         Health::degraded, "nobody sets"},
        {"an inverter's clock that is off",
         [](auto& f, auto&) { f.clock->inverter_off = seconds(-121); }, "clock", Health::degraded,
         "-121 s off"},
        {"an old backup", [](auto& f, auto&) { f.backup->succeeded_at = age(hours(49)); }, "backup",
         Health::degraded, "2 d 1 h ago"},
        {"a backup that failed since the last one",
         [](auto& f, auto&) {
           f.backup->failed_at = age(hours(1));
           f.backup->failure = "no space";
         },
         "backup", Health::degraded, "the last one failed 1 h ago: no space"},
        {"no backup ever", [](auto& f, auto&) { f.backup = DoneFacts{}; }, "backup",
         Health::degraded, "never"},
        {"a key that is not there",
         [](auto& f, auto&) { f.backup->hindered = "there is no file k; write it"; }, "backup",
         Health::degraded, "the next cannot be made: there is no file k; write it"},
        {"an old drill", [](auto& f, auto&) { f.drill->succeeded_at = age(hours(91 * 24)); },
         "drill", Health::degraded, "91 d ago"},
        {"no verification ever", [](auto& f, auto&) { f.verify = DoneFacts{}; }, "verify",
         Health::degraded, "never"},
        {"memory above the goal", [](auto& f, auto&) { f.memory->anonymous = 65 * mib; }, "memory",
         Health::degraded, "65.0 MiB of it its own"},
        {"memory near the unit's limit", [](auto& f, auto&) { f.memory->limit = 33 * mib; },
         "memory", Health::failed, "limit 33.0 MiB"},
    });
  }

  TEST_CASE("what nobody knows is degraded and said to be unknown") {
    const HealthReport report = judge_health(HealthFacts{}, now);
    CHECK(item_of(report, "daemon").state == Health::failed);
    for (const char* name : {"log", "projections", "inverter", "sources", "disk", "map", "clock",
                             "backup", "drill", "verify", "memory"}) {
      CAPTURE(name);
      CHECK(item_of(report, name).state == Health::degraded);
      CHECK(item_of(report, name).detail.find("unknown") == 0);
    }
  }

  TEST_CASE("who holds the log and does not answer is named") {
    HealthFacts facts;
    facts.daemon.holder = "wattledgerd, process 7";
    CHECK(item_of(judge_health(facts, now), "daemon").detail ==
          "wattledgerd, process 7 holds the log and does not answer");
    for (const HealthItem& each : judge_health(facts, now).items)
      CHECK(each.remedy.find("start wattledgerd") == std::string::npos);
  }

  TEST_CASE("before 14:00 tomorrow's prices are not missed, nor any prices where none are wanted") {
    fold::State state = well_state();
    state.prices.resize(24);
    HealthFacts facts = well(state);
    const UtcTime noon = at_s(10 * 86'400 + 12 * 3'600);
    CHECK(item_of(judge_health(facts, noon), "sources").state == Health::ok);
    state.prices.clear();
    facts.sources->prices_wanted = false;
    CHECK(item_of(judge_health(facts, now), "sources").state == Health::ok);
  }

  TEST_CASE("a new log and a demo house are not blamed for what was never done") {
    const fold::State state = well_state();
    HealthFacts facts = well(state);
    facts.backup = facts.drill = facts.verify = DoneFacts{};
    facts.log_since = now - hours(47);
    CHECK(judge_health(facts, now).overall == Health::ok);
    facts.log_since = now - hours(49);  // the first night's backup is overdue, a drill is not
    CHECK(item_of(judge_health(facts, now), "backup").state == Health::degraded);
    CHECK(item_of(judge_health(facts, now), "drill").state == Health::ok);
    facts.log_since = now - hours(169);
    CHECK(item_of(judge_health(facts, now), "drill").state == Health::degraded);
    facts.demo = true;
    CHECK(judge_health(facts, now).overall == Health::ok);
    facts.demo = false;
    facts.drill->looked_for = false;  // not yet known to be never
    CHECK(item_of(judge_health(facts, now), "drill").state == Health::ok);
    facts.backup->wanted = false;
    CHECK(item_of(judge_health(facts, now), "backup").state == Health::ok);
  }

  TEST_CASE("one line has the worst item, its remedy and how many others there are") {
    const fold::State state = well_state();
    HealthFacts facts = well(state);
    facts.disk->free = 900 * mib;
    facts.inverter->silent_polls = 3;
    facts.memory->anonymous = 65 * mib;
    CHECK(health_line(judge_health(facts, now)) ==
          "failed: inverter: 3 silent polls, last answer 4 s ago; look at its network and dongle; "
          "wattledger inverter read (and 2 more)");
  }

  TEST_CASE("a report that is not renewed fails, whatever it said") {
    const fold::State state = well_state();
    HealthReport report = judge_health(well(state), now);
    mark_stale(report, now + minutes(3));
    CHECK(report.overall == Health::failed);
    CHECK(health_line(report) ==
          "failed: daemon: its last report is of 3 min ago; its loop hangs: see its text log, "
          "restart it");
  }

  TEST_CASE("spans are told in two units at most") {
    CHECK(span_text(seconds(59)) == "59 s");
    CHECK(span_text(seconds(3'599)) == "59 min");
    CHECK(span_text(hours(4)) == "4 h");
    CHECK(span_text(seconds(12'000)) == "3 h 20 min");
    CHECK(span_text(hours(52)) == "2 d 4 h");
  }
}
