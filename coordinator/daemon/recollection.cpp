#include "coordinator/daemon/recollection.hpp"

#include <algorithm>

#include "projections/damage.hpp"

namespace wattledger::daemon {

Result<sources::ToldBefore> recollect(const log::Snapshot& snapshot, UtcTime now,
                                      Forecaster& forecaster) {
  const UtcTime from = now - std::max(forecast_looks_back, sources::told_looked_back);
  sources::ToldBefore told;
  const auto take = [&](const log::RecordView& record) -> Result<bool> {
    const UtcTime at = record.event.occurred_at();
    if (at < from || at > now) return true;
    forecaster.recall(record.event);
    told.take(record.sequence, record.event);
    return true;
  };
  // Where damage keeps the search from answering, every record that can be read is looked at.
  projections::Damage known;  // told by the journal
  const auto read = snapshot.scan_occurred(from, now + std::chrono::microseconds(1), take);
  if (!read) {
    told = {};
    forecaster.forget();
    WATTLEDGER_TRY(
        projections::scan_over_damage(snapshot, snapshot.first(), snapshot.head(), take, known));
  }
  forecaster.recalled();
  return told;
}

}  // namespace wattledger::daemon
