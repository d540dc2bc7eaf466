// Looking into a record's fields, and the words that the older system has. Pure.
#pragma once

#include <algorithm>
#include <string_view>

#include "projections/fold/imported.hpp"

namespace wattledger::fold {

// nullptr where there is none of the name.
[[nodiscard]] inline const LegacyField* find_field(const LegacyFields& fields,
                                                   std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const LegacyField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}
[[nodiscard]] inline LegacyField* find_field(LegacyFields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const LegacyField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// Records of one kind have the same fields in nearly the same order: looks at `near` first.
[[nodiscard]] inline const LegacyField* find_field(const LegacyFields& fields,
                                                   std::string_view name, std::size_t near) {
  return near < fields.size() && fields[near].name == name ? &fields[near]
                                                           : find_field(fields, name);
}

// Of a session; one that goes on is active.
[[nodiscard]] inline const char* status_word(fb::SessionChange change) {
  switch (change) {
    case fb::SessionChange::planned:
      return "planned";
    case fb::SessionChange::started:
    case fb::SessionChange::progressed:
      return "active";
    case fb::SessionChange::completed:
      return "completed";
    case fb::SessionChange::cancelled:
      return "cancelled";
    case fb::SessionChange::failed:
      return "failed";
  }
  return "";
}

}  // namespace wattledger::fold
