#include "log/archive.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "log/cold_segment.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t recent_blocks = 2;

std::string range_text(const SequenceRange& range) {
  return "records " + std::to_string(range.first.value) + " to " + std::to_string(range.last.value);
}

// "000000000001-000000004096.seg", and nothing else.
std::optional<SequenceRange> range_from_name(const std::string& name) {
  SequenceRange range;
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, range.first.value);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, range.last.value);
  if (last.ec != std::errc() || range.first > range.last) return std::nullopt;
  if (name != segment_name(range.first, range.last)) return std::nullopt;
  return range;
}

// The day, for a command line.
std::string day_of(UtcTime time) { return utc_text(time).substr(0, 10); }

// Where it went, if it is with a remote; else nothing.
std::optional<Failure> is_cold(const std::filesystem::path& segments, Sequence sequence) {
  const auto all = list_cold(segments.parent_path());
  if (!all) return Failure(all.error());
  for (const ColdSegment& each : *all) {
    if (sequence < each.records.first || sequence > each.records.last) continue;
    const std::string from = day_of(each.recorded_from);
    const std::string to = day_of(each.recorded_to + std::chrono::days(1));
    return fail(ErrorKind::not_found,
                "record " + std::to_string(sequence.value) +
                    " is not on this disk: " + range_text(each.records) + ", of " + from + " to " +
                    day_of(each.recorded_to) + ", stand with " + each.place,
                "fetch them: wattledger tiers fetch --from " + from + " --to " + to);
  }
  return std::nullopt;
}

}  // namespace

Archive::Archive(std::filesystem::path directory, const Meta& meta)
    : directory_(std::move(directory)),
      log_(meta.uuid),
      parent_(meta.parent),
      parent_size_(meta.parent_size),
      archived_{meta.first.value - 1} {}

Result<Archive> Archive::open(const std::filesystem::path& log_directory, const Meta& meta) {
  Archive archive(log_directory / segments_directory, meta);
  WATTLEDGER_TRY(archive.list());
  return archive;
}

Result<void> Archive::list() {
  ranges_.clear();
  std::error_code error;
  if (!std::filesystem::exists(directory_, error)) return {};
  std::filesystem::directory_iterator at(directory_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const auto range = range_from_name(at->path().filename().string());
    if (!range) continue;
    // Of two that begin alike the longer one serves.
    Sequence& last = ranges_[range->first];
    last = std::max(last, range->last);
  }
  if (error)
    return fail(ErrorKind::io, directory_.string() + " cannot be listed: " + error.message(),
                "check the disk and its permissions");
  return {};
}

std::vector<SequenceRange> Archive::segments() const {
  std::vector<SequenceRange> result;
  for (const auto& [first, last] : ranges_) result.push_back({first, last});
  return result;
}

Sequence Archive::first() const { return ranges_.empty() ? Sequence{} : ranges_.begin()->first; }

std::vector<SequenceRange> Archive::gaps(Sequence from, Sequence to) const {
  std::vector<SequenceRange> result;
  for (const auto& [first, last] : ranges_) {
    if (first > to || from > to) break;
    if (first > from) result.push_back({from, Sequence{first.value - 1}});
    from = std::max(from, last.next());
  }
  if (from <= to) result.push_back({from, to});
  return result;
}

std::optional<SequenceRange> Archive::range_of(Sequence sequence) const {
  auto behind = ranges_.upper_bound(sequence);
  while (behind != ranges_.begin()) {
    --behind;
    if (behind->second >= sequence) return SequenceRange{behind->first, behind->second};
  }
  return std::nullopt;
}

Result<void> Archive::check_owner(const SegmentReader& segment) const {
  const Manifest& manifest = segment.manifest();
  const bool inherited = parent_ && manifest.log == *parent_ && manifest.last.value <= parent_size_;
  if (manifest.log != log_ && !inherited)
    return fail(ErrorKind::foreign,
                segment.path().string() + " belongs to the log " + manifest.log.hex() +
                    ", not to " + log_.hex(),
                "move it away, and restore this log's own segment from a backup");
  if (segment.path().filename() != segment_name(manifest.first, manifest.last))
    return fail(ErrorKind::foreign,
                segment.path().string() + " holds " + range_text({manifest.first, manifest.last}) +
                    ": it was renamed",
                "give it back its name " + segment_name(manifest.first, manifest.last));
  return {};
}

