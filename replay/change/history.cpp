#include "replay/change/history.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "projections/damage.hpp"

namespace wattledger::tool {
namespace {

// Read at once, backwards.
constexpr std::uint64_t block = 65'536;
// Looked at for how long one took.
constexpr std::size_t newest = 32;
constexpr std::size_t id_digits_min = 4;

struct End {
  Sequence sequence;
  UtcTime at;
  fb::Result result;
  std::string detail;
};

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

PastChange begun(const log::RecordView& record, const fb::ChangeStarted& fact) {
  PastChange change;
  change.started = record.sequence;
  change.started_at = record.recorded_at;
  if (fact.change() != nullptr) change.id = from_fb(*fact.change()).hex();
  change.verb = text_of(fact.verb());
  change.arguments = text_of(fact.arguments());
  const auto& event = record.event.event();
  change.by = text_of(event.source_name());
  if (change.by.empty()) change.by = fb::EnumNameSource(event.source());
  return change;
}

}  // namespace

std::string PastChange::outcome(bool at_work) const {
  if (finished) return fb::EnumNameResult(result);
  return at_work ? "running" : "interrupted";
}

std::string PastChange::name() const {
  return id.empty() ? "#" + std::to_string(started.value) : id.substr(0, change_id_shown);
}

Result<std::vector<PastChange>> past_changes(const log::Snapshot& snapshot, std::size_t limit) {
  std::vector<PastChange> found;
  std::map<std::uint64_t, End> ends;  // of what began before the block
  projections::Damage damage;
  Sequence last = snapshot.head();
  while (last.value != 0 && found.size() < limit) {
    const Sequence first{last.value > block ? last.value - block + 1 : 1};
    std::vector<PastChange> here;
    WATTLEDGER_TRY(projections::scan_over_damage(
        snapshot, first, last,
        [&](const log::RecordView& record) -> Result<bool> {
          if (const auto* start = record.event.as<fb::ChangeStarted>())
            here.push_back(begun(record, *start));
          if (const auto* end = record.event.as<fb::ChangeFinished>())
            ends.emplace(end->started(), End{record.sequence, record.recorded_at, end->result(),
                                             text_of(end->detail())});
          return true;
        },
        damage));
    for (auto each = here.rbegin(); each != here.rend() && found.size() < limit; ++each) {
      if (const auto end = ends.find(each->started.value); end != ends.end()) {
        each->finished = end->second.sequence;
        each->finished_at = end->second.at;
        each->result = end->second.result;
        each->detail = end->second.detail;
      }
      found.push_back(std::move(*each));
    }
    last = Sequence{first.value - 1};
  }
  return found;
}

Result<PastChange> find_change(const log::Snapshot& snapshot, const std::string& id) {
  const auto all = past_changes(snapshot, std::numeric_limits<std::size_t>::max());
  if (!all) return Failure(all.error());
  const std::string digits = id.rfind('#', 0) == 0 ? id.substr(1) : id;
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == end;
  std::vector<const PastChange*> matching;
  for (const PastChange& each : *all) {
    if (is_number && each.started.value == number) return each;
    if (id.size() >= id_digits_min && !each.id.empty() && each.id.rfind(id, 0) == 0)
      matching.push_back(&each);
  }
  if (matching.size() == 1) return *matching.front();
  if (matching.empty())
    return fail(ErrorKind::not_found, "the log knows of no change " + id.substr(0, 60),
                "see wattledger change list");
  return fail(ErrorKind::conflict,
              std::to_string(matching.size()) + " changes begin with " + id.substr(0, 60),
              "write more of its digits");
}

Result<std::optional<std::chrono::seconds>> last_duration(const log::Snapshot& snapshot,
                                                          const std::string& verb) {
  const auto last = past_changes(snapshot, newest);
  if (!last) return Failure(last.error());
  for (const PastChange& each : *last)
    if (each.verb == verb && each.result == fb::Result::succeeded)
      return std::optional(
          std::chrono::floor<std::chrono::seconds>(*each.finished_at - each.started_at));
  return std::optional<std::chrono::seconds>{};
}

}  // namespace wattledger::tool
