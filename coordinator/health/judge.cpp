#include <algorithm>
#include <utility>

#include "coordinator/health/health.hpp"

namespace wattledger::health {
namespace {

using std::chrono::seconds;

// An item in the making: its state is the worst that was found, its remedy the first one for that.
class Verdict {
 public:
  explicit Verdict(std::string name) { item_.name = std::move(name); }
  void tell(const std::string& detail) {
    if (!item_.detail.empty()) item_.detail += ", ";
    item_.detail += detail;
  }
  void find(Health state, const std::string& detail, std::string remedy) {
    tell(detail);
    if (state <= item_.state) return;
    item_.state = state;
    item_.remedy = std::move(remedy);
  }
  [[nodiscard]] HealthItem item() && { return std::move(item_); }

 private:
  HealthItem item_;
};

// One that runs and does not answer is told of by itself.
std::string start_remedy(const DaemonFacts& daemon) {
  return daemon.running || !daemon.holder.empty() ? "" : "start wattledgerd";
}

// Nobody knows: no daemon runs, or it does not say.
HealthItem unknown(std::string name, const HealthFacts& facts) {
  Verdict verdict(std::move(name));
  verdict.find(Health::degraded, "unknown", start_remedy(facts.daemon));
  return std::move(verdict).item();
}

seconds since(UtcTime from, UtcTime to) {
  return std::max(std::chrono::floor<seconds>(to - from), seconds(0));
}

std::string ago(UtcTime then, UtcTime now) { return span_text(since(then, now)) + " ago"; }

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
  if (bytes < 100 * mebibyte) {
    const std::uint64_t tenths = (bytes * 10 + mebibyte / 2) / mebibyte;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
  }
  return std::to_string(bytes / mebibyte) + " MiB";
}

std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

HealthItem judge_daemon(const HealthFacts& facts, UtcTime now) {
  Verdict verdict("daemon");
  const DaemonFacts& daemon = facts.daemon;
  if (!daemon.running && !daemon.holder.empty()) {
    verdict.find(Health::failed, daemon.holder + " holds the log and does not answer",
                 "a start may wait for the clock: see its text log; else restart it");
  } else if (!daemon.running) {
    verdict.find(Health::failed, "does not run", "start wattledgerd");
  }
  if (daemon.judged_at)
    verdict.find(Health::failed, "its last report is of " + ago(*daemon.judged_at, now),
                 "its loop hangs: see its text log, restart it");
  if (daemon.running && facts.state != nullptr) {
    const fold::Coordinator& coordinator = facts.state->coordinator;
    verdict.tell("runs since " + span_text(since(coordinator.started_at, now)) + ", control " +
                 fb::EnumNameControlMode(coordinator.control_mode));
  }
  if (daemon.safe_mode)
    verdict.find(Health::degraded, "safe mode: it reads and decides nothing",
                 "start wattledgerd without --safe-mode");
  if (facts.state != nullptr)
    for (const fold::LatchedFault& fault : facts.state->faults)
      if (fault.latched)
        verdict.find(Health::degraded,
                     std::string("fault ") + fb::EnumNameFault(fault.fault) + " is latched",
                     "wattledger fault list");
  return std::move(verdict).item();
}

HealthItem judge_log(const HealthFacts& facts) {
  if (!facts.log) return unknown("log", facts);
  Verdict verdict("log");
  verdict.tell(counted(facts.log->head.value, "record") + ", " + mebibytes(facts.log->bytes));
  if (!facts.log->trouble.empty())
    verdict.find(Health::failed, "nothing is appended: " + facts.log->trouble,
                 "see wattledgerd's text log");
  if (facts.log->damaged > 0)
    verdict.find(Health::failed, counted(facts.log->damaged, "record") + " cannot be read",
                 "wattledger log verify");
  return std::move(verdict).item();
}

HealthItem judge_projections(const HealthFacts& facts) {
  if (!facts.projections) return unknown("projections", facts);
  Verdict verdict("projections");
  if (facts.projections->empty()) verdict.tell("none are configured");
  for (const ProjectionFacts& each : *facts.projections) {
    if (!each.fed) {
      verdict.find(Health::failed, each.name + " is not fed: " + each.message,
                   "wattledger replay --status");
      continue;
    }
    const bool late = each.lag > 0 && each.lag_time && *each.lag_time > projection_lag_max;
    std::string detail = each.name + " ";
    detail += each.lag == 0 ? "is current" : counted(each.lag, "record") + " behind";
    if (each.lag > 0 && each.lag_time) detail += " (" + span_text(*each.lag_time) + ")";
    if (late && facts.daemon.running)
      verdict.find(Health::degraded, detail, "wattledger replay --status");
    else
      verdict.tell(detail);
  }
  return std::move(verdict).item();
}

bool is_silent(const fold::State* state) {
  return state != nullptr && std::any_of(state->faults.begin(), state->faults.end(),
                                         [](const fold::LatchedFault& each) {
                                           return each.fault == fb::Fault::inverter_silent;
                                         });
}

HealthItem judge_inverter(const HealthFacts& facts, UtcTime now) {
  Verdict verdict("inverter");
  const std::string remedy = "look at its network and dongle; wattledger inverter read";
  std::optional<UtcTime> answer = facts.inverter ? facts.inverter->last_answer : std::nullopt;
  if (!answer && facts.state != nullptr && facts.state->reading) answer = facts.state->reading->at;
  const std::string last = answer ? "last answer " + ago(*answer, now) : "no answer yet";
  if (!facts.inverter) {
    verdict.find(Health::degraded, "unknown, nobody asks it; " + last, start_remedy(facts.daemon));
    return std::move(verdict).item();
  }
  const InverterFacts& inverter = *facts.inverter;
  const bool old = !answer || since(*answer, now) > (silent_polls_failed + 1) * inverter.poll_every;
  const std::string polls = counted(inverter.silent_polls, "silent poll");
  if (!inverter.asked)
    verdict.tell("not asked yet, " + last);
  else if (inverter.silent_polls >= silent_polls_failed || (old && is_silent(facts.state)))
    verdict.find(Health::failed, polls + ", " + last, remedy);
  else if (inverter.silent_polls > 0 || old)
    verdict.find(Health::degraded, polls + ", " + last, remedy);
  else
    verdict.tell(last);
  if (facts.state == nullptr) return std::move(verdict).item();
  if (facts.state->reading && facts.state->reading->quality == fb::Quality::implausible)
    verdict.find(Health::degraded, "its answers are implausible",
                 "wattledger status; restart its dongle, then the inverter");
  if (facts.state->inverter.failures > 0)
    verdict.find(Health::degraded, counted(facts.state->inverter.failures, "failed command"),
                 "wattledger fault list; look at the inverter's display");
  return std::move(verdict).item();
}

// Prices without a gap from `from` on reach until then.
UtcTime priced_until(const fold::State& state, UtcTime from) {
  UtcTime reached = from;
  for (const fold::PriceSlot& slot : state.prices)
    if (slot.start <= reached && slot.start + slot.length > reached)
      reached = slot.start + slot.length;
  return reached;
}

void judge_prices(Verdict& verdict, const fold::State& state, UtcTime now) {
  const ZoneOffsets& zone = state.site.zone;
  const UtcTime tomorrow = zone.next_day_start(now);
  const UtcTime priced = priced_until(state, now);
  const std::string remedy = "wattledger inputs show; wattledger inputs fetch";
  const auto local_time =
      zone.to_local(now) - std::chrono::floor<std::chrono::days>(zone.to_local(now));
  if (priced == now)
    verdict.find(Health::failed, "no price is known for now", remedy);
  else if (priced < tomorrow)
    verdict.find(Health::degraded,
                 "today's prices are known for " + span_text(since(now, priced)) + " only", remedy);
  else if (priced >= zone.next_day_start(tomorrow))
    verdict.tell("prices known until the end of tomorrow");
  else if (local_time >= tomorrow_known_from)
    verdict.find(Health::degraded, "tomorrow's prices are not known", remedy);
  else
    verdict.tell("today's prices known");
}

HealthItem judge_sources(const HealthFacts& facts, UtcTime now) {
  if (!facts.sources) return unknown("sources", facts);
  Verdict verdict("sources");
  if (facts.state != nullptr && (facts.sources->prices_wanted || !facts.state->prices.empty()))
    judge_prices(verdict, *facts.state, now);
  else
    verdict.tell("no prices are configured");
  for (const SourceFacts::Failing& each : facts.sources->failing)
    verdict.find(Health::degraded,
                 each.provider + " fails since " + span_text(since(each.since, now)) +
                     (each.detail.empty() ? "" : ": " + each.detail),
                 "wattledger inputs fetch, which says why");
  return std::move(verdict).item();
}

HealthItem judge_disk(const HealthFacts& facts) {
  if (!facts.disk) return unknown("disk", facts);
  Verdict verdict("disk");
  const std::string detail = mebibytes(facts.disk->free) + " free";
  const std::string remedy = "free space, or move the data directory to a larger disk";
  if (facts.disk->free < disk_free_failed)
    verdict.find(Health::failed, detail, remedy);
  else if (facts.disk->free < facts.disk->free_min)
    verdict.find(Health::degraded, detail + " of at least " + mebibytes(facts.disk->free_min),
                 remedy);
  else
    verdict.tell(detail);
  return std::move(verdict).item();
}

HealthItem judge_map(const HealthFacts& facts) {
  if (!facts.map) return unknown("map", facts);
  Verdict verdict("map");
  const std::string detail =
      mebibytes(facts.map->used) + " of " + mebibytes(facts.map->map) + " used";
  const std::string remedy = "wattledger log archive --before DATE, then wattledger log compact";
  const bool grows = facts.map->grows;
  if (!grows && facts.map->used >= facts.map->map / 20 * 19)
    verdict.find(Health::failed, detail, remedy);
  else if (!grows && facts.map->used >= facts.map->map / 2)
    verdict.find(Health::degraded, detail, remedy);
  else
    verdict.tell(detail);
  return std::move(verdict).item();
}

HealthItem judge_clock(const HealthFacts& facts) {
  if (!facts.clock) return unknown("clock", facts);
  Verdict verdict("clock");
  const ClockFacts& clock = *facts.clock;
  if (!clock.synchronised)
    verdict.tell("whether it is set is for the daemon to say");
  else if (*clock.synchronised)
    verdict.tell("synchronised");
  else if (clock.required)
    verdict.find(Health::degraded, "nobody sets the computer's clock",
                 "timedatectl set-ntp true; or clock.require_sync: false where it is right");
  else
    verdict.tell("not synchronised, as configured");
  if (!clock.inverter_off) return std::move(verdict).item();
  const std::string off =
      "the inverter's is " + std::to_string(clock.inverter_off->count()) + " s off";
  if (std::chrono::abs(*clock.inverter_off) > inverter_clock_off_max)
    verdict.find(Health::degraded, off, "set the inverter's clock in its app");
  else
    verdict.tell(off);
  return std::move(verdict).item();
}

// What is done now and then, and was not for too long.
struct DoneRule {
  const char* name;
  std::chrono::hours age_max;
  std::chrono::hours never_max;  // a log that is younger is not blamed for never
  const char* remedy;
};

HealthItem judge_done(const HealthFacts& facts, const std::optional<DoneFacts>& known,
                      const DoneRule& rule, UtcTime now) {
  if (!known) return unknown(rule.name, facts);
  Verdict verdict(rule.name);
  const DoneFacts& done = *known;
  const bool blamed = !facts.demo && done.wanted;
  const Health late = blamed ? Health::degraded : Health::ok;
  if (!done.hindered.empty())
    verdict.find(Health::degraded, "the next cannot be made: " + done.hindered,
                 "wattledger config check; " + std::string(rule.remedy) + " tries it now");
  if (done.failed_at && (!done.succeeded_at || *done.failed_at >= *done.succeeded_at))
    verdict.find(Health::degraded,
                 "the last one failed " + ago(*done.failed_at, now) +
                     (done.failure.empty() ? "" : ": " + done.failure),
                 rule.remedy);
  if (done.succeeded_at) {
    std::string detail =
        (done.succeeded.empty() ? "" : done.succeeded + ", ") + ago(*done.succeeded_at, now);
    const bool old = since(*done.succeeded_at, now) > rule.age_max;
    verdict.find(old ? late : Health::ok, detail, rule.remedy);
    return std::move(verdict).item();
  }
  const bool young = !facts.log_since || since(*facts.log_since, now) <= rule.never_max;
  if (!done.looked_for)
    verdict.tell("none lately; the log's past is being looked through");
  else
    verdict.find(young ? Health::ok : late, "never", rule.remedy);
  if (!done.wanted) verdict.tell("none is scheduled");
  if (facts.demo) verdict.tell("a demo house needs none");
  return std::move(verdict).item();
}

HealthItem judge_memory(const HealthFacts& facts) {
  if (!facts.memory) return unknown("memory", facts);
  Verdict verdict("memory");
  const MemoryFacts& memory = *facts.memory;
  std::string detail =
      mebibytes(memory.resident) + " resident, " + mebibytes(memory.anonymous) + " of it its own";
  if (memory.limit) detail += ", limit " + mebibytes(*memory.limit);
  const std::string remedy = "please report it with wattledger support-bundle; restart wattledgerd";
  const bool near_limit = memory.limit && memory.anonymous >= *memory.limit / 10 * 9;
  if (near_limit)
    verdict.find(Health::failed, detail, remedy);
  else if (memory.anonymous > memory_goal)
    verdict.find(Health::degraded, detail + ", goal " + mebibytes(memory_goal), remedy);
  else
    verdict.tell(detail);
  return std::move(verdict).item();
}

const HealthItem* worst_of(const HealthReport& report) {
  const HealthItem* worst = nullptr;
  for (const HealthItem& item : report.items)
    if (item.state != Health::ok && (worst == nullptr || item.state > worst->state)) worst = &item;
  return worst;
}

}  // namespace

