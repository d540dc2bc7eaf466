#include "replay/change/needs.hpp"

#include <fmt/format.h>

#include "coordinator/config/change_windows.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

std::string shown(LocalTime local) { return iso_text(local).substr(0, 16); }

}  // namespace

ChangeRules change_rules(const std::optional<config::Config>& config) {
  if (!config) return {true, true, false, false};
  switch (config->environment) {
    case config::Environment::production:
      return {true, true, true, true};
    case config::Environment::development:
      return {false, true, false, false};
    case config::Environment::test:
      return {false, false, false, false};
  }
  return {};
}

bool there_is_a_log(const Place& place) {
  std::error_code ignored;
  return std::filesystem::exists(place.log() / "data.mdb", ignored);
}

Result<void> require_quiet(const Place& place) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  if (!fold::in_forced_mode(state->inverter, house_now(open->snapshot))) return {};
  std::string until;
  if (state->inverter.confirmed_until)
    until = " until " + local_text(*state->inverter.confirmed_until, state->site.zone);
  return fail(ErrorKind::conflict,
              fmt::format("the inverter is in forced {}{}",
                          fb::EnumNameInverterMode(state->inverter.confirmed), until),
              "try again after it, or end it: wattledger override hold");
}

Result<void> require_window(const Place& place, bool anyway) {
  if (anyway || !place.config || place.config->changes.windows.empty()) return {};
  ZoneOffsets zone;
  if (there_is_a_log(place)) {
    const auto open = open_log(place);
    if (!open) return Failure(open.error());
    zone = house_zone(open->snapshot);
  }
  if (zone == ZoneOffsets()) {
    auto named = long_zone(place.config->site.timezone);
    if (!named) return Failure(named.error());
    zone = *std::move(named);
  }
  const auto& windows = place.config->changes.windows;
  const LocalTime now = zone.to_local(clock_now());
  if (config::in_window(windows, now)) return {};
  const auto next = config::next_window(windows, now);
  return fail(ErrorKind::conflict,
              "it is " + shown(now) + ", outside changes.windows of the configuration",
              (next ? "wait until " + shown(*next) + ", or " : std::string()) + "add --now");
}

Result<std::optional<UtcTime>> last_backup(const log::Snapshot& snapshot, UtcTime since) {
  std::optional<UtcTime> last, taken;
  std::string id;
  const auto from = snapshot.first_recorded_at_or_after(since);
  if (!from) return Failure(from.error());
  if (from->value == 0 || *from > snapshot.head()) return last;
  WATTLEDGER_TRY(
      snapshot.scan(*from, snapshot.head(), [&](const log::RecordView& record) -> Result<bool> {
        const auto* fact = record.event.as<fb::BackupTaken>();
        if (fact == nullptr || fact->backup() == nullptr) return true;
        // Named again when the remote has its copy, it is as old as it was.
        if (id != fact->backup()->string_view()) taken = record.recorded_at;
        id = fact->backup()->str();
        if (fact->result() == fb::Result::succeeded) last = taken;
        return true;
      }));
  return last;
}

Result<void> require_backup(const Place& place, std::chrono::hours fresh) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto last = last_backup(open->snapshot, house_now(open->snapshot) - fresh);
  if (!last) return Failure(last.error());
  if (*last) return {};
  return fail(
      ErrorKind::not_found,
      fmt::format("the log knows of no verified backup of the last {} h (changes.fresh_backup_h)",
                  fresh.count()),
      "take one first: wattledger backup create");
}

}  // namespace wattledger::tool
