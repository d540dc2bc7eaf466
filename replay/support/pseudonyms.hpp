// What tells of a house and its people, replaced by names that tell nothing: the same thing has the
// same name under one key, and whoever has not the key cannot try which house a name stands for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wattledger::tool {

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

  // "serial-3fa9c1d27b04": of HMAC-SHA256 of the value under the key.
  [[nodiscard]] std::string name(std::string_view sort, std::string_view value) const;

  // From now on this value is replaced wherever it stands as a word of its own. Values that tell
  // nothing (empty, one letter, this machine's loopback) are not taken.
  void hide(std::string_view sort, std::string_view value);

  // A text with what was hidden replaced, and besides what looks like an address of a network or
  // of mail, a URL, a unique id, a serial number, a user's directory; a number behind "latitude"
  // and the like; whatever stands behind "token", "password" and the like.
  [[nodiscard]] std::string cleaned(std::string_view text) const;

  // The same of every text in a JSON text; members that hold names, serials, hosts or coordinates
  // by what they are called, whatever stands there. On one line; nullopt if it is no JSON.
  [[nodiscard]] std::optional<std::string> cleaned_json(std::string_view text) const;

 private:
  void replace_known(std::string& text) const;

  std::string key_;
  std::map<std::string, std::string, std::less<>> known_;  // value: its pseudonym
};

}  // namespace wattledger::tool
