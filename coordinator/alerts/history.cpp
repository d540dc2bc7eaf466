#include "coordinator/alerts/history.hpp"

#include <algorithm>

namespace wattledger::alerts {
namespace {

std::string text(const flatbuffers::String* string) {
  return string == nullptr ? "" : string->str();
}

std::optional<std::int64_t> number(const flatbuffers::Optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return *value;
}

std::chrono::seconds offset_of(const EventView& event) {
  return std::chrono::seconds(event.event().utc_offset_s().value_or(0));
}

// What failed, or nothing; a result that says neither changes nothing.
void note(fb::Result result, const std::string& detail, const char* what,
          std::optional<std::string>& failure) {
  if (result == fb::Result::succeeded) failure.reset();
  if (result == fb::Result::failed) failure = what + (detail.empty() ? "it failed" : detail);
}

}  // namespace

void History::take(Sequence sequence, const EventView& event) {
  if (const auto* raised = event.as<fb::AlertRaised>()) {
    all_.push_back({{sequence, event.occurred_at(), offset_of(event), text(raised->alert()),
                     raised->severity(), text(raised->detail()), number(raised->measured()),
                     number(raised->limit())},
                    {}});
    return;
  }
  if (const auto* ended = event.as<fb::AlertEnded>()) {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const Occurrence& each) {
      return each.raised.sequence.value == ended->raised();
    });
    if (found != all_.rend() && !found->ended)
      found->ended = {sequence, event.occurred_at(), offset_of(event), text(ended->detail())};
    return;
  }
  take_backup(event);
}

void History::take_backup(const EventView& event) {
  if (const auto* backup = event.as<fb::BackupTaken>()) {
    note(backup->result(), text(backup->detail()), "backup: ", backup_failure_);
    if (backup->result() == fb::Result::succeeded) taken_ = event.occurred_at();
  } else if (const auto* drill = event.as<fb::BackupDrilled>()) {
    note(drill->result(), text(drill->detail()), "drill: ", drill_failure_);
  }
}

std::vector<const Occurrence*> History::open() const {
  std::vector<const Occurrence*> standing;
  for (auto each = all_.rbegin(); each != all_.rend(); ++each) {
    const bool newer = std::any_of(all_.rbegin(), each, [&](const Occurrence& other) {
      return other.raised.alert == each->raised.alert;
    });
    if (!each->ended && !newer) standing.push_back(&*each);
  }
  std::reverse(standing.begin(), standing.end());
  return standing;
}

Facts::Backups History::backups() const {
  Facts::Backups backups;
  backups.taken = taken_;
  backups.failure = backup_failure_ ? backup_failure_ : drill_failure_;
  return backups;
}

}  // namespace wattledger::alerts
