#include "log/reader.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "log/byte_order.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t key_bytes = 8;
constexpr const char* damage_remedy =
    "run 'wattledger log verify' for the whole extent; restore a backup";

std::span<const std::byte> as_span(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

bool aligned(std::span<const std::byte> bytes) {
  return std::bit_cast<std::uintptr_t>(bytes.data()) % 8 == 0;
}

std::span<const std::byte> copy_aligned(std::span<const std::byte> bytes,
                                        std::vector<std::uint64_t>& to) {
  to.resize((bytes.size() + 7) / 8);
  std::memcpy(to.data(), bytes.data(), bytes.size());
  return {reinterpret_cast<const std::byte*>(to.data()), bytes.size()};
}

Failure hole(Sequence sequence) {
  return fail(ErrorKind::corrupt, "record " + std::to_string(sequence.value) + " is missing",
              damage_remedy);
}

Result<RecordView> view(Sequence sequence, std::span<const std::byte> bytes) {
  const auto header = parse_header(bytes);
  if (!header) return Failure(about_record(sequence, header.error()));
  auto event = parse_event(*header, bytes);
  if (!event) return Failure(about_record(sequence, event.error()));
  return RecordView{sequence, header->recorded_at, *event, bytes};
}

}  // namespace

Error about_record(Sequence sequence, Error error) {
  error.what = "record " + std::to_string(sequence.value) + ": " + error.what;
  if (error.remedy.empty()) error.remedy = damage_remedy;
  return error;
}

Result<std::span<const std::byte>> Snapshot::Impl::bytes_at(Sequence sequence) const {
  if (sequence < meta.first || sequence > meta.head)
    return fail(ErrorKind::not_found, "no record " + std::to_string(sequence.value) +
                                          ": the log has " + std::to_string(meta.first.value) +
                                          " to " + std::to_string(meta.head.value));
  std::array<std::byte, key_bytes> name{};
  store_big(sequence.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  const int code = mdb_get(transaction.get(), environment->databases().events, &key, &value);
  if (code == MDB_NOTFOUND) return hole(sequence);
  if (code != 0) return lmdb_failure(code, "reading record " + std::to_string(sequence.value));
  return as_span(value);
}

Result<UtcTime> Snapshot::Impl::recorded_at(Sequence sequence) const {
  const auto bytes = bytes_at(sequence);
  if (!bytes) return Failure(bytes.error());
  const auto header = parse_header(*bytes);
  if (!header) return Failure(about_record(sequence, header.error()));
  return header->recorded_at;
}

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

const Meta& Snapshot::meta() const { return impl_->meta; }

Result<RecordView> Snapshot::at(Sequence sequence) const {
  const auto bytes = impl_->bytes_at(sequence);
  if (!bytes) return Failure(bytes.error());
  if (aligned(*bytes)) return view(sequence, *bytes);
  return view(sequence, copy_aligned(*bytes, impl_->copies.emplace_back()));
}

Result<void> Snapshot::scan(Sequence from, Sequence to, const Each& each) const {
  Sequence expected = std::max(from, first());
  const Sequence last = std::min(to, head());
  if (expected > last) return {};
  const auto cursor = Cursor::open(impl_->transaction, impl_->environment->databases().events);
  if (!cursor) return Failure(cursor.error());
  std::array<std::byte, key_bytes> name{};
  store_big(expected.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  std::vector<std::uint64_t> scratch;
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_KEY);
  for (; code == 0; code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT)) {
    if (key.mv_size != key_bytes ||
        load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data)) != expected.value)
      return hole(expected);
    const auto bytes = as_span(value);
    const auto record = view(expected, aligned(bytes) ? bytes : copy_aligned(bytes, scratch));
    if (!record) return Failure(record.error());
    const auto more = each(*record);
    if (!more) return Failure(more.error());
    if (!*more || expected == last) return {};
    expected = expected.next();
  }
  if (code == MDB_NOTFOUND) return hole(expected);
  return lmdb_failure(code, "reading record " + std::to_string(expected.value));
}

}  // namespace wattledger::log
