#include "coordinator/daemon/embedded_house.hpp"

namespace wattledger::daemon {

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
  return embedded;
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
