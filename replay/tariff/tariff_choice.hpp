// Which tariff, in which time zone: the configuration's, or the defaults; another one by its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/time.hpp"
#include "projections/fold/tariff.hpp"
#include "replay/command.hpp"

namespace wattledger::tool {

// What both commands were given: options of `tariff` may stand before `table`.
struct TariffWish {
  std::string name;  // --tariff
  std::optional<std::int64_t> peak_hours;
  std::string at, market;  // of tariff alone
  std::string day;         // of table alone
};
void add_tariff_wish(CLI::App& command, TariffWish& wish);

struct TariffChoice {
  fold::PolicySettings settings;
  fold::PeakHours peak_hours;
  std::string zone_name;
  ZoneOffsets zone;  // around the time in question
};
// `time` is what the user wrote, to know its year. Errors of kind invalid_input are of usage.
[[nodiscard]] Result<TariffChoice> choose_tariff(const Invocation& invocation,
                                                 const TariffWish& wish, const std::string& time);

// What the numbers do not say by themselves, on stderr: a code that was not given, a placeholder, a
// year without known holidays.
void remark_on(const TariffChoice& choice, UtcTime at);

// "mon" … "sun", "holiday".
[[nodiscard]] std::string_view day_kind(const TariffChoice& choice, UtcTime at);

// The shortest exact text of 1e-8 currency/kWh.
[[nodiscard]] std::string exact_text(PriceE8 price);

// One line for an error: of usage where the user wrote it.
Exit refuse(const Error& error);

}  // namespace wattledger::tool
