// From records to events: what tells the same fact becomes one event with an origin for each
// record; what an earlier import has brought is left out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/codec.hpp"
#include "replay/legacy_import/findings.hpp"
#include "replay/legacy_import/staged_records.hpp"

namespace wattledger::tool {

class Merger {
 public:
  using Take = std::function<Result<void>(const EncodedEvent& event)>;

  // `import_at`: of records that have no time of their own. `take` gets the events in their order.
  Merger(StagedRecords& staged, const ZoneOffsets& zone, UtcTime import_at, Findings& findings,
         Take take)
      : staged_(staged),
        zone_(zone),
        import_at_(import_at),
        findings_(findings),
        take_(std::move(take)) {}

  Result<void> run(const std::function<void(std::uint64_t done)>& progress);

 private:
  struct Member {
    StagedRecord staged;
    Id128 digest;
    std::optional<Sequence> known;  // the event that told it
  };
  Result<void> add(const StagedRecord& staged);
  Result<void> flush();
  Result<void> make(std::vector<const Member*> fresh);
  void compare(const Member& first, const Member& other);

  StagedRecords& staged_;
  const ZoneOffsets& zone_;
  UtcTime import_at_;
  Findings& findings_;
  Take take_;
  std::vector<Member> group_;
  std::map<std::string, std::uint64_t> repetitions_;  // of the group's family, time and key
};

}  // namespace wattledger::tool
