#include "coordinator/daemon/health_desk.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "coordinator/control/health_json.hpp"
#include "coordinator/daemon/backup_round.hpp"
#include "coordinator/sources/fetch/configured.hpp"
#include "log/reader.hpp"

namespace wattledger::daemon {
namespace {

constexpr unsigned readable_by_group = 0640;

// Whole under its name, or what was there stays. Not synced: the next one comes within the minute.
Result<void> replace_file(const std::filesystem::path& file, const std::string& text) {
  const auto failed = [&](const char* what) {
    return fail(ErrorKind::io, file.string() + ": " + what + ": " + std::strerror(errno),
                "check the disk and its permissions");
  };
  const std::string beside = file.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                        readable_by_group);
  if (fd < 0) return failed("open");
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (::close(fd) != 0 || !whole) return failed("write");
  if (std::rename(beside.c_str(), file.c_str()) != 0) return failed("rename");
  return {};
}

// The largest value of the bucket in which the share of what came since `before` ends.
std::optional<std::uint32_t> at_most_since(const log::Histogram& now, const log::Histogram& before,
                                           double share) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < log::Histogram::buckets; ++i)
    all += now.counts()[i] - before.counts()[i];
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < log::Histogram::buckets && all > 0; ++i) {
    seen += now.counts()[i] - before.counts()[i];
    if (static_cast<double>(seen) >= share * static_cast<double>(all))
      return i == 0 ? 0
                    : static_cast<std::uint32_t>(~std::uint64_t{0} >>
                                                 (64 - std::min<std::size_t>(i, 32)));
  }
  return std::nullopt;
}

}  // namespace

HealthDesk::HealthDesk(const config::Config& config, Clock& clock, Journal& journal,
                       const log::Log& log, const log::Appender& appender, LookAtProcess process)
    : config_(config),
      clock_(clock),
      journal_(journal),
      log_(log),
      appender_(appender),
      process_(std::move(process)),
      began_(clock.steady()),
      measured_at_(began_) {}

Result<void> HealthDesk::look(UtcTime now, const Contact& contact) {
  if (clock_.simulated()) return {};
  if (contact.poll_took) poll_ms_.add(static_cast<std::uint64_t>(contact.poll_took->count()));
  asked_ = asked_ || contact.poll_took || contact.silent_polls > 0;
  read_history(now);
  const health::HealthFacts facts = gather(now, contact);
  ZoneOffsets zone;
  health::HealthReport report = journal_.with_state([&](const fold::State& state) {
    health::HealthFacts whole = facts;
    whole.state = &state;
    zone = state.site.zone;
    return health::judge_health(whole, now);
  });
  // No report comes more often than the loop turns.
  const auto every =
      std::max(config_.health.every, std::chrono::ceil<std::chrono::seconds>(config_.poll_every));
  std::string json = control::health_json(report, zone, every);
  // Before the first poll a report answers who asks, and says nothing by itself.
  if (asked_) write(report, json);
  {
    const std::lock_guard lock(mutex_);
    if (asked_) latest_ = std::move(report);
    json_ = std::move(json);
  }
  return measure(now);
}

void HealthDesk::close(UtcTime now) {
  if (!config_.health.write || !told_) return;  // nothing was written
  auto report = latest();
  if (!report) return;
  health::mark_ended(*report, now);
  const ZoneOffsets zone =
      journal_.with_state([](const fold::State& state) { return state.site.zone; });
  const auto written = replace_file(config_.data / "health.json",
                                    control::health_json(*report, zone, std::nullopt) + "\n");
  if (!written) spdlog::error("health is not written: {}", written.error().line());
}

std::optional<health::HealthReport> HealthDesk::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::string HealthDesk::latest_json() const {
  const std::lock_guard lock(mutex_);
  return json_;
}

// At first the last weeks, then what is committed between two passes; where damage keeps a record
// from being read, the next pass goes on behind what can be.
void HealthDesk::read_history(UtcTime now) {
  const auto snapshot = log_.snapshot();
  if (!snapshot || snapshot->head() == Sequence{0}) return;
  if (!read_to_) {
    demo_ = snapshot->meta().demo;
    if (const auto first = snapshot->at(snapshot->first())) log_since_ = first->recorded_at;
    const auto before = snapshot->known_at(now - health::history_span);
    looked_back_to_ = before ? before->next() : snapshot->first();
    read_to_ = Sequence{looked_back_to_.value - 1};
  }
  projections::Damage damage;  // the journal's to tell
  if (snapshot->head() > *read_to_)
    (void)projections::scan_over_damage(
        *snapshot, read_to_->next(), snapshot->head(),
        [this](const log::RecordView& record) -> Result<bool> {
          history_.take(record.sequence, record.recorded_at, record.event);
          return true;
        },
        damage);
  read_to_ = snapshot->head();
  look_back(*snapshot, now);
}

// A slice with each pass, from the newest to as old as a drill may be: a start reads no months, and
// what is mapped of them is let go.
void HealthDesk::look_back(const log::Snapshot& snapshot, UtcTime now) {
  if (!history_.wants_older()) return;
  const auto before = snapshot.known_at(now - health::drill_age_max);
  const Sequence end = before ? before->next() : snapshot.first();
  if (looked_back_to_ <= end) return history_.looked_back();
  const Sequence from{std::max(
      end.value, looked_back_to_.value - std::min(looked_back_to_.value, look_back_records))};
  projections::Damage damage;
  (void)projections::scan_over_damage(
      snapshot, from, Sequence{looked_back_to_.value - 1},
      [this](const log::RecordView& record) -> Result<bool> {
        history_.take_older(record.sequence, record.recorded_at, record.event);
        return true;
      },
      damage);
  looked_back_to_ = from;
  log::let_go_of_pages(log_);
}

