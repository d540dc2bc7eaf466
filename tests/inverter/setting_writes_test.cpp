#include "coordinator/inverter/setting_writes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <string>

namespace wattledger::inverter {
namespace {

enum class Firmware { v1, v2, on_745, none };

const EcoGroup charge_40_to_80{0, 0, 23, 59, true, eco_type, 0x7F, -40, 80, 0};
const EcoGroup discharge_50{0, 0, 23, 59, true, eco_type, 0x7F, 50, 100, 0};
const EcoGroup charge_745{0, 0, 23, 59, true, eco_745_type, 0x7F, -400, 80, 0x0FFF};

Controls controls_of(Firmware firmware) {
  Controls controls;
  controls.limits = {0, 10'000, ems_auto, 0};
  controls.groups = firmware == Firmware::v1     ? GroupKind::v1
                    : firmware == Firmware::none ? GroupKind::none
                                                 : GroupKind::v2;
  controls.has_fast = firmware != Firmware::v1;
  controls.is_745 = firmware == Firmware::on_745;
  if (controls.is_745) controls.tou = 0;
  if (firmware == Firmware::none) return controls;
  for (std::size_t i = 0; i < eco_group_addresses.size(); ++i) {
    // The second is somebody's, every day.
    EcoGroup group;
    if (i == 1) group = EcoGroup{0, 0, 6, 0, true, eco_type, 0x7F, -50, 100, 0};
    const auto words = words_of(group, controls.groups);
    const auto to = controls.groups == GroupKind::v1
                        ? controls.v1.begin() + (controls.group_address(i) - eco_v1_addresses[0])
                        : controls.fast.begin() + (controls.group_address(i) - fast_address);
    std::copy(words.begin(), words.end(), to);
  }
  return controls;
}

// A house's settings as the owner had them.
RegisterWords settings() {
  std::vector<std::uint16_t> fast(fast_words, 0);
  fast[1] = 100;
  for (const std::uint16_t address : eco_group_addresses) {
    const EcoWords words = encode(EcoGroup{});
    std::copy(words.begin(), words.end(), fast.begin() + (address - fast_address));
  }
  return {{45356, {10}}, {47000, {0}},  {47500, {0}}, {47509, {1, 5'000, 1, 0}},
          {47545, fast}, {47603, {50}}, {47612, {1}}};
}

RegisterWords with(RegisterWords runs, std::uint16_t address,
                   const std::vector<std::uint16_t>& words) {
  for (auto& [start, run] : runs)
    if (address >= start && address + words.size() <= start + run.size())
      std::copy(words.begin(), words.end(), run.begin() + (address - start));
  return runs;
}

std::vector<std::uint16_t> group_words(const EcoGroup& group) {
  return words_of(group, GroupKind::v2);
}

struct ModeRow {
  const char* name;
  Firmware firmware;
  WorkMode mode;
  std::optional<EcoGroup> group;
  Writes writes;
};
const Write auto_again{47511, {1, 0}}, clear{47533, {1}};

void check_rows(std::span<const ModeRow> rows) {
  for (const ModeRow& row : rows) {
    CAPTURE(row.name);
    const auto writes = writes_for_work_mode(row.mode, controls_of(row.firmware), row.group);
    REQUIRE_MESSAGE(writes.has_value(), writes.error().line());
    CHECK(*writes == row.writes);
  }
}

}  // namespace

TEST_SUITE("inverter/setting_writes") {
  TEST_CASE("every work mode is the reference client's writes, one by one") {
    const ModeRow rows[] = {
        {"general", Firmware::v2, WorkMode::general, {}, {{47000, {0}}, auto_again, clear}},
        {"backup", Firmware::v2, WorkMode::backup, {}, {{47000, {2}}, auto_again, clear}},
        {"peak shaving",
         Firmware::v2,
         WorkMode::peak_shaving,
         {},
         {{47000, {4}}, auto_again, clear}},
        {"self-use", Firmware::on_745, WorkMode::self_use, {}, {{47000, {5}}, auto_again, clear}},
        {"off-grid",
         Firmware::v2,
         WorkMode::off_grid,
         {},
         {{47000, {1}}, {47511, {7, 0}}, {45252, {1}}, {45248, {4}}, clear}},
        {"general, no groups",
         Firmware::none,
         WorkMode::general,
         {},
         {{47000, {0}}, auto_again, clear}},
        {"eco", Firmware::v2, WorkMode::eco, {}, {{47000, {3}}, auto_again}},
        {"eco, v1", Firmware::v1, WorkMode::eco, {}, {{47000, {3}}, auto_again}},
        {"eco, 745",
         Firmware::on_745,
         WorkMode::eco,
         {},
         {{47612, {1}}, {47000, {3}}, auto_again}}};
    check_rows(rows);
  }

  TEST_CASE("eco charge and discharge write group 1, switch the others off, then the mode") {
    const ModeRow rows[] = {{"eco charge, v1",
                             Firmware::v1,
                             WorkMode::eco_charge,
                             charge_40_to_80,
                             {{47515, {0x0000, 0x173B, 0xFFD8, 0xFF7F}},
                              {47522, {0x007F}},
                              {47526, {0x0000}},
                              {47530, {0x0000}},
                              {47000, {3}},
                              auto_again}},
                            {"eco discharge, v1",
                             Firmware::v1,
                             WorkMode::eco_discharge,
                             discharge_50,
                             {{47515, {0x0000, 0x173B, 0x0032, 0xFF7F}},
                              {47522, {0x007F}},
                              {47526, {0x0000}},
                              {47530, {0x0000}},
                              {47000, {3}},
                              auto_again}},
                            {"eco charge, v2",
                             Firmware::v2,
                             WorkMode::eco_charge,
                             charge_40_to_80,
                             {{47547, {0x0000, 0x173B, 0xFF7F, 0xFFD8, 0x0050, 0x0000}},
                              {47555, {0x007F}},
                              {47561, {0x0000}},
                              {47567, {0x0000}},
                              {47000, {3}},
                              auto_again}},
                            {"eco discharge, v2",
                             Firmware::v2,
                             WorkMode::eco_discharge,
                             discharge_50,
                             {{47547, {0x0000, 0x173B, 0xFF7F, 0x0032, 0x0064, 0x0000}},
                              {47555, {0x007F}},
                              {47561, {0x0000}},
                              {47567, {0x0000}},
                              {47000, {3}},
                              auto_again}},
                            {"eco charge, 745",
                             Firmware::on_745,
                             WorkMode::eco_charge,
                             charge_745,
                             {{47547, {0x0000, 0x173B, 0xF97F, 0xFE70, 0x0050, 0x0FFF}},
                              {47555, {0x007F}},
                              {47561, {0x0000}},
                              {47567, {0x0000}},
                              {47612, {1}},
                              {47000, {3}},
                              auto_again}}};
    check_rows(rows);
  }

  TEST_CASE("general ends a fast charge") {
    Controls controls = controls_of(Firmware::none);
    controls.fast[0] = 1;
    CHECK(writes_for_work_mode(WorkMode::general, controls)->back() == Write{47545, {0}});
    CHECK(writes_for_work_mode(WorkMode::backup, controls)->back() == clear);
  }

  TEST_CASE("a work mode that the unit has not is unsupported") {
    const auto kind = [](WorkMode mode, Firmware firmware, std::optional<EcoGroup> group = {}) {
      return writes_for_work_mode(mode, controls_of(firmware), group).error().kind;
    };
    CHECK(kind(WorkMode::self_use, Firmware::v2) == ErrorKind::unsupported);
    CHECK(kind(WorkMode::eco, Firmware::none) == ErrorKind::unsupported);
    CHECK(kind(WorkMode::eco_charge, Firmware::none, charge_40_to_80) == ErrorKind::unsupported);
    CHECK(kind(WorkMode::eco_charge, Firmware::v2) == ErrorKind::invalid_input);
  }

  TEST_CASE("work modes have names") {
    for (const WorkMode mode : {WorkMode::general, WorkMode::off_grid, WorkMode::backup,
                                WorkMode::eco, WorkMode::peak_shaving, WorkMode::self_use,
                                WorkMode::eco_charge, WorkMode::eco_discharge})
      CHECK(work_mode_of(work_mode_name(mode)) == mode);
    CHECK(work_mode_name(WorkMode::peak_shaving) == "peak-shaving");
    CHECK_FALSE(work_mode_of("ecco").has_value());
  }

  TEST_CASE("settings: limits before enables") {
    CHECK(*writes_for_export_limit(Watts(5'000)) == Writes{{47510, {5'000}}, {47509, {1}}});
    CHECK(*writes_for_export_limit(Watts(-100)) == Writes{{47510, {65'436}}, {47509, {1}}});
    CHECK(*writes_for_export_limit({}) == Writes{{47509, {0}}});
    CHECK(*writes_for_discharge_depth(80) == Writes{{45356, {20}}});
    CHECK(*writes_for_fast_charging(90, 40) == Writes{{47546, {90}}, {47603, {40}}, {47545, {1}}});
    CHECK(writes_for_fast_charging_off() == Writes{{47545, {0}}});
    CHECK(*writes_for_ems(11, Watts(3'000)) == Writes{{47511, {11, 3'000}}});
    CHECK(*writes_for_ems(8, {}) == Writes{{47511, {8}}});
    CHECK(*writes_for_soc_protection(15) == Writes{{47500, {15}}});
    CHECK(writes_for_tou_switch(true) == Writes{{47612, {1}}});
    const LocalTime wall = LocalTime(std::chrono::local_days(std::chrono::year(2022) / 1 / 4)) +
                           std::chrono::hours(18) + std::chrono::minutes(30) +
                           std::chrono::seconds(25);
    CHECK(*writes_for_clock(wall) == Writes{{45200, {0x1601, 0x0412, 0x1E19}}});
  }

  TEST_CASE("a value that no register holds is refused in one line") {
    const auto refused = [](const Result<Writes>& writes) {
      REQUIRE_FALSE(writes.has_value());
      CHECK(writes.error().kind == ErrorKind::invalid_input);
      CHECK_FALSE(writes.error().remedy.empty());
    };
    refused(writes_for_export_limit(Watts(40'000)));
    refused(writes_for_export_limit(Watts(-32'769)));
    refused(writes_for_discharge_depth(101));
    refused(writes_for_discharge_depth(-1));
    refused(writes_for_fast_charging(101, 40));
    refused(writes_for_fast_charging(90, 0));
    refused(writes_for_ems(0, {}));
    refused(writes_for_ems(13, {}));
    refused(writes_for_ems(2, Watts(65'536)));
    refused(writes_for_soc_protection(101));
    refused(writes_for_clock(LocalTime(std::chrono::local_days(std::chrono::year(1970) / 1 / 1))));
  }

  TEST_CASE("what reads back otherwise by its nature is no difference") {
    CHECK_FALSE(reads_back({47533, {1}}));
    CHECK_FALSE(reads_back({45248, {4}}));
    CHECK(reads_back({47000, {0}}));
    const EcoWords all_year = encode(charge_745);
    EcoWords no_month = all_year;
    no_month[5] = 0;
    CHECK(says_the_same({47547, {all_year.begin(), all_year.end()}}, no_month));
    const Write clock{45200, {0x1601, 0x0412, 0x1E19}};
    CHECK(says_the_same(clock, std::array<std::uint16_t, 3>{0x1601, 0x0412, 0x1E1B}));
    CHECK_FALSE(says_the_same(clock, std::array<std::uint16_t, 3>{0x1601, 0x0412, 0x201B}));
    CHECK_FALSE(says_the_same({47000, {0}}, std::array<std::uint16_t, 1>{3}));
  }

  TEST_CASE("settings as they were found come back in a safe order, and only what differs") {
    const EcoGroup owners{22, 0, 23, 0, true, eco_type, 0x7F, -30, 100, 0};
    struct Row {
      const char* name;
      RegisterWords kept, now;
      Writes writes;
    };
    const RegisterWords plain = settings();
    const auto forced = with(with(plain, 47547, group_words(charge_40_to_80)), 47000, {3});
    const Row rows[] = {
        {"nothing differs", plain, plain, {}},
        {"a charge of ours",
         plain,
         forced,
         {{47000, {0}}, {47547, group_words(EcoGroup{})}, {47533, {1}}}},
        {"eco with a group of the owner's",
         with(with(plain, 47547, group_words(owners)), 47000, {3}),
         forced,
         {{47000, {0}}, {47547, group_words(owners)}, {47000, {3}}}},
        {"the owner's backup mode", with(plain, 47000, {2}), plain, {{47000, {2}}, {47533, {1}}}},
        {"from one mode to another",
         with(plain, 47000, {2}),
         with(plain, 47000, {4}),
         {{47000, {0}}, {47000, {2}}, {47533, {1}}}},
        {"limits before enables",
         plain,
         with(with(with(plain, 47509, {0, 8'000}), 45356, {30}), 47612, {0}),
         {{45356, {10}}, {47510, {5'000}}, {47509, {1}}, {47612, {1}}}},
        {"a fast charge ends before its limits change",
         plain,
         with(with(plain, 47545, {1, 90}), 47603, {40}),
         {{47545, {0}}, {47546, {100}}, {47603, {50}}}},
        {"an EMS mode ends first",
         plain,
         with(with(plain, 47511, {11, 300}), 45356, {30}),
         {{47511, {1, 0}}, {45356, {10}}}},
        {"the owner's EMS mode comes last",
         with(plain, 47511, {8, 200}),
         with(plain, 45356, {30}),
         {{45356, {10}}, {47511, {8, 200}}}}};
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(writes_for_restore(row.kept, row.now) == row.writes);
    }
  }

  TEST_CASE("what the unit has not, or what is not ours, is never put back") {
    const RegisterWords kept{{45127, {247}},    {35100, {1}},  {47533, {1}},
                             {47500, {0xFFFF}}, {47603, {50}}, {47515, {1, 2, 3}}};
    const RegisterWords now{
        {45127, {245}}, {35100, {2}}, {47533, {0}}, {47500, {0}}, {47515, {3, 2, 1}}};
    CHECK(writes_for_restore(kept, now).empty());
    CHECK(writes_for_restore({}, settings()).empty());
    CHECK(writes_for_restore(settings(), {}).empty());
  }

  TEST_CASE("what somebody changed is told by name, the first three of it") {
    const RegisterWords plain = settings();
    CHECK(changes_text(plain, plain).empty());
    CHECK(changes_text({}, plain).empty());
    const auto deeper = with(plain, 45356, {30});
    CHECK(changes_text(plain, deeper) == "battery_discharge_depth 30, was 10");
    const auto group = with(plain, 47547, words_of(discharge_50, GroupKind::v2));
    CHECK(changes_text(plain, group) == "eco_mode_1");
    const auto much = with(with(with(deeper, 47000, {2}), 47511, {8, 200}), 47603, {40});
    CHECK(changes_text(plain, much) ==
          "battery_discharge_depth 30, was 10; work_mode 2, was 0; ems_mode 8, was 1; and 2 more");
    CHECK(changes_text({{1, {2}}}, {{1, {3}}}) == "register 1 3, was 2");
  }

  TEST_CASE("groups v1 come back whole") {
    const auto words = [](const EcoGroup& group) { return words_of(group, GroupKind::v1); };
    RegisterWords kept{{47000, {0}}, {47515, std::vector<std::uint16_t>(v1_words, 0)}};
    const auto now = with(with(kept, 47519, words(discharge_50)), 47000, {3});
    kept = with(kept, 47519, words(charge_40_to_80));
    CHECK(writes_for_restore(kept, now) ==
          Writes{{47000, {0}}, {47519, words(charge_40_to_80)}, {47533, {1}}});
  }
}

}  // namespace wattledger::inverter
