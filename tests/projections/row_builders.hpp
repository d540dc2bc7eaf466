// Legacy rows for tests, with few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "events/time.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "projections/projector.hpp"

namespace wattledger::testing {

// "2025-10-01T00:05:00" and so on, `minutes` after 2025-10-01.
inline std::string local_minute(std::int64_t minutes) {
  return iso_text(LocalTime(std::chrono::microseconds((1'759'276'800 + minutes * 60) * 1'000'000)));
}

inline fold::LegacyRow row_of(std::uint64_t sequence, std::int64_t minutes,
                              fold::RowContent content) {
  fold::LegacyRow row;
  row.sequence = Sequence{sequence};
  row.at = utc_from_us((1'759'276'800 + minutes * 60) * 1'000'000);
  row.recorded_at = row.at;
  row.local = LocalTime(row.at.time_since_epoch());
  row.row = std::move(content);
  return row;
}

inline fold::LegacyRow energy_row(std::uint64_t sequence, std::int64_t minutes, double soc = 55.5) {
  fold::EnergyRow energy;
  energy.timestamp = local_minute(minutes);
  energy.battery_soc = soc;
  energy.pv_power = 1'200;
  energy.grid_power = -400;
  energy.battery_power = 0;
  energy.grid_voltage = 231.5;
  energy.grid_import_total_kwh = 5'000.05;
  energy.tariff_zone = "T2";
  return row_of(sequence, minutes, energy);
}

inline fold::LegacyRow state_row(std::uint64_t sequence, std::int64_t minutes) {
  fold::SystemStateRow state;
  state.timestamp = local_minute(minutes);
  state.state = "monitoring";
  state.uptime = 300.5;
  state.metrics = R"({"decision_count": 1})";
  state.file_line = state.metrics;
  return row_of(sequence, minutes, state);
}

inline fold::LegacyRow decision_row(std::uint64_t sequence, std::int64_t minutes) {
  fold::DecisionRow decision;
  decision.timestamp = local_minute(minutes);
  decision.decision_type = "charging";
  decision.action = "wait";
  decision.reason = "prices are known until noon";
  decision.parameters = R"({"confidence": 1.0})";
  decision.file_line = decision.parameters;
  return row_of(sequence, minutes, decision);
}

// A checkpoint at `sequence` of a log named by `log`.
inline projections::Checkpoint checkpoint_at(std::uint64_t sequence, std::uint32_t version,
                                             std::uint8_t log = 1) {
  projections::Checkpoint checkpoint;
  checkpoint.log.bytes.fill(log);
  checkpoint.sequence = Sequence{sequence};
  checkpoint.root.bytes.fill(static_cast<std::uint8_t>(sequence));
  checkpoint.version = version;
  return checkpoint;
}

// Applies rows to a projector batch after batch, keeping its checkpoint.
class Feeder {
 public:
  explicit Feeder(projections::Projector& projector, std::uint8_t log = 1)
      : projector_(projector), log_(log) {}

  Result<void> apply(const std::vector<fold::LegacyRow>& rows, std::uint64_t through) {
    const projections::Checkpoint after = checkpoint_at(through, projector_.version(), log_);
    WATTLEDGER_TRY(projector_.apply(before_, after, rows));
    before_ = after;
    return {};
  }
  // In batches of `size`, each through its last row.
  Result<void> apply_in_batches(const std::vector<fold::LegacyRow>& rows, std::size_t size) {
    for (std::size_t from = 0; from < rows.size(); from += size) {
      const std::vector<fold::LegacyRow> batch(
          rows.begin() + static_cast<std::ptrdiff_t>(from),
          rows.begin() + static_cast<std::ptrdiff_t>(std::min(from + size, rows.size())));
      WATTLEDGER_TRY(apply(batch, batch.back().sequence.value));
    }
    return {};
  }
  [[nodiscard]] const std::optional<projections::Checkpoint>& before() const { return before_; }
  void continue_from(const projections::Checkpoint& checkpoint) { before_ = checkpoint; }

 private:
  projections::Projector& projector_;
  std::uint8_t log_;
  std::optional<projections::Checkpoint> before_;
};

}  // namespace wattledger::testing
