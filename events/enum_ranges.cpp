// FlatBuffers verifies offsets, not values: an enum may hold a number the schema does not name.
// Every enum field of every fact is looked at here; tests/events walks the schema's reflection and
// proves that none was forgotten.
#include "events/catalogue.hpp"

namespace wattledger {
namespace {

template <class E>
bool known(E value) {
  return value >= E::MIN && value <= E::MAX;
}
template <class E>
bool known(flatbuffers::Optional<E> value) {
  return !value || known(*value);
}

struct InRange {
  bool operator()(const fb::ReadingRecorded& f) const {
    return known(f.quality()) && known(f.battery_mode()) && known(f.forced_mode());
  }
  bool operator()(const fb::PricesPublished& f) const { return known(f.kind()); }
  bool operator()(const fb::SourceFailed& f) const { return known(f.trouble()); }
  bool operator()(const fb::PlanAdopted& f) const {
    if (f.actions() == nullptr) return true;
    for (flatbuffers::uoffset_t i = 0; i < f.actions()->size(); ++i)
      if (!known(static_cast<fb::Action>(f.actions()->Get(i)))) return false;
    return true;
  }
  bool operator()(const fb::DecisionMade& f) const {
    if (!known(f.action()) || !known(f.rule()) || !known(f.control_mode())) return false;
    if (f.tried() == nullptr) return true;
    for (const fb::TriedRule* tried : *f.tried())
      if (!known(tried->rule()) || !known(tried->outcome())) return false;
    return true;
  }
  bool operator()(const fb::CommandIssued& f) const { return known(f.mode()); }
  bool operator()(const fb::CommandConfirmed& f) const { return known(f.mode()); }
  bool operator()(const fb::CommandFailed& f) const { return known(f.trouble()); }
  bool operator()(const fb::ForeignChangeSeen& f) const { return known(f.mode_found()); }
  bool operator()(const fb::ChargingSessionChanged& f) const { return known(f.change()); }
  bool operator()(const fb::SellingSessionChanged& f) const { return known(f.change()); }
  bool operator()(const fb::DailyPlanChanged& f) const {
    if (!known(f.change())) return false;
    if (f.sessions() == nullptr) return true;
    for (const fb::PlannedSession* session : *f.sessions())
      if (!known(session->change())) return false;
    return true;
  }
  bool operator()(const fb::OverrideRequested& f) const { return known(f.action()); }
  bool operator()(const fb::OverrideEnded& f) const { return known(f.end()); }
  bool operator()(const fb::FaultRaised& f) const { return known(f.fault()); }
  bool operator()(const fb::FaultCleared& f) const { return known(f.fault()); }
  bool operator()(const fb::CoordinatorStarted& f) const { return known(f.control_mode()); }
  bool operator()(const fb::CoordinatorStopped& f) const { return known(f.cause()); }
  bool operator()(const fb::CoordinatorStateChanged& f) const {
    return known(f.state()) && known(f.control_mode());
  }
  bool operator()(const fb::BackupTaken& f) const { return known(f.result()); }
  bool operator()(const fb::BackupDrilled& f) const { return known(f.result()); }
  bool operator()(const fb::ChangeFinished& f) const { return known(f.result()); }
  bool operator()(const fb::AlertRaised& f) const { return known(f.severity()); }

  // Facts without an enum.
  bool operator()(const fb::SiteAdopted&) const { return true; }
  bool operator()(const fb::PolicyAdopted&) const { return true; }
  bool operator()(const fb::PeakHoursPublished&) const { return true; }
  bool operator()(const fb::WeatherObserved&) const { return true; }
  bool operator()(const fb::PvForecastIssued&) const { return true; }
  bool operator()(const fb::LoadForecastIssued&) const { return true; }
  bool operator()(const fb::SourceRecovered&) const { return true; }
  bool operator()(const fb::SourceRecovered2&) const { return true; }
  bool operator()(const fb::InverterSettingsFound&) const { return true; }
  bool operator()(const fb::ClockStepped&) const { return true; }
  bool operator()(const fb::SystemMeasured&) const { return true; }
  bool operator()(const fb::ImportStarted&) const { return true; }
  bool operator()(const fb::ImportFinished&) const { return true; }
  bool operator()(const fb::LegacyRecordImported&) const { return true; }
  bool operator()(const fb::CorrectionRecorded&) const { return true; }
  bool operator()(const fb::ProjectionRebuilt&) const { return true; }
  bool operator()(const fb::LogArchived&) const { return true; }
  bool operator()(const fb::LogRestored&) const { return true; }
  bool operator()(const fb::ChangeStarted&) const { return true; }
  bool operator()(const fb::AlertEnded&) const { return true; }
  bool operator()(const fb::ReportMade&) const { return true; }
};

}  // namespace

bool enums_in_range(const fb::Event& event) {
  if (!known(event.source())) return false;
  if (event.origins() != nullptr)
    for (const fb::LegacyOrigin* origin : *event.origins())
      if (!known(origin->form())) return false;
  switch (event.fact_type()) {
#define WATTLEDGER_CASE(Name) \
  case fb::Fact::Name:        \
    return event.fact() != nullptr && InRange{}(*event.fact_as_##Name());
    WATTLEDGER_KINDS(WATTLEDGER_CASE)
#undef WATTLEDGER_CASE
    case fb::Fact::NONE:
      return false;
  }
  return false;
}

}  // namespace wattledger
