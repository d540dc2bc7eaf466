// The days of a period as fold/quality_rows.hpp judges them, from the log itself: without a daemon,
// and whether or not there is an SQLite file. Where both are, the figures are those of
// data_quality.
#pragma once

#include <map>
#include <optional>

#include "log/reader.hpp"
#include "projections/damage.hpp"
#include "projections/fold/quality_rows.hpp"
#include "projections/fold_cache.hpp"
#include "replay/audit/period.hpp"

namespace wattledger::tool {

struct JudgedDay {
  fold::DayQuality quality;
  std::uint64_t imported = 0;  // readings that an import brought, which are not judged
};
// By the local day, in order.
using JudgedDays = std::map<std::chrono::local_days, JudgedDay>;

// Days that begin in the period; begun at the nearest kept state. What cannot be read is stepped
// over and told in `damage`.
[[nodiscard]] Result<JudgedDays> judge_days(const log::Snapshot& snapshot,
                                            const projections::FoldCache& cache,
                                            const Period& period, projections::Damage& damage);

// Of the newest reading that is not imported, looked for among the log's last records; nullopt
// where there is none.
[[nodiscard]] std::optional<UtcTime> newest_reading(const log::Snapshot& snapshot);

}  // namespace wattledger::tool
