// From records to events: what tells the same fact becomes one event with an origin for each
// record; what an earlier import has brought is left out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "replay/legacy_import/findings.hpp"
#include "replay/legacy_import/known_records.hpp"
#include "replay/legacy_import/staged_records.hpp"

namespace wattledger::tool {

class Merger {
 public:
  // Gives the event's sequence.
  using Take = std::function<Result<Sequence>(const EncodedEvent& event)>;
  // The record that an event of an earlier import tells first, but for one kept whole.
  using Earlier = std::function<Result<fold::LegacyFields>(Sequence event)>;

  // `import_at`: of records that have no time of their own. `take` gets the events in their order.
  Merger(StagedRecords& staged, KnownRecords& known, const ZoneOffsets& zone, UtcTime import_at,
         Findings& findings, Take take, Earlier earlier)
      : staged_(staged),
        known_(known),
        zone_(zone),
        import_at_(import_at),
        findings_(findings),
        take_(std::move(take)),
        earlier_(std::move(earlier)) {}

  Result<void> run(const std::function<void(std::uint64_t done)>& progress);

 private:
  struct Member {
    StagedRecord staged;
    Id128 digest;
    std::optional<Sequence> known;  // the event that told it
    bool copy = false;              // another file's record, word for word
    Counts* counts = nullptr;       // of its source
  };
  Result<void> add(StagedRecord staged);
  Result<void> flush();
  Result<void> make(const std::vector<const Member*>& fresh);
  [[nodiscard]] Result<std::optional<Sequence>> cause_of() const;
  Result<void> compare_with(Sequence earlier, const Member& member);
  Result<void> keep_id(StagedRecord& staged);
  // `where`: what stands behind "… is 1 here and 2 in ".
  void compare(const fold::LegacyFields& first, const std::string& where, const Member& other);

  StagedRecords& staged_;
  KnownRecords& known_;
  const ZoneOffsets& zone_;
  UtcTime import_at_;
  Findings& findings_;
  Take take_;
  Earlier earlier_;
  std::vector<std::shared_ptr<Member>> group_;
  // Of the group's family, time and key, also when it becomes several events:
  std::shared_ptr<const Member> leader_;  // says what the fact is
  std::optional<Sequence> leading_event_;
  struct Seen {
    std::string_view source;  // the first that had it
    std::uint64_t times = 0;
  };
  std::map<Id128, Seen> seen_;
};

}  // namespace wattledger::tool
