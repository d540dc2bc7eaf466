#include "coordinator/daemon/embedded_house.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <string>
#include <utility>

#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {
namespace {

// `step` seconds, a line end, the house's snapshot.
bool write_state(const std::filesystem::path& file, std::chrono::seconds step,
                 const std::string& snapshot) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << step.count() << '\n' << snapshot << '\n';
  out.close();
  std::error_code problem;
  if (out) std::filesystem::rename(fresh, file, problem);
  return out && !problem;
}

}  // namespace

Result<std::unique_ptr<EmbeddedHouse>> EmbeddedHouse::start(const EmbeddedHouseOptions& options,
                                                            const fold::PolicySettings& battery,
                                                            const ZoneOffsets& zone, UtcTime at) {
  auto embedded = std::make_unique<EmbeddedHouse>();
  simulator::HouseYear year = simulator::HouseYear::generate(options.seed);
  if (!options.house_csv.empty()) {
    auto read = simulator::HouseYear::read_csv(options.house_csv);
    if (!read) return Failure(read.error());
    year = std::move(*read);
  }
  simulator::HouseOptions house;
  house.battery_capacity = battery.battery_capacity;
  house.battery_power_max = std::max(battery.charge_power_max, battery.discharge_power_max);
  house.charge_efficiency = battery.charge_efficiency;
  house.discharge_efficiency = battery.discharge_efficiency;
  house.soc_floor = battery.soc_min;
  house.zone = zone;
  house.seed = options.seed;
  embedded->house_ = std::make_unique<simulator::House>(house, std::move(year), at);
  auto server = simulator::ModbusServer::start(*embedded->house_, 0);
  if (!server) return Failure(server.error());
  embedded->server_ = std::move(*server);
  embedded->zone_ = zone;
  return embedded;
}

void EmbeddedHouse::keep_state(const std::filesystem::path& file, std::chrono::seconds step) {
  auto keep = [file, step, said = false](const std::string& snapshot) mutable {
    if (write_state(file, step, snapshot) || std::exchange(said, true)) return;
    spdlog::warn("{} cannot be written: a simulation that is killed goes on by whole percents",
                 file.string());
  };
  house_->on_write(keep);
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  keep(house_->snapshot());
}

bool EmbeddedHouse::resume(const std::filesystem::path& file, const Seen& seen, UtcTime at) {
  std::ifstream in(file, std::ios::binary);
  std::int64_t step_s = 0;
  std::string snapshot;
  if (!(in >> step_s) || step_s <= 0 || in.get() != '\n' || !std::getline(in, snapshot))
    return false;
  const std::string before = house_->snapshot();
  const auto advance_to = [&](UtcTime to) {
    for (UtcTime now = house_->now(); now < to; now = house_->now())
      house_->advance(std::min(now + std::chrono::seconds(step_s), to));
  };
  if (!house_->restore(snapshot)) return false;
  // What was written since the last reading is in the file alone.
  const bool looked_at = house_->now() <= seen.at;
  if (looked_at) advance_to(seen.at);
  if (house_->now() > at || (looked_at && !shows(seen))) {
    (void)house_->restore(before);
    return false;
  }
  advance_to(at);
  return true;
}

// Charge, load and counters, which no write changes at once.
bool EmbeddedHouse::shows(const Seen& seen) const {
  inverter::ModbusOptions modbus;
  modbus.port = port();
  const auto found = inverter::make_modbus_inverter(modbus)->poll(seen.at, zone_);
  const fb::ReadingRecordedT& then = seen.reading;
  return found && found->battery_soc_bp == then.battery_soc_bp &&
         found->load_power_w == then.load_power_w && found->pv_total_mwh == then.pv_total_mwh &&
         found->load_total_mwh == then.load_total_mwh &&
         found->import_total_mwh == then.import_total_mwh &&
         found->export_total_mwh == then.export_total_mwh &&
         found->battery_charge_total_mwh == then.battery_charge_total_mwh &&
         found->battery_discharge_total_mwh == then.battery_discharge_total_mwh;
}

void EmbeddedHouse::go_on_from(const fb::ReadingRecordedT& reading, bool same_day) {
  if (!reading.battery_soc_bp) return;
  const auto energy = [](const auto& counter) { return MilliwattHours(counter.value_or(0)); };
  const simulator::Energies total{energy(reading.pv_total_mwh),
                                  energy(reading.load_total_mwh),
                                  energy(reading.import_total_mwh),
                                  energy(reading.export_total_mwh),
                                  energy(reading.battery_charge_total_mwh),
                                  energy(reading.battery_discharge_total_mwh),
                                  {},
                                  {}};
  simulator::Energies today;
  if (same_day)
    today = {energy(reading.pv_today_mwh),
             energy(reading.load_today_mwh),
             energy(reading.import_today_mwh),
             energy(reading.export_today_mwh),
             energy(reading.battery_charge_today_mwh),
             energy(reading.battery_discharge_today_mwh),
             {},
             {}};
  house_->carry_over(BasisPoints(*reading.battery_soc_bp), total, today);
}

}  // namespace wattledger::daemon
