#include "log/salvage.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "log/archive.hpp"
#include "log/byte_order.hpp"
#include "log/disk_file.hpp"
#include "log/environment.hpp"
#include "log/new_log.hpp"
#include "log/record.hpp"
#include "log/salvage_reader.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t group_records = std::uint64_t{1} << unsigned{Frontier::stored_level_min};
constexpr std::size_t reason_ranges_max = 32;

// Also the kind of a record whose checksum does not fit may still be right; 0 if it cannot be.
std::uint16_t plausible_kind(std::span<const std::byte> record) {
  if (record.size() <= record_header_bytes) return 0;
  const auto kind = load_little<std::uint16_t>(record.data() + 6);
  const bool ours = std::to_integer<std::uint8_t>(record[4]) == record_version;
  return ours && kind <= static_cast<std::uint16_t>(kind_max) ? kind : std::uint16_t{0};
}

class Salvager {
 public:
  Salvager(const DamagedLog& from, const Environment& to, Meta meta)
      : from_(from),
        old_(from.meta()),
        to_(to),
        copier_(to, old_, std::move(meta)),
        next_(old_.first) {
    if (!old_.epochs.empty()) newest_ = old_.epochs.front().recorded_at;
  }

  // Begins behind the archived records: their segments are the new log's too.
  Result<void> begin_behind(Archive& archive);

  Result<Salvage> run();

 private:
  Result<void> take(Sequence sequence, std::span<const std::byte> bytes);
  Result<void> lose_up_to(Sequence end, const char* why);
  Result<void> lose(Sequence sequence, const std::string& why, std::uint16_t kind);
  Result<void> put(Sequence sequence, std::span<const std::byte> record, UtcTime recorded_at);
  void check_group(Sequence sequence, bool intact, const Digest& leaf);
  [[nodiscard]] UtcTime time_of_lost(Sequence sequence) const;

  const DamagedLog& from_;
  const Meta& old_;
  const Environment& to_;
  RecordCopier copier_;
  Salvage result_;
  Sequence next_;
  UtcTime newest_{};  // recorded-at of the last record
  Frontier group_;    // of the records since the last multiple of 256
  bool group_intact_ = true;
};

Result<void> Salvager::begin_behind(Archive& archive) {
  Meta meta = copier_.meta();
  meta.first = old_.first;
  meta.head = Sequence{old_.first.value - 1};
  auto transaction = Transaction::begin(to_, Transaction::Access::write);
  if (!transaction) return Failure(transaction.error());
  for (std::uint64_t group = 0; group < meta.head.value / group_records; ++group) {
    const auto node = from_.group(group);
    if (!node)
      return fail(ErrorKind::corrupt,
                  "the Merkle node of the archived records " +
                      std::to_string(group * group_records + 1) + " to " +
                      std::to_string((group + 1) * group_records) + " cannot be read",
                  "restore a backup; the segments are files of their own and may be sound");
    std::vector<RangeNode> nodes{{std::uint8_t{Frontier::stored_level_min}, group, *node}};
    meta.frontier.append_subtree(*node, Frontier::stored_level_min, &nodes);
    WATTLEDGER_TRY(put_nodes(to_, *transaction, nodes));
  }
  // Retiring may have stopped within a group.
  for (Sequence next{meta.frontier.size() + 1}; next <= meta.head; next = next.next()) {
    const auto record = archive.record(next);
    if (!record) return Failure(record.error());
    group_.append(leaf_of(*record));
    meta.frontier.append(leaf_of(*record));
  }
  for (const ClockEpoch& epoch : old_.epochs) {
    if (epoch.first > meta.head) continue;
    meta.epochs.push_back(epoch);
    newest_ = epoch.recorded_at;
  }
  for (const ImportBatch& batch : old_.batches) {
    if (batch.started > meta.head) continue;
    meta.batches.push_back(batch);
    if (batch.finished > meta.head) meta.batches.back().finished = Sequence{0};
    newest_ = std::max(newest_, batch.recorded_at);
  }
  meta.head_recorded_at = newest_;
  WATTLEDGER_TRY(write_meta(to_, *transaction, encode_meta(meta)));
  copier_.begin_at(meta);
  return std::move(*transaction).commit();
}

