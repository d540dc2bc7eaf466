#include "log/tiers.hpp"

#include <algorithm>

#include "log/environment.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::days fetched_stay{7};

bool holds(const SequenceRange& range, Sequence sequence) {
  return range.first <= sequence && sequence <= range.last;
}

Result<ArchivePlan> plan_hot(const Snapshot& snapshot, const Archive& archive, UtcTime before,
                             std::uint64_t records_min) {
  const auto cut = snapshot.first_recorded_at_or_after(before);
  if (!cut) return Failure(cut.error());
  if (cut->value <= 1) return ArchivePlan{};
  ArchivePlan plan = plan_archive(snapshot.meta(), archive, Sequence{cut->value - 1});
  const std::uint64_t first = snapshot.meta().first.value;
  // Built already, by a run that was killed, or many enough.
  if (plan.retire_to.value + 1 >= first + records_min || plan.build.empty()) return plan;
  return ArchivePlan{};
}

bool stays_fetched(const fs::path& file) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  return error || fs::file_time_type::clock::now() - written < fetched_stay;
}

void widen(Tier& tier, UtcTime from, UtcTime to) {
  tier.recorded_from = std::min(tier.recorded_from.value_or(from), from);
  tier.recorded_to = std::max(tier.recorded_to.value_or(to), to);
}

void add(Tier& tier, const SequenceRange& records, std::uint64_t bytes, UtcTime from, UtcTime to) {
  tier.records += records.last.value - records.first.value + 1;
  tier.files += 1;
  tier.bytes += bytes;
  widen(tier, from, to);
}

}  // namespace

Result<TierPlan> plan_tiers(const Snapshot& snapshot, const Log& log, UtcTime now,
                            const TierAges& ages, bool remote) {
  auto archive = Archive::open(log.directory(), snapshot.meta());
  if (!archive) return Failure(archive.error());
  TierPlan plan;
  auto hot = plan_hot(snapshot, *archive, now - ages.hot, ages.records_min);
  if (!hot) return Failure(hot.error());
  plan.archive = *std::move(hot);
  if (!remote) return plan;
  const auto cold = list_cold(log.directory());
  if (!cold) return Failure(cold.error());
  const UtcTime before = now - std::max(ages.warm, cold_age_min);
  for (const SequenceRange& range : archive->segments()) {
    if (range.last >= snapshot.meta().first) continue;  // LMDB has its records still
    const auto known = std::find_if(cold->begin(), cold->end(),
                                    [&](const ColdSegment& each) { return each.records == range; });
    if (known != cold->end()) {
      if (!stays_fetched(log.directory() / segments_directory / known->name()))
        plan.to_leave.push_back(*known);
      continue;
    }
    const auto segment = archive->segment_of(range.first);
    if (!segment) return Failure(segment.error());
    if (segment->get().manifest().recorded_to < before) plan.to_send.push_back(range);
  }
  return plan;
}

Result<Tiers> tiers_of(const Snapshot& snapshot, const Log& log) {
  auto archive = Archive::open(log.directory(), snapshot.meta());
  if (!archive) return Failure(archive.error());
  const auto cold = list_cold(log.directory());
  if (!cold) return Failure(cold.error());
  Tiers tiers;
  const Sequence first = snapshot.meta().first;
  for (const SequenceRange& range : archive->segments()) {
    const auto segment = archive->segment_of(range.first);
    if (!segment) return Failure(segment.error());
    const Manifest& manifest = segment->get().manifest();
    add(tiers.warm, range, segment->get().file_bytes(), manifest.recorded_from,
        manifest.recorded_to);
  }
  for (const ColdSegment& each : *cold) {
    add(tiers.cold, each.records, each.bytes, each.recorded_from, each.recorded_to);
    if (archive->gaps(each.records.first, each.records.last).empty()) ++tiers.fetched;
  }
  if (snapshot.head() < first) return tiers;
  tiers.hot.records = snapshot.head().value - first.value + 1;
  tiers.hot.files = 1;
  tiers.hot.bytes = log.impl().environment->used_bytes();
  const auto from = snapshot.impl().recorded_at(first);
  if (!from) return Failure(from.error());
  widen(tiers.hot, *from, snapshot.meta().head_recorded_at);
  return tiers;
}

std::optional<ColdSegment> cold_with(const fs::path& log_directory, Sequence sequence) {
  const auto cold = list_cold(log_directory);
  if (!cold) return std::nullopt;
  for (const ColdSegment& each : *cold)
    if (holds(each.records, sequence)) return each;
  return std::nullopt;
}

}  // namespace wattledger::log
