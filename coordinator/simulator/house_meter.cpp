// The meter's block, of one of three lengths, and the trackers'.
#include <algorithm>
#include <cstdlib>

#include "coordinator/simulator/block_page.hpp"
#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

struct MeterRows {
  Register power, power_long, factor, apparent, voltage, current, exported, imported;
};
constexpr MeterRows meter_rows[] = {
    {row(Block::meter, "active_power1"), row(Block::meter, "meter_active_power1"),
     row(Block::meter, "meter_power_factor1"), row(Block::meter, "meter_apparent_power1"),
     row(Block::meter_58, "meter_voltage1"), row(Block::meter_58, "meter_current1"),
     row(Block::meter_125, "meter_e_total_exp1"), row(Block::meter_125, "meter_e_total_imp1")},
    {row(Block::meter, "active_power2"), row(Block::meter, "meter_active_power2"),
     row(Block::meter, "meter_power_factor2"), row(Block::meter, "meter_apparent_power2"),
     row(Block::meter_58, "meter_voltage2"), row(Block::meter_58, "meter_current2"),
     row(Block::meter_125, "meter_e_total_exp2"), row(Block::meter_125, "meter_e_total_imp2")},
    {row(Block::meter, "active_power3"), row(Block::meter, "meter_active_power3"),
     row(Block::meter, "meter_power_factor3"), row(Block::meter, "meter_apparent_power3"),
     row(Block::meter_58, "meter_voltage3"), row(Block::meter_58, "meter_current3"),
     row(Block::meter_125, "meter_e_total_exp3"), row(Block::meter_125, "meter_e_total_imp3")}};

}  // namespace

void House::Impl::mppt_locked(std::span<std::uint16_t> words) const {
  Page page(words, mppt_served);
  for (const Register& entry : inverter::register_map)
    if (entry.block == Block::mppt) page.put_absent(entry);
  const std::size_t strings = platform.four_strings ? 4 : 2;
  page.put(row(Block::mppt, "ppv_total"), flow.pv);
  page.put(row(Block::mppt, "pv_channel"), static_cast<std::int64_t>(strings));
  constexpr Register power[] = {row(Block::mppt, "pmppt1"), row(Block::mppt, "pmppt2"),
                                row(Block::mppt, "pmppt3"), row(Block::mppt, "pmppt4")};
  constexpr Register current[] = {row(Block::mppt, "imppt1"), row(Block::mppt, "imppt2"),
                                  row(Block::mppt, "imppt3"), row(Block::mppt, "imppt4")};
  for (std::size_t i = 0; i < strings; ++i) {
    const PvString string = string_of(flow.pv, i, strings);
    page.put(power[i], string.watts);
    page.put(current[i], current_ma(string.watts, string.millivolts));
  }
  constexpr Register reactive[] = {row(Block::mppt, "reactive_power1"),
                                   row(Block::mppt, "reactive_power2"),
                                   row(Block::mppt, "reactive_power3")};
  constexpr Register apparent[] = {row(Block::mppt, "apparent_power1"),
                                   row(Block::mppt, "apparent_power2"),
                                   row(Block::mppt, "apparent_power3")};
  for (int number = 1; number <= 3; ++number) {
    page.put(reactive[number - 1], 0);
    page.put(apparent[number - 1],
             std::abs(phase(flow.pv + flow.battery, number, platform.single_phase)));
  }
}

void House::Impl::meter_locked(std::span<std::uint16_t> words) const {
  Page page(words, {inverter::meter_range.start, static_cast<std::uint16_t>(words.size())});
  const Net net{options.seed, now, !has(HouseFault::grid_loss), platform.single_phase};
  const std::int64_t exported = total.exported / cells_per_mwh;
  const std::int64_t imported = total.imported / cells_per_mwh;
  page.put(row(Block::meter, "commode"), 1);
  page.put(row(Block::meter, "rssi"), 60);
  page.put(row(Block::meter, "manufacture_code"), 10);
  page.put(row(Block::meter, "meter_test_status"), 1);
  page.put(row(Block::meter, "meter_comm_status"), 1);
  page.put(row(Block::meter, "active_power_total"), flow.grid);
  page.put(row(Block::meter, "meter_power_factor"), 1'000);
  page.put(row(Block::meter, "meter_freq"), net.there ? net.frequency() : 0);
  page.put(row(Block::meter, "meter_e_total_exp"), exported);
  page.put(row(Block::meter, "meter_e_total_imp"), imported);
  page.put(row(Block::meter, "meter_active_power_total"), flow.grid);
  page.put(row(Block::meter, "meter_apparent_power_total"), std::abs(flow.grid));
  page.put(row(Block::meter, "meter_type"), platform.single_phase ? 0 : 2);
  page.put(row(Block::meter, "meter_sw_version"), 3);
  for (int number = 1; number <= 3; ++number) {
    const MeterRows& rows = meter_rows[number - 1];
    const std::int64_t power = phase(flow.grid, number, net.single_phase);
    page.put(rows.power, power);
    page.put(rows.power_long, power);
    page.put(rows.factor, 1'000);
    page.put(rows.apparent, std::abs(power));
    if (words.size() < inverter::meter_58_range.count) continue;
    page.put(rows.voltage, net.there ? net.volts(number) : 0);
    page.put(rows.current, current_ma(std::abs(power), net.volts(number)));
    if (words.size() < inverter::meter_125_range.count) continue;
    page.put(rows.exported, phase(exported, number, net.single_phase));
    page.put(rows.imported, phase(imported, number, net.single_phase));
  }
  if (words.size() < inverter::meter_125_range.count) return;
  page.put(row(Block::meter_125, "meter_e_total_exp"), exported);
  page.put(row(Block::meter_125, "meter_e_total_imp"), imported);
}

}  // namespace wattledger::simulator
