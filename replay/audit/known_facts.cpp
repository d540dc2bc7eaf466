#include "replay/audit/known_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "coordinator/policy/price_slots.hpp"
#include "events/series.hpp"
#include "projections/fold/imported.hpp"
#include "replay/audit/rule_words.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using std::chrono::seconds;

template <class Quantity>
std::optional<std::int64_t> count(const std::optional<Quantity>& value) {
  if (!value) return std::nullopt;
  return value->count();
}

bool covers(const flatbuffers::Vector<flatbuffers::Offset<fb::Series>>* series, UtcTime at) {
  if (series == nullptr) return false;
  return std::any_of(series->begin(), series->end(), [&](const fb::Series* each) {
    const UtcTime start = utc_from_us(each->start_us());
    const auto size = each->values() == nullptr ? 0 : std::int64_t{each->values()->size()};
    return start <= at && at < start + seconds(each->step_s()) * size;
  });
}

// The newest records of kinds that a State keeps without their place.
struct Places {
  Sequence prices, peaks, confirmed;
  std::uint32_t price_slots = 0;
  std::string provider;
  Sequence searched_from;

  void look(const log::RecordView& record, UtcTime now) {
    if (fold::is_imported(record.event)) return;
    if (const auto* fact = record.event.as<fb::PricesPublished>()) {
      if (record.sequence < prices || !covers(fact->prices_e8(), now)) return;
      prices = record.sequence;
      provider = fact->provider() == nullptr ? "" : fact->provider()->str();
      price_slots = 0;
      for (const fb::Series* each : *fact->prices_e8())
        if (each->values() != nullptr) price_slots += each->values()->size();
    } else if (const auto* codes = record.event.as<fb::PeakHoursPublished>()) {
      if (record.sequence > peaks && covers(codes->codes(), now)) peaks = record.sequence;
    } else if (record.event.kind() == Kind::CommandConfirmed) {
      confirmed = std::max(confirmed, record.sequence);
    }
  }
};

Result<Places> find_places(const log::Snapshot& snapshot, const fold::State& past, UtcTime now) {
  constexpr std::uint64_t chunk = 1'024;
  Places places;
  places.searched_from = past.through.next();
  const bool wants_codes = policy::peak_code(past, now).has_value();
  const bool wants_prices = fold::price_at(past, now) != nullptr;
  const bool wants_confirmation = past.inverter.confirmed != fb::InverterMode::unknown;
  const std::uint64_t end =
      past.through.value - std::min(past.through.value, facts_search_records_max);
  for (std::uint64_t last = past.through.value; last > end;) {
    const std::uint64_t first = last - std::min(last - end, chunk) + 1;
    WATTLEDGER_TRY(snapshot.scan(Sequence{first}, Sequence{last},
                                 [&](const log::RecordView& record) -> Result<bool> {
                                   places.look(record, now);
                                   return true;
                                 }));
    places.searched_from = Sequence{first};
    last = first - 1;
    if ((places.prices.value != 0 || !wants_prices) && (places.peaks.value != 0 || !wants_codes) &&
        (places.confirmed.value != 0 || !wants_confirmation))
      break;
  }
  return places;
}

class Telling {
 public:
  Telling(const log::Snapshot& snapshot, const fold::State& past, UtcTime now, const Places& places)
      : snapshot_(snapshot), past_(past), now_(now), places_(places) {}

  KnownFacts tell() {
    reading();
    prices();
    codes();
    forecast("load forecast", past_.load_forecast);
    forecast("PV forecast", past_.pv_forecast);
    policy();
    wish();
    for (const fold::LatchedFault& each : past_.faults)
      add("fault", each.raised, each.at,
          spaced(fb::EnumNameFault(each.fault)) + (each.detail.empty() ? "" : ": " + each.detail));
    inverter();
    last_decision();
    session("charge", past_.sessions.charge);
    session("sale", past_.sessions.sale);
    today();
    result_.searched_from = places_.searched_from;
    return std::move(result_);
  }

 private:
  void add(std::string name, Sequence sequence, std::optional<UtcTime> at, std::string words) {
    FactShown fact{std::move(name), sequence, std::nullopt, std::move(words)};
    if (at) fact.age = std::chrono::floor<seconds>(now_ - *at);
    result_.facts.push_back(std::move(fact));
  }
  [[nodiscard]] std::optional<UtcTime> time_of(Sequence sequence) const {
    if (sequence.value == 0) return std::nullopt;
    const auto record = snapshot_.at(sequence);
    if (!record) return std::nullopt;
    return record->event.occurred_at();
  }
  [[nodiscard]] std::string clock(UtcTime at) const {
    return local_text(at, past_.site.zone).substr(0, 16);
  }
  [[nodiscard]] std::string money() const {
    return past_.policy ? past_.policy->settings.currency : "PLN";
  }

  void reading();
  void prices();
  void codes();
  void forecast(const char* name, const std::optional<fold::PowerForecast>& forecast);
  void policy();
  void wish();
  void inverter();
  void last_decision();
  void session(const char* name, const std::optional<fold::Session>& session);
  void today();

  const log::Snapshot& snapshot_;
  const fold::State& past_;
  const UtcTime now_;
  const Places& places_;
  KnownFacts result_;
};

// "charging 3000 W": of a power with a direction.
std::string directed(std::optional<std::int64_t> watts, const char* out, const char* in) {
  if (!watts) return "?";
  if (*watts == 0) return "0 W";
  return fmt::format("{} {} W", *watts > 0 ? out : in, std::abs(*watts));
}

