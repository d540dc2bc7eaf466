// What is told of a session of either kind, and the event about it. Inside this part only.
#pragma once

#include <optional>
#include <string>

#include "projections/fold/state.hpp"

namespace wattledger::policy {

struct ToldSession {
  bool sale = false;
  std::string name;
  fb::SessionChange change = fb::SessionChange::planned;
  std::optional<UtcTime> planned_start;
  std::optional<UtcTime> planned_end;
  std::optional<UtcTime> started;
  std::optional<UtcTime> ended;
  std::optional<BasisPoints> start_soc;
  std::optional<BasisPoints> end_soc;
  std::optional<BasisPoints> target_soc;
  std::optional<Watts> power;  // of a sale
  std::optional<MilliwattHours> planned_energy;
  std::optional<MilliwattHours> battery;
  std::optional<MilliwattHours> grid;
  std::optional<MoneyE8> money;
  std::optional<PriceE8> average_price;
  std::optional<std::chrono::seconds> unmetered;
  std::optional<std::chrono::seconds> unpriced;
  std::string reason;
  Sequence cause;  // 0: none
};

[[nodiscard]] fb::EventT event_of(const ToldSession& told);

}  // namespace wattledger::policy