Result<std::reference_wrapper<const SegmentReader>> Archive::segment_of(Sequence sequence) {
  auto range = range_of(sequence);
  if (!range) {
    WATTLEDGER_TRY(list());
    range = range_of(sequence);
  }
  if (!range) {
    if (auto cold = is_cold(directory_, sequence)) return *std::move(cold);
    SequenceRange missing{Sequence{1}, std::max(sequence, archived_)};
    for (const auto& [first, last] : ranges_) {
      if (last < sequence) missing.first = last.next();
      if (first <= sequence) continue;
      missing.last = Sequence{first.value - 1};
      break;
    }
    return fail(ErrorKind::not_found,
                directory_.string() + ": the segment with record " +
                    std::to_string(sequence.value) + " is missing (no file has " +
                    range_text(missing) + ")",
                "restore it from a backup");
  }
  const auto known = readers_.find(range->first);
  if (known != readers_.end() && known->second.manifest().last == range->last)
    return std::cref(known->second);
  auto reader = SegmentReader::open(directory_ / segment_name(range->first, range->last));
  if (!reader) return Failure(reader.error());
  WATTLEDGER_TRY(check_owner(*reader));
  return std::cref(readers_.insert_or_assign(range->first, *std::move(reader)).first->second);
}

Result<std::shared_ptr<const SegmentBlock>> Archive::block_of(Sequence sequence) {
  for (auto at = recent_.begin(); at != recent_.end(); ++at) {
    if (sequence < (*at)->first || sequence > (*at)->last()) continue;
    std::rotate(recent_.begin(), at, at + 1);
    return recent_.front();
  }
  const auto segment = segment_of(sequence);
  if (!segment) return Failure(segment.error());
  const SegmentReader& reader = *segment;
  auto block = reader.block(reader.manifest().block_of(sequence));
  if (!block) return block;
  recent_.push_front(*block);
  if (recent_.size() > recent_blocks) recent_.pop_back();
  return block;
}

Result<std::span<const std::byte>> Archive::record(Sequence sequence) {
  const auto block = block_of(sequence);
  if (!block) return Failure(block.error());
  return (*block)->record(sequence);
}

std::vector<SequenceRange> segment_ranges(SequenceRange range) {
  std::vector<SequenceRange> ranges;
  while (range.first <= range.last) {
    const std::uint64_t whole =
        ((range.first.value - 1) / segment_records_max + 1) * segment_records_max;
    const Sequence last{std::min(whole, range.last.value)};
    ranges.push_back({range.first, last});
    range.first = last.next();
  }
  return ranges;
}

ArchivePlan plan_archive(const Meta& meta, const Archive& archive, Sequence up_to) {
  ArchivePlan plan;
  if (meta.head.value < unarchived_records_min) return plan;
  const std::uint64_t end =
      std::min(up_to.value, meta.head.value - unarchived_records_min) / segment_step * segment_step;
  if (end < meta.first.value) return plan;
  plan.retire_to = Sequence{end};
  for (const SequenceRange& gap : archive.gaps(meta.first, Sequence{end})) {
    const auto ranges = segment_ranges(gap);
    plan.build.insert(plan.build.end(), ranges.begin(), ranges.end());
  }
  return plan;
}

Result<SegmentReader> build_segment(const Snapshot& snapshot, const Log& log,
                                    const SequenceRange& range, const SegmentProgress& progress) {
  if (range.first < snapshot.meta().first || range.last > snapshot.head())
    return fail(ErrorKind::not_found,
                range_text(range) + " do not all stand in the log's own environment");
  return build_segment_in(log.directory() / segments_directory, snapshot, range, progress);
}

Result<SegmentReader> build_segment_in(const std::filesystem::path& directory,
                                       const Snapshot& snapshot, const SequenceRange& range,
                                       const SegmentProgress& progress) {
  const auto root = root_at(snapshot, range.last.value);
  if (!root) return Failure(root.error());
  SegmentSource source;
  source.log = snapshot.meta().uuid;
  source.first = range.first;
  source.last = range.last;
  source.root = *root;
  RecordBatch batch;
  Sequence batch_first{};
  source.record = [&](Sequence sequence) -> Result<std::span<const std::byte>> {
    if (sequence < batch_first || sequence.value - batch_first.value >= batch.size()) {
      WATTLEDGER_TRY(snapshot.impl().fill(batch, sequence, range.last));
      batch_first = sequence;
    }
    return batch[static_cast<std::size_t>(sequence.value - batch_first.value)];
  };
  source.node = [&](unsigned level, std::uint64_t index) {
    return stored_node(snapshot.impl(), level, index);
  };
  return write_segment(directory, source, progress);
}

}  // namespace wattledger::log
