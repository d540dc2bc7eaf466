#include "replay/audit/house_past.hpp"

#include <algorithm>

namespace wattledger::tool {
namespace {

// A price that is missing is taken for the one before it, for so many quarters: an hour that was
// not published would else be free.
constexpr int price_stands = 4;

}  // namespace

double per_kwh(PriceE8 price) { return static_cast<double>(price.count()) / 1e8; }

bool tells_prices(Kind kind) {
  return kind == Kind::PricesPublished || kind == Kind::PeakHoursPublished ||
         kind == Kind::PolicyAdopted || kind == Kind::SiteAdopted;
}

std::int32_t local_day(UtcTime at, const ZoneOffsets& zone) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(zone.to_local(at)).time_since_epoch().count());
}

double Stretch::hours() const { return static_cast<double>((to - from).count()) / 3.6e9; }

void HousePast::price(UtcTime quarter, const fold::State& state) {
  if (priced_ == quarter) return;
  priced_ = quarter;
  day_ = local_day(quarter, state.site.zone);
  prices_.reset();
  const fold::PriceSlot* slot = fold::price_at(state, quarter);
  for (int back = 1; slot == nullptr && back <= price_stands; ++back)
    slot = fold::price_at(state, quarter - fold::Quarters(back));
  if (slot != nullptr)
    prices_ = SlotPrices{fold::final_price(state, *slot), fold::feed_in_price(state, *slot)};
}

std::span<const Stretch> HousePast::until(UtcTime to, const fold::State& state) {
  stretches_.clear();
  const UtcTime end = std::min({to, covered_to_, period_.to});
  for (UtcTime at = std::max(reached_, period_.from); at < end;) {
    const UtcTime quarter = std::chrono::floor<fold::Quarters>(at);
    price(quarter, state);
    const UtcTime next = std::min<UtcTime>(quarter + fold::Quarters(1), end);
    stretches_.push_back({at, next, day_, load_w_, pv_w_, prices_});
    at = next;
  }
  reached_ = std::max(reached_, to);
  return stretches_;
}

void HousePast::take(const fb::ReadingRecorded& reading, UtcTime at) {
  if (at < reached_ || reading.quality() == fb::Quality::implausible || !reading.load_power_w() ||
      !reading.pv_power_w())
    return;
  load_w_ = *reading.load_power_w();
  pv_w_ = *reading.pv_power_w();
  reached_ = at;
  covered_to_ = at + reading_holds;
}

DaySums& DaySums::operator+=(const DaySums& other) {
  flows += other.flows;
  paid += other.paid;
  earned += other.earned;
  mode_changes += other.mode_changes;
  decisions += other.decisions;
  return *this;
}

void Account::add(const Stretch& stretch, const Flows& flows) {
  DaySums& day = days_[stretch.day];
  day.flows += flows;
  if (!stretch.prices) return;
  day.paid += flows.bought / 1e3 * per_kwh(stretch.prices->import);
  day.earned += flows.sold / 1e3 * per_kwh(stretch.prices->feed_in);
}

void Account::mode(std::int32_t day, fb::InverterMode mode) {
  if (mode_ && *mode_ != mode) ++days_[day].mode_changes;
  mode_ = mode;
}

}  // namespace wattledger::tool
