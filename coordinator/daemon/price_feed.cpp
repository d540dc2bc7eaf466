#include "coordinator/daemon/price_feed.hpp"

#include <algorithm>
#include <array>

#include "events/series.hpp"

namespace wattledger::daemon {
namespace {

UtcTime first_slot(const fb::PricesPublishedT& day) {
  return day.prices_e8.empty() ? UtcTime{} : utc_from_us(day.prices_e8.front()->start_us);
}

UtcTime known_from(const fb::PricesPublishedT& day, const ZoneOffsets& zone) {
  const UtcTime this_day = zone.day_start(first_slot(day));
  const UtcTime day_before = zone.day_start(this_day - std::chrono::hours(1));
  const auto midnight = zone.to_local(day_before);
  return zone.to_utc(midnight + publication_hour);
}

UtcTime last_end(const fb::PricesPublishedT& day) {
  if (day.prices_e8.empty()) return UtcTime{};
  const fb::SeriesT& series = *day.prices_e8.back();
  return utc_from_us(series.start_us) +
         std::chrono::seconds(series.step_s) * static_cast<std::int64_t>(series.values.size());
}

bool suspect(const fb::PricesPublishedT& day, std::size_t number) {
  return std::find(day.suspect.begin(), day.suspect.end(), static_cast<std::uint16_t>(number)) !=
         day.suspect.end();
}

// splitmix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
std::uint64_t mix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

// Shape of a day, hour by hour, in grosz per kWh: night valley, morning peak, noon valley, evening
// peak.
constexpr std::array<std::int64_t, 24> day_shape = {38, 36, 34, 33, 34, 38, 47, 56, 55, 46, 38, 32,
                                                    29, 29, 33, 41, 52, 66, 74, 70, 60, 51, 45, 41};

}  // namespace

bool already_known(const fold::State& state, const fb::PricesPublishedT& day) {
  std::size_t number = 0;  // over all series, as `suspect` counts
  for (const auto& series : day.prices_e8)
    for (std::size_t i = 0; i < series->values.size(); ++i, ++number) {
      if (is_absent(*series, i) || suspect(day, number)) continue;
      const fold::PriceSlot* slot = fold::price_at(state, slot_start(*series, i));
      if (slot == nullptr || slot->market.count() != series->values[i]) return false;
    }
  return true;
}

std::optional<PriceFeed::Extent> PriceFeed::extent() const {
  Extent extent;
  for (const fb::PricesPublishedT& day : days_)
    for (const auto& series : day.prices_e8)
      extent.slots += series->values.size() - series->absent.size();
  if (extent.slots == 0) return std::nullopt;
  extent.from = first_slot(days_.front());
  extent.to = last_end(days_.back());
  return extent;
}

PriceFeed PriceFeed::fixed(PriceE8 price, std::string currency) {
  PriceFeed feed;
  feed.fixed_ = price;
  feed.currency_ = std::move(currency);
  return feed;
}

// Today's, and tomorrow's from when others would be known too.
Result<void> PriceFeed::publish_fixed(Journal& journal, UtcTime now) {
  const ZoneOffsets zone =
      journal.with_state([](const fold::State& state) { return state.site.zone; });
  const UtcTime tomorrow = zone.next_day_start(now);
  for (const UtcTime start : {zone.day_start(now), tomorrow}) {
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(start);
    series->step_s = 900;
    for (UtcTime slot = start; slot < zone.next_day_start(start); slot += std::chrono::minutes(15))
      series->values.push_back(fixed_->count());
    fb::PricesPublishedT day;
    day.provider = "fixed";
    day.kind = fb::PriceKind::fixed;
    day.currency = currency_;
    day.prices_e8.push_back(std::move(series));
    if (start == tomorrow && known_from(day, zone) > now) continue;
    if (journal.with_state([&](const fold::State& state) { return already_known(state, day); }))
      continue;
    fb::EventT event = fact(std::move(day));
    event.source = fb::Source::price_source;
    event.source_name = "fixed";
    const auto recorded = journal.record(std::move(event), log::Urgency::telemetry);
    if (!recorded) return Failure(recorded.error());
  }
  return {};
}

Result<void> PriceFeed::publish_due(Journal& journal, UtcTime now) {
  if (fixed_) return publish_fixed(journal, now);
  while (next_ < days_.size()) {
    fb::PricesPublishedT& day = days_[next_];
    const bool over = last_end(day) <= now;
    enum class Due { later, known, publish };
    const Due due = journal.with_state([&](const fold::State& state) {
      if (over) return Due::known;
      if (known_from(day, state.site.zone) > now) return Due::later;
      return already_known(state, day) ? Due::known : Due::publish;
    });
    if (due == Due::later) return {};
    if (due == Due::publish) {
      fb::EventT event = fact(day);
      event.source = fb::Source::price_source;
      event.source_name = day.provider;
      const auto recorded = journal.record(std::move(event), log::Urgency::telemetry);
      if (!recorded) return Failure(recorded.error());
    }
    ++next_;
  }
  return {};
}

std::vector<fb::PricesPublishedT> generate_prices(std::uint64_t seed, UtcTime from, UtcTime to,
                                                  const ZoneOffsets& zone) {
  std::vector<fb::PricesPublishedT> days;
  constexpr std::chrono::seconds step{900};
  for (UtcTime start = zone.day_start(from); start < to; start = zone.next_day_start(start)) {
    // Each date draws for itself, so that a simulation that goes on later finds the same prices.
    const auto date = std::chrono::floor<std::chrono::days>(zone.to_local(start));
    std::uint64_t random =
        seed ^ 0x5052494345ULL ^
        static_cast<std::uint64_t>(date.time_since_epoch().count()) * 0x9E3779B97F4A7C15ULL;
    random = mix(random);
    const std::int64_t level = 70 + static_cast<std::int64_t>(mix(random) % 60);  // percent
    const std::int64_t sun = static_cast<std::int64_t>(mix(random) % 45);  // grosz off at noon
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(start);
    series->step_s = static_cast<std::uint32_t>(step.count());
    for (UtcTime slot = start; slot < zone.next_day_start(start); slot += step) {
      const LocalTime local = zone.to_local(slot);
      const auto into = local - std::chrono::floor<std::chrono::days>(local);
      const auto hour = static_cast<std::size_t>(into / std::chrono::hours(1));
      std::int64_t grosz_hundredths = day_shape[hour] * level;
      if (hour >= 10 && hour < 15) grosz_hundredths -= sun * 100;
      grosz_hundredths += static_cast<std::int64_t>(mix(random) % 300) - 150;
      series->values.push_back(grosz_hundredths * 10'000);  // 1e-4 of the currency unit to 1e-8
    }
    fb::PricesPublishedT day;
    day.provider = "generated";
    day.kind = fb::PriceKind::day_ahead;
    day.currency = "PLN";
    day.prices_e8.push_back(std::move(series));
    days.push_back(std::move(day));
  }
  return days;
}

}  // namespace wattledger::daemon
