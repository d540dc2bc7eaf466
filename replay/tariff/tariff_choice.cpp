#include "replay/tariff/tariff_choice.hpp"

#include <algorithm>
#include <array>

#include "coordinator/config/config.hpp"
#include "coordinator/sources/parse/decimal.hpp"

namespace wattledger::tool {
namespace {

Result<config::Config> configuration(const Invocation& invocation) {
  if (!invocation.config.empty()) return config::load(invocation.config);
  return config::parse("tariff: {}", "the defaults");
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool by_peak_hours(const fold::PolicySettings& settings) {
  return std::any_of(settings.tariff_zones.begin(), settings.tariff_zones.end(),
                     [](const fold::TariffZone& zone) {
                       return zone.peak_hours != fold::TariffZone::any_peak_hours;
                     });
}

int year_of(std::chrono::local_days day) {
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

}  // namespace

void add_tariff_wish(CLI::App& command, TariffWish& wish) {
  add_text(command, "--tariff", wish.name,
           "A tariff by its name, as g12w (else the configuration's, else g12)")
      .type_name("NAME");
  add_number(command, "--peak-hours", wish.peak_hours,
             "The grid operator's code of the hour, 0 to 3 (else unknown)")
      .type_name("CODE");
}

Result<TariffChoice> choose_tariff(const Invocation& invocation, const TariffWish& wish,
                                   const std::string& time) {
  TariffChoice choice;
  if (wish.peak_hours) {
    if (*wish.peak_hours < 0 || *wish.peak_hours > 3)
      return fail(ErrorKind::invalid_input,
                  "--peak-hours " + std::to_string(*wish.peak_hours) + " is no code",
                  "write 0 (recommended use), 1, 2 or 3 (required reduction)");
    choice.peak_hours = static_cast<std::uint8_t>(*wish.peak_hours);
  }
  const auto around = parse_time(time, ZoneOffsets());
  if (!around) return Failure(around.error());
  const auto config = configuration(invocation);
  // What stands in a file is no error of this command line.
  if (!config)
    return fail(
        config.error().kind == ErrorKind::invalid_input ? ErrorKind::conflict : config.error().kind,
        config.error().what, config.error().remedy);
  choice.settings = config->policy;
  if (!wish.name.empty()) {
    auto named = config::with_tariff(*config, lower(wish.name));
    if (!named)
      return fail(ErrorKind::invalid_input, "--tariff: " + named.error().what,
                  named.error().remedy);
    choice.settings = std::move(*named);
  }
  choice.zone_name = config->site.timezone;
  auto zone = config::load_zone(choice.zone_name, *around);
  if (!zone) return Failure(zone.error());
  choice.zone = std::move(zone->zone);
  return choice;
}

void remark_on(const TariffChoice& choice, UtcTime at) {
  const fold::PolicySettings& settings = choice.settings;
  if (by_peak_hours(settings) && !choice.peak_hours)
    note(
        "the price depends on the grid operator's code of the hour, which is taken as unknown; "
        "give --peak-hours 0 to 3");
  const auto free = [](const fold::TariffZone& zone) { return zone.price == PriceE8(0); };
  if (settings.tariff == "g13" &&
      std::all_of(settings.tariff_zones.begin(), settings.tariff_zones.end(), free))
    note(
        "g13 is the legacy configuration's placeholder and adds nothing; write its zones under "
        "tariff.zones, or see g13s");
  if (settings.holidays.empty()) return;
  const int year = year_of(std::chrono::floor<std::chrono::days>(choice.zone.to_local(at)));
  const int first = year_of(settings.holidays.front());
  const int last = year_of(settings.holidays.back());
  if (year < first || year > last)
    note("holidays are known from " + std::to_string(first) + " to " + std::to_string(last) +
         "; in other years they count as weekdays");
}

std::string_view day_kind(const TariffChoice& choice, UtcTime at) {
  constexpr std::array<std::string_view, 8> names{"mon", "tue", "wed", "thu",
                                                  "fri", "sat", "sun", "holiday"};
  return names[fold::tariff_hour(choice.settings, choice.zone, at).day_kind];
}

std::string exact_text(PriceE8 price) { return sources::decimal_text(price.count(), 8); }

Exit refuse(const Error& error) {
  return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
}

}  // namespace wattledger::tool
