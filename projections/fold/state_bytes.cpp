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

  void put(const ZoneOffsets::Transition& t) { all(t.at, t.offset); }
  void put(const Site& s) {
    all(s.name, s.device_model, s.device_serial, s.zone.transitions(), s.rated_power);
  }
  // The digest covers the settings; they need not stand here twice.
  void put(const Policy& p) { all(p.digest, p.adopted); }
  void put(const Reading& r) {
    all(r.sequence, r.at, r.quality, r.soc, r.battery_power, r.battery_voltage,
        r.battery_temperature, r.pv_power, r.load_power, r.grid_power, r.grid_voltage,
        r.import_total, r.export_total, r.inverter_error, r.forced_mode);
  }
  void put(const PriceSlot& p) { all(p.start, p.length, p.market); }
  void put(const InverterState& i) {
    all(i.wished, i.wished_until, i.wished_power, i.wished_soc, i.command, i.confirmed,
        i.confirmed_until, i.confirmed_at, i.since, i.charge_stopped_at, i.failures,
        i.foreign_change_at, i.settings_found);
  }
  void put(const LatchedFault& f) { all(f.fault, f.raised, f.at, f.latched, f.detail); }
  void put(const Override& o) { all(o.request, o.action, o.until, o.target_soc, o.power); }
  void put(const LastDecision& d) {
    all(d.sequence, d.at, d.since, d.action, d.power, d.target_soc, d.until, d.rule);
  }
  void put(const LastPlan& p) { all(p.sequence, p.start, p.step, p.actions, p.battery_power_w); }
  void put(const Coordinator& c) {
    all(c.started_at, c.control_mode, c.state, c.decisions, c.running);
  }
  void put(const State& s) {
    all(s.through, s.recorded_at, s.site, s.policy, s.reading, s.prices, s.inverter, s.faults,
        s.owner_override, s.decision, s.plan, s.coordinator);
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
