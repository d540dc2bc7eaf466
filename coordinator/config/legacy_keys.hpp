// The legacy master_coordinator_config.yaml, as its owners have it: which of its keys mean one of
// ours, which have no meaning here and why. Its section electricity_tariff has a reader of its own.
// For this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wattledger::config {

// How its text becomes ours.
enum class LegacyForm : std::uint8_t {
  same,
  lower_case,    // "INFO"
  hexadecimal,   // 0xf7
  of_a_hundred,  // 0.9 of what we say in %
  of_a_thousand  // s of what we say in ms, kW of W
};

struct LegacyKey {
  std::string_view path;
  std::string_view now;  // the key of ours that it means; empty: it is read and sets nothing
  std::string_view why;  // then
  LegacyForm form = LegacyForm::same;
};

[[nodiscard]] const std::vector<LegacyKey>& legacy_keys();

// A section of which nothing but legacy_keys() is read, and why: any key may stand there.
struct LegacySection {
  std::string_view path;
  std::string_view why;
};
[[nodiscard]] const std::vector<LegacySection>& legacy_sections();

// The text as ours would have it; as it is where it has not the form, for the key's reader to
// refuse.
[[nodiscard]] std::string from_legacy(const std::string& text, LegacyForm form);

}  // namespace wattledger::config
