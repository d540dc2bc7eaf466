#include "coordinator/policy/sale_caps.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace wattledger::policy {
namespace {

__extension__ using Wide = __int128;

Energy share_of(const fold::PolicySettings& settings, BasisPoints share) {
  return Energy(static_cast<std::int64_t>(
      static_cast<Wide>(to_energy(settings.battery_capacity).count()) * share.count() / 10'000));
}

Energy needed(const PlanSlot& slot) { return std::max(slot.load - slot.pv, Energy(0)); }

class Caps {
 public:
  Caps(const fold::PolicySettings& settings, const ZoneOffsets& zone, const SaleRoom& room,
       const Plan& plan, Horizon& horizon)
      : settings_(settings), room_(room), horizon_(horizon), taken_(plan.steps.size()) {
    Energy before = horizon.problem.start;
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (plan.steps[i].discharge > needed(horizon.problem.slots[i]))
        taken_[i] = before - plan.steps[i].stored;
      before = plan.steps[i].stored;
      days_.push_back(std::chrono::floor<std::chrono::days>(zone.to_local(horizon.slots[i].start)));
    }
  }

  // What each slot may take out of the store for a sale; false where nothing is cut.
  bool share_out() {
    std::vector<std::size_t> order(taken_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return horizon_.problem.slots[a].export_price > horizon_.problem.slots[b].export_price;
    });
    kept_.assign(taken_.size(), Energy(0));
    bool cut = false;
    for (const std::size_t i : order) {
      if (taken_[i] <= Energy(0)) continue;
      Energy& day = sold_in_.try_emplace(days_[i], Energy(0)).first->second;
      const Energy left = std::min(day_cap(i) - day, row_left(i));
      kept_[i] = std::clamp(left, Energy(0), taken_[i]);
      day += kept_[i];
      cut = cut || kept_[i] < taken_[i];
    }
    return cut;
  }

  void lower() {
    const PlanProblem& problem = horizon_.problem;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const Energy given(static_cast<std::int64_t>(static_cast<Wide>(kept_[i].count()) *
                                                   problem.discharge_efficiency.count() /
                                                   lossless.count()));
      PlanSlot& slot = horizon_.problem.slots[i];
      slot.discharge_max = std::min(slot.discharge_max, std::max(given, needed(slot)));
    }
  }

 private:
  [[nodiscard]] Energy day_cap(std::size_t i) const {
    return share_of(settings_,
                    days_[i] == days_.front() ? room_.left_day : settings_.selling.day_max);
  }

  // What the slots that sell in a row with this one leave it.
  [[nodiscard]] Energy row_left(std::size_t i) const {
    Energy row;
    std::size_t first = i;
    while (first > 0 && kept_[first - 1] > Energy(0)) row += kept_[--first];
    for (std::size_t next = i + 1; next < kept_.size() && kept_[next] > Energy(0); ++next)
      row += kept_[next];
    const bool goes_on = first == 0 && room_.running;
    return share_of(settings_, goes_on ? room_.left_session : settings_.selling.session_max) - row;
  }

  const fold::PolicySettings& settings_;
  const SaleRoom& room_;
  Horizon& horizon_;
  std::vector<Energy> taken_;  // by the plan's sales, out of the store
  std::vector<Energy> kept_;   // of it
  std::vector<std::chrono::local_days> days_;
  std::map<std::chrono::local_days, Energy> sold_in_;
};

}  // namespace

bool cap_sales(const fold::PolicySettings& settings, const ZoneOffsets& zone, const SaleRoom& room,
               const Plan& plan, Horizon& horizon) {
  if (!settings.selling.enabled) return false;
  Caps caps(settings, zone, room, plan, horizon);
  if (!caps.share_out()) return false;
  caps.lower();
  return true;
}

}  // namespace wattledger::policy
