#include "coordinator/policy/price_slots.hpp"

#include <algorithm>

#include "projections/fold/tariff.hpp"

namespace wattledger::policy {
namespace {

__extension__ using Wide = __int128;
constexpr Wide whole_bp = 10'000;

Wide divide_down(Wide value, Wide by) { return value / by - (value % by < 0 ? 1 : 0); }
Wide divide_up(Wide value, Wide by) { return -divide_down(-value, by); }

// The grid slot at `start`. A market slot may be shorter, and a tariff zone may change inside:
// zones change on the hour, and every zone's offset is a whole number of quarters.
std::optional<PricedSlot> priced_slot(const fold::State& state, UtcTime start,
                                      std::chrono::seconds length) {
  constexpr std::chrono::seconds quarter{900};
  const UtcTime end = start + length;
  Wide import = 0;
  Wide feed_in = 0;
  for (UtcTime at = start; at < end;) {
    const fold::PriceSlot* market = fold::price_at(state, at);
    if (market == nullptr) return std::nullopt;
    const UtcTime next =
        std::min({end, market->start + market->length, slot_start(at, quarter) + quarter});
    const fold::PriceSlot piece{at, quarter, market->market};
    import += static_cast<Wide>(fold::final_price(state, piece).count()) * (next - at).count();
    feed_in += static_cast<Wide>(fold::feed_in_price(state, piece).count()) * (next - at).count();
    at = next;
  }
  const Wide time = (end - start).count();
  return PricedSlot{start, PriceE8(static_cast<std::int64_t>(divide_up(import, time))),
                    PriceE8(static_cast<std::int64_t>(divide_down(feed_in, time)))};
}

}  // namespace

UtcTime slot_start(UtcTime time, std::chrono::seconds slot) {
  const std::int64_t length = std::chrono::microseconds(slot).count();
  const std::int64_t us = to_us(time);
  const std::int64_t into = ((us % length) + length) % length;
  return utc_from_us(us - into);
}

std::vector<PricedSlot> priced_slots(const fold::State& state, const fold::PolicySettings& settings,
                                     UtcTime from, UtcTime to) {
  std::vector<PricedSlot> slots;
  if (state.prices.empty()) return slots;
  for (UtcTime start = from; start < to; start += settings.slot)
    if (const auto slot = priced_slot(state, start, settings.slot)) slots.push_back(*slot);
  return slots;
}

PriceE8 above_by(PriceE8 price, BasisPoints share) {
  const Wide size = price < PriceE8(0) ? -price.count() : price.count();
  return PriceE8(price.count() + static_cast<std::int64_t>(size * share.count() / whole_bp));
}

PriceE8 below_by(PriceE8 price, BasisPoints share) {
  const Wide size = price < PriceE8(0) ? -price.count() : price.count();
  return PriceE8(price.count() -
                 static_cast<std::int64_t>(divide_up(size * share.count(), whole_bp)));
}

std::optional<PriceE8> quantile(std::vector<PriceE8> prices, BasisPoints share) {
  if (prices.empty()) return std::nullopt;
  std::sort(prices.begin(), prices.end());
  const Wide rank = static_cast<Wide>(prices.size() - 1) * share.count();
  const auto below = static_cast<std::size_t>(rank / whole_bp);
  const Wide beyond = rank % whole_bp;
  if (beyond == 0) return prices[below];
  const Wide step = static_cast<Wide>(prices[below + 1].count()) - prices[below].count();
  return PriceE8(prices[below].count() + static_cast<std::int64_t>(step * beyond / whole_bp));
}

std::optional<std::uint32_t> peak_code(const fold::State& state, UtcTime at) {
  const auto after =
      std::upper_bound(state.peaks.begin(), state.peaks.end(), at,
                       [](UtcTime time, const fold::PeakSlot& slot) { return time < slot.start; });
  if (after == state.peaks.begin()) return std::nullopt;
  const fold::PeakSlot& slot = *std::prev(after);
  if (at >= slot.start + slot.length) return std::nullopt;
  return slot.code;
}

bool in_hours(const fold::State& state, std::uint32_t hours, UtcTime at) {
  const LocalTime local = state.site.zone.to_local(at);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return (hours >> std::chrono::floor<std::chrono::hours>(local - day).count() & 1U) != 0;
}

std::optional<Watts> forecast_at(const std::optional<fold::PowerForecast>& forecast, UtcTime at) {
  if (!forecast || forecast->step.count() <= 0 || at < forecast->start) return std::nullopt;
  const auto index = static_cast<std::size_t>((at - forecast->start) / forecast->step);
  if (index >= forecast->power_w.size() || !forecast->power_w[index]) return std::nullopt;
  return Watts(*forecast->power_w[index]);
}

Watts flat_load(const fold::PolicySettings& settings) {
  constexpr std::int64_t mwh_a_day_per_w = 24'000;
  return Watts(settings.load_default_day.count() / mwh_a_day_per_w);
}

Watts load_at(const fold::State& state, const fold::PolicySettings& settings, UtcTime at) {
  return forecast_at(state.load_forecast, at).value_or(flat_load(settings));
}

}  // namespace wattledger::policy
