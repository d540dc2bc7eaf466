#include "replay/house/correction.hpp"

#include <charconv>
#include <limits>
#include <vector>

#include "events/catalogue.hpp"
#include "events/near_match.hpp"

namespace wattledger::tool {
namespace {

using flatbuffers::ElementaryType;
using flatbuffers::TypeTable;

const TypeTable* fields_of(Kind kind) {
  switch (kind) {
#define WATTLEDGER_FIELDS(Name) \
  case fb::Fact::Name:          \
    return fb::Name##TypeTable();
    WATTLEDGER_KINDS(WATTLEDGER_FIELDS)
#undef WATTLEDGER_FIELDS
    case fb::Fact::NONE:
      return nullptr;
  }
  return nullptr;
}

template <class Integer>
bool fits(const std::string& text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

template <class Integer>
Result<void> need(const std::string& field, const std::string& value) {
  if (fits<Integer>(value)) return {};
  return fail(ErrorKind::invalid_input, field + " cannot be \"" + value + "\"",
              "write a whole number from " + std::to_string(std::numeric_limits<Integer>::min()) +
                  " to " + std::to_string(std::numeric_limits<Integer>::max()) +
                  ", in the unit that the field's name ends with");
}

Result<void> need_word(const std::string& field, const std::string& value, const TypeTable& words) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < words.num_elems; ++i) {
    if (value == words.names[i]) return {};
    known.emplace_back(words.names[i]);
  }
  return fail(ErrorKind::invalid_input, field + " cannot be \"" + value + "\"",
              near_match_remedy(value, known));
}

Result<void> need_type(ElementaryType type, const std::string& field, const std::string& value) {
  switch (type) {
    case flatbuffers::ET_BOOL:
      if (value == "true" || value == "false") return {};
      return fail(ErrorKind::invalid_input, field + " cannot be \"" + value + "\"",
                  "write true or false");
    case flatbuffers::ET_CHAR:
      return need<std::int8_t>(field, value);
    case flatbuffers::ET_UTYPE:
    case flatbuffers::ET_UCHAR:
      return need<std::uint8_t>(field, value);
    case flatbuffers::ET_SHORT:
      return need<std::int16_t>(field, value);
    case flatbuffers::ET_USHORT:
      return need<std::uint16_t>(field, value);
    case flatbuffers::ET_INT:
      return need<std::int32_t>(field, value);
    case flatbuffers::ET_UINT:
      return need<std::uint32_t>(field, value);
    case flatbuffers::ET_LONG:
      return need<std::int64_t>(field, value);
    case flatbuffers::ET_ULONG:
      return need<std::uint64_t>(field, value);
    case flatbuffers::ET_STRING:
      return {};
    case flatbuffers::ET_FLOAT:
    case flatbuffers::ET_DOUBLE:
    case flatbuffers::ET_SEQUENCE:
      break;
  }
  return fail(ErrorKind::unsupported,
              field + " holds more than one value and cannot be corrected by itself",
              "record the event anew from its source");
}

}  // namespace

Result<void> check_correction(Kind kind, const std::string& field, const std::string& value) {
  const TypeTable* table = fields_of(kind);
  if (table == nullptr)
    return fail(ErrorKind::invalid_input, "an event without a fact has no fields", {});
  std::vector<std::string> known;
  for (std::size_t i = 0; i < table->num_elems; ++i) {
    known.emplace_back(table->names[i]);
    if (field != table->names[i]) continue;
    const flatbuffers::TypeCode& code = table->type_codes[i];
    if (code.is_repeating != 0) return need_type(flatbuffers::ET_SEQUENCE, field, value);
    const TypeTable* of = code.sequence_ref < 0 ? nullptr : table->type_refs[code.sequence_ref]();
    if (of != nullptr && of->st == flatbuffers::ST_ENUM) return need_word(field, value, *of);
    return need_type(static_cast<ElementaryType>(code.base_type), field, value);
  }
  return fail(ErrorKind::invalid_input,
              std::string(kind_name(kind)) + " has no field \"" + field + "\"",
              near_match_remedy(field, known));
}

}  // namespace wattledger::tool
