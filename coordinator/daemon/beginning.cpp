#include "coordinator/daemon/beginning.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace wattledger::daemon {
namespace {

bool same_where_both_know(const ZoneOffsets& known, const ZoneOffsets& fresh, UtcTime now) {
  const auto& old = known.transitions();
  if (old.empty()) return fresh.transitions().empty();
  for (const auto& each : fresh.transitions())
    if (each.at >= old.front().at && each.at <= old.back().at &&
        std::find(old.begin(), old.end(), each) == old.end())
      return false;
  const bool more_to_know =
      std::any_of(fresh.transitions().begin(), fresh.transitions().end(),
                  [&](const auto& each) { return each.at > old.back().at && each.at > now; });
  return !more_to_know || old.back().at > now + std::chrono::days(365);
}

std::optional<std::int32_t> micro_degrees(const std::optional<double>& degrees) {
  if (!degrees) return std::nullopt;
  return static_cast<std::int32_t>(*degrees * 1e6 + (*degrees < 0 ? -0.5 : 0.5));
}

}  // namespace

ClockDoubt doubt_clock(UtcTime now, std::optional<UtcTime> last, bool synchronised,
                       bool need_synchronised) {
  if (last && now < *last - clock_behind_max) return ClockDoubt::behind;
  if (last && now > *last + clock_ahead_max) return ClockDoubt::ahead;
  return need_synchronised && !synchronised ? ClockDoubt::unsynchronised : ClockDoubt::none;
}

Result<bool> settle_clock(Journal& journal, Clock& clock, const ClockRule& rule,
                          const std::function<bool()>& stopping) {
  const auto began = clock.steady();
  const auto doubt = [&] {
    return doubt_clock(clock.now(), journal.last_recorded_at(), clock.synchronised(),
                       rule.need_synchronised);
  };
  ClockDoubt doubted = doubt();
  if (doubted == ClockDoubt::none) return true;
  const auto last = journal.last_recorded_at();
  spdlog::warn("the clock says {}, {}{}; waiting at most {} s before believing it",
               utc_text(clock.now()),
               last ? "the log's newest record " + utc_text(*last) : "the log is empty",
               doubted == ClockDoubt::unsynchronised
                   ? ", and the kernel does not know that anybody sets it (is NTP running? where "
                     "the host sets it, clock.require_sync: false)"
                   : "",
               rule.wait_max.count());
  while (doubted != ClockDoubt::none && clock.steady() - began < rule.wait_max) {
    if (stopping()) return false;
    const auto left = rule.wait_max - (clock.steady() - began);
    clock.sleep_until(clock.now() + std::min<std::chrono::microseconds>(
                                        std::chrono::seconds(1),
                                        std::chrono::ceil<std::chrono::microseconds>(left)));
    doubted = doubt();
  }
  if (doubted == ClockDoubt::none) return true;
  const bool synchronised = clock.synchronised();
  if (doubted != ClockDoubt::unsynchronised) {
    const auto stepped = journal.step_clock(clock.now(), synchronised);
    if (!stepped) return Failure(stepped.error());
    spdlog::warn("the clock is believed now: a new clock epoch begins [{}]", stepped->value);
  }
  if (synchronised || !rule.need_synchronised) return true;
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::clock_unreliable;
  fault.detail = "nobody sets this clock (NTP); only safety and emergency are decided";
  const auto raised = journal.record(fact(std::move(fault)), log::Urgency::now);
  if (!raised) return Failure(raised.error());
  return true;
}

Result<void> clear_clock_fault(Journal& journal, const Clock& clock, bool need_synchronised) {
  const bool stands = journal.with_state([](const fold::State& state) {
    return std::any_of(state.faults.begin(), state.faults.end(),
                       [](const auto& each) { return each.fault == fb::Fault::clock_unreliable; });
  });
  if (!stands || (need_synchronised && !clock.synchronised())) return {};
  fb::FaultClearedT cleared;
  cleared.fault = fb::Fault::clock_unreliable;
  cleared.reason = "the clock is set";
  const auto recorded = journal.record(fact(std::move(cleared)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  spdlog::info("the clock is set: everything is decided again [{}]", recorded->value);
  return {};
}

Result<void> raise_log_damaged(Journal& journal, const projections::Damage& damage) {
  const std::string detail = projections::damage_text(damage);
  const bool told = journal.with_state([&](const fold::State& state) {
    return std::any_of(state.faults.begin(), state.faults.end(), [&](const auto& each) {
      return each.fault == fb::Fault::log_damaged && each.detail == detail;
    });
  });
  if (damage.records == 0 || told) return {};
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::log_damaged;
  fault.measured = static_cast<std::int64_t>(damage.records);
  fault.limit = 0;
  fault.detail = detail;
  const auto raised = journal.record(fact(std::move(fault)), log::Urgency::now);
  if (!raised) return Failure(raised.error());
  spdlog::error(
      "the log is damaged: {}; the house goes on without it. Run `wattledger log verify` for the "
      "whole extent, then restore a backup or `wattledger log salvage --into DIR` [{}]",
      detail, raised->value);
  return {};
}

Result<void> adopt_site(Journal& journal, const config::SiteConfig& site,
                        const std::optional<inverter::Device>& device, UtcTime now) {
  auto zone = config::load_zone(site.timezone, now);
  if (!zone) return Failure(zone.error());
  const fold::Site known = journal.state().site;
  const bool same_device =
      !device || (device->model == known.device_model && device->serial == known.device_serial);
  if (known.name == site.name && same_device && same_where_both_know(known.zone, zone->zone, now))
    return {};
  fb::SiteAdoptedT adopted;
  adopted.site = site.name;
  adopted.device_model = device ? device->model : known.device_model;
  adopted.device_serial = device ? device->serial : known.device_serial;
  if (device) adopted.rated_power_w = static_cast<std::int32_t>(device->rated_power.count());
  if (!device && known.rated_power)
    adopted.rated_power_w = static_cast<std::int32_t>(known.rated_power->count());
  if (const auto latitude = micro_degrees(site.latitude)) adopted.latitude_e6 = *latitude;
  if (const auto longitude = micro_degrees(site.longitude)) adopted.longitude_e6 = *longitude;
  adopted.zone = site.timezone;
  adopted.tzdb_version = zone->tzdb_version;
  for (const auto& each : zone->zone.transitions())
    adopted.transitions.emplace_back(to_us(each.at),
                                     static_cast<std::int32_t>(each.offset.count()));
  const auto recorded = journal.record(fact(std::move(adopted)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  return {};
}

Result<void> adopt_policy(Journal& journal, const fold::PolicySettings& settings) {
  const bool in_force = journal.with_state(
      [&](const fold::State& state) { return state.policy && state.policy->settings == settings; });
  if (in_force) return {};
  fb::PolicyAdoptedT adopted;
  adopted.text = fold::render_policy(settings);
  adopted.digest = std::make_unique<fb::Digest256>(to_fb(fold::text_digest(adopted.text)));
  adopted.engine_revision = policy::engine_revision;
  const auto recorded = journal.record(fact(std::move(adopted)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  spdlog::info("policy adopted [{}]", recorded->value);
  return {};
}

}  // namespace wattledger::daemon
