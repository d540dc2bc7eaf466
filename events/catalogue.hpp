// The closed catalogue. `dispatch` calls visitor(const fb::X&) for the fact an event holds; a visitor that lacks an overload
// for any kind does not compile, so that a new event shows every place that must decide about it.
#pragma once

#include <cassert>
#include <cstdlib>
#include <utility>

#include "events/codec.hpp"

// X(Name) for each kind, in the order of the union. tests/events proves it equal to the schema.
#define WATTLEDGER_KINDS(X)                                                                                        \
  X(SiteAdopted) X(PolicyAdopted) X(ReadingRecorded) X(PricesPublished) X(PeakHoursPublished) X(WeatherObserved)   \
  X(PvForecastIssued) X(LoadForecastIssued) X(SourceFailed) X(SourceRecovered) X(PlanAdopted) X(DecisionMade)      \
  X(CommandIssued) X(CommandConfirmed) X(CommandFailed) X(ForeignChangeSeen) X(InverterSettingsFound)              \
  X(ChargingSessionChanged) X(SellingSessionChanged) X(DailyPlanChanged) X(OverrideRequested) X(OverrideEnded)     \
  X(FaultRaised) X(FaultCleared) X(CoordinatorStarted) X(CoordinatorStopped) X(CoordinatorStateChanged)            \
  X(ClockStepped) X(SystemMeasured) X(ImportStarted) X(ImportFinished) X(LegacyRecordImported)                     \
  X(CorrectionRecorded) X(ProjectionRebuilt) X(BackupTaken) X(BackupDrilled) X(LogArchived) X(LogRestored)         \
  X(ChangeStarted) X(ChangeFinished) X(AlertRaised) X(AlertEnded) X(SourceRecovered2) X(ReportMade)

namespace wattledger {

template <class Visitor>
decltype(auto) dispatch(const EventView& event, Visitor&& visitor) {
  switch (event.kind()) {
#define WATTLEDGER_CASE(Name) \
  case fb::Fact::Name:        \
    return std::forward<Visitor>(visitor)(*event.event().fact_as_##Name());
    WATTLEDGER_KINDS(WATTLEDGER_CASE)
#undef WATTLEDGER_CASE
    case fb::Fact::NONE: break;
  }
  assert(false && "decode lets no other kind pass");
  std::abort();
}

// Overloads from lambdas, for visitors written in place.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace wattledger
