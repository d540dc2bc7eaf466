#include "replay/audit/known_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "coordinator/policy/price_slots.hpp"
#include "events/series.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/reason.hpp"
#include "replay/audit/explain_words.hpp"
#include "replay/display.hpp"
#include "replay/reading_on.hpp"

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
    WATTLEDGER_TRY(scan_on(snapshot, Sequence{first}, Sequence{last},
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
  Telling(const log::Snapshot& snapshot, const fold::State& past, UtcTime now, const Places& places,
          fold::Language language)
      : snapshot_(snapshot), past_(past), now_(now), places_(places), say_(language) {}

  KnownFacts tell() {
    reading();
    prices();
    codes();
    forecast({"load forecast", "prognoza domu"}, past_.load_forecast);
    forecast({"PV forecast", "prognoza słońca"}, past_.pv_forecast);
    policy();
    wish();
    for (const fold::LatchedFault& each : past_.faults)
      add({"fault", "usterka"}, each.raised, each.at,
          fold::fault_text(each.fault, say_.language()) +
              (each.detail.empty() ? "" : ": " + each.detail));
    inverter();
    last_decision();
    session({"charge", "ładowanie"}, past_.sessions.charge);
    session({"sale", "sprzedaż"}, past_.sessions.sale);
    today();
    result_.searched_from = places_.searched_from;
    return std::move(result_);
  }

 private:
  struct Name {
    const char* english;
    const char* polish;
  };
  void add(const Name& name, Sequence sequence, std::optional<UtcTime> at, std::string words) {
    FactShown fact{name.english, say_(name.english, name.polish), sequence, std::nullopt,
                   std::move(words)};
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
  [[nodiscard]] std::string price(std::int64_t e8) const { return say_.quantity(price_text(e8)); }
  [[nodiscard]] std::string percent(std::optional<std::int64_t> bp) const {
    return say_.quantity(percent_text(bp));
  }
  [[nodiscard]] std::string action(fb::Action action) const {
    return action_title(action, say_.language());
  }

  void reading();
  void prices();
  void codes();
  void forecast(const Name& name, const std::optional<fold::PowerForecast>& forecast);
  void policy();
  void wish();
  void inverter();
  void last_decision();
  void session(const Name& name, const std::optional<fold::Session>& session);
  void today();

  const log::Snapshot& snapshot_;
  const fold::State& past_;
  const UtcTime now_;
  const Places& places_;
  const Wording say_;
  KnownFacts result_;
};

// "charging 3000 W": of a power with a direction.
std::string directed(std::optional<std::int64_t> watts, const std::string& out,
                     const std::string& in) {
  if (!watts) return "?";
  if (*watts == 0) return "0 W";
  return fmt::format("{} {} W", *watts > 0 ? out : in, std::abs(*watts));
}

void Telling::reading() {
  constexpr Name name{"reading", "odczyt"};
  if (!past_.reading) {
    add(name, {}, std::nullopt, say_("none yet", "jeszcze żaden"));
    return;
  }
  const fold::Reading& r = *past_.reading;
  std::string words =
      say_("battery at {0}, {1}; sun {2}, house {3}, grid {4}",
           "bateria {0}, {1}; słońce {2}, dom {3}, sieć {4}",
           {percent(count(r.soc)),
            directed(count(r.battery_power), say_("giving", "oddaje"), say_("charging", "ładuje")),
            power_text(count(r.pv_power)), power_text(count(r.load_power)),
            directed(count(r.grid_power), say_("taking", "przyjmuje"), say_("giving", "daje"))});
  if (r.quality == fb::Quality::implausible)
    words += say_("; it cannot be true", "; nie może być prawdziwy");
  add(name, r.sequence, r.at, std::move(words));
}

void Telling::prices() {
  constexpr Name name{"prices", "ceny"};
  const fold::PriceSlot* slot = fold::price_at(past_, now_);
  if (slot == nullptr) {
    add(name, {}, std::nullopt, say_("none for this time", "żadna na tę porę"));
    return;
  }
  const UtcTime known_to = past_.prices.back().start + past_.prices.back().length;
  const std::string zone = fold::tariff_zone(past_, now_);
  const std::string zone_text = zone.empty() ? "" : say_(" (zone {0})", " (strefa {0})", {zone});
  const std::string made_of =
      fold::final_price(past_, *slot) == slot->market
          ? say_(", the market's", ", rynkowa")
          : say_(": {0} on the market, the rest tariff{1}", ": {0} na rynku, reszta to taryfa{1}",
                 {price(slot->market.count()), zone_text});
  std::string words = say_("{0} {1} per kWh in this slot{2}; fed in it earns {3}; known to {4}",
                           "{0} {1} za kWh w tym okresie{2}; oddana przynosi {3}; znane do {4}",
                           {price(fold::final_price(past_, *slot).count()), money(), made_of,
                            price(fold::feed_in_price(past_, *slot).count()), clock(known_to)});
  if (!places_.provider.empty()) words += say_(", by {0}", ", źródło: {0}", {places_.provider});
  add(name, places_.prices, time_of(places_.prices), std::move(words));
}

void Telling::codes() {
  if (const auto code = policy::peak_code(past_, now_))
    add({"operator's code", "kod operatora"}, places_.peaks, time_of(places_.peaks),
        say_("{0} in this hour (0 use, 1 normal, 2 save, 3 reduce)",
             "{0} w tej godzinie (0 używać, 1 zwykle, 2 oszczędzać, 3 ograniczać)",
             {std::to_string(*code)}));
}

void Telling::forecast(const Name& name, const std::optional<fold::PowerForecast>& forecast) {
  if (!forecast) return;
  const auto here = policy::forecast_at(forecast, now_);
  const UtcTime end =
      forecast->start + forecast->step * static_cast<std::int64_t>(forecast->power_w.size());
  std::string words = say_("{0} now, to {1}", "teraz {0}, do {1}",
                           {here ? power_text(here->count()) : say_("nothing", "nic"), clock(end)});
  if (!forecast->provider.empty()) words += say_(", by {0}", ", źródło: {0}", {forecast->provider});
  add(name, forecast->sequence, forecast->issued, std::move(words));
}

void Telling::policy() {
  constexpr Name name{"policy", "polityka"};
  if (!past_.policy) {
    add(name, {}, std::nullopt, say_("none", "żadna"));
    return;
  }
  const fold::PolicySettings& settings = past_.policy->settings;
  add(name, past_.policy->adopted, time_of(past_.policy->adopted),
      say_("{0}, tariff {1}, battery {2} kept from {3} to {4}",
           "{0}, taryfa {1}, bateria {2} trzymana od {3} do {4}",
           {settings.policy, settings.tariff,
            say_.quantity(energy_text(settings.battery_capacity.count())),
            percent(settings.soc_min.count()), percent(settings.soc_max.count())}));
}

void Telling::wish() {
  const auto& wish = past_.owner_override;
  if (!wish) return;
  std::string words = action(wish->action);
  if (wish->power) words += say_(" at {0}", " z mocą {0}", {power_text(wish->power->count())});
  if (wish->target_soc) words += say_(" to {0}", " do {0}", {percent(wish->target_soc->count())});
  if (wish->until) words += say_(" until {0}", " do {0}", {clock(*wish->until)});
  const auto record = snapshot_.at(wish->request);
  const auto* asked = record ? record->event.as<fb::OverrideRequested>() : nullptr;
  if (asked != nullptr && asked->reason() != nullptr && asked->reason()->size() != 0)
    words += say_(", because: {0}", ", bo: {0}", {asked->reason()->str()});
  if (!wish->until || *wish->until > now_) result_.override_words = words;
  add({"owner's wish", "życzenie"}, wish->request, time_of(wish->request), std::move(words));
}

void Telling::inverter() {
  const fold::InverterState& inverter = past_.inverter;
  if (inverter.confirmed == fb::InverterMode::unknown) return;
  std::string words = say_("mode {0} since {1}", "tryb {0} od {1}",
                           {mode_title(inverter.confirmed, say_), clock(inverter.since)});
  if (inverter.confirmed_until)
    words += say_(", ends by itself at {0}", ", sam kończy się o {0}",
                  {clock(*inverter.confirmed_until)});
  if (inverter.failures > 0)
    words += say_("; {0} {0|command|commands} failed since",
                  "; od tej pory {0} {0|nieudane polecenie|nieudane polecenia|nieudanych poleceń}",
                  {std::to_string(inverter.failures)});
  add({"inverter", "falownik"}, places_.confirmed, inverter.confirmed_at, std::move(words));
}

void Telling::last_decision() {
  const auto& last = past_.decision;
  if (!last) return;
  add({"last decision", "przedtem"}, last->sequence, last->at,
      say_("{0} by rule {1}; such since {2}", "{0} według reguły: {1}; tak od {2}",
           {action(last->action), rule_title(last->rule, say_.language()), clock(last->since)}));
}

void Telling::session(const Name& name, const std::optional<fold::Session>& session) {
  if (!session) return;
  std::string words = session->name;
  if (session->start_soc)
    words += say_(" from {0}", " od {0}", {percent(session->start_soc->count())});
  if (session->target_soc)
    words += say_(" to {0}", " do {0}", {percent(session->target_soc->count())});
  words +=
      say_(", {0} so far", ", dotąd {0}", {say_.quantity(energy_text(session->battery.count()))});
  add(name, session->started, session->started_at, std::move(words));
}

void Telling::today() {
  const auto day = std::chrono::floor<std::chrono::days>(past_.site.zone.to_local(now_));
  if (past_.sessions.day != day.time_since_epoch().count()) return;
  if (past_.sessions.charges + past_.sessions.sales == 0) return;
  add({"today", "dziś"}, {}, std::nullopt,
      say_("begun so far: charges {0}, sales {1}", "dotąd rozpoczęto: ładowań {0}, sprzedaży {1}",
           {std::to_string(past_.sessions.charges), std::to_string(past_.sessions.sales)}));
}

}  // namespace

Result<KnownFacts> known_facts(const log::Snapshot& snapshot, const fold::State& past, UtcTime now,
                               fold::Language language) {
  const auto places = find_places(snapshot, past, now);
  if (!places) return Failure(places.error());
  return Telling(snapshot, past, now, *places, language).tell();
}

}  // namespace wattledger::tool
