#include "coordinator/inverter/steering.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace wattledger::inverter {
namespace {

using fb::InverterMode;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Watts rated{10'000};

// Warsaw in 2025: summer time from 30 March 01:00 UTC to 26 October 01:00 UTC.
ZoneOffsets warsaw() {
  const auto at = [](const char* text) { return *parse_time(text, ZoneOffsets()); };
  return ZoneOffsets({{at("2024-10-27T01:00:00Z"), hours(1)},
                      {at("2025-03-30T01:00:00Z"), hours(2)},
                      {at("2025-10-26T01:00:00Z"), hours(1)}});
}

UtcTime utc(const char* text) { return *parse_time(text, ZoneOffsets()); }

Wish charge(const char* until) {
  return {InverterMode::charge, Watts(4'000), BasisPoints(9'000), utc(until)};
}

// "14:25-15:00" of the group's window.
std::string window(const EcoGroup& group) {
  const auto two = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return two(group.start_hour) + ":" + two(group.start_minute) + "-" + two(group.end_hour) + ":" +
         two(group.end_minute);
}

// General mode as a new inverter has it: EMS auto, four unused groups.
Controls general() {
  Controls controls;
  controls.limits = {0, 10'000, ems_auto, 0};
  controls.fast[1] = 100;
  const EcoWords unused = encode(EcoGroup{});
  for (const std::uint16_t address : eco_group_addresses) {
    std::copy(unused.begin(), unused.end(), controls.fast.begin() + (address - fast_address));
  }
  return controls;
}

void set_group(Controls& controls, std::size_t index, const EcoGroup& group) {
  const auto words = words_of(group, controls.groups);
  if (controls.groups == GroupKind::v1) {
    std::copy(words.begin(), words.end(),
              controls.v1.begin() + (controls.group_address(index) - eco_v1_addresses[0]));
  } else {
    std::copy(words.begin(), words.end(),
              controls.fast.begin() + (controls.group_address(index) - fast_address));
  }
}

Controls general_v1() {
  Controls controls;
  controls.limits = {0, 10'000, ems_auto, 0};
  controls.groups = GroupKind::v1;
  controls.has_fast = false;
  for (std::size_t i = 0; i < eco_v1_addresses.size(); ++i) set_group(controls, i, EcoGroup{});
  return controls;
}

Controls general_without_groups() {
  Controls controls;
  controls.limits = {0, 10'000, ems_auto, 0};
  controls.groups = GroupKind::none;
  controls.fast[1] = 100;
  controls.fast_power = 100;
  return controls;
}

}  // namespace

TEST_SUITE("inverter/steering") {
  TEST_CASE("a window begins a little before now and ends at the wish's end, by the local clock") {
    struct Row {
      const char* name;
      const char* now;
      const char* until;
      const char* expected;
    };
    const Row rows[] = {
        {"half an hour in summer", "2025-07-02T12:30:20Z", "2025-07-02T13:00:00Z", "14:25-15:00"},
        {"half an hour in winter", "2025-01-02T12:30:20Z", "2025-01-02T13:00:00Z", "13:25-14:00"},
        {"an end within a minute is never late", "2025-01-02T12:30:20Z", "2025-01-02T12:45:59Z",
         "13:25-13:45"},
        {"never before midnight", "2025-01-01T23:01:00Z", "2025-01-01T23:30:00Z", "00:00-00:30"},
        {"never past midnight", "2025-01-02T22:30:00Z", "2025-01-02T23:30:00Z", "23:25-23:59"},
        {"ends before the clock goes forward", "2025-03-30T00:40:00Z", "2025-03-30T01:30:00Z",
         "01:35-02:00"},
        {"ends before an hour that repeats", "2025-10-25T23:40:00Z", "2025-10-26T00:30:00Z",
         "01:35-02:00"},
        {"the second pass is an hour as any", "2025-10-26T01:10:00Z", "2025-10-26T01:50:00Z",
         "02:05-02:50"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto group = group_for(charge(row.until), utc(row.now), warsaw(), rated);
      REQUIRE_MESSAGE(group.has_value(), group.error().line());
      CHECK(window(*group) == row.expected);
      CHECK(group->holds(warsaw().to_local(utc(row.now))));
    }
  }

  TEST_CASE("a forced mode that cannot be is refused with one line") {
    struct Row {
      const char* name;
      Wish wish;
      const char* now;
      const char* said;
    };
    const Row rows[] = {
        {"past", charge("2025-07-02T12:00:00Z"), "2025-07-02T12:00:00Z", "which is past"},
        {"too far", charge("2025-07-02T13:00:01Z"), "2025-07-02T12:00:00Z",
         "more than 60 minutes ahead"},
        {"the last minute of a day", charge("2025-01-02T23:20:00Z"), "2025-01-02T22:59:10Z",
         "no whole minute"},
        {"less than a minute", charge("2025-07-02T12:00:59Z"), "2025-07-02T12:00:10Z",
         "no whole minute"},
        {"first pass of a repeated hour", charge("2025-10-26T00:50:00Z"), "2025-10-26T00:10:00Z",
         "will repeat"},
        {"no power",
         {InverterMode::discharge, Watts(0), BasisPoints(2'000), utc("2025-07-02T12:30:00Z")},
         "2025-07-02T12:00:00Z",
         "of 0 W"},
        {"no such SOC",
         {InverterMode::hold, Watts(0), BasisPoints(10'001), utc("2025-07-02T12:30:00Z")},
         "2025-07-02T12:00:00Z",
         "target SOC"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto group = group_for(row.wish, utc(row.now), warsaw(), rated);
      REQUIRE_FALSE(group.has_value());
      CHECK(group.error().kind == ErrorKind::invalid_input);
      CHECK_MESSAGE(group.error().line().find(row.said) != std::string::npos, group.error().line());
    }
  }

  TEST_CASE("power and SOC in whole percent, rounded toward the limit's inside") {
    struct Row {
      InverterMode mode;
      std::int64_t watts, soc_bp;
      int power_percent, soc_percent;
    };
    const Row rows[] = {
        {InverterMode::charge, 4'000, 9'000, -40, 90},
        {InverterMode::charge, 4'099, 9'099, -40, 90},
        {InverterMode::charge, 5, 9'000, -2, 90},
        {InverterMode::charge, 25'000, 10'000, -100, 100},
        {InverterMode::discharge, 2'550, 2'001, 25, 21},
        {InverterMode::discharge, 2'500, 2'000, 25, 20},
        {InverterMode::hold, 0, 5'399, -1, 53},
        {InverterMode::hold, 7'000, 0, -1, 0},
    };
    for (const Row& row : rows) {
      const Wish wish{row.mode, Watts(row.watts), BasisPoints(row.soc_bp),
                      utc("2025-07-02T12:30:00Z")};
      const auto group = group_for(wish, utc("2025-07-02T12:00:00Z"), warsaw(), rated);
      REQUIRE(group.has_value());
      CHECK(group->power == row.power_percent);
      CHECK(group->soc_percent == row.soc_percent);
      CHECK(group->days == 0x08);  // that Wednesday only
    }
  }

  TEST_CASE("a charge writes the group before the mode, and only what differs") {
    const EcoGroup group =
        *group_for(charge("2025-07-02T13:00:00Z"), utc("2025-07-02T12:30:00Z"), warsaw(), rated);
    const Write first{47547, {0x0E19, 0x0F00, 0xFF08, 0xFFD8, 0x005A, 0x0000}};
    Controls controls = general();
    CHECK(writes_for_group(group, controls) == std::vector<Write>{first, {47000, {3}}});

    set_group(controls, 0, group);
    CHECK(writes_for_group(group, controls) == std::vector<Write>{{47000, {3}}});
    controls.work_mode = work_mode_eco;
    CHECK(writes_for_group(group, controls).empty());
    CHECK(difference_from_group(group, controls).empty());

    Controls foreign = general();
    set_group(foreign, 1, {0, 0, 6, 0, true, eco_type, 0x7F, -50, 100, 0});
    set_group(foreign, 3, {0, 0, 6, 0, true, 6, 0x7F, -50, 100, 0});
    foreign.limits[2] = 8;
    foreign.limits[3] = 300;
    foreign.fast[0] = 1;
    CHECK(writes_for_group(group, foreign) == std::vector<Write>{first,
                                                                 {47555, {0x007F}},
                                                                 {47567, {0x067F}},
                                                                 {47000, {3}},
                                                                 {47545, {0}},
                                                                 {47511, {1, 0}}});
  }

  TEST_CASE("general writes the mode first, and only what differs") {
    CHECK(writes_for_general(general()).empty());
    Controls controls = general();
    controls.work_mode = work_mode_eco;
    controls.limits[2] = 11;
    set_group(controls, 0, {14, 25, 15, 0, true, eco_type, 0x08, -40, 90, 0});
    CHECK(writes_for_general(controls) ==
          std::vector<Write>{{47000, {0}}, {47511, {1, 0}}, {47533, {1}}, {47549, {0x0008}}});
  }

  TEST_CASE("what differs after the writes is named with its register") {
    const EcoGroup group{14, 25, 15, 0, true, eco_type, 0x08, -40, 90, 0};
    Controls controls = general();
    CHECK(
        difference_from_group(group, controls) ==
        "register 47547 reads 3000 3000 0000 0064 0064 0000, wished 0e19 0f00 ff08 ffd8 005a 0000");
    set_group(controls, 0, group);
    CHECK(difference_from_group(group, controls) == "register 47000 reads 0000, wished 0003");
    CHECK(difference_from_general(controls) == "register 47549 reads ff08, wished 0008");
    controls.work_mode = 2;
    CHECK(difference_from_general(controls) == "register 47000 reads 0002, wished 0000");
  }

  TEST_CASE("every month and no month are the same to a comparison") {
    EcoGroup group{14, 25, 15, 0, true, eco_type, 0x08, -40, 90, 0};
    Controls controls = general();
    controls.work_mode = work_mode_eco;
    EcoGroup kept = group;
    kept.months = 0x0FFF;
    set_group(controls, 0, kept);
    CHECK(difference_from_group(group, controls).empty());
    CHECK(writes_for_group(group, controls).empty());
  }

  TEST_CASE("by groups v1 the same, without SOC and months") {
    const EcoGroup group =
        *group_for(charge("2025-07-02T13:00:00Z"), utc("2025-07-02T12:30:00Z"), warsaw(), rated);
    const Write first{47515, {0x0E19, 0x0F00, 0xFFD8, 0xFF08}};
    Controls controls = general_v1();
    CHECK(writes_for_group(group, controls) == std::vector<Write>{first, {47000, {3}}});
    CHECK(difference_from_group(group, controls) ==
          "register 47515 reads 3000 3000 0064 0000, wished 0e19 0f00 ffd8 ff08");

    set_group(controls, 0, group);
    controls.work_mode = work_mode_eco;
    CHECK(writes_for_group(group, controls).empty());
    CHECK(difference_from_group(group, controls).empty());
    const ControlState state = state_of(controls, utc("2025-07-02T12:30:00Z"), warsaw(), rated);
    CHECK(state.mode == InverterMode::charge);
    CHECK(state.power == Watts(4'000));
    CHECK_FALSE(state.target_soc.has_value());
    CHECK(state.until == utc("2025-07-02T13:00:00Z"));
    CHECK(state.words.at(2).first == 47515);
    CHECK(writes_for_general(controls) ==
          std::vector<Write>{{47000, {0}}, {47533, {1}}, {47518, {0x0008}}});

    Controls foreign = general_v1();
    for (std::size_t i = 1; i < 4; ++i)
      set_group(foreign, i, {0, 0, 6, 0, true, eco_type, 0x7F, -50, 100, 0});
    CHECK(writes_for_group(group, foreign) ==
          std::vector<Write>{
              first, {47522, {0x007F}}, {47526, {0x007F}}, {47530, {0x007F}}, {47000, {3}}});
    CHECK(difference_from_group(group, foreign).rfind("register 47515", 0) == 0);
  }

  TEST_CASE("the 745 platform: the type that group 1 has decides how power is told") {
    struct Row {
      const char* name;
      std::uint8_t found;
      bool enabled;
      std::uint8_t type;
      std::vector<std::uint16_t> words;
    };
    const Row rows[] = {
        {"eco stays eco", eco_type, false, eco_type, {0x0E19, 0x0F00, 0xFF08, 0xFFD8, 90, 0}},
        {"not set", unset_type, false, eco_745_type, {0x0E19, 0x0F00, 0xF908, 0xFE6B, 90, 0x0FFF}},
        {"a dry contact's", 1, true, eco_745_type, {0x0E19, 0x0F00, 0xF908, 0xFE6B, 90, 0x0FFF}},
        {"its own",
         eco_745_type,
         true,
         eco_745_type,
         {0x0E19, 0x0F00, 0xF908, 0xFE6B, 90, 0x0FFF}}};
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Controls controls = general();
      controls.is_745 = true;
      controls.tou = 1;
      set_group(controls, 0, {48, 0, 48, 0, row.enabled, row.found, 0, 100, 100, 0});
      CHECK(group_type(controls) == row.type);
      const Wish wish{InverterMode::charge, Watts(4'051), BasisPoints(9'000),
                      utc("2025-07-02T13:00:00Z")};
      const auto target = target_for(wish, controls, utc("2025-07-02T12:30:00Z"), warsaw(), rated);
      REQUIRE(target.has_value());
      CHECK(writes_for(*target, controls) == std::vector<Write>{{47547, row.words}, {47000, {3}}});
    }
    Controls ordinary = general();
    set_group(ordinary, 0, {48, 0, 48, 0, false, unset_type, 0, 100, 100, 0});
    CHECK(group_type(ordinary) == eco_type);
  }

  TEST_CASE("the 745 platform: groups need the TOU switch, which general leaves as it is") {
    const EcoGroup group{14, 25, 15, 0, true, eco_745_type, 0x08, -400, 90, 0x0FFF};
    Controls controls = general();
    controls.is_745 = true;
    controls.tou = 0;
    set_group(controls, 0, group);
    CHECK(writes_for_group(group, controls) == std::vector<Write>{{47612, {1}}, {47000, {3}}});
    controls.work_mode = work_mode_eco;
    CHECK(difference_from_group(group, controls) == "register 47612 reads 0000, wished 0001");
    const UtcTime now = utc("2025-07-02T12:30:00Z");
    CHECK(state_of(controls, now, warsaw(), rated).mode == InverterMode::general);
    controls.tou = 1;
    const ControlState state = state_of(controls, now, warsaw(), rated);
    CHECK(state.mode == InverterMode::charge);
    CHECK(state.power == Watts(4'000));
    CHECK(writes_for_general(controls) ==
          std::vector<Write>{{47000, {0}}, {47533, {1}}, {47549, {0x0608}}});
    set_group(controls, 0, {14, 25, 15, 0, true, eco_745_type, 0x08, -10, 90, 0x0FFF});
    CHECK(state_of(controls, now, warsaw(), rated).mode == InverterMode::hold);
  }

  TEST_CASE("without groups a charge is fast charging, and nothing else can be forced") {
    const UtcTime now = utc("2025-07-02T12:30:00Z");
    Controls controls = general_without_groups();
    const Wish wish = charge("2025-07-02T13:00:00Z");
    const auto target = target_for(wish, controls, now, warsaw(), rated);
    REQUIRE(target.has_value());
    CHECK(target->fast == FastCharge{90, 40});
    CHECK(writes_for(*target, controls) ==
          std::vector<Write>{{47546, {90}}, {47603, {40}}, {47545, {1}}});
    CHECK(difference_from(*target, controls) == "register 47546 reads 0064, wished 005a");
    controls.work_mode = 2;
    controls.limits[2] = 8;
    CHECK(writes_for(*target, controls) ==
          std::vector<Write>{
              {47546, {90}}, {47603, {40}}, {47000, {0}}, {47511, {1, 0}}, {47545, {1}}});

    controls = general_without_groups();
    controls.fast[0] = 1;
    controls.fast[1] = 90;
    controls.fast_power = 40;
    CHECK(writes_for(*target, controls).empty());
    CHECK(difference_from(*target, controls).empty());
    const ControlState state = state_of(controls, now, warsaw(), rated);
    CHECK(state.mode == InverterMode::charge);
    CHECK(state.power == Watts(4'000));
    CHECK(state.target_soc == BasisPoints(9'000));
    CHECK_FALSE(state.until.has_value());
    CHECK(writes_for_general(controls) == std::vector<Write>{{47545, {0}}});
    CHECK(difference_from_general(controls) == "register 47545 reads 0001, wished 0000");

    for (const InverterMode mode : {InverterMode::hold, InverterMode::discharge}) {
      const Wish other{mode, Watts(1'000), BasisPoints(5'000), wish.until};
      CHECK(target_for(other, controls, now, warsaw(), rated).error().kind ==
            ErrorKind::unsupported);
    }
    controls.has_fast = false;
    CHECK(target_for(wish, controls, now, warsaw(), rated).error().kind == ErrorKind::unsupported);
  }

  TEST_CASE("the registers say what the inverter does at this reading of its clock") {
    const UtcTime now = utc("2025-07-02T12:30:00Z");  // 14:30
    Controls controls = general();
    const auto mode = [&] { return state_of(controls, now, warsaw(), rated).mode; };
    CHECK(mode() == InverterMode::general);

    controls.work_mode = work_mode_eco;
    CHECK(mode() == InverterMode::general);  // no window is open
    set_group(controls, 0, {14, 25, 15, 0, true, eco_type, 0x08, -40, 90, 0});
    CHECK(mode() == InverterMode::charge);
    const ControlState state = state_of(controls, now, warsaw(), rated);
    CHECK(state.power == Watts(4'000));
    CHECK(state.target_soc == BasisPoints(9'000));
    CHECK(state.until == utc("2025-07-02T13:00:00Z"));
    CHECK(state_of(controls, utc("2025-07-02T13:00:00Z"), warsaw(), rated).mode ==
          InverterMode::general);

    set_group(controls, 0, {14, 25, 15, 0, true, eco_type, 0x08, -1, 90, 0});
    CHECK(mode() == InverterMode::hold);
    set_group(controls, 0, {14, 25, 15, 0, true, eco_type, 0x08, 30, 20, 0});
    CHECK(mode() == InverterMode::discharge);
    controls.limits[2] = 8;
    CHECK(mode() == InverterMode::other);
    controls.limits[2] = ems_auto;
    controls.work_mode = 2;
    CHECK(mode() == InverterMode::other);
    controls.fast[0] = 1;
    CHECK(mode() == InverterMode::charge);
  }
}

}  // namespace wattledger::inverter
