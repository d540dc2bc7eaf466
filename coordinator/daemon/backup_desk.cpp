#include "coordinator/daemon/backup_desk.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>

namespace wattledger::daemon {
namespace {

fb::BackupTakenT event_of(const BackupOutcome& outcome, const config::Config& config) {
  fb::BackupTakenT fact;
  fact.backup = backup_store_of(config).string();  // where one was to be
  fact.encrypted = !config.backup.key_file.empty();
  fact.result = outcome.trouble ? fb::Result::failed : fb::Result::succeeded;
  if (outcome.backup) {
    fact.backup = outcome.backup->id;
    fact.tree_size = outcome.backup->last().value;
    fact.root = std::make_unique<fb::Digest256>(to_fb(outcome.backup->root()));
    fact.bytes = outcome.backup->bytes();
    fact.encrypted = outcome.backup->key_id.has_value();
    fact.incremental = outcome.backup->base.has_value();
  }
  const std::string& remote = config.backup.remote;
  if (outcome.trouble)
    fact.detail = (outcome.backup ? "it stands here, and not with " + remote + ": " : "") +
                  outcome.trouble->line();
  else if (!remote.empty())
    fact.detail = "copied to " + remote + " and compared";
  return fact;
}

}  // namespace

BackupSchedule::Due BackupSchedule::due(UtcTime now, LocalTime local) {
  // A night lasts from its backup's time to the next one's.
  const auto night = std::chrono::floor<std::chrono::days>(local - at_);
  if (!night_) {
    night_ = night;
    return Due::if_overdue;
  }
  if (night > *night_) {
    night_ = night;
    again_at_.reset();
    return Due::yes;
  }
  // Back by more than the hour that autumn repeats: the clock was wrong before.
  if (*night_ - night > std::chrono::days(1)) night_ = night;
  if (!again_at_ || (now < *again_at_ && now >= *again_at_ - backup_again_after)) return Due::no;
  again_at_.reset();
  return Due::again;
}

Result<void> BackupDesk::look(UtcTime now) {
  if (working_) return {};
  if (thread_) WATTLEDGER_TRY(finish(now));
  const LocalTime local =
      journal_.with_state([&](const fold::State& state) { return state.site.zone.to_local(now); });
  const auto due = schedule_.due(now, local);
  if (due == BackupSchedule::Due::no) return {};
  BackupOrder order;
  order.at = now;
  order.if_overdue = due == BackupSchedule::Due::if_overdue;
  // Another night has a backup of its own, whatever became of the last one's copy.
  order.only_remote = std::exchange(only_remote_, false) && due == BackupSchedule::Due::again;
  start(order);
  return {};
}

void BackupDesk::start(const BackupOrder& order) {
  working_ = true;
  thread_.emplace([this, order](const std::stop_token& stop) {
    outcome_ = back_up(config_, log_, appender_, order, stop);
    working_ = false;
  });
}

Result<void> BackupDesk::finish(UtcTime now) {
  const bool stopped = thread_->get_stop_token().stop_requested();
  thread_.reset();  // joined
  if (!outcome_.due || (stopped && outcome_.trouble)) return {};
  for (const std::string& remark : outcome_.remarks) spdlog::warn("backup: {}", remark);
  const auto recorded = journal_.record(fact(event_of(outcome_, config_)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  if (outcome_.trouble) {
    schedule_.failed(now);
    only_remote_ = outcome_.backup.has_value();
    spdlog::error("Backup failed: {} [{}]", outcome_.trouble->line(), recorded->value);
    return {};
  }
  schedule_.succeeded();
  spdlog::info("Backup {} taken, records {} to {}, {} bytes; {} older ones removed [{}]",
               outcome_.backup->id, outcome_.backup->first.value, outcome_.backup->last().value,
               outcome_.backup->bytes(), outcome_.removed.size(), recorded->value);
  return {};
}

Result<void> BackupDesk::close() {
  if (!thread_) return {};
  thread_->request_stop();
  thread_->join();
  return finish({});
}

}  // namespace wattledger::daemon
