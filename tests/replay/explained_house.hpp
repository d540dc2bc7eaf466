// Houses that come to a decision by each rule, with what stood before and what came after: control
// is on, noon UTC (14:00 in Warsaw), prices in hundredths of the currency per quarter hour.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/replay/house_log.hpp"

namespace wattledger::testing {

inline constexpr std::int64_t noon_s = 12 * 3'600;

using Slots = std::vector<std::int64_t>;

class ExplainedHouse {
 public:
  explicit ExplainedHouse(const fold::PolicySettings& settings);

  ExplainedHouse& prices(Slots values, std::int64_t from_s = noon_s);
  ExplainedHouse& last(fb::Action action, fb::Rule rule, int minutes_ago, int target_bp = 0);
  ExplainedHouse& charged(fb::SessionChange change, int soc_bp, int minutes_ago,
                          const std::string& name = "charge-2025-10-01-1");
  ExplainedHouse& sold(fb::SessionChange change, int soc_bp, int minutes_ago,
                       const std::string& name = "sale-2025-10-01-1");
  ExplainedHouse& forecast(Slots pv_w, Slots load_w);
  ExplainedHouse& code(std::int64_t value);
  ExplainedHouse& wish(fb::OverrideRequestedT fact, int minutes_ago);
  ExplainedHouse& fault(fb::Fault which, std::string detail);

  // Of what the inverter tells from now on.
  ExplainedHouse& holds(int soc_bp, int pv_w = 0, int load_w = 600);
  ExplainedHouse& temperature(int thousandths);
  ExplainedHouse& implausible();
  ExplainedHouse& read(std::int64_t second);

  // Decides at noon, tells the inverter where something is to be told, reads for a quarter of an
  // hour, and decides again. The decision's record.
  std::uint64_t decide(std::int64_t second = noon_s);

  [[nodiscard]] HouseDirectory& log() { return log_; }

 private:
  void command(std::uint64_t decision, const fb::DecisionMadeT& made, std::int64_t second);
  void live(const fb::DecisionMadeT& made, std::int64_t second);

  HouseDirectory log_;
  int soc_bp_ = 5'000, pv_w_ = 0, load_w_ = 600, battery_w_ = 0;
  std::int64_t capacity_mwh_;
  std::optional<int> temperature_mc_;
  fb::Quality quality_ = fb::Quality::good;
  // The meter's counters, in mWh.
  std::int64_t imported_ = 4'000'000'000, exported_ = 900'000'000, sun_ = 7'000'000'000,
               house_ = 9'000'000'000, in_ = 2'000'000'000, out_ = 1'800'000'000;
};

// audit explain, which succeeds. Closes the house's log.
ToolRun explained(ExplainedHouse& house, const std::string& which,
                  const std::vector<std::string>& more = {});

[[nodiscard]] fold::PolicySettings round_settings(const std::string& policy);

}  // namespace wattledger::testing