std::vector<health::ProjectionFacts> HealthDesk::projections(UtcTime now) const {
  std::vector<health::ProjectionFacts> told;
  if (live_ == nullptr) return told;
  const Sequence head = appender_.committed();
  for (const projections::LiveStatus& each : live_->status()) {
    health::ProjectionFacts fact;
    fact.name = each.projection;
    fact.fed = each.fed;
    fact.message = each.message;
    fact.lag = head.value - std::min(head, each.sequence).value;
    if (fact.lag > 0)
      if (const auto snapshot = log_.snapshot())
        if (const auto next = snapshot->at(each.sequence.next()))
          fact.lag_time = std::chrono::floor<std::chrono::seconds>(now - next->recorded_at);
    told.push_back(std::move(fact));
  }
  return told;
}

health::HealthFacts HealthDesk::gather(UtcTime now, const Contact& contact) {
  health::HealthFacts facts;
  facts.demo = demo_;
  facts.daemon.running = true;
  facts.daemon.safe_mode = safe_mode_;
  facts.log_since = log_since_;
  const auto damaged_in = [](const projections::Damage& each) { return each.records - each.cold; };
  std::uint64_t damaged = damaged_in(journal_.damage());
  if (live_ != nullptr) damaged = std::max(damaged, damaged_in(live_->damage()));
  const auto poison = appender_.poison();
  facts.log = health::LogFacts{appender_.committed(), log_.file_bytes(), damaged,
                               poison ? poison->line() : ""};
  facts.projections = projections(now);
  facts.inverter =
      health::InverterFacts{contact.last_answer, asked_, contact.silent_polls,
                            std::chrono::ceil<std::chrono::seconds>(config_.poll_every)};
  if (room_) {
    facts.disk = health::DiskFacts{room_->disk_free, config_.health.disk_free_min};
    facts.map = health::MapFacts{room_->used, room_->map, room_->map_grows};
  }
  facts.clock = health::ClockFacts{clock_.synchronised(), config_.clock_require_sync, {}};
  history_.tell(facts, now);
  std::erase_if(facts.sources->failing, [&](const health::SourceFacts::Failing& each) {
    return !sources::still_asked(config_, each.provider);
  });
  facts.sources->prices_wanted = config_.sources.prices != config::PriceSource::none ||
                                 !config_.prices.file.empty() || config_.prices.fixed;
  facts.backup->wanted = config_.backup.enabled;
  if (config_.backup.enabled) facts.backup->hindered = backup_hindrance(config_);
  const ProcessFigures process = process_();
  if (process.resident && process.anonymous)
    facts.memory = health::MemoryFacts{*process.resident, *process.anonymous, process.memory_limit};
  return facts;
}

// At its time, and at once when it says something else overall.
void HealthDesk::write(const health::HealthReport& report, const std::string& json) {
  const auto steady = clock_.steady();
  const bool news = told_ != report.overall;
  if (news && (told_ || report.overall != health::Health::ok))
    spdlog::log(report.overall == health::Health::ok ? spdlog::level::info : spdlog::level::warn,
                "health {}", health::health_line(report));
  told_ = report.overall;
  const bool due = !written_at_ || steady - *written_at_ >= config_.health.every;
  if (!config_.health.write || (!due && !news)) return;
  written_at_ = steady;
  const auto written = replace_file(config_.data / "health.json", json + "\n");
  const bool failed_before = std::exchange(write_failed_, !written);
  if (!written && !failed_before)
    spdlog::error("health is not written: {}", written.error().line());
}

// What was counted is since the start, latencies are since the measurement before.
Result<void> HealthDesk::measure(UtcTime now) {
  const auto steady = clock_.steady();
  if (steady - measured_at_ < measured_every) return {};
  measured_at_ = steady;
  const ProcessFigures process = process_();
  const log::AppendStatistics counted = appender_.statistics();
  fb::SystemMeasuredT measured;
  measured.resident_bytes = process.resident;
  measured.anonymous_bytes = process.anonymous;
  measured.cpu_ms = process.cpu_ms;
  measured.bytes_written = process.written;
  if (room_) measured.disk_free_bytes = room_->disk_free;
  measured.log_bytes = log_.file_bytes();
  measured.commit_p50_us = at_most_since(counted.commit_us, counted_.commit_us, 0.5);
  measured.commit_p99_us = at_most_since(counted.commit_us, counted_.commit_us, 0.99);
  measured.poll_p99_ms = at_most_since(std::exchange(poll_ms_, {}), {}, 0.99);
  const UtcTime day =
      journal_.with_state([&](const fold::State& state) { return state.site.zone.day_start(now); });
  measured.register_writes_today = journal_.writes_since(day);
  measured.uptime_s =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(steady - began_).count());
  counted_ = counted;
  const auto recorded = journal_.record(fact(std::move(measured)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  return {};
}

}  // namespace wattledger::daemon
