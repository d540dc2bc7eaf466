#include "coordinator/policy/told_session.hpp"

#include <algorithm>

namespace wattledger::policy {
namespace {

using Scalar64 = flatbuffers::Optional<std::int64_t>;

Scalar64 scalar(const std::optional<UtcTime>& time) {
  return time ? Scalar64(to_us(*time)) : Scalar64();
}
template <class Unit>
Scalar64 scalar(const std::optional<Quantity<Unit>>& value) {
  return value ? Scalar64(value->count()) : Scalar64();
}
flatbuffers::Optional<std::uint16_t> level(const std::optional<BasisPoints>& soc) {
  if (!soc) return {};
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(soc->count(), 0, 10'000));
}
flatbuffers::Optional<std::uint32_t> length(const std::optional<std::chrono::seconds>& time) {
  if (!time) return {};
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time->count(), 0, 0xFFFF'FFFF));
}

template <class FactT>
FactT common(const ToldSession& told) {
  FactT fact;
  fact.session = told.name;
  fact.change = told.change;
  fact.planned_start_us = scalar(told.planned_start);
  fact.planned_end_us = scalar(told.planned_end);
  fact.started_us = scalar(told.started);
  fact.ended_us = scalar(told.ended);
  fact.start_soc_bp = level(told.start_soc);
  fact.end_soc_bp = level(told.end_soc);
  fact.energy_mwh = scalar(told.battery);
  fact.average_price_e8 = scalar(told.average_price);
  fact.unmetered_s = length(told.unmetered);
  fact.unpriced_s = length(told.unpriced);
  fact.reason = told.reason;
  return fact;
}

}  // namespace

fb::EventT event_of(const ToldSession& told) {
  fb::EventT event;
  if (told.cause != Sequence{0}) event.cause = told.cause.value;
  if (told.sale) {
    auto sale = common<fb::SellingSessionChangedT>(told);
    sale.floor_soc_bp = level(told.target_soc);
    if (told.power) sale.power_w = static_cast<std::int32_t>(told.power->count());
    sale.exported_mwh = scalar(told.grid);
    sale.revenue_e8 = scalar(told.money);
    event.fact.Set(std::move(sale));
    return event;
  }
  auto charge = common<fb::ChargingSessionChangedT>(told);
  charge.target_soc_bp = level(told.target_soc);
  charge.planned_energy_mwh = scalar(told.planned_energy);
  charge.grid_energy_mwh = scalar(told.grid);
  charge.cost_e8 = scalar(told.money);
  event.fact.Set(std::move(charge));
  return event;
}

}  // namespace wattledger::policy
