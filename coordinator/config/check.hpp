// What becomes of each key of a configuration's file, for `wattledger config check`: the whole file
// is looked at, where load() ends at the first thing that is wrong.
#pragma once

#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::config {

enum class KeyFate : std::uint8_t {
  used,     // a key of ours; `says` is its value
  mapped,   // a key of the legacy file; `says` is ours that it means
  ignored,  // a key that sets nothing, most of them of the legacy file; `says` is why
  wrong     // `says` is what, `remedy` what to do
};

struct CheckedKey {
  int line = 0;
  std::string path;
  KeyFate fate = KeyFate::used;
  std::string says;
  std::string remedy;
};

// In the order of the file, each key once, but for one that is wrong in two ways; what no key is to
// blame for comes last. An error where the text is no YAML of sections at all.
[[nodiscard]] Result<std::vector<CheckedKey>> check_keys(const std::string& yaml,
                                                         const std::string& file_name);

// Whether `path` is a key whose value is a number: a text in its place is refused where the form of
// the file tells them apart, as JSON does.
[[nodiscard]] bool takes_number(const std::string& path);

}  // namespace wattledger::config