std::string_view health_name(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::degraded:
      return "degraded";
    case Health::failed:
      return "failed";
  }
  return "failed";
}

HealthReport judge_health(const HealthFacts& facts, UtcTime now) {
  HealthReport report;
  report.at = now;
  report.figures = facts.figures;
  report.items.push_back(judge_daemon(facts, now));
  report.items.push_back(judge_log(facts));
  report.items.push_back(judge_projections(facts));
  report.items.push_back(judge_inverter(facts, now));
  report.items.push_back(judge_sources(facts, now));
  report.items.push_back(judge_disk(facts));
  report.items.push_back(judge_map(facts));
  report.items.push_back(judge_clock(facts));
  report.items.push_back(
      judge_done(facts, facts.backup,
                 {"backup", backup_age_max, backup_age_max, "wattledger backup create"}, now));
  report.items.push_back(judge_done(
      facts, facts.drill, {"drill", drill_age_max, settling_in, "wattledger backup drill"}, now));
  report.items.push_back(
      judge_done(facts, facts.verify,
                 {"verify", drill_age_max, settling_in, "wattledger log verify --record"}, now));
  report.items.push_back(judge_memory(facts));
  for (const HealthItem& item : report.items) report.overall = std::max(report.overall, item.state);
  return report;
}

void mark_stale(HealthReport& report, UtcTime now) {
  if (report.items.empty()) return;
  HealthFacts facts;
  facts.daemon.running = true;
  facts.daemon.judged_at = report.at;
  report.items.front() = judge_daemon(facts, now);
  report.overall = Health::failed;
}

