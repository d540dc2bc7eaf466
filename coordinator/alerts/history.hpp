// What the log says of alerts and of backups, record by record: which were raised and ended, which
// stand. The log is the memory, so that a restart raises nothing twice. Values only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/alerts/judge.hpp"
#include "events/codec.hpp"
#include "events/identity.hpp"
#include "events/time.hpp"

namespace wattledger::alerts {

struct Raised {
  Sequence sequence;
  UtcTime at;
  std::chrono::seconds utc_offset{};
  std::string alert;
  fb::Severity severity = fb::Severity::info;
  std::string detail;
  std::optional<std::int64_t> measured, limit;
};

struct Ended {
  Sequence sequence;
  UtcTime at;
  std::chrono::seconds utc_offset{};
  std::string detail;
};

struct Occurrence {
  Raised raised;
  std::optional<Ended> ended;
};

class History {
 public:
  // A record of the log, in the order of its sequence.
  void take(Sequence sequence, const EventView& event);

  [[nodiscard]] const std::vector<Occurrence>& all() const { return all_; }
  // The newest of each name that has not ended.
  [[nodiscard]] std::vector<const Occurrence*> open() const;
  // taken and failure; a drill that fails is a backup that did not succeed.
  [[nodiscard]] Facts::Backups backups() const;

 private:
  void take_backup(const EventView& event);

  std::vector<Occurrence> all_;
  std::optional<UtcTime> taken_;
  std::optional<std::string> backup_failure_, drill_failure_;
};

}  // namespace wattledger::alerts