Result<Salvage> Salvager::run() {
  const auto record = [&](Sequence sequence, std::span<const std::byte> bytes) -> Result<void> {
    WATTLEDGER_TRY(lose_up_to(sequence, "it is missing"));
    return take(sequence, bytes);
  };
  const auto unreadable = [&](const SequenceRange& range) -> Result<void> {
    WATTLEDGER_TRY(lose_up_to(range.first, "it is missing"));
    return lose_up_to(range.last.next(), "a page is damaged");
  };
  WATTLEDGER_TRY(from_.read(record, unreadable));
  WATTLEDGER_TRY(lose_up_to(old_.head.next(), "it is missing"));
  WATTLEDGER_TRY(copier_.commit());
  return std::move(result_);
}

Result<void> Salvager::take(Sequence sequence, std::span<const std::byte> bytes) {
  const auto header = parse_header(bytes);
  if (!header && header.error().kind == ErrorKind::newer)
    return Failure(about_record(sequence, header.error()));
  if (!header) return lose(sequence, header.error().what, plausible_kind(bytes));
  if (header->lost()) {
    auto& before = result_.lost_before;
    if (before.empty() || before.back().last.next() != sequence)
      before.push_back({sequence, sequence});
    before.back().last = sequence;
  } else {
    const auto event = parse_event(*header, bytes);
    if (!event && event.error().kind == ErrorKind::newer)
      return Failure(about_record(sequence, event.error()));
    if (!event)
      return lose(sequence, "the checksum fits, and it is no record of ours: " + event.error().what,
                  plausible_kind(bytes));
    ++result_.copied;
  }
  check_group(sequence, true, leaf_of(bytes));
  return put(sequence, bytes, header->recorded_at);
}

Result<void> Salvager::lose_up_to(Sequence end, const char* why) {
  while (next_ < end) WATTLEDGER_TRY(lose(next_, why, 0));
  return {};
}

Result<void> Salvager::lose(Sequence sequence, const std::string& why, std::uint16_t kind) {
  auto& lost = result_.lost;
  if (lost.empty() || lost.back().records.last.next() != sequence || lost.back().why != why)
    lost.push_back({{sequence, sequence}, why});
  lost.back().records.last = sequence;
  const UtcTime recorded_at = time_of_lost(sequence);
  check_group(sequence, false, Digest{});
  return put(sequence, build_lost_record(recorded_at, kind, Digest{}), recorded_at);
}

// What meta knows, else the time of the record in front of it.
UtcTime Salvager::time_of_lost(Sequence sequence) const {
  for (const ClockEpoch& epoch : old_.epochs)
    if (epoch.first == sequence) return epoch.recorded_at;
  for (const ImportBatch& batch : old_.batches)
    if (batch.started <= sequence && (batch.finished.value == 0 || sequence <= batch.finished))
      return batch.recorded_at;
  return sequence == old_.head ? old_.head_recorded_at : newest_;
}

Result<void> Salvager::put(Sequence sequence, std::span<const std::byte> record,
                           UtcTime recorded_at) {
  newest_ = recorded_at;
  next_ = sequence.next();
  return copier_.put(record, recorded_at);
}

// Records that are sound one by one may still be others than the tree was made of.
void Salvager::check_group(Sequence sequence, bool intact, const Digest& leaf) {
  group_.append(leaf);
  group_intact_ = group_intact_ && intact;
  const bool whole = sequence.value % group_records == 0;
  if (!whole && sequence != old_.head) return;
  if (group_intact_) {
    const std::vector<Digest>& peaks = old_.frontier.peaks();
    const auto behind = static_cast<std::ptrdiff_t>(group_.peaks().size());
    const auto node = from_.group((sequence.value - 1) / group_records);
    const bool differs = whole ? node && *node != group_.root()
                               : !std::equal(group_.peaks().begin(), group_.peaks().end(),
                                             peaks.end() - behind, peaks.end());
    if (differs)
      result_.doubtful.push_back({Sequence{sequence.value - group_.size() + 1}, sequence});
  }
  group_ = Frontier{};
  group_intact_ = true;
}

