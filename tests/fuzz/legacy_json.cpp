// Files of the older system: cut, read, told as an event and given back.
#include "projections/fold/imported.hpp"
#include "projections/fold/json_scan.hpp"
#include "replay/legacy_import/facts.hpp"
#include "replay/legacy_import/json_pieces.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

using tool::JsonPiece;

// What the event of the record gives back.
fold::LegacyFields told_again(const tool::SourceRecord& record) {
  std::vector<std::string> doubts;
  fb::EventT event = tool::event_of(record, UtcTime(), ZoneOffsets(), doubts);
  for (const std::string& doubt : doubts) must(!doubt.empty(), "a doubt says why");
  const auto bare = encode(event);
  must(bare.has_value(), "a record of a file can be told");
  const auto view = bare->view();
  must(view.has_value(), "what was told can be read");
  auto origin = std::make_unique<fb::LegacyOriginT>();
  origin->form = record.form;
  for (fb::LegacyValueT& value :
       fold::residue_of(fold::rendered(*view, record.form), record.fields, record.form))
    origin->residue.push_back(std::make_unique<fb::LegacyValueT>(std::move(value)));
  event.origins.push_back(std::move(origin));
  const auto encoded = encode(event);
  if (!encoded) return record.fields;  // twice as long, it does not fit
  const auto whole = encoded->view();
  must(whole.has_value(), "what was told can be read");
  return fold::legacy_record(*whole, *whole->event().origins()->Get(0)).fields;
}

const Target legacy_json("legacy_json", [](Bytes bytes) {
  const auto cut = tool::cut_json_text(text_of(bytes), [](const JsonPiece& piece) -> Result<void> {
    if (!piece.trouble.empty()) return {};
    if (const auto sure = fold::split_sure_object(piece.text)) {
      must(tool::check_json(piece.text).has_value(), "what needs no parser is JSON to one");
      must(*sure == fold::split_object(piece.text), "both ways give the same fields");
    }
    auto object = tool::read_object(piece.text);
    if (!object) {
      must(!object.error().what.empty(), "a refusal says why");
      return {};
    }
    const auto family = tool::family_of(object->fields);
    if (!family || !object->plain) return {};
    tool::SourceRecord record;
    record.family = *family;
    record.form = piece.form;
    record.fields = std::move(object->fields);
    must(told_again(record) == record.fields, "every field comes back as it was spelled");
    return {};
  });
  must(cut.has_value(), "cutting fails for nobody");
});

}  // namespace
}  // namespace wattledger::fuzz
