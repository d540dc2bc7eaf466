#include "replay/reading_on.hpp"

#include <algorithm>
#include <mutex>
#include <string>

#include "log/time_search.hpp"
#include "projections/damage.hpp"

namespace wattledger::tool {
namespace {

// The same damage is met by each reading that passes it.
class Met {
 public:
  void add(const projections::Damage& damage) {
    const std::lock_guard lock(mutex_);
    if (damage.records == 0) return;
    if (all_.records == 0 || damage.first < all_.first) {
      all_.first = damage.first;
      all_.what = damage.what;
    }
    all_.last = std::max(all_.last, damage.last);
    all_.records = std::max(all_.records, damage.records);
    all_.cold = std::max(all_.cold, damage.cold);
  }
  [[nodiscard]] projections::Damage all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  projections::Damage all_;  // `records` is what one reading met of it
};

Met& met() {
  static Met instance;
  return instance;
}

}  // namespace

bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::not_found;
}

Result<void> scan_on(const log::Snapshot& snapshot, Sequence from, Sequence to,
                     const log::Snapshot::Each& each) {
  projections::Damage damage;
  const auto scanned = projections::scan_over_damage(snapshot, from, to, each, damage);
  met().add(damage);
  return scanned;
}

Result<void> scan_occurred_on(const log::Snapshot& snapshot, UtcTime from, UtcTime to,
                              const log::Snapshot::Each& each) {
  const auto ranges = log::ranges_occurred(snapshot, from, to);
  if (!ranges) return Failure(ranges.error());
  bool go_on = true;
  for (const log::SequenceRange& range : *ranges) {
    WATTLEDGER_TRY(scan_on(snapshot, range.first, range.last,
                           [&](const log::RecordView& record) -> Result<bool> {
                             const UtcTime at = record.event.occurred_at();
                             if (at < from || at >= to) return true;
                             auto more = each(record);
                             if (more) go_on = *more;
                             return more;
                           }));
    if (!go_on) return {};
  }
  return {};
}

Exit tell_damage() {
  const projections::Damage damage = met().all();
  if (damage.records == 0) return Exit::done;
  if (damage.cold == damage.records) {
    note("this lacks what stands with a remote: " + damage.what);
    return Exit::done;
  }
  const std::string range = damage.first == damage.last
                                ? ""
                                : "not every record from " + std::to_string(damage.first.value) +
                                      " to " + std::to_string(damage.last.value) + " can be read; ";
  note("the log is damaged, and this lacks what stands there: " + range + damage.what +
       "; run wattledger log verify for the whole extent");
  return Exit::findings;
}

}  // namespace wattledger::tool