std::string reason_of(const Salvage& salvage) {
  std::string text = "salvaged from " + salvage.parent.hex() + ", " +
                     std::to_string(salvage.copied + salvage.archived) + " records copied, lost:";
  if (salvage.lost.empty()) text += " none";
  for (std::size_t i = 0; i < salvage.lost.size(); ++i) {
    if (i == reason_ranges_max) return text + " and more";
    const SequenceRange& range = salvage.lost[i].records;
    text += " " + std::to_string(range.first.value);
    if (range.last != range.first) text += "-" + std::to_string(range.last.value);
  }
  if (salvage.one_beginning) text += "; of the last commit nothing is known";
  return text;
}

Result<void> check_possible(const Meta& meta, const fs::path& directory) {
  if (meta.kind_highest <= kind_max) return {};
  return fail(ErrorKind::newer,
              directory.string() + " holds events that this program does not know",
              "use the wattledger that wrote it, or a later one");
}

// As they are, damaged or not: each says itself what it holds. What none of them holds is lost.
Result<std::vector<LostRange>> copy_segments(const fs::path& from, const fs::path& to,
                                             const Archive& archive, Sequence last) {
  const fs::path directory = to / segments_directory;
  std::vector<LostRange> lost;
  for (const SequenceRange& gap : archive.gaps(Sequence{1}, last))
    lost.push_back({gap, "archived, and no segment here holds them; bring it into " +
                             directory.string() + ", and they are there again"});
  std::error_code error;
  fs::create_directories(directory, error);
  for (const SequenceRange& range : archive.segments()) {
    const std::string name = segment_name(range.first, range.last);
    fs::copy_file(from / segments_directory / name, directory / name, error);
    if (error)
      return fail(ErrorKind::io, name + " cannot be copied: " + error.message(),
                  "check the disks and their free space");
    auto copy = DiskFile::open(directory / name);
    if (!copy) return Failure(copy.error());
    WATTLEDGER_TRY(copy->sync());
    const auto segment = SegmentReader::open(directory / name);
    const auto sound = segment ? segment->verify() : Failure(segment.error());
    // What stands in the log's file as well, because retiring stopped, is not lost with it.
    if (!sound && range.first <= last)
      lost.push_back({{range.first, std::min(range.last, last)}, sound.error().line()});
  }
  WATTLEDGER_TRY(sync_directory(directory));
  WATTLEDGER_TRY(sync_directory(to));
  return lost;
}

}  // namespace

Result<Salvage> salvage(const fs::path& damaged, const fs::path& into,
                        const SalvageOptions& options) {
  const auto from = DamagedLog::open(damaged);
  if (!from) return Failure(from.error());
  const Meta& old = from->meta();
  WATTLEDGER_TRY(check_possible(old, damaged));
  auto made = NewDirectory::make(into);
  if (!made) return Failure(made.error());
  CreateOptions create;
  create.demo = old.demo;
  create.uuid = options.uuid;
  create.parent = ParentLog{old.uuid, old.head.value, old.frontier.root()};
  auto log = Log::create(into, create);
  if (!log) return Failure(log.error());
  auto meta = log->snapshot();
  if (!meta) return Failure(meta.error());
  Salvager salvager(*from, *log->impl().environment, meta->meta());
  std::vector<LostRange> lost_segments;
  std::size_t segments = 0;
  if (old.first.value > 1) {
    auto archive = Archive::open(damaged, old);
    if (!archive) return Failure(archive.error());
    auto lost = copy_segments(damaged, into, *archive, Sequence{old.first.value - 1});
    if (!lost) return Failure(lost.error());
    lost_segments = *std::move(lost);
    segments = archive->segments().size();
    WATTLEDGER_TRY(salvager.begin_behind(*archive));
  }
  auto result = salvager.run();
  if (!result) return result;
  result->lost.insert(result->lost.begin(), lost_segments.begin(), lost_segments.end());
  result->segments = segments;
  result->archived = old.first.value - 1;
  for (const LostRange& range : lost_segments)
    result->archived -= range.records.last.value - range.records.first.value + 1;
  result->uuid = meta->meta().uuid;
  result->parent = old.uuid;
  result->one_beginning = from->one_beginning();
  // A demo's or a simulated house's time stands still at its log's end (0 is before it).
  const UtcTime now = old.demo ? UtcTime{} : options.now;
  const auto restored = append_restored(*log, "wattledger log salvage", reason_of(*result), now);
  if (!restored) return Failure(restored.error());
  result->restored = *restored;
  made->keep();
  return result;
}

}  // namespace wattledger::log