void mark_ended(HealthReport& report, UtcTime now) {
  if (report.items.empty()) return;
  report.at = now;
  report.items.front() = judge_daemon({}, now);
  report.overall = Health::failed;
}

std::string health_line(const HealthReport& report) {
  const HealthItem* worst = worst_of(report);
  if (worst == nullptr) return "ok";
  const auto others =
      std::count_if(report.items.begin(), report.items.end(),
                    [](const HealthItem& each) { return each.state != Health::ok; }) -
      1;
  std::string line =
      std::string(health_name(worst->state)) + ": " + worst->name + ": " + worst->detail;
  if (!worst->remedy.empty()) line += "; " + worst->remedy;
  if (others > 0) line += " (and " + std::to_string(others) + " more)";
  return line;
}

std::string span_text(seconds span) {
  const std::int64_t s = span.count();
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3'600) return std::to_string(s / 60) + " min";
  const auto two = [](std::int64_t first, const char* unit, std::int64_t then,
                      const char* smaller) {
    return std::to_string(first) + " " + unit +
           (then == 0 ? std::string() : " " + std::to_string(then) + " " + smaller);
  };
  if (s < 86'400) return two(s / 3'600, "h", s % 3'600 / 60, "min");
  return two(s / 86'400, "d", s % 86'400 / 3'600, "h");
}

}  // namespace wattledger::health
