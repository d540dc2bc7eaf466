#include "log/reader.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include "log/byte_order.hpp"
#include "log/crc32c.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t key_bytes = 8;
constexpr std::size_t clock_every = 64;  // records
constexpr const char* damage_remedy =
    "run 'wattledger log verify' for the whole extent; restore a backup, or save what is intact "
    "with 'wattledger log salvage --into DIR'";

std::span<const std::byte> as_span(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

std::span<const std::byte> copy_aligned(std::span<const std::byte> bytes,
                                        std::vector<std::uint64_t>& to) {
  to.resize((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
  return {reinterpret_cast<const std::byte*>(to.data()), bytes.size()};
}

// Appended records mostly stand on one page behind another, too far apart for the processor to
// see it coming. A prefetch of what is not there does nothing.
void prefetch_next_page(std::span<const std::byte> bytes) {
  constexpr std::size_t page = 4'096;
  constexpr std::size_t line = 64;
  const auto* const there = bytes.data() + page;
  for (std::size_t at = 0; at < std::min(bytes.size(), page / 8); at += line)
    __builtin_prefetch(there + at);
}

Failure hole(Sequence sequence) {
  return fail(ErrorKind::corrupt, "record " + std::to_string(sequence.value) + " is missing",
              damage_remedy);
}

Result<std::span<const std::byte>> in_lmdb(const Environment& environment, Sequence sequence,
                                           std::vector<std::uint64_t>& to) {
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  std::array<std::byte, key_bytes> name{};
  store_big(sequence.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  const int code = mdb_get(transaction->get(), environment.databases().events, &key, &value);
  if (code == MDB_NOTFOUND) return hole(sequence);
  if (code != 0) return lmdb_failure(code, "reading record " + std::to_string(sequence.value));
  return copy_aligned(as_span(value), to);
}

Result<RecordView> view(Sequence sequence, std::span<const std::byte> bytes, std::uint32_t sum) {
  const auto header = parse_header(bytes, sum);
  if (!header) return Failure(about_record(sequence, header.error()));
  auto event = parse_event(*header, bytes);
  if (!event) return Failure(about_record(sequence, event.error()));
  return RecordView{sequence, header->recorded_at, *event, bytes};
}

// Whether a salvaged log has nothing here any more.
bool is_lost(std::span<const std::byte> bytes, std::uint32_t sum) {
  if (bytes.size() != lost_record_bytes) return false;
  const auto header = parse_header(bytes, sum);
  return header && header->lost();
}

}  // namespace

Error about_record(Sequence sequence, Error error) {
  error.what = "record " + std::to_string(sequence.value) + ": " + error.what;
  if (error.remedy.empty() && error.kind == ErrorKind::corrupt) error.remedy = damage_remedy;
  return error;
}

Result<void> RecordBatch::fill(const Environment& environment, Sequence from, Sequence to) {
  used_ = 0;
  ends_.clear();
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  const auto begin = std::chrono::steady_clock::now();
  std::array<std::byte, key_bytes> name{};
  store_big(from.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  std::uint64_t expected = from.value;
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_KEY);
  while (code == 0 && key.mv_size == key_bytes &&
         load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data)) == expected) {
    prefetch_next_page(as_span(value));
    add(as_span(value));
    const bool look_at_time = ends_.size() % clock_every == 0;
    if (expected == to.value || ends_.size() == records_max || used_ * 8 >= bytes_max ||
        (look_at_time && std::chrono::steady_clock::now() - begin >= time_max))
      return {};
    ++expected;
    code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT);
  }
  if (!ends_.empty()) return {};
  if (code == 0 || code == MDB_NOTFOUND) return hole(from);
  return lmdb_failure(code, "reading record " + std::to_string(from.value));
}

void RecordBatch::take(const SegmentBlock& block, Sequence from, Sequence to) {
  used_ = 0;
  ends_.clear();
  const Sequence last = std::min(to, block.last());
  for (Sequence at = from; at <= last && ends_.size() < records_max && used_ * 8 < bytes_max;
       at = at.next())
    add(block.record(at));
}

