#include "projections/fold/operation_rows.hpp"

#include <utility>

#include "events/catalogue.hpp"

namespace wattledger::fold {
namespace {

using Does = OperationRow::Does;

Cell cell(std::uint64_t value) { return static_cast<std::int64_t>(value); }
Cell cell(Sequence value) { return cell(value.value); }
Cell cell(UtcTime value) { return short_utc(value); }
Cell cell(const char* value) { return std::string(value); }
Cell cell(bool value) { return std::int64_t{value}; }
Cell cell(const flatbuffers::String* value) {
  return value == nullptr ? Cell() : Cell(value->str());
}
template <class T>
Cell cell(const flatbuffers::Optional<T>& value) {
  return value ? Cell(static_cast<std::int64_t>(*value)) : Cell();
}
template <class T>
Cell part(const flatbuffers::Optional<T>& value, double divisor) {
  return value ? Cell(static_cast<double>(*value) / divisor) : Cell();
}
Cell instant(const flatbuffers::Optional<std::int64_t>& us) {
  if (!us || *us < 0 || *us > time_max_us) return {};
  return short_utc(utc_from_us(*us));
}

std::string hex(const fb::Digest256* digest) {
  return digest == nullptr ? std::string() : from_fb(*digest).hex();
}

OperationRow row(Does does, std::vector<Cell> cells) { return {does, std::move(cells)}; }

OperationRow told(Sequence sequence, const fb::CommandIssued& fact, UtcTime at) {
  return row(Does::issue_command, {cell(sequence), cell(fact.decision()), cell(at),
                                   cell(fb::EnumNameInverterMode(fact.mode())),
                                   cell(fact.power_w()), part(fact.target_soc_bp(), 1e2),
                                   instant(fact.until_us()), cell(std::uint64_t{fact.attempt()})});
}
OperationRow told(Sequence sequence, const fb::CommandConfirmed& fact, UtcTime at) {
  return row(Does::answer_command,
             {cell(fact.command()), cell("confirmed"), cell(sequence), cell(at),
              cell(fact.battery_power_w()), cell(std::uint64_t{fact.writes()}),
              cell(fact.took_ms()), Cell(), Cell()});
}
OperationRow told(Sequence sequence, const fb::CommandFailed& fact, UtcTime at) {
  return row(Does::answer_command,
             {cell(fact.command()), cell("failed"), cell(sequence), cell(at), Cell(),
              cell(std::uint64_t{fact.writes()}), Cell(),
              cell(fb::EnumNameCommandTrouble(fact.trouble())), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::FaultRaised& fact, UtcTime at) {
  return row(Does::raise_fault,
             {cell(sequence), cell(fb::EnumNameFault(fact.fault())), cell(fact.latched()), cell(at),
              cell(fact.measured()), cell(fact.limit()), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::FaultCleared& fact, UtcTime at) {
  return row(Does::clear_fault, {cell(fact.raised()), cell(fb::EnumNameFault(fact.fault())),
                                 cell(sequence), cell(at), cell(fact.reason())});
}
OperationRow told(Sequence sequence, const fb::AlertRaised& fact, UtcTime at) {
  return row(Does::raise_alert,
             {cell(sequence), cell(fact.alert()), cell(fb::EnumNameSeverity(fact.severity())),
              cell(at), cell(fact.measured()), cell(fact.limit()), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::AlertEnded& fact, UtcTime at) {
  return row(Does::end_alert, {cell(fact.raised()), cell(fact.alert()), cell(sequence), cell(at),
                               cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::SourceFailed& fact, UtcTime at) {
  return row(Does::fail_source, {cell(sequence), cell(fact.provider()),
                                 cell(fb::EnumNameSourceTrouble(fact.trouble())), cell(at),
                                 cell(std::uint64_t{fact.attempts()}), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::SourceRecovered2& fact, UtcTime at) {
  return row(Does::recover_source, {cell(fact.failed()), cell(fact.provider()), cell(sequence),
                                    cell(at), cell(fact.outage_ms())});
}
OperationRow told(Sequence sequence, const fb::PolicyAdopted& fact, UtcTime at) {
  return row(Does::adopt_policy, {cell(sequence), cell(at), hex(fact.digest()),
                                  cell(std::uint64_t{fact.engine_revision()}), cell(fact.text())});
}
OperationRow told(Sequence sequence, const fb::ChargingSessionChanged& fact, UtcTime at) {
  return row(Does::tell_session, {cell("charging"),
                                  cell(fact.session()),
                                  cell(fb::EnumNameSessionChange(fact.change())),
                                  instant(fact.planned_start_us()),
                                  instant(fact.planned_end_us()),
                                  instant(fact.started_us()),
                                  instant(fact.ended_us()),
                                  part(fact.start_soc_bp(), 1e2),
                                  part(fact.end_soc_bp(), 1e2),
                                  part(fact.target_soc_bp(), 1e2),
                                  Cell(),
                                  part(fact.energy_mwh(), 1e6),
                                  part(fact.grid_energy_mwh(), 1e6),
                                  Cell(),
                                  part(fact.cost_e8(), 1e8),
                                  part(fact.average_price_e8(), 1e8),
                                  cell(fact.reason()),
                                  cell(sequence),
                                  cell(at),
                                  cell(fact.unmetered_s()),
                                  cell(fact.unpriced_s())});
}
OperationRow told(Sequence sequence, const fb::SellingSessionChanged& fact, UtcTime at) {
  return row(Does::tell_session, {cell("selling"),
                                  cell(fact.session()),
                                  cell(fb::EnumNameSessionChange(fact.change())),
                                  instant(fact.planned_start_us()),
                                  instant(fact.planned_end_us()),
                                  instant(fact.started_us()),
                                  instant(fact.ended_us()),
                                  part(fact.start_soc_bp(), 1e2),
                                  part(fact.end_soc_bp(), 1e2),
                                  part(fact.floor_soc_bp(), 1e2),
                                  cell(fact.power_w()),
                                  part(fact.energy_mwh(), 1e6),
                                  Cell(),
                                  part(fact.exported_mwh(), 1e6),
                                  part(fact.revenue_e8(), 1e8),
                                  part(fact.average_price_e8(), 1e8),
                                  cell(fact.reason()),
                                  cell(sequence),
                                  cell(at),
                                  cell(fact.unmetered_s()),
                                  cell(fact.unpriced_s())});
}

OperationRow told(Sequence sequence, const fb::ReportMade& fact, UtcTime at) {
  return row(Does::make_report, {cell(sequence), cell(at), cell(fact.report()),
                                 instant(fact.from_us()), instant(fact.to_us()), cell(fact.up_to()),
                                 cell(fact.language()), cell(fact.bytes()), hex(fact.digest())});
}

// Nobody's id is all zeros.
Cell id_cell(const fb::Id128* id) {
  if (id == nullptr || from_fb(*id) == Id128{}) return {};
  return from_fb(*id).hex();
}

OperationRow told(Sequence sequence, const fb::ChangeStarted& fact, UtcTime at) {
  return row(Does::start_change, {cell(sequence), id_cell(fact.change()), cell(fact.verb()),
                                  cell(fact.arguments()), cell(at)});
}
OperationRow told(Sequence sequence, const fb::ChangeFinished& fact, UtcTime at) {
  return row(Does::finish_change, {fact.started() == 0 ? Cell() : cell(fact.started()),
                                   id_cell(fact.change()), cell(sequence), cell(at),
                                   cell(fb::EnumNameResult(fact.result())), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::BackupTaken& fact, UtcTime at) {
  return row(Does::take_backup,
             {cell(fact.backup()), cell(at), cell(sequence), cell(fact.tree_size()),
              cell(fact.bytes()), cell(fact.encrypted()), cell(fact.incremental()),
              cell(fb::EnumNameResult(fact.result())), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::BackupDrilled& fact, UtcTime at) {
  return row(Does::drill_backup, {cell(fact.backup()), cell(at), cell(sequence),
                                  cell(fb::EnumNameResult(fact.result())), cell(fact.took_ms()),
                                  cell(fact.differences()), cell(fact.detail())});
}
OperationRow told(Sequence sequence, const fb::SystemMeasured& fact, UtcTime at) {
  return row(Does::measure_system,
             {cell(sequence), cell(at), cell(fact.resident_bytes()), cell(fact.anonymous_bytes()),
              cell(fact.cpu_ms()), cell(fact.bytes_written()), cell(fact.disk_free_bytes()),
              cell(fact.log_bytes()), cell(fact.commit_p50_us()), cell(fact.commit_p99_us()),
              cell(fact.poll_p99_ms()), cell(fact.register_writes_today()), cell(fact.uptime_s())});
}

template <class... Facts>
std::optional<OperationRow> first_of(Sequence sequence, const EventView& event, UtcTime at) {
  std::optional<OperationRow> found;
  const auto try_one = [&](const auto* fact) {
    if (fact != nullptr) found = told(sequence, *fact, at);
    return fact != nullptr;
  };
  static_cast<void>((try_one(event.as<Facts>()) || ...));
  return found;
}

}  // namespace

std::string short_utc(UtcTime time) {
  std::string text = utc_text(time);
  const auto point = text.find('.');
  if (point != std::string::npos && time == std::chrono::floor<std::chrono::seconds>(time))
    text.replace(point, text.size() - 1 - point, "");
  return text;
}

std::optional<OperationRow> operation_row(Sequence sequence, const EventView& event, UtcTime at) {
  if (const auto* charge = event.as<fb::ChargingSessionChanged>();
      charge != nullptr && (charge->session() == nullptr || charge->session()->size() == 0))
    return std::nullopt;
  if (const auto* sale = event.as<fb::SellingSessionChanged>();
      sale != nullptr && (sale->session() == nullptr || sale->session()->size() == 0))
    return std::nullopt;
  return first_of<fb::CommandIssued, fb::CommandConfirmed, fb::CommandFailed, fb::FaultRaised,
                  fb::FaultCleared, fb::AlertRaised, fb::AlertEnded, fb::SourceFailed,
                  fb::SourceRecovered2, fb::PolicyAdopted, fb::ChargingSessionChanged,
                  fb::SellingSessionChanged, fb::ReportMade, fb::ChangeStarted, fb::ChangeFinished,
                  fb::BackupTaken, fb::BackupDrilled, fb::SystemMeasured>(sequence, event, at);
}

}  // namespace wattledger::fold
