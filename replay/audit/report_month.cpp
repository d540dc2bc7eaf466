#include "replay/audit/report_month.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "projections/fold/imported.hpp"
#include "replay/display.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

template <class Optional>
std::optional<UtcTime> time_of(const Optional& us) {
  if (!us) return std::nullopt;
  return utc_from_us(*us);
}

// "measured 253, limit 250; too high"
std::string measured_text(const flatbuffers::Optional<std::int64_t>& measured,
                          const flatbuffers::Optional<std::int64_t>& limit,
                          const std::string& detail) {
  std::string text;
  if (measured) text = fmt::format("measured {}", *measured);
  if (limit) text += (text.empty() ? "" : ", ") + fmt::format("limit {}", *limit);
  if (!text.empty() && !detail.empty()) text += "; ";
  return text + detail;
}

std::string wish_text(const fb::OverrideRequested& fact, const ZoneOffsets& zone) {
  if (fact.automatic()) return "automatic";
  std::string text = spaced(fb::EnumNameAction(fact.action()));
  if (fact.power_w()) text += " " + power_text(number(fact.power_w()));
  if (fact.target_soc_bp()) text += " to " + percent_text(number(fact.target_soc_bp()));
  if (fact.until_us()) text += " until " + local_text(utc_from_us(*fact.until_us()), zone);
  return text;
}

}  // namespace

MonthReader::MonthReader(Report& report, fold::State state)
    : report_(report),
      state_(state),
      meter_([this](const fold::EnergyHourRow& row, std::int64_t without_battery_e8) {
        // By the page's zone: an import's readings come before any site, in whose place is UTC.
        ReportDay* day = day_of(report_.zone.to_local(row.start));
        if (day == nullptr) return;
        day->sums += row.sums;
        day->without_battery_e8 += without_battery_e8;
      }),
      follower_(std::move(state),
                [this](FollowedDecision&& told) {
                  if (report_.period.holds(told.at)) decided(told);
                }),
      mode_(state_.inverter.confirmed) {}

ReportDay* MonthReader::day_of(LocalTime local) {
  const auto day = std::chrono::floor<std::chrono::days>(local).time_since_epoch().count();
  const auto index = day - report_.month.first();
  if (index < 0 || index >= static_cast<std::int64_t>(report_.days.size())) return nullptr;
  return &report_.days[static_cast<std::size_t>(index)];
}

ReportQuarter* MonthReader::quarter_at(UtcTime at) {
  if (!report_.period.holds(at)) return nullptr;
  const auto index = static_cast<std::size_t>((at - report_.period.from) / quarter_length);
  return &report_.quarters[std::min(index, report_.quarters.size() - 1)];
}

void MonthReader::record(const log::RecordView& record) {
  follower_.record(record);
  if (is_of_prices(record.event)) meter_.flush(state_);
  fold::evolve(state_, record.sequence, record.recorded_at, record.event);
  if (const auto* reading = record.event.as<fb::ReadingRecorded>()) read(record, *reading);
  if (!report_.period.holds(record.event.occurred_at())) return;
  count(record);
  if (const auto* confirmed = record.event.as<fb::CommandConfirmed>())
    return confirm(*confirmed, record.event.occurred_at());
  if (session<fb::ChargingSessionChanged>(record) || session<fb::SellingSessionChanged>(record))
    return;
  happen(record);
}

void MonthReader::count(const log::RecordView& record) {
  RecordRange& range = report_.range;
  if (range.records == 0) range.first = record.sequence;
  range.last = record.sequence;
  ++range.records;
}

void MonthReader::read(const log::RecordView& record, const fb::ReadingRecorded& fact) {
  const UtcTime at = record.event.occurred_at();
  meter_.take(state_, fact, at);
  ReportQuarter* quarter = quarter_at(at);
  if (quarter == nullptr) return;
  ++report_.readings;
  if (fold::is_imported(record.event)) ++report_.imported_readings;
  if (fact.quality() == fb::Quality::implausible) return;
  report_.last_reading = std::max(report_.last_reading.value_or(at), at);
  if (const auto soc = fact.battery_soc_bp()) quarter->soc_pct = *soc / 100.0;
  if (const auto power = fact.battery_power_w()) {
    quarter->power_sum += *power;
    ++quarter->readings;
    quarter->battery_w = quarter->power_sum / quarter->readings;
  }
  if (const fold::PriceSlot* slot = fold::price_at(state_, at))
    quarter->price = per_kwh(fold::final_price(state_, *slot));
}

void MonthReader::decided(const FollowedDecision& told) {
  if (ReportDay* day = day_of(report_.zone.to_local(told.at))) ++day->decisions;
  if (ReportQuarter* quarter = quarter_at(told.at)) quarter->action = told.decision.action;
  if (told.is_imported) {
    ++report_.imported_decisions;
    return;
  }
  ++report_.by_mode[static_cast<std::size_t>(told.decision.control_mode)];
  RuleCount& rule = report_.rules[told.decision.rule];
  ++rule.decisions;
  rule.confirmed += told.fate == Fate::confirmed ? 1 : 0;
  rule.failed += told.fate == Fate::failed ? 1 : 0;
  if (const auto paid = told.metering.paid_e8()) {
    ++rule.priced;
    rule.paid_e8 += *paid;
    rule.saved_e8 += *told.metering.saved_e8();
  }
}

