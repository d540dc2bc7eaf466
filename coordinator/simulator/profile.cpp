#include "coordinator/simulator/profile.hpp"

#include <algorithm>
#include <array>

namespace wattledger::simulator {
namespace {

using std::chrono::seconds;

// Response and ramp are our estimate of what owners report (seconds, not minutes); no source gives
// figures.
constexpr std::array<Profile, 6> all{{
    {.name = "ideal",
     .what = "three-phase ET of 10 kW, ARM firmware 23, that obeys at once",
     .serial = "9010KETU00SIM001",
     .model = "GW10K-ET",
     .firmware = "04029-10-S11",
     .arm_firmware = "02041-23-S00",
     .dsp_version = 4,
     .arm_version = 23,
     .rated_power = Watts(10'000)},
    {.name = "et",
     .what = "three-phase ET of 10 kW, ARM firmware 23: eco groups version 2, peak shaving",
     .serial = "9010KETU00SIM002",
     .model = "GW10K-ET",
     .firmware = "04029-10-S11",
     .arm_firmware = "02041-23-S00",
     .dsp_version = 10,
     .arm_version = 23,
     .rated_power = Watts(10'000),
     .response_time = seconds(3),
     .ramp = Watts(1'000),
     .tapers = true},
    {.name = "et-old",
     .what = "three-phase ET of 10 kW, ARM firmware 17: eco groups version 1",
     .serial = "9010KETU00SIM003",
     .model = "GW10K-ET",
     .firmware = "04029-06-S11",
     .arm_firmware = "02041-17-S00",
     .dsp_version = 6,
     .arm_version = 17,
     .rated_power = Watts(10'000),
     .response_time = seconds(3),
     .ramp = Watts(1'000),
     .tapers = true},
    {.name = "eh",
     .what = "single-phase EH of 6 kW, ARM firmware 16: eco groups version 1, half a word of power",
     .serial = "96000EHU00SIM004",
     .model = "GW6000-EH",
     .firmware = "04034-09-S10",
     .arm_firmware = "02041-16-S00",
     .dsp_version = 9,
     .arm_version = 16,
     .rated_power = Watts(6'000),
     .low_word_only = true,
     .response_time = seconds(3),
     .ramp = Watts(600),
     .tapers = true},
    {.name = "et-745",
     .what = "ET of 15 kW on the 745 platform: eco groups need the TOU switch, long meter, MPPT",
     .serial = "9015KETT00SIM005",
     .model = "",
     .firmware = "401105",
     .arm_firmware = "211206",
     .dsp_version = 5,
     .arm_version = 25,
     .rated_power = Watts(15'000),
     .meter_words = 58,
     .utf16_text = true,
     .response_time = seconds(3),
     .ramp = Watts(1'500),
     .tapers = true},
    {.name = "et-25k",
     .what = "ET of 25 kW on the 745 platform with two batteries and the longest meter block",
     .serial = "9025KETT00SIM006",
     .model = "",
     .firmware = "401107",
     .arm_firmware = "211208",
     .dsp_version = 7,
     .arm_version = 26,
     .rated_power = Watts(25'000),
     .meter_words = 125,
     .second_battery = BasisPoints(4'000),
     .utf16_text = true,
     .response_time = seconds(3),
     .ramp = Watts(2'500),
     .tapers = true},
}};

}  // namespace

std::span<const Profile> profiles() { return all; }

const Profile& ideal_profile() { return all.front(); }

const Profile* profile_named(std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Profile& each) { return each.name == name; });
  return found == all.end() ? nullptr : found;
}

}  // namespace wattledger::simulator
