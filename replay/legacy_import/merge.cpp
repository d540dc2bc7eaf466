#include "replay/legacy_import/merge.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "projections/fold/imported.hpp"
#include "projections/fold/legacy_field.hpp"
#include "replay/legacy_import/facts.hpp"

namespace wattledger::tool {
namespace {

using fold::LegacyFields;

// One event holds no more records; the rest gets events of its own.
constexpr std::size_t origins_max = 16;
constexpr std::size_t group_bytes_max = 600'000;
// Rows born here have ids above.
constexpr double ids_max = 1e9;

bool same_group(const StagedRecord& a, const StagedRecord& b) {
  return a.at == b.at && a.record.family == b.record.family && a.key == b.key;
}

std::size_t bytes_of(const SourceRecord& record) {
  std::size_t bytes = record.whole ? record.whole->size() : 0;
  for (const fold::LegacyField& field : record.fields)
    bytes += field.name.size() + field.text.size();
  return bytes;
}

bool is_kept_whole(const SourceRecord& record) { return record.whole.has_value(); }

fb::LegacyOriginT origin_of(const StagedRecord& staged, const Id128& digest,
                            const EventView& event) {
  const SourceRecord& record = staged.record;
  fb::LegacyOriginT origin;
  origin.place = record.place;
  origin.form = record.form;
  if (record.position) origin.position = *record.position;
  origin.digest = std::make_unique<fb::Id128>(to_fb(digest));
  origin.time_uncertain = staged.time_uncertain;
  if (record.family == Family::document) return origin;  // its text is in the fact
  if (record.whole) {
    origin.residue.push_back(
        std::make_unique<fb::LegacyValueT>(fold::whole_residue(*record.whole)));
    return origin;
  }
  for (fb::LegacyValueT& value :
       fold::residue_of(fold::rendered(event, record.form), record.fields, record.form))
    origin.residue.push_back(std::make_unique<fb::LegacyValueT>(std::move(value)));
  return origin;
}

// str(datetime) has a space where isoformat() has a T.
std::string with_letter(std::string text) {
  if (text.size() > 12 && text[11] == ' ' && text[5] == '-') text[11] = 'T';
  return text;
}

// 5 and 5.0 are the same value.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b || with_letter(a) == with_letter(b)) return true;
  const auto number = number_in(a);
  const auto other = number_in(b);
  return number && other && *number == *other;
}

}  // namespace

Result<void> Merger::run(const std::function<void(std::uint64_t done)>& progress) {
  std::uint64_t done = 0;
  WATTLEDGER_TRY(staged_.scan([&](StagedRecord staged) -> Result<void> {
    progress(++done);
    return add(std::move(staged));
  }));
  return flush();
}

Result<void> Merger::add(StagedRecord staged) {
  if (!group_.empty()) {
    std::size_t bytes = bytes_of(staged.record);
    for (const auto& member : group_) bytes += bytes_of(member->staged.record);
    const bool same = same_group(leader_->staged, staged);
    if (!same || group_.size() == origins_max || bytes > group_bytes_max) WATTLEDGER_TRY(flush());
    if (!same) {
      leader_.reset();
      leading_event_.reset();
      seen_.clear();
    }
  }
  auto member = std::make_shared<Member>();
  member->digest = staged.digest;
  member->counts = &findings_.of(staged.source);
  member->staged = std::move(staged);
  // The same twice in one file or table stood there twice; in another one it is a copy.
  Seen& seen = seen_.try_emplace(member->digest, Seen{member->staged.source, 0}).first->second;
  member->copy = seen.source != member->staged.source;
  if (!member->copy && seen.times++ != 0)
    member->digest = digest_of(member->staged.record, seen.times - 1);
  const auto known = known_.known(member->digest);
  if (!known) return Failure(known.error());
  member->known = *known;
  if (!leader_) leader_ = member;
  group_.push_back(std::move(member));
  return {};
}

Result<void> Merger::flush() {
  std::vector<const Member*> fresh;
  for (const auto& member : group_) {
    if (member->known) {
      ++member->counts->there;
    } else if (member->copy) {
      ++member->counts->merged;
    } else {
      WATTLEDGER_TRY(keep_id(member->staged));
      fresh.push_back(member.get());
    }
  }
  const Result<void> made = fresh.empty() ? Result<void>() : make(fresh);
  group_.clear();
  return made;
}

