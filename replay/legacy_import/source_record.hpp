// A record of the older system as it was found, and what kind it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/codec.hpp"
#include "projections/fold/imported.hpp"

namespace wattledger::tool {

// What a record tells, whatever its file is called. `document`: something that is kept whole.
enum class Family : std::uint8_t {
  energy,
  state,
  decision,  // charging
  sale,      // selling decision
  charging_session,
  selling_session,
  weather,
  price_forecast,
  pv_forecast,
  summary,  // of a day or a month with sales
  document,
};
inline constexpr std::size_t family_count = 11;
[[nodiscard]] std::string_view family_name(Family family);

struct SourceRecord {
  Family family = Family::document;
  fb::LegacyForm form = fb::LegacyForm::document;
  std::string place;  // the table, or the file under the older system's directory
  std::optional<std::uint64_t> position;
  std::uint64_t line = 0;  // in the file, from 1; 0 for a row
  fold::LegacyFields fields;
  std::optional<std::string>
      whole;            // besides: the text, where the fields alone do not give it back
  bool broken = false;  // NaN or infinities stood in it
};

// For a finding: its line in the file, or its rowid.
[[nodiscard]] std::uint64_t where(const SourceRecord& record);

// The field's text; nullptr where there is none.
[[nodiscard]] const std::string* field_of(const fold::LegacyFields& fields, std::string_view name);
// The number that a field's text is; nullopt for anything else.
[[nodiscard]] std::optional<double> number_in(std::string_view text);
// Its value: nullopt unless it is a number, and a text without escapes.
[[nodiscard]] std::optional<double> number_of(const fold::LegacyFields& fields,
                                              std::string_view name);
[[nodiscard]] std::optional<std::string_view> text_of(const fold::LegacyFields& fields,
                                                      std::string_view name);

// By its keys. nullopt: no record that we know, or only as part of a document.
[[nodiscard]] std::optional<Family> family_of(const fold::LegacyFields& fields);
// Of a table; nullopt for one that the older system does not have.
[[nodiscard]] std::optional<Family> family_of_table(std::string_view table);

// The time that places it among the others, as it stood; empty: none.
[[nodiscard]] std::string_view time_text_of(const SourceRecord& record);
// What tells records of one family and time apart.
[[nodiscard]] std::string key_of(const SourceRecord& record);

// Gives it the place and form in which its file's projection gives it back: its own if that is one
// of the older system's, else what that system would have given it. `local`:
// "2026-01-05T02:00:02…". False: no file of that system holds such a record.
[[nodiscard]] bool find_home(SourceRecord& record, std::string_view local);

// Whether a file below out/ or data/ is called as the older system calls one of its own.
[[nodiscard]] bool has_legacy_name(std::string_view place);

}  // namespace wattledger::tool
