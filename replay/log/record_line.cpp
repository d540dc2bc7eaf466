#include "replay/log/record_line.hpp"

#include <fmt/format.h>

#include "events/catalogue.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

// Text of the log on a terminal: one line, no control characters, not endless.
std::string text(const flatbuffers::String* value) {
  constexpr std::size_t shown_max = 120;
  if (value == nullptr) return "";
  std::string shown = value->str().substr(0, shown_max);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) c = ' ';
  return value->size() > shown_max ? shown + "…" : shown;
}

template <class Vector>
std::size_t count(const Vector* vector) {
  return vector == nullptr ? 0 : vector->size();
}

// One overload per kind; a new kind does not compile before it has its line here.
struct KeyFacts {
  const ZoneOffsets& zone;

  [[nodiscard]] std::string time(std::int64_t us) const {
    return local_text(utc_from_us(us), zone);
  }
  template <class Fact>
  [[nodiscard]] std::string mode(const Fact& fact) const {
    std::string line = fb::EnumNameInverterMode(fact.mode());
    if (fact.power_w()) line += ", " + power_text(number(fact.power_w()));
    if (fact.target_soc_bp()) line += ", SOC " + percent_text(number(fact.target_soc_bp()));
    if (fact.until_us()) line += ", until " + time(*fact.until_us());
    return line;
  }
  template <class Fact>
  [[nodiscard]] std::string session(const Fact& fact) const {
    return fmt::format("{} {}, energy {}", text(fact.session()),
                       fb::EnumNameSessionChange(fact.change()),
                       energy_text(number(fact.energy_mwh())));
  }
  [[nodiscard]] std::string series(
      const flatbuffers::Vector<flatbuffers::Offset<fb::Series>>* all) const {
    std::size_t values = 0;
    std::size_t absent = 0;
    for (std::size_t i = 0; i < count(all); ++i) {
      const fb::Series* each = all->Get(static_cast<flatbuffers::uoffset_t>(i));
      values += count(each->values());
      absent += count(each->absent());
    }
    std::string line = fmt::format("{} slots", values);
    if (values != 0) line += " from " + time(all->Get(0)->start_us());
    return absent == 0 ? line : line + fmt::format(", {} absent", absent);
  }