// An id that another row has, or that rows born here will have, is no longer this one's.
Result<void> Merger::keep_id(StagedRecord& staged) {
  SourceRecord& record = staged.record;
  const auto id = number_of(record.fields, "id");
  if (record.form != fb::LegacyForm::row || !id) return {};
  const auto taken = known_.is_id_taken(record.place, static_cast<std::int64_t>(*id));
  if (!taken) return Failure(taken.error());
  if (!*taken && *id > 0 && *id <= ids_max) return {};
  findings_.doubt(staged.source, where(record),
                  "its id is an earlier import's row's, or none that rows here have (1 to "
                  "1000000000): it gets one of its own");
  std::erase_if(record.fields, [](const fold::LegacyField& field) { return field.name == "id"; });
  return {};
}

// The event before that told the fact, but not all of its records.
Result<std::optional<Sequence>> Merger::cause_of() const {
  std::optional<Sequence> cause = leading_event_;
  for (const auto& member : group_)
    if (member->known && (!cause || *member->known < *cause)) cause = member->known;
  if (cause || !leader_->staged.at) return cause;
  return known_.known(
      digest_of(leader_->staged.record.family, *leader_->staged.at, leader_->staged.key));
}

// The first of the group, a table's row where there is one, says what the fact is.
Result<void> Merger::make(const std::vector<const Member*>& fresh) {
  const Member& first = *leader_;
  const UtcTime at = first.staged.at.value_or(import_at_);
  const bool from_this_run = leading_event_.has_value();
  const auto cause = cause_of();
  if (!cause) return Failure(cause.error());
  std::vector<std::string> doubts;
  fb::EventT event = *cause ? addition_of(first.staged.record, at, zone_, **cause)
                            : event_of(first.staged.record, at, zone_, doubts);
  for (std::string& doubt : doubts)
    findings_.doubt(first.staged.source, where(first.staged.record), std::move(doubt));
  const auto bare = encode(event);
  const auto view = bare ? bare->view() : Result<EventView>(Failure(bare.error()));
  if (view)
    for (const Member* member : fresh)
      event.origins.push_back(
          std::make_unique<fb::LegacyOriginT>(origin_of(member->staged, member->digest, *view)));
  const auto encoded = view ? encode(event) : Result<EncodedEvent>(Failure(view.error()));
  if (!encoded) {
    for (const Member* member : fresh)
      findings_.reject(member->staged.source, where(member->staged.record), encoded.error().what);
    return {};
  }
  const auto sequence = take_(*encoded);
  if (!sequence) return Failure(sequence.error());
  const bool leads = !*cause;
  if (!leading_event_) leading_event_ = *sequence;
  for (const Member* member : fresh) {
    Counts& counts = *member->counts;
    ++(member == fresh.front() && leads ? counts.imported : counts.merged);
    if (is_kept_whole(member->staged.record)) ++counts.whole;
    if (*cause && !from_this_run) {
      WATTLEDGER_TRY(compare_with(**cause, *member));
    } else if (member->digest != first.digest) {
      compare(first.staged.record.fields,
              std::string(first.staged.source) + ", which counts; this is kept too", *member);
    }
  }
  return {};
}

// What an earlier import told stays the fact; tables and files show what was told last.
Result<void> Merger::compare_with(Sequence earlier, const Member& member) {
  const auto fields = earlier_(earlier);
  if (!fields) return Failure(fields.error());
  compare(*fields,
          "record " + std::to_string(earlier.value) +
              " of the log, an earlier import's, which stays; tables and files show this",
          member);
  return {};
}

// Both are kept.
void Merger::compare(const LegacyFields& fields, const std::string& where, const Member& other) {
  std::string differ;
  std::size_t near = 0;  // where the next field's fellow is likely
  for (const fold::LegacyField& field : other.staged.record.fields) {
    const fold::LegacyField* told = fold::find_field(fields, field.name, near);
    if (told == nullptr) continue;
    near = static_cast<std::size_t>(told - fields.data()) + 1;
    if (field.name == "created_at" || field.name == "id" || same_value(told->text, field.text))
      continue;
    if (!differ.empty()) differ += ", ";
    differ += field.name + " is " + field.text + " here and " + told->text;
  }
  if (!differ.empty())
    findings_.doubt(other.staged.source, tool::where(other.staged.record), differ + " in " + where);
}

}  // namespace wattledger::tool
