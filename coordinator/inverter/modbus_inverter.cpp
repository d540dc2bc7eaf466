// The port to an inverter, over Modbus. What to write and what was read mean is decided in
// steering and blocks; here is only the order of requests.
#include <utility>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/blocks.hpp"
#include "coordinator/inverter/control_registers.hpp"
#include "coordinator/inverter/modbus_link.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/inverter/setting_writes.hpp"
#include "coordinator/inverter/steering.hpp"

namespace wattledger::inverter {
namespace {

using std::chrono::seconds;
class ModbusInverter final : public Inverter {
 public:
  explicit ModbusInverter(const ModbusOptions& options)
      : link_(options), reader_(link_), registers_(link_) {}

  Result<Device> identify() override {
    auto device = reader_.identify();
    if (device.has_value()) rated_ = device->rated_power;
    has_meter_ = true;  // another device, or a meter since: ask again
    registers_.forget();
    controls_.reset();
    polls_since_bounds_ = bounds_every;
    return device;
  }

  Result<fb::ReadingRecordedT> poll(UtcTime now, const ZoneOffsets& zone) override {
    std::array<std::uint16_t, running_range.count> running{};
    std::array<std::uint16_t, battery_range.count> battery{};
    std::array<std::uint16_t, meter_range.count> meter{};
    std::array<std::uint16_t, battery2_power_range.count> battery2_power{};
    std::array<std::uint16_t, battery2_range.count> battery2{};
    PolledBlocks blocks;
    WATTLEDGER_TRY(know_the_unit());
    WATTLEDGER_TRY(reader_.read_running(running));
    blocks.running = running;
    blocks.wide = reader_.platform().wide;
    // Asked in every poll, as the battery may come and go; without one the inverter answers
    // "illegal address".
    const auto battery_there = offered(battery_range.start, battery);
    WATTLEDGER_TRY(battery_there);
    if (*battery_there) blocks.battery = battery;
    if (reader_.platform().two_batteries) {
      const auto power_there = offered(battery2_power_range.start, battery2_power);
      WATTLEDGER_TRY(power_there);
      if (*power_there) blocks.battery2_power = battery2_power;
      const auto second_there = offered(battery2_range.start, battery2);
      WATTLEDGER_TRY(second_there);
      if (*second_there) blocks.battery2 = battery2;
    }
    if (has_meter_ || ++polls_without_meter_ >= meter_every) {
      const auto meter_there = offered(meter_range.start, meter);
      WATTLEDGER_TRY(meter_there);
      has_meter_ = *meter_there;
      polls_without_meter_ = 0;
      if (has_meter_) blocks.meter = meter;
    }
    blocks.has_meter = has_meter_;
    fb::ReadingRecordedT reading = decode_poll(blocks, now, zone);
    if (!reading.inverter_clock_offset_s.has_value() && !reading.pv_power_w.has_value() &&
        !reading.battery_power_w.has_value()) {
      return fail(ErrorKind::corrupt, "registers 35100..35224 hold neither a time nor a power",
                  "check that host, port and unit are those of a GoodWe ET or EH inverter");
    }
    ++polls_since_bounds_;
    if (!controls_ || ++polls_since_controls_ >= controls_every) WATTLEDGER_TRY(read_controls());
    describe(*controls_, now, zone, reading);
    return reading;
  }

  Result<ControlState> control_state(UtcTime now, const ZoneOffsets& zone) override {
    WATTLEDGER_TRY(ensure_rated());
    WATTLEDGER_TRY(read_controls());
    return state_of(*controls_, now, zone, rated_);
  }

  Result<RegisterWords> settings() override {
    WATTLEDGER_TRY(ensure_rated());
    return registers_.settings(reader_.platform());
  }

  // Writes once more only what differs after the first time; a wish that stands is no write at all.
  Result<ControlState> apply(const Wish& wish, UtcTime now, const ZoneOffsets& zone) override {
    WATTLEDGER_TRY(check_mode(wish.mode));
    WATTLEDGER_TRY(ensure_rated());
    WATTLEDGER_TRY(read_controls());
    const auto target = target_for(wish, *controls_, now, zone, rated_);
    WATTLEDGER_TRY(target);
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
      const std::vector<Write> writes = writes_for(*target, *controls_);
      if (writes.empty()) break;
      const auto written = registers_.write(writes);
      if (!written) controls_.reset();  // some of it may stand
      WATTLEDGER_TRY(written);
      WATTLEDGER_TRY(read_controls());
    }
    const std::string difference = difference_from(*target, *controls_);
    if (!difference.empty()) return not_applied(difference);
    return state_of(*controls_, now, zone, rated_);
  }

