#include "log/meta.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "log/byte_order.hpp"

namespace wattledger::log {
namespace {

constexpr std::string_view magic = "wattledger";
constexpr std::string_view key_format = "format";
constexpr std::string_view key_uuid = "uuid";
constexpr std::string_view key_parent = "parent";
constexpr std::string_view key_first = "first";
constexpr std::string_view key_head = "head";
constexpr std::string_view key_frontier = "frontier";
constexpr std::string_view key_epochs = "epochs";
constexpr std::string_view key_batches = "batches";
constexpr std::string_view key_demo = "demo";

constexpr std::size_t parent_bytes = 16 + 8 + 32;
constexpr std::size_t head_bytes = 8 + 8 + 2;
constexpr std::size_t epoch_bytes = 8 + 8;
constexpr std::size_t batch_bytes = 16 + 8 + 8 + 8;

class Writer {
 public:
  template <class Int>
  Writer& integer(Int value) {
    bytes_.resize(bytes_.size() + sizeof(Int));
    store_big(value, bytes_.data() + bytes_.size() - sizeof(Int));
    return *this;
  }
  template <std::size_t n>
  Writer& raw(const std::array<std::uint8_t, n>& value) {
    const auto* from = reinterpret_cast<const std::byte*>(value.data());
    bytes_.insert(bytes_.end(), from, from + n);
    return *this;
  }
  Writer& text(std::string_view value) {
    for (const char c : value) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// Reads a value whose length was checked before.
class Scanner {
 public:
  explicit Scanner(std::span<const std::byte> bytes) : at_(bytes.data()) {}
  template <class Int>
  Int integer() {
    const Int value = load_big<Int>(at_);
    at_ += sizeof(Int);
    return value;
  }
  template <std::size_t n>
  void raw(std::array<std::uint8_t, n>& to) {
    std::memcpy(to.data(), at_, n);
    at_ += n;
  }
  Sequence sequence() { return Sequence{integer<std::uint64_t>()}; }
  UtcTime time() { return utc_from_us(integer<std::int64_t>()); }

 private:
  const std::byte* at_;
};

std::vector<std::byte> head_value(const Meta& meta) {
  return Writer()
      .integer(meta.head.value)
      .integer(std::int64_t{to_us(meta.head_recorded_at)})
      .integer(static_cast<std::uint16_t>(meta.kind_highest))
      .take();
}

std::vector<std::byte> epochs_value(const Meta& meta) {
  Writer writer;
  for (const ClockEpoch& epoch : meta.epochs)
    writer.integer(epoch.first.value).integer(std::int64_t{to_us(epoch.recorded_at)});
  return writer.take();
}

std::vector<std::byte> batches_value(const Meta& meta) {
  Writer writer;
  for (const ImportBatch& batch : meta.batches)
    writer.raw(batch.id.bytes)
        .integer(batch.started.value)
        .integer(batch.finished.value)
        .integer(std::int64_t{to_us(batch.recorded_at)});
  return writer.take();
}

Failure damaged(std::string_view key, const std::string& why) {
  return fail(ErrorKind::corrupt, "meta." + std::string(key) + ": " + why,
              "run 'wattledger log verify'; restore a backup if it stays");
}

Result<void> check_format(const MetaValues& values) {
  const auto found = values.find(key_format);
  const std::size_t bytes = magic.size() + 4;
  if (found == values.end() || found->second.size() != bytes ||
      std::memcmp(found->second.data(), magic.data(), magic.size()) != 0)
    return fail(ErrorKind::foreign, "the database `meta` is not that of a wattledger log",
                "choose another directory");
  const auto version = load_big<std::uint32_t>(found->second.data() + magic.size());
  if (version > format_version)
    return fail(ErrorKind::newer,
                "the log has format " + std::to_string(version) + ", this program knows " +
                    std::to_string(format_version),
                "use the wattledger that wrote it, or a later one");
  if (version == 0) return damaged(key_format, "version 0 cannot be");
  return {};
}

Result<void> check_keys(const MetaValues& values) {
  constexpr std::array required = {key_format,   key_uuid,   key_first,   key_head,
                                   key_frontier, key_epochs, key_batches, key_demo};
  for (const std::string_view key : required)
    if (values.find(key) == values.end()) return damaged(key, "it is missing");
  for (const auto& [key, value] : values)
    if (key != key_parent && std::find(required.begin(), required.end(), key) == required.end())
      return fail(ErrorKind::newer,
                  "the log's meta holds '" + key + "', which this program does not know",
                  "use the wattledger that wrote it, or a later one");
  const auto size = [&](std::string_view key) { return values.find(key)->second.size(); };
  const auto wrong = [&](std::string_view key) {
    return damaged(key, "a length of " + std::to_string(size(key)) + " bytes cannot be");
  };
  if (size(key_uuid) != 16) return wrong(key_uuid);
  if (size(key_first) != 8) return wrong(key_first);
  if (size(key_head) != head_bytes) return wrong(key_head);
  if (size(key_epochs) % epoch_bytes != 0) return wrong(key_epochs);
  if (size(key_batches) % batch_bytes != 0) return wrong(key_batches);
  if (size(key_demo) != 1) return wrong(key_demo);
  if (values.contains(key_parent) && size(key_parent) != parent_bytes) return wrong(key_parent);
  return {};
}

void read_lists(const MetaValues& values, Meta& meta) {
  const auto& epochs = values.find(key_epochs)->second;
  Scanner from_epochs(epochs);
  for (std::size_t i = 0; i < epochs.size() / epoch_bytes; ++i) {
    const Sequence first = from_epochs.sequence();
    meta.epochs.push_back({first, from_epochs.time()});
  }
  const auto& batches = values.find(key_batches)->second;
  Scanner from_batches(batches);
  for (std::size_t i = 0; i < batches.size() / batch_bytes; ++i) {
    ImportBatch batch;
    from_batches.raw(batch.id.bytes);
    batch.started = from_batches.sequence();
    batch.finished = from_batches.sequence();
    batch.recorded_at = from_batches.time();
    meta.batches.push_back(batch);
  }
}

Result<void> check_sense(const Meta& meta) {
  if (meta.frontier.size() != meta.head.value)
    return damaged(key_frontier, "it covers " + std::to_string(meta.frontier.size()) +
                                     " records, the head is " + std::to_string(meta.head.value));
  if (meta.first.value == 0 || meta.first.value > meta.head.value + 1)
    return damaged(key_first, "beyond the head");
  if (meta.epochs.empty() != (meta.head.value == 0))
    return damaged(key_epochs, "they do not fit the head");
  for (std::size_t i = 0; i < meta.epochs.size(); ++i)
    if (meta.epochs[i].first > meta.head ||
        (i > 0 && meta.epochs[i].first <= meta.epochs[i - 1].first))
      return damaged(key_epochs, "they are out of order");
  for (std::size_t i = 0; i < meta.batches.size(); ++i) {
    const ImportBatch& batch = meta.batches[i];
    const bool last = i + 1 == meta.batches.size();
    if (batch.started > meta.head || batch.finished > meta.head ||
        (batch.finished.value == 0 && !last) ||
        (batch.finished.value != 0 && batch.finished < batch.started) ||
        (i > 0 && batch.started <= meta.batches[i - 1].finished))
      return damaged(key_batches, "they are out of order");
  }
  return {};
}

}  // namespace

MetaValues encode_meta(const Meta& meta) {
  MetaValues values;
  values.emplace(key_format, Writer().text(magic).integer(meta.format).take());
  values.emplace(key_uuid, Writer().raw(meta.uuid.bytes).take());
  if (meta.parent)
    values.emplace(key_parent, Writer()
                                   .raw(meta.parent->bytes)
                                   .integer(meta.parent_size)
                                   .raw(meta.parent_root.bytes)
                                   .take());
  values.emplace(key_first, Writer().integer(meta.first.value).take());
  values.emplace(key_head, head_value(meta));
  values.emplace(key_frontier, meta.frontier.serialize());
  values.emplace(key_epochs, epochs_value(meta));
  values.emplace(key_batches, batches_value(meta));
  values.emplace(key_demo, Writer().integer(static_cast<std::uint8_t>(meta.demo ? 1 : 0)).take());
  return values;
}

MetaValues encode_changes(const Meta& before, const Meta& after) {
  MetaValues values;
  values.emplace(key_head, head_value(after));
  values.emplace(key_frontier, after.frontier.serialize());
  if (before.first != after.first)
    values.emplace(key_first, Writer().integer(after.first.value).take());
  if (before.epochs != after.epochs) values.emplace(key_epochs, epochs_value(after));
  if (before.batches != after.batches) values.emplace(key_batches, batches_value(after));
  return values;
}

Result<Meta> decode_meta(const MetaValues& values) {
  WATTLEDGER_TRY(check_format(values));
  WATTLEDGER_TRY(check_keys(values));
  Meta meta;
  meta.format = load_big<std::uint32_t>(values.find(key_format)->second.data() + magic.size());
  Scanner(values.find(key_uuid)->second).raw(meta.uuid.bytes);
  if (const auto found = values.find(key_parent); found != values.end()) {
    Scanner scanner(found->second);
    scanner.raw(meta.parent.emplace().bytes);
    meta.parent_size = scanner.integer<std::uint64_t>();
    scanner.raw(meta.parent_root.bytes);
  }
  meta.first = Scanner(values.find(key_first)->second).sequence();
  Scanner head(values.find(key_head)->second);
  meta.head = head.sequence();
  meta.head_recorded_at = head.time();
  // A kind that does not fit the union's byte is beyond every catalogue; the highest value says so
  // as well.
  const auto kind = std::min<std::uint16_t>(head.integer<std::uint16_t>(),
                                            std::numeric_limits<std::uint8_t>::max());
  meta.kind_highest = static_cast<Kind>(kind);
  auto frontier = Frontier::parse(values.find(key_frontier)->second);
  if (!frontier) return damaged(key_frontier, frontier.error().what);
  meta.frontier = *std::move(frontier);
  read_lists(values, meta);
  meta.demo = values.find(key_demo)->second[0] != std::byte{0};
  WATTLEDGER_TRY(check_sense(meta));
  return meta;
}

void advance(Meta& meta, const RecordFacts& facts) {
  const Sequence sequence = meta.head.next();
  if (meta.head.value == 0 || facts.kind == Kind::ClockStepped)
    meta.epochs.push_back({sequence, facts.recorded_at});
  if (facts.ends_abandoned_batch) meta.batches.back().finished = meta.head;
  if (facts.kind == Kind::ImportStarted)
    meta.batches.push_back({facts.batch, sequence, Sequence{0}, facts.recorded_at});
  if (facts.kind == Kind::ImportFinished) meta.batches.back().finished = sequence;
  meta.head = sequence;
  meta.head_recorded_at = facts.recorded_at;
  meta.kind_highest = std::max(meta.kind_highest, facts.kind);
}

}  // namespace wattledger::log
