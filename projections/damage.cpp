#include "projections/damage.hpp"

#include <algorithm>

#include "log/cold_segment.hpp"
#include "log/merkle.hpp"

namespace wattledger::projections {
namespace {

void add(Damage& damage, const log::SequenceRange& range, const std::string& what) {
  if (damage.records == 0) {
    damage.first = range.first;
    damage.what = what;
  }
  damage.records += range.last.value - range.first.value + 1;
  damage.last = range.last;
}

// What a log can lack and still be folded.
bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::not_found;
}

// The first record at `sequence` or behind it, up to `last`, that is not damaged.
Result<Sequence> behind_damage(const log::Snapshot& snapshot, Sequence sequence, Sequence last,
                               const Error& error, Damage& damage) {
  bool found = false;
  for (; sequence <= last; sequence = sequence.next()) {
    const auto record = snapshot.at(sequence);
    if (const auto gap = snapshot.missing(sequence); !record && gap) {
      log::SequenceRange missing{sequence, std::min(gap->last, last)};
      if (const auto cold = log::cold_segment_of(snapshot, sequence)) {
        // As far as this segment reaches; what is missing behind it is looked at by itself.
        missing.last = std::min(missing.last, cold->records.last);
        damage.cold += missing.last.value - missing.first.value + 1;
      }
      add(damage, missing, record.error().what);
      sequence = missing.last;
      found = true;
    } else if (!record && record.error().kind == ErrorKind::corrupt) {
      add(damage, {sequence, sequence}, record.error().what);
      found = true;
    } else if (record) {
      break;
    }
    // Neither readable nor damaged: one that a salvage could not save, which a scan steps over too.
  }
  // Every record here can be read one by one: what the scan met is no damage of a record.
  if (!found) return Failure(error);
  return sequence;
}

}  // namespace

std::string damage_text(const Damage& damage) {
  if (damage.records == 1) return damage.what;
  return std::to_string(damage.records) + " records from " + std::to_string(damage.first.value) +
         " to " + std::to_string(damage.last.value) + " cannot be read; " + damage.what;
}

Result<void> scan_over_damage(const log::Snapshot& snapshot, Sequence from, Sequence to,
                              const log::Snapshot::Each& each, Damage& damage) {
  Sequence next = std::max(from, snapshot.first());
  const Sequence last = std::min(to, snapshot.head());
  while (next <= last) {
    bool refused = false;
    const auto scanned =
        snapshot.scan(next, last, [&](const log::RecordView& record) -> Result<bool> {
          auto more = each(record);
          refused = !more;
          next = record.sequence.next();
          return more;
        });
    if (scanned || refused || !is_damage(scanned.error())) return scanned;
    const auto behind = behind_damage(snapshot, next, last, scanned.error(), damage);
    if (!behind) return Failure(behind.error());
    next = *behind;
  }
  return {};
}

Result<SameRoot> same_root(const log::Snapshot& snapshot, Sequence size, const Digest& root) {
  const auto found = log::root_at(snapshot, size.value);
  if (found && *found == root) return SameRoot::yes;
  if (!found && !is_damage(found.error())) return Failure(found.error());
  if (!found) return SameRoot::unknown;
  // At the head it is the frontier's, which rests on no record.
  if (size == snapshot.head()) return SameRoot::no;
  const std::uint64_t leaves = std::uint64_t{1} << unsigned{log::Frontier::stored_level_min};
  for (std::uint64_t sequence = size.value - size.value % leaves + 1; sequence <= size.value;
       ++sequence) {
    const auto record = snapshot.at(Sequence{sequence});
    const bool damaged = !record && record.error().kind == ErrorKind::corrupt;
    if (damaged || snapshot.missing(Sequence{sequence})) return SameRoot::unknown;
  }
  return SameRoot::no;
}

}  // namespace wattledger::projections
