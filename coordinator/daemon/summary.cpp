#include "coordinator/daemon/summary.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "log/reader.hpp"
#include "projections/damage.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::daemon {
namespace {

struct Totals {
  std::uint64_t readings = 0;
  std::uint64_t decisions = 0;
  std::uint64_t commands = 0;
  std::uint64_t confirmed = 0;  // by their registers
  std::uint64_t proved = 0;     // by the battery
  std::uint64_t failed = 0;
  std::uint64_t faults = 0;
  std::map<fb::Action, std::uint64_t> actions;
  std::optional<UtcTime> from, to;
  MilliwattHours imported, exported, charged;
  MilliwattHours priced;  // imported while a price was known
  MoneyE8 paid;
};

// Growth of a counter between two readings; nothing across a restart that set it back.
MilliwattHours grown(std::optional<std::int64_t> before, std::optional<std::int64_t> now) {
  if (!before || !now || *now < *before) return MilliwattHours(0);
  return MilliwattHours(*now - *before);
}

struct Last {
  std::optional<std::int64_t> imported, exported, charged;
};

void add_reading(Totals& totals, Last& last, const fold::State& state,
                 const fb::ReadingRecorded& reading) {
  ++totals.readings;
  const UtcTime at = state.reading->at;
  if (!totals.from) totals.from = at;
  totals.to = at;
  const MilliwattHours bought = grown(last.imported, reading.import_total_mwh());
  totals.imported += bought;
  totals.exported += grown(last.exported, reading.export_total_mwh());
  totals.charged += grown(last.charged, reading.battery_charge_total_mwh());
  if (const fold::PriceSlot* slot = fold::price_at(state, at)) {
    totals.priced += bought;
    totals.paid += cost(bought, fold::final_price(state, {at, slot->length, slot->market}));
  }
  last = {reading.import_total_mwh(), reading.export_total_mwh(),
          reading.battery_charge_total_mwh()};
}

// The house's wall clock, to the minute.
std::string minute(UtcTime time, const ZoneOffsets& zone) {
  std::string text = iso_text(zone.to_local(time)).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string kwh(MilliwattHours energy) {
  return fmt::format("{:.1f} kWh", static_cast<double>(energy.count()) / 1e6);
}

}  // namespace

Result<std::string> summarize(const log::Log& log) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  Totals totals;
  Last last;
  fold::State state;
  projections::Damage damage;
  WATTLEDGER_TRY(projections::scan_over_damage(
      *snapshot, snapshot->first(), snapshot->head(),
      [&](const log::RecordView& record) -> Result<bool> {
        fold::evolve(state, record.sequence, record.recorded_at, record.event);
        if (const auto* reading = record.event.as<fb::ReadingRecorded>())
          add_reading(totals, last, state, *reading);
        if (const auto* decision = record.event.as<fb::DecisionMade>()) {
          ++totals.decisions;
          ++totals.actions[decision->action()];
        }
        totals.commands += record.event.kind() == Kind::CommandIssued ? 1U : 0U;
        if (const auto* confirmed = record.event.as<fb::CommandConfirmed>())
          ++(confirmed->battery_power_w() ? totals.proved : totals.confirmed);
        totals.failed += record.event.kind() == Kind::CommandFailed ? 1U : 0U;
        totals.faults += record.event.kind() == Kind::FaultRaised ? 1U : 0U;
        return true;
      },
      damage));
  std::string text;
  if (damage.records > 0)
    text += fmt::format("  damaged     {}\n", projections::damage_text(damage));
  if (totals.from)
    text += fmt::format("  lived       {} to {}\n", minute(*totals.from, state.site.zone),
                        minute(*totals.to, state.site.zone));
  text += fmt::format("  log         {} events, {:.1f} MB\n", snapshot->head().value,
                      static_cast<double>(log.file_bytes()) / 1e6);
  text += fmt::format("  readings    {}\n", totals.readings);
  std::string actions;
  for (const auto& [action, count] : totals.actions)
    actions +=
        fmt::format("{}{} {}", actions.empty() ? "" : ", ", count, fb::EnumNameAction(action));
  text += fmt::format("  decisions   {} ({})\n", totals.decisions, actions);
  text += fmt::format(
      "  commands    {} issued, {} confirmed, {} shown by the battery, {} failed; {} faults\n",
      totals.commands, totals.confirmed, totals.proved, totals.failed, totals.faults);
  text += fmt::format("  meter       {} imported, {} exported; {} into the battery\n",
                      kwh(totals.imported), kwh(totals.exported), kwh(totals.charged));
  if (totals.priced > MilliwattHours(0))
    text += fmt::format("  paid        {:.2f} {} for {}, {:.4f} per kWh\n",
                        static_cast<double>(totals.paid.count()) / 1e8,
                        state.policy ? state.policy->settings.currency : "", kwh(totals.priced),
                        static_cast<double>(totals.paid.count()) / 1e2 /
                            static_cast<double>(totals.priced.count()));
  return text;
}

}  // namespace wattledger::daemon
