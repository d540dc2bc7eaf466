// The canonical bytes of a State: every field in the order of its declaration, integers as 8 bytes
// little-endian, text and lists with their length before them, an optional with a byte that says
// whether it is there. state_reading.cpp reads them.
#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <type_traits>

#include "projections/fold/state_fields.hpp"

namespace wattledger::fold {
namespace {

// What a state with a day and a half of prices and forecasts takes, and as much again.
constexpr std::size_t bytes_expected = std::size_t{64} << 10U;

class Writer {
 public:
  Writer() : bytes_(bytes_expected) {}
  void put(std::int64_t value) { put_bits(static_cast<std::uint64_t>(value)); }
  void put(std::uint64_t value) { put_bits(value); }
  void put(std::uint32_t value) { put_bits(value); }
  void put(std::int32_t value) { put(static_cast<std::int64_t>(value)); }
  void put(bool value) { *room(1) = static_cast<std::byte>(value ? 1 : 0); }
  void put(Sequence value) { put_bits(value.value); }
  void put(UtcTime value) { put(to_us(value)); }
  void put(LocalTime value) { put(static_cast<std::int64_t>(value.time_since_epoch().count())); }
  void put(Quarter value) { put(value.time_since_epoch().count()); }
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
    std::memcpy(room(value.size()), value.data(), value.size());
  }
  void put(const Digest& value) {
    std::memcpy(room(value.bytes.size()), value.bytes.data(), value.bytes.size());
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
  template <class T, std::size_t count>
  void put(const std::array<T, count>& values) {
    for (const T& value : values) put(value);
  }
  void put(const ZoneOffsets& value) { put(value.transitions()); }
  template <HasFields T>
  void put(const T& value) {
    std::apply([this](const auto&... each) { (this->put(each), ...); }, fields(value));
  }

  [[nodiscard]] std::vector<std::byte> take() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  void put_bits(std::uint64_t bits) {
    std::byte* to = room(8);
    for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<std::byte>((bits >> (8 * i)) & 0xFFU);
  }
  // A decision's digest is made of thousands of numbers: one look at the size for each is enough.
  [[nodiscard]] std::byte* room(std::size_t count) {
    if (bytes_.size() - used_ < count) bytes_.resize(2 * bytes_.size() + count);
    std::byte* at = bytes_.data() + used_;
    used_ += count;
    return at;
  }
  std::vector<std::byte> bytes_;  // with what is not used yet
  std::size_t used_ = 0;
};

}  // namespace

std::vector<std::byte> canonical_bytes(const State& state) {
  Writer writer;
  writer.put(fold_revision);
  writer.put(state);
  return writer.take();
}

std::vector<std::byte> canonical_bytes(const LegacyRowsState& memory) {
  Writer writer;
  writer.put(rows_memory_version);
  writer.put(memory);
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