  std::string operator()(const fb::SiteAdopted& f) const {
    const std::string device = text(f.device_model()) + " " + text(f.device_serial());
    return fmt::format("{}, {}, {}", text(f.site()),
                       device == " " ? "no inverter seen yet" : device, text(f.zone()));
  }
  std::string operator()(const fb::PolicyAdopted& f) const {
    const std::string digest =
        f.digest() == nullptr ? "?" : from_fb(*f.digest()).hex().substr(0, 12);
    return fmt::format("digest {}, engine revision {}", digest, f.engine_revision());
  }
  std::string operator()(const fb::ReadingRecorded& f) const {
    return fmt::format(
        "SOC {}, battery {}, PV {}, load {}, grid {}{}", percent_text(number(f.battery_soc_bp())),
        power_text(number(f.battery_power_w())), power_text(number(f.pv_power_w())),
        power_text(number(f.load_power_w())), power_text(number(f.grid_power_w())),
        f.quality() == fb::Quality::good ? ""
                                         : std::string(", ") + fb::EnumNameQuality(f.quality()));
  }
  std::string operator()(const fb::PricesPublished& f) const {
    return fmt::format("{} {} {}, {}", text(f.provider()), fb::EnumNamePriceKind(f.kind()),
                       text(f.currency()), series(f.prices_e8()));
  }
  std::string operator()(const fb::PeakHoursPublished& f) const {
    return text(f.provider()) + ", " + series(f.codes());
  }
  std::string operator()(const fb::WeatherObserved& f) const {
    const auto mc = number(f.temperature_mc());
    return fmt::format("{}, {}", text(f.provider()),
                       mc ? fmt::format("{:.1f} °C", static_cast<double>(*mc) / 1e3) : "?");
  }
  std::string operator()(const fb::PvForecastIssued& f) const {
    const bool power = count(f.power_w()) != 0;
    return text(f.provider()) + (text(f.model()).empty() ? "" : " ") + text(f.model()) +
           (power ? ", " : ", irradiance, ") + series(power ? f.power_w() : f.irradiance_mw_m2());
  }
  std::string operator()(const fb::LoadForecastIssued& f) const {
    return text(f.model()) + ", " + series(f.power_w());
  }
  std::string operator()(const fb::SourceFailed& f) const {
    return fmt::format("{} {}: {}", text(f.provider()), fb::EnumNameSourceTrouble(f.trouble()),
                       text(f.detail()));
  }
  std::string operator()(const fb::SourceRecovered& f) const {
    const auto outage = number(f.outage_s());
    return text(f.provider()) +
           (outage ? " after " + duration_text(std::chrono::seconds(*outage)) : "");
  }
  std::string operator()(const fb::SourceRecovered2& f) const {
    const auto outage = number(f.outage_ms());
    if (!outage || *outage < 0) return text(f.provider());
    return text(f.provider()) + " after " + duration_text(std::chrono::seconds(*outage / 1'000));
  }
  std::string operator()(const fb::PlanAdopted& f) const {
    return fmt::format("{}, {} slots from {}", text(f.policy()), count(f.actions()),
                       time(f.start_us()));
  }
  std::string operator()(const fb::DecisionMade& f) const {
    std::string line =
        fmt::format("{} by {}", fb::EnumNameAction(f.action()), fb::EnumNameRule(f.rule()));
    if (f.power_w()) line += ", " + power_text(number(f.power_w()));
    if (f.target_soc_bp()) line += ", SOC " + percent_text(number(f.target_soc_bp()));
    if (f.until_us()) line += ", until " + time(*f.until_us());
    return line + fmt::format(", based on {}", f.based_on());
  }
  std::string operator()(const fb::CommandIssued& f) const { return mode(f); }
  std::string operator()(const fb::CommandConfirmed& f) const {
    return mode(f) + fmt::format(", command {}, {} writes", f.command(), f.writes());
  }
  std::string operator()(const fb::CommandFailed& f) const {
    return fmt::format("command {} {}: {}", f.command(), fb::EnumNameCommandTrouble(f.trouble()),
                       text(f.detail()));
  }
  std::string operator()(const fb::ForeignChangeSeen& f) const {
    return fmt::format("mode {}, {} ranges differ", fb::EnumNameInverterMode(f.mode_found()),
                       count(f.found()));
  }
  std::string operator()(const fb::InverterSettingsFound& f) const {
    return fmt::format("{} {}, {} ranges", text(f.model()), text(f.serial()), count(f.settings()));
  }
  std::string operator()(const fb::ChargingSessionChanged& f) const { return session(f); }
  std::string operator()(const fb::SellingSessionChanged& f) const { return session(f); }
  std::string operator()(const fb::DailyPlanChanged& f) const {
    return fmt::format("{}, {} sessions", fb::EnumNameSessionChange(f.change()),
                       count(f.sessions()));
  }
  std::string operator()(const fb::OverrideRequested& f) const {
    if (f.automatic()) return "auto";
    std::string line = fb::EnumNameAction(f.action());
    if (f.power_w()) line += ", " + power_text(number(f.power_w()));
    if (f.target_soc_bp()) line += ", SOC " + percent_text(number(f.target_soc_bp()));
    return f.until_us() ? line + ", until " + time(*f.until_us()) : line;
  }
  std::string operator()(const fb::OverrideEnded& f) const {
    return fmt::format("request {} {}", f.request(), fb::EnumNameOverrideEnd(f.end()));
  }
  std::string operator()(const fb::FaultRaised& f) const {
    return fmt::format("{}{}: {}", fb::EnumNameFault(f.fault()), f.latched() ? " (latched)" : "",
                       text(f.detail()));
  }
  std::string operator()(const fb::FaultCleared& f) const {
    return fmt::format("{}: {}", fb::EnumNameFault(f.fault()), text(f.reason()));
  }
  std::string operator()(const fb::CoordinatorStarted& f) const {
    return fmt::format("version {}, control {}{}{}", text(f.version()),
                       fb::EnumNameControlMode(f.control_mode()), f.demo() ? ", demo" : "",
                       f.simulated() ? ", simulated" : "");
  }
  std::string operator()(const fb::CoordinatorStopped& f) const {
    const std::string detail = text(f.detail());
    return fb::EnumNameStopCause(f.cause()) + (detail.empty() ? "" : ": " + detail);
  }
  std::string operator()(const fb::CoordinatorStateChanged& f) const {
    return fmt::format("{}, control {}", fb::EnumNameCoordinatorState(f.state()),
                       fb::EnumNameControlMode(f.control_mode()));
  }
  std::string operator()(const fb::ClockStepped& f) const {
    return fmt::format("from {} to {}, epoch {}", time(f.before_us()), time(f.after_us()),
                       f.epoch());
  }
  std::string operator()(const fb::SystemMeasured& f) const {
    const auto resident = f.resident_bytes();
    return "resident " + (resident ? bytes_text(*resident) : "?");
  }
  std::string operator()(const fb::ImportStarted& f) const { return text(f.origin()); }
  std::string operator()(const fb::ImportFinished& f) const {
    return fmt::format("{} imported, {} merged, {} rejected", f.imported(), f.merged(),
                       f.rejected());
  }
  std::string operator()(const fb::LegacyRecordImported& f) const {
    return text(f.family()) + ": " + (f.text() == nullptr ? text(f.origin()) : text(f.text()));
  }
  std::string operator()(const fb::CorrectionRecorded& f) const {
    return fmt::format("{} {}: {} instead of {} ({})", f.corrects(), text(f.field()),
                       text(f.value()), text(f.previous()), text(f.reason()));
  }
  std::string operator()(const fb::ProjectionRebuilt& f) const {
    return fmt::format("{} version {} up to {}: {}", text(f.projection()), f.version(), f.up_to(),
                       text(f.reason()));
  }
  std::string operator()(const fb::BackupTaken& f) const {
    return text(f.backup()) + " " + fb::EnumNameResult(f.result());
  }
  std::string operator()(const fb::BackupDrilled& f) const {
    return text(f.backup()) + " " + fb::EnumNameResult(f.result());
  }
  std::string operator()(const fb::LogArchived& f) const {
    return fmt::format("{}: {} to {}", text(f.segment()), f.first(), f.last());
  }
  std::string operator()(const fb::LogRestored& f) const {
    return fmt::format("{} records of the parent: {}", f.parent_size(), text(f.reason()));
  }
  std::string operator()(const fb::ChangeStarted& f) const {
    return text(f.verb()) + " " + text(f.arguments());
  }
  std::string operator()(const fb::ChangeFinished& f) const {
    return fmt::format("change {} {}: {}", f.started(), fb::EnumNameResult(f.result()),
                       text(f.detail()));
  }
  std::string operator()(const fb::AlertRaised& f) const {
    return fmt::format("{} {}: {}", fb::EnumNameSeverity(f.severity()), text(f.alert()),
                       text(f.detail()));
  }
  std::string operator()(const fb::AlertEnded& f) const {
    return text(f.alert()) + ": " + text(f.detail());
  }
  std::string operator()(const fb::ReportMade& f) const {
    return fmt::format("{} up to {}: {} bytes, SHA-256 {}", text(f.report()), f.up_to(), f.bytes(),
                       f.digest() == nullptr ? "unknown" : from_fb(*f.digest()).hex());
  }
};

}  // namespace

std::string key_facts(const EventView& event, const ZoneOffsets& zone) {
  return dispatch(event, KeyFacts{zone});
}

std::string record_line(const log::RecordView& record, const ZoneOffsets& zone) {
  return fmt::format("{:>8}  {}  {:<23}  {}", record.sequence.value,
                     local_text(record.event.occurred_at(), zone), kind_name(record.event.kind()),
                     key_facts(record.event, zone));
}

std::string record_json(const log::RecordView& record) {
  return fmt::format(R"({{"sequence":{},"recorded_at":"{}","kind":"{}","event":{}}})",
                     record.sequence.value, utc_text(record.recorded_at),
                     kind_name(record.event.kind()), event_json(record.event));
}

}  // namespace wattledger::tool