void MonthReader::confirm(const fb::CommandConfirmed& fact, UtcTime) {
  if (fact.mode() == mode_) return;
  if (mode_ != fb::InverterMode::unknown) ++report_.mode_changes;
  mode_ = fact.mode();
}

template <class Fact>
bool MonthReader::session(const log::RecordView& record) {
  const auto* fact = record.event.as<Fact>();
  if (fact == nullptr) return false;
  constexpr bool is_sale = std::is_same_v<Fact, fb::SellingSessionChanged>;
  const bool over = fact->change() == fb::SessionChange::completed ||
                    fact->change() == fb::SessionChange::cancelled ||
                    fact->change() == fb::SessionChange::failed;
  // One that never began has nothing by the meter.
  if (!over || !fact->started_us()) return true;
  ReportSession told;
  told.is_sale = is_sale;
  told.change = fact->change();
  told.sequence = record.sequence;
  told.name = text_of(fact->session());
  told.reason = text_of(fact->reason());
  told.started = time_of(fact->started_us());
  told.ended = time_of(fact->ended_us());
  told.soc_from_bp = number(fact->start_soc_bp());
  told.soc_to_bp = number(fact->end_soc_bp());
  told.battery_mwh = number(fact->energy_mwh());
  told.unmetered_s = fact->unmetered_s().value_or(0);
  told.unpriced_s = fact->unpriced_s().value_or(0);
  if constexpr (is_sale) {
    told.grid_mwh = number(fact->exported_mwh());
    told.money_e8 = number(fact->revenue_e8());
  } else {
    told.grid_mwh = number(fact->grid_energy_mwh());
    told.money_e8 = number(fact->cost_e8());
  }
  (is_sale ? report_.sales : report_.charges).add(told);
  if (report_.sessions.size() == report_rows_max)
    ++report_.sessions_untold;
  else
    report_.sessions.push_back(std::move(told));
  return true;
}

void MonthReader::add(HappeningKind kind, const log::RecordView& record, std::string what,
                      std::string detail) {
  if (report_.happenings.size() == report_rows_max) {
    ++report_.happenings_untold;
    return;
  }
  report_.happenings.push_back(
      {kind, record.sequence, record.event.occurred_at(), std::move(what), std::move(detail)});
}

void MonthReader::happen(const log::RecordView& record) {
  using K = HappeningKind;
  const EventView& event = record.event;
  if (const auto* raised = event.as<fb::FaultRaised>())
    add(K::fault_raised, record, spaced(fb::EnumNameFault(raised->fault())),
        measured_text(raised->measured(), raised->limit(), text_of(raised->detail())));
  else if (const auto* cleared = event.as<fb::FaultCleared>())
    add(K::fault_cleared, record, spaced(fb::EnumNameFault(cleared->fault())),
        text_of(cleared->reason()));
  else if (const auto* alert = event.as<fb::AlertRaised>())
    add(K::alert_raised, record, text_of(alert->alert()),
        measured_text(alert->measured(), alert->limit(), text_of(alert->detail())));
  else if (const auto* ended = event.as<fb::AlertEnded>())
    add(K::alert_ended, record, text_of(ended->alert()), text_of(ended->detail()));
  else if (const auto* wish = event.as<fb::OverrideRequested>())
    add(K::override_requested, record, wish_text(*wish, report_.zone), text_of(wish->reason()));
  else if (const auto* over = event.as<fb::OverrideEnded>())
    add(K::override_ended, record, fmt::format("record {}", over->request()),
        spaced(fb::EnumNameOverrideEnd(over->end())));
  else if (const auto* correction = event.as<fb::CorrectionRecorded>()) {
    ++report_.corrections;
    add(K::correction, record,
        fmt::format("record {}, {}: {} → {}", correction->corrects(), text_of(correction->field()),
                    text_of(correction->previous()), text_of(correction->value())),
        text_of(correction->reason()));
  } else if (const auto* failed = event.as<fb::SourceFailed>())
    add(K::source_failed, record, text_of(failed->provider()), text_of(failed->detail()));
  else if (event.kind() == Kind::ForeignChangeSeen)
    add(K::foreign_change, record, "");
}

void MonthReader::finish() {
  meter_.flush(state_);
  follower_.finish();
  if (!state_.site.name.empty()) report_.site = state_.site.name;
  if (!state_.policy) return;
  report_.currency = state_.policy->settings.currency;
  report_.policy = state_.policy->settings.policy;
  report_.capacity_mwh = state_.policy->settings.battery_capacity.count();
}

}  // namespace wattledger::tool
