#include "log/segment_shape.hpp"

#include <optional>

#include "log/byte_order.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t kind_offset = 4;
// Of the table Event in schemas/event.fbs: the field `fact` has id 7.
constexpr std::size_t fact_entry = 4 + 2 * 7;

// FNV-1a
std::uint64_t hash(std::span<const std::byte> bytes, std::uint64_t seed) {
  for (const std::byte byte : bytes)
    seed = (seed ^ std::to_integer<std::uint64_t>(byte)) * 0x0000'0100'0000'01B3ULL;
  return seed;
}

template <class Int>
std::optional<Int> read(std::span<const std::byte> bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(Int)) return std::nullopt;
  return load_little<Int>(bytes.data() + at);
}

// A table begins with the distance back to its vtable, a vtable with its own length.
std::optional<std::span<const std::byte>> vtable_of(std::span<const std::byte> event,
                                                    std::size_t table) {
  const auto back = read<std::int32_t>(event, table);
  if (!back) return std::nullopt;
  const std::int64_t at = static_cast<std::int64_t>(table) - *back;
  if (at < 0) return std::nullopt;
  const auto start = static_cast<std::size_t>(at);
  const auto bytes = read<std::uint16_t>(event, start);
  if (!bytes || event.size() - start < *bytes) return std::nullopt;
  return event.subspan(start, *bytes);
}

std::uint64_t layout_of(std::span<const std::byte> event) {
  const auto root = read<std::uint32_t>(event, 0);
  if (!root) return 0;
  const auto vtable = vtable_of(event, *root);
  if (!vtable) return 0;
  const std::uint64_t layout = hash(*vtable, *root + 1);
  const auto entry = read<std::uint16_t>(*vtable, fact_entry);
  if (!entry || *entry == 0) return layout;
  const std::size_t field = std::size_t{*root} + *entry;
  const auto distance = read<std::uint32_t>(event, field);
  if (!distance) return layout;
  const std::size_t fact = field + *distance;
  const auto fact_vtable = vtable_of(event, fact);
  return fact_vtable ? hash(*fact_vtable, layout ^ fact) : layout;
}

}  // namespace

Shape shape_of(std::span<const std::byte> record) {
  return {record.size(), load_little<std::uint32_t>(record.data() + kind_offset),
          layout_of(record.subspan(record_header_bytes))};
}

}  // namespace wattledger::log
