// A record of an older system, made again from the event that an import made of it: the fact as
// that system would have written it, and what it had written otherwise (the residue) in its place.
// The importer asks here what it must keep, the projections what to write: one meaning for both.
// Names and units: the legacy storage contract §1 and §2. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"

namespace wattledger::fold {

// A column or a key with its value as JSON text, a number as it was spelled. A blob, and a text
// that is no UTF-8, is {"hex": "…"} or {"text_hex": "…"}.
struct LegacyField {
  std::string name;
  std::string text;
  bool operator==(const LegacyField&) const = default;
};
using LegacyFields = std::vector<LegacyField>;

// A record as it stood.
struct LegacyRecord {
  fb::LegacyForm form = fb::LegacyForm::row;
  std::string place;
  LegacyFields fields;               // in their order; of a row without those that are NULL
  std::optional<std::string> whole;  // in place of fields: of an element, line or document
  bool operator==(const LegacyRecord&) const = default;
};

// What the fact alone gives back of a record of this form; empty for a fact that no such record
// has.
[[nodiscard]] LegacyFields rendered(const EventView& event, fb::LegacyForm form);

// What must be kept beside the fact, for `original` to come back. A field without text: it was not
// there, or (behind a first one without name and text, which says that all are listed in their
// order) it is as rendered.
[[nodiscard]] std::vector<fb::LegacyValueT> residue_of(const LegacyFields& facts,
                                                       const LegacyFields& original,
                                                       fb::LegacyForm form);
// … for a record that is kept whole.
[[nodiscard]] fb::LegacyValueT whole_residue(std::string text);

// The record of one of the event's origins.
[[nodiscard]] LegacyRecord legacy_record(const EventView& event, const fb::LegacyOrigin& origin);

// The fields as one JSON object, as json.dumps writes it.
[[nodiscard]] std::string object_text(const LegacyFields& fields);

// Whether an import brought the event: the fold that decisions rest on leaves it alone.
[[nodiscard]] inline bool is_imported(const EventView& event) {
  return event.event().origins() != nullptr;
}

}  // namespace wattledger::fold