  // The reference client's three writes, the one that matters first. Blind on purpose: a read could
  // fail and cost the way down.
  Result<void> release() override {
    controls_.reset();
    link_.connect_at_once();
    WATTLEDGER_TRY(write({work_mode_address, {work_mode_general}}));
    WATTLEDGER_TRY(write({ems_address, {ems_auto, 0}}));
    WATTLEDGER_TRY(write_if_there({clear_address, {1}}));
    // The only forced mode of units without groups, and the only one that no mode ends.
    return registers_.may_charge_fast() ? write_if_there({fast_address, {0}}) : Result<void>{};
  }

  [[nodiscard]] std::optional<ControlState> known_state(UtcTime now,
                                                        const ZoneOffsets& zone) const override {
    if (!controls_) return std::nullopt;
    return state_of(*controls_, now, zone, rated_);
  }

  Result<seconds> clock_offset(UtcTime now, const ZoneOffsets& zone) override {
    std::array<std::uint16_t, 3> words{};
    WATTLEDGER_TRY(link_.read(clock_register.address, words));
    const auto wall = decode_clock(words);
    WATTLEDGER_TRY(wall);
    // Wall clock against wall clock: an inverter that slept through a clock change is an hour off.
    return std::chrono::floor<seconds>(*wall - std::chrono::floor<seconds>(zone.to_local(now)));
  }

  Result<void> set_clock(UtcTime now, const ZoneOffsets& zone) override {
    return link_.write(clock_register.address, encode_clock(zone.to_local(now)));
  }

  [[nodiscard]] std::uint32_t writes() const override { return link_.writes(); }

 private:
  static constexpr int attempts_max = 2;
  // Nothing but a hand changes the control registers, ours or another's: a poll asks for them every
  // third time, and after our own, to spare the dongle requests.
  static constexpr int controls_every = 3;
  static constexpr int bounds_every = 30;
  // A meter that answered "illegal address" is asked for again: its line may have been down.
  static constexpr int meter_every = 30;
  static constexpr Register clock_register = row(Block::settings, "time");

  // False when the inverter has no such registers.
  Result<bool> offered(std::uint16_t start, std::span<std::uint16_t> words) {
    const auto done = link_.read(start, words);
    if (done.has_value()) return true;
    if (done.error().kind == ErrorKind::unsupported) return false;
    return Failure(done.error());
  }

  // What it is decides which blocks it has. One whose nameplate cannot be read is read all the
  // same.
  Result<void> know_the_unit() {
    if (rated_.count() > 0) return {};
    const auto device = identify();
    if (device || device.error().kind == ErrorKind::corrupt ||
        device.error().kind == ErrorKind::unsupported || device.error().kind == ErrorKind::rejected)
      return {};
    return Failure(device.error());
  }

  // When it fails nothing is known of them any more: they may have been written.
  Result<void> read_controls() {
    controls_.reset();
    auto controls = registers_.read(reader_.platform());
    WATTLEDGER_TRY(controls);
    controls->bounds = bounds_;
    if (polls_since_bounds_ >= bounds_every) {
      WATTLEDGER_TRY(registers_.read_bounds(*controls));
      bounds_ = controls->bounds;
      polls_since_bounds_ = 0;
    }
    controls_ = *std::move(controls);
    polls_since_controls_ = 0;
    return {};
  }

  Result<void> ensure_rated() {
    if (rated_.count() > 0) return {};
    WATTLEDGER_TRY(identify());
    return {};
  }

  void describe(const Controls& controls, UtcTime now, const ZoneOffsets& zone,
                fb::ReadingRecordedT& reading) const {
    // By the inverter's clock: it decides when a window ends.
    const UtcTime its_now = now + seconds(reading.inverter_clock_offset_s.value_or(0));
    reading.work_mode = controls.work_mode;
    reading.ems_mode = controls.ems_mode();
    reading.forced_mode = state_of(controls, its_now, zone, rated_).mode;
    if (controls.has_fast) reading.fast_charging = controls.fast_charging();
    // Absent while no limit is in force.
    if (controls.limits[0] == 1)
      reading.export_limit_w = static_cast<std::int16_t>(controls.limits[1]);
  }

  Result<void> write(const Write& write) { return link_.write(write.address, write.words); }
  // An exception is an answer, too: that register is not what keeps a mode.
  Result<void> write_if_there(const Write& entry) {
    const auto written = write(entry);
    if (!written && written.error().kind != ErrorKind::unsupported &&
        written.error().kind != ErrorKind::rejected)
      return written;
    return {};
  }

  ModbusLink link_;
  BlockReader reader_;
  ControlRegisters registers_;
  Watts rated_;
  bool has_meter_ = true;
  int polls_without_meter_ = 0;
  std::optional<Controls> controls_;  // as last read
  int polls_since_controls_ = 0;
  decltype(Controls::bounds) bounds_;  // as last read
  int polls_since_bounds_ = bounds_every;
};

}  // namespace

std::unique_ptr<Inverter> make_modbus_inverter(const ModbusOptions& options) {
  return std::make_unique<ModbusInverter>(options);
}

}  // namespace wattledger::inverter