void Telling::reading() {
  if (!past_.reading) {
    add("reading", {}, std::nullopt, "none yet");
    return;
  }
  const fold::Reading& r = *past_.reading;
  std::string words = fmt::format(
      "battery at {}, {}; sun {}, house {}, grid {}", percent_text(count(r.soc)),
      directed(count(r.battery_power), "giving", "charging"), power_text(count(r.pv_power)),
      power_text(count(r.load_power)), directed(count(r.grid_power), "taking", "giving"));
  if (r.quality == fb::Quality::implausible) words += "; it cannot be true";
  add("reading", r.sequence, r.at, std::move(words));
}

void Telling::prices() {
  const fold::PriceSlot* slot = fold::price_at(past_, now_);
  if (slot == nullptr) {
    add("prices", {}, std::nullopt, "none for this time");
    return;
  }
  const UtcTime known_to = past_.prices.back().start + past_.prices.back().length;
  const std::string zone = fold::tariff_zone(past_, now_);
  std::string words = fmt::format(
      "{} {} per kWh in this slot{}; fed in it earns {}; known to {}",
      price_text(fold::final_price(past_, *slot).count()), money(),
      fold::final_price(past_, *slot) == slot->market
          ? ", the market's"
          : ": " + price_text(slot->market.count()) + " on the market, the rest tariff" +
                (zone.empty() ? "" : " (zone " + zone + ")"),
      price_text(fold::feed_in_price(past_, *slot).count()), clock(known_to));
  if (!places_.provider.empty()) words += ", by " + places_.provider;
  add("prices", places_.prices, time_of(places_.prices), std::move(words));
}

void Telling::codes() {
  if (const auto code = policy::peak_code(past_, now_))
    add("operator's code", places_.peaks, time_of(places_.peaks),
        fmt::format("{} in this hour (0 use, 1 normal, 2 save, 3 reduce)", *code));
}

void Telling::forecast(const char* name, const std::optional<fold::PowerForecast>& forecast) {
  if (!forecast) return;
  const auto here = policy::forecast_at(forecast, now_);
  const UtcTime end =
      forecast->start + forecast->step * static_cast<std::int64_t>(forecast->power_w.size());
  add(name, forecast->sequence, forecast->issued,
      fmt::format("{} now, to {}{}", here ? power_text(here->count()) : "nothing", clock(end),
                  forecast->provider.empty() ? "" : ", by " + forecast->provider));
}

void Telling::policy() {
  if (!past_.policy) {
    add("policy", {}, std::nullopt, "none");
    return;
  }
  const fold::PolicySettings& settings = past_.policy->settings;
  add("policy", past_.policy->adopted, time_of(past_.policy->adopted),
      fmt::format("{}, tariff {}, battery {} kept from {} to {}", settings.policy, settings.tariff,
                  energy_text(settings.battery_capacity.count()),
                  percent_text(settings.soc_min.count()), percent_text(settings.soc_max.count())));
}

void Telling::wish() {
  const auto& wish = past_.owner_override;
  if (!wish) return;
  std::string words = spaced(fb::EnumNameAction(wish->action));
  if (wish->power) words += " at " + power_text(wish->power->count());
  if (wish->target_soc) words += " to " + percent_text(wish->target_soc->count());
  if (wish->until) words += " until " + clock(*wish->until);
  const auto record = snapshot_.at(wish->request);
  const auto* asked = record ? record->event.as<fb::OverrideRequested>() : nullptr;
  if (asked != nullptr && asked->reason() != nullptr && asked->reason()->size() != 0)
    words += ", because: " + asked->reason()->str();
  if (!wish->until || *wish->until > now_) result_.override_words = words;
  add("owner's wish", wish->request, time_of(wish->request), std::move(words));
}

void Telling::inverter() {
  const fold::InverterState& inverter = past_.inverter;
  if (inverter.confirmed == fb::InverterMode::unknown) return;
  std::string words = std::string("mode ") + fb::EnumNameInverterMode(inverter.confirmed) +
                      " since " + clock(inverter.since);
  if (inverter.confirmed_until) words += ", ends by itself at " + clock(*inverter.confirmed_until);
  if (inverter.failures > 0) words += fmt::format("; {} commands failed since", inverter.failures);
  add("inverter", places_.confirmed, inverter.confirmed_at, std::move(words));
}

void Telling::last_decision() {
  const auto& last = past_.decision;
  if (!last) return;
  add("last decision", last->sequence, last->at,
      fmt::format("{} by rule {}; such since {}", spaced(fb::EnumNameAction(last->action)),
                  spaced(fb::EnumNameRule(last->rule)), clock(last->since)));
}

void Telling::session(const char* name, const std::optional<fold::Session>& session) {
  if (!session) return;
  std::string words = session->name;
  if (session->start_soc) words += " from " + percent_text(session->start_soc->count());
  if (session->target_soc) words += " to " + percent_text(session->target_soc->count());
  words += ", " + energy_text(session->battery.count()) + " so far";
  add(name, session->started, session->started_at, std::move(words));
}

void Telling::today() {
  const auto day = std::chrono::floor<std::chrono::days>(past_.site.zone.to_local(now_));
  if (past_.sessions.day != day.time_since_epoch().count()) return;
  if (past_.sessions.charges + past_.sessions.sales == 0) return;
  add("today", {}, std::nullopt,
      fmt::format("begun so far: charges {}, sales {}", past_.sessions.charges,
                  past_.sessions.sales));
}

}  // namespace

Result<KnownFacts> known_facts(const log::Snapshot& snapshot, const fold::State& past,
                               UtcTime now) {
  const auto places = find_places(snapshot, past, now);
  if (!places) return Failure(places.error());
  return Telling(snapshot, past, now, *places).tell();
}

}  // namespace wattledger::tool
