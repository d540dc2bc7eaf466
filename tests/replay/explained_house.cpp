#include "tests/replay/explained_house.hpp"

#include <algorithm>
#include <memory>

namespace wattledger::testing {
namespace {

std::unique_ptr<fb::SeriesT> series(std::int64_t from_s, Slots values, std::uint32_t step_s) {
  auto result = std::make_unique<fb::SeriesT>();
  result->start_us = to_us(at_s(from_s));
  result->step_s = step_s;
  result->values = std::move(values);
  return result;
}

template <class Fact>
Fact session(fb::SessionChange change, int soc_bp, const std::string& name) {
  Fact fact;
  fact.session = name;
  fact.change = change;
  if (change == fb::SessionChange::started)
    fact.start_soc_bp = static_cast<std::uint16_t>(soc_bp);
  else
    fact.end_soc_bp = static_cast<std::uint16_t>(soc_bp);
  return fact;
}

}  // namespace

fold::PolicySettings round_settings(const std::string& policy) {
  fold::PolicySettings settings;
  settings.policy = policy;
  settings.charge_efficiency = settings.discharge_efficiency = BasisPoints(10'000);
  settings.tariff_component = PriceE8(0);
  settings.wear = PriceE8(0);
  if (policy == "optimal") settings.terminal_value = BasisPoints(0);
  return settings;
}

ExplainedHouse::ExplainedHouse(const fold::PolicySettings& settings)
    : capacity_mwh_(settings.battery_capacity.count()) {
  log_.site();
  fb::PolicyAdoptedT policy;
  policy.text = fold::render_policy(settings);
  policy.digest = std::make_unique<fb::Digest256>();
  policy.engine_revision = policy::engine_revision;
  log_.add(0, std::move(policy));
  fb::CoordinatorStartedT started;
  started.version = "test";
  started.engine_revision = policy::engine_revision;
  started.control_mode = fb::ControlMode::on;
  log_.add(0, std::move(started));
}

ExplainedHouse& ExplainedHouse::prices(Slots values, std::int64_t from_s) {
  for (std::int64_t& each : values) each *= 1'000'000;
  fb::PricesPublishedT fact;
  fact.provider = "pse";
  fact.kind = fb::PriceKind::day_ahead;
  fact.currency = "PLN";
  fact.prices_e8.push_back(series(from_s, std::move(values), 900));
  log_.add(60, std::move(fact), fb::Source::price_source);
  return *this;
}

ExplainedHouse& ExplainedHouse::last(fb::Action action, fb::Rule rule, int minutes_ago,
                                     int target_bp) {
  fb::DecisionMadeT fact;
  fact.action = action;
  fact.rule = rule;
  if (target_bp != 0) fact.target_soc_bp = static_cast<std::uint16_t>(target_bp);
  fact.until_us = to_us(at_s(noon_s + 900));
  log_.add(noon_s - minutes_ago * 60, std::move(fact));
  return *this;
}

ExplainedHouse& ExplainedHouse::charged(fb::SessionChange change, int soc_bp, int minutes_ago,
                                        const std::string& name) {
  log_.add(noon_s - minutes_ago * 60, session<fb::ChargingSessionChangedT>(change, soc_bp, name));
  return *this;
}

ExplainedHouse& ExplainedHouse::sold(fb::SessionChange change, int soc_bp, int minutes_ago,
                                     const std::string& name) {
  log_.add(noon_s - minutes_ago * 60, session<fb::SellingSessionChangedT>(change, soc_bp, name));
  return *this;
}

ExplainedHouse& ExplainedHouse::forecast(Slots pv_w, Slots load_w) {
  fb::LoadForecastIssuedT load;
  load.provider = std::string(fold::own_forecast);
  load.power_w.push_back(series(noon_s, std::move(load_w), 3'600));
  log_.add(noon_s - 600, std::move(load), fb::Source::forecast_source);
  if (pv_w.empty()) return *this;
  fb::PvForecastIssuedT pv;
  pv.provider = std::string(fold::own_forecast);
  pv.power_w.push_back(series(noon_s, std::move(pv_w), 3'600));
  log_.add(noon_s - 600, std::move(pv), fb::Source::forecast_source);
  return *this;
}

ExplainedHouse& ExplainedHouse::code(std::int64_t value) {
  fb::PeakHoursPublishedT fact;
  fact.provider = "pse";
  fact.codes.push_back(series(noon_s, {value}, 3'600));
  log_.add(120, std::move(fact), fb::Source::price_source);
  return *this;
}

ExplainedHouse& ExplainedHouse::wish(fb::OverrideRequestedT fact, int minutes_ago) {
  log_.add(noon_s - minutes_ago * 60, std::move(fact), fb::Source::owner);
  return *this;
}

ExplainedHouse& ExplainedHouse::fault(fb::Fault which, std::string detail) {
  fb::FaultRaisedT fact;
  fact.fault = which;
  fact.latched = true;
  fact.detail = std::move(detail);
  log_.add(noon_s - 300, std::move(fact));
  return *this;
}

ExplainedHouse& ExplainedHouse::holds(int soc_bp, int pv_w, int load_w) {
  soc_bp_ = soc_bp;
  pv_w_ = pv_w;
  load_w_ = load_w;
  return *this;
}

ExplainedHouse& ExplainedHouse::temperature(int thousandths) {
  temperature_mc_ = thousandths;
  return *this;
}

ExplainedHouse& ExplainedHouse::implausible() {
  quality_ = fb::Quality::implausible;
  return *this;
}

ExplainedHouse& ExplainedHouse::read(std::int64_t second) {
  fb::ReadingRecordedT fact;
  fact.quality = quality_;
  if (soc_bp_ >= 0) fact.battery_soc_bp = static_cast<std::uint16_t>(soc_bp_);
  if (temperature_mc_) fact.battery_temperature_mc = *temperature_mc_;
  const int grid = pv_w_ + battery_w_ - load_w_;
  fact.battery_power_w = battery_w_;
  fact.pv_power_w = pv_w_;
  fact.load_power_w = load_w_;
  fact.grid_power_w = grid;
  fact.import_total_mwh = imported_;
  fact.export_total_mwh = exported_;
  fact.pv_total_mwh = sun_;
  fact.load_total_mwh = house_;
  fact.battery_charge_total_mwh = in_;
  fact.battery_discharge_total_mwh = out_;
  log_.add(second, std::move(fact), fb::Source::inverter);
  return *this;
}

// Five minutes on, with what the battery then does.
void ExplainedHouse::live(const fb::DecisionMadeT& made, std::int64_t second) {
  const int power = made.power_w.value_or(0);
  if (made.action == fb::Action::charge) battery_w_ = -power;
  if (made.action == fb::Action::sell) battery_w_ = power;
  if (made.action == fb::Action::hold || made.action == fb::Action::stop) battery_w_ = 0;
  if (made.action == fb::Action::self_use) battery_w_ = std::max(load_w_ - pv_w_, 0);
  const int grid = pv_w_ + battery_w_ - load_w_;
  const auto five_minutes = [](int watts) { return std::max<std::int64_t>(watts, 0) * 1'000 / 12; };
  imported_ += five_minutes(-grid);
  exported_ += five_minutes(grid);
  sun_ += five_minutes(pv_w_);
  house_ += five_minutes(load_w_);
  in_ += five_minutes(-battery_w_);
  out_ += five_minutes(battery_w_);
  soc_bp_ -= static_cast<int>(std::int64_t{battery_w_} * 1'000 / 12 * 10'000 / capacity_mwh_);
  read(second);
}

void ExplainedHouse::command(std::uint64_t decision, const fb::DecisionMadeT& made,
                             std::int64_t second) {
  const bool sells = made.action == fb::Action::sell;
  const bool charges = made.action == fb::Action::charge;
  if (!sells && !charges && made.action != fb::Action::hold) return;
  fb::CommandIssuedT issued;
  issued.decision = decision;
  issued.mode = sells     ? fb::InverterMode::discharge
                : charges ? fb::InverterMode::charge
                          : fb::InverterMode::hold;
  issued.power_w = made.power_w;
  issued.target_soc_bp = made.target_soc_bp;
  issued.until_us = made.until_us;
  issued.attempt = 1;
  fb::CommandConfirmedT confirmed;
  confirmed.mode = issued.mode;
  confirmed.power_w = issued.power_w;
  confirmed.target_soc_bp = issued.target_soc_bp;
  confirmed.until_us = issued.until_us;
  confirmed.writes = 5;
  confirmed.command = log_.add(second + 1, std::move(issued));
  log_.add(second + 3, fb::CommandConfirmedT(confirmed));
  confirmed.writes = 0;
  confirmed.battery_power_w = sells     ? made.power_w.value_or(0)
                              : charges ? -made.power_w.value_or(0)
                                        : 0;
  log_.add(second + 40, std::move(confirmed));
}

std::uint64_t ExplainedHouse::decide(std::int64_t second) {
  fb::DecisionMadeT made;
  const std::uint64_t decision = log_.decide(second, [&](const fb::DecisionMadeT& d) { made = d; });
  command(decision, made, second);
  for (const int minute : {5, 10, 15}) live(made, second + minute * 60 - 5);
  log_.decide(second + 900);
  return decision;
}

ToolRun explained(ExplainedHouse& house, const std::string& which,
                  const std::vector<std::string>& more) {
  house.log().close();
  std::vector<std::string> words = {"audit", "explain", which};
  words.insert(words.end(), more.begin(), more.end());
  ToolRun run = on(house.log(), words);
  INFO(run.err);
  CHECK(run.code == 0);
  return run;
}

}  // namespace wattledger::testing
