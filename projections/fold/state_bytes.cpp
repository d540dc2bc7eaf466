// The canonical bytes of a State: every field in the order of its declaration, integers as 8 bytes
// little-endian, text and lists with their length before them, an optional with a byte that says
// whether it is there.
#include <openssl/sha.h>

#include <cstring>
#include <type_traits>

#include "projections/fold/state.hpp"

namespace wattledger::fold {
namespace {

class Writer {
 public:
  void put(std::int64_t value) { put_bits(static_cast<std::uint64_t>(value)); }
  void put(std::uint64_t value) { put_bits(value); }
  void put(std::uint32_t value) { put_bits(value); }
  void put(std::int32_t value) { put(static_cast<std::int64_t>(value)); }
  void put(bool value) { bytes_.push_back(static_cast<std::byte>(value ? 1 : 0)); }
  void put(Sequence value) { put_bits(value.value); }
  void put(UtcTime value) { put(to_us(value)); }
  void put(std::chrono::seconds value) { put(static_cast<std::int64_t>(value.count())); }
  template <class Unit>
  void put(Quantity<Unit> value) {
    put(static_cast<std::int64_t>(value.count()));
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void put(Enum value) { put(static_cast<std::int64_t>(value)); }
  void put(const std::string& value) {
    put_bits(value.size());
    const auto* data = reinterpret_cast<const std::byte*>(value.data());
    bytes_.insert(bytes_.end(), data, data + value.size());
  }
  void put(const Digest& value) {
    for (const std::uint8_t byte : value.bytes) bytes_.push_back(static_cast<std::byte>(byte));
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put_bits(values.size());
    for (const T& value : values) put(value);
  }

  // Each list of names below is as long as its struct: a new field does not compile until it is
  // written here too.
  void put(const ZoneOffsets::Transition& value) {
    const auto& [at, offset] = value;
    all(at, offset);
  }
  void put(const Site& value) {
    const auto& [name, model, serial, zone, rated_power] = value;
    all(name, model, serial, zone.transitions(), rated_power);
  }
  void put(const Policy& value) {
    // The digest covers the settings; they need not stand here twice.
    const auto& [settings, digest, adopted] = value;
    all(digest, adopted);
  }
  void put(const Reading& value) {
    const auto& [sequence, at, quality, soc, battery_power, battery_voltage, battery_temperature,
                 pv_power, load_power, grid_power, grid_voltage, import_total, export_total,
                 inverter_error, forced_mode] = value;
    all(sequence, at, quality, soc, battery_power, battery_voltage, battery_temperature, pv_power,
        load_power, grid_power, grid_voltage, import_total, export_total, inverter_error,
        forced_mode);
  }
  void put(const PriceSlot& value) {
    const auto& [start, length, market] = value;
    all(start, length, market);
  }
  void put(const InverterState& value) {
    const auto& [wished, wished_until, wished_power, wished_soc, command, confirmed,
                 confirmed_until, confirmed_at, since, charge_stopped_at, failures,
                 foreign_change_at, settings_found] = value;
    all(wished, wished_until, wished_power, wished_soc, command, confirmed, confirmed_until,
        confirmed_at, since, charge_stopped_at, failures, foreign_change_at, settings_found);
  }
  void put(const LatchedFault& value) {
    const auto& [fault, raised, at, latched, detail] = value;
    all(fault, raised, at, latched, detail);
  }
  void put(const Override& value) {
    const auto& [request, action, until, target_soc, power] = value;
    all(request, action, until, target_soc, power);
  }
  void put(const LastDecision& value) {
    const auto& [sequence, at, since, action, power, target_soc, until, rule] = value;
    all(sequence, at, since, action, power, target_soc, until, rule);
  }
  void put(const LastPlan& value) {
    const auto& [sequence, start, step, actions, battery_power_w] = value;
    all(sequence, start, step, actions, battery_power_w);
  }
  void put(const Coordinator& value) {
    const auto& [started_at, control_mode, state, decisions, running] = value;
    all(started_at, control_mode, state, decisions, running);
  }
  void put(const State& value) {
    const auto& [through, recorded_at, site, policy, reading, prices, inverter, faults,
                 owner_override, decision, plan, coordinator] = value;
    all(through, recorded_at, site, policy, reading, prices, inverter, faults, owner_override,
        decision, plan, coordinator);
  }

  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  template <class... Ts>
  void all(const Ts&... values) {
    (put(values), ...);
  }
  void put_bits(std::uint64_t bits) {
    for (int i = 0; i < 8; ++i) {
      bytes_.push_back(static_cast<std::byte>(bits & 0xFFU));
      bits >>= 8U;
    }
  }
  std::vector<std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> canonical_bytes(const State& state) {
  Writer writer;
  writer.put(fold_revision);
  writer.put(state);
  return writer.take();
}

Digest state_digest(const State& state) {
  const std::vector<std::byte> bytes = canonical_bytes(state);
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data());
  return digest;
}

Digest text_digest(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.bytes.data());
  return digest;
}

}  // namespace wattledger::fold