void RecordBatch::add(std::span<const std::byte> bytes) {
  // A damaged page may claim gigabytes: what no record can be is cut, and refused for its length.
  bytes = bytes.first(std::min(bytes.size(), record_bytes_max + 1));
  const std::size_t words = (bytes.size() + 7) / 8;
  if (used_ + words > words_.size()) words_.resize(std::max(used_ + words, 2 * words_.size()));
  const std::uint32_t sum = crc32c_copying(bytes, words_.data() + used_);
  used_ += words;
  ends_.push_back({used_, static_cast<std::uint32_t>(bytes.size()), sum});
}

std::span<const std::byte> RecordBatch::operator[](std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1].word;
  return {reinterpret_cast<const std::byte*>(words_.data() + begin), ends_[i].bytes};
}

Result<std::reference_wrapper<Archive>> Snapshot::Impl::segments() const {
  if (!archive) {
    auto opened = Archive::open(environment->directory(), meta);
    if (!opened) return Failure(opened.error());
    archive = std::make_unique<Archive>(*std::move(opened));
  }
  return std::ref(*archive);
}

bool Snapshot::Impl::archived(Sequence sequence) const {
  const auto transaction = Transaction::begin(*environment, Transaction::Access::read);
  if (!transaction) return false;
  const auto values = read_meta(*environment, *transaction);
  const auto now = values ? decode_meta(*values) : Result<Meta>(Failure(values.error()));
  return now && sequence < now->first;
}

Result<void> Snapshot::Impl::fill(RecordBatch& batch, Sequence from, Sequence to) const {
  if (from >= meta.first) {
    auto filled = batch.fill(*environment, from, to);
    if (filled || filled.error().kind != ErrorKind::corrupt || !archived(from)) return filled;
  }
  const auto found = segments();
  if (!found) return Failure(found.error());
  const auto block = found->get().block_of(from);
  if (!block) return Failure(block.error());
  batch.take(**block, from, to);
  return {};
}

Result<std::span<const std::byte>> Snapshot::Impl::bytes_at(Sequence sequence,
                                                            std::vector<std::uint64_t>& to) const {
  if (sequence < Snapshot::first() || sequence > meta.head)
    return fail(ErrorKind::not_found, "no record " + std::to_string(sequence.value) +
                                          ": the log has " +
                                          std::to_string(Snapshot::first().value) + " to " +
                                          std::to_string(meta.head.value));
  if (sequence >= meta.first) {
    auto stored = in_lmdb(*environment, sequence, to);
    if (stored || stored.error().kind != ErrorKind::corrupt || !archived(sequence)) return stored;
  }
  const auto found = segments();
  if (!found) return Failure(found.error());
  const auto bytes = found->get().record(sequence);
  if (!bytes) return Failure(bytes.error());
  return copy_aligned(*bytes, to);
}

Result<std::span<const std::byte>> Snapshot::Impl::bytes_at(Sequence sequence) const {
  return bytes_at(sequence, scratch);
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

std::optional<SequenceRange> Snapshot::missing(Sequence sequence) const {
  if (sequence >= meta().first) return std::nullopt;
  const auto found = impl_->segments();
  if (!found) return std::nullopt;
  for (const SequenceRange& gap : found->get().gaps(first(), Sequence{meta().first.value - 1}))
    if (gap.first <= sequence && sequence <= gap.last) return gap;
  return std::nullopt;
}

Result<RecordView> Snapshot::at(Sequence sequence) const {
  std::vector<std::uint64_t> copy;
  const auto bytes = impl_->bytes_at(sequence, copy);
  if (!bytes) return Failure(bytes.error());
  impl_->copies.push_back(std::move(copy));  // the bytes stay where they are
  return view(sequence, *bytes, bytes->size() < 4 ? 0 : crc32c(bytes->subspan(4)));
}

Result<void> Snapshot::scan(Sequence from, Sequence to, const Each& each) const {
  Sequence next = std::max(from, first());
  const Sequence last = std::min(to, head());
  RecordBatch batch;
  while (next <= last) {
    WATTLEDGER_TRY(impl_->fill(batch, next, last));
    for (std::size_t i = 0; i < batch.size(); ++i, next = next.next()) {
      if (is_lost(batch[i], batch.sum(i))) continue;
      const auto record = view(next, batch[i], batch.sum(i));
      if (!record) return Failure(record.error());
      const auto more = each(*record);
      if (!more) return Failure(more.error());
      if (!*more) return {};
    }
  }
  return {};
}

}  // namespace wattledger::log
