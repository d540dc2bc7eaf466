// A small file of its owner's alone: keys. Errors name the file. Inside this room only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"

namespace wattledger::log {

// Text that must not stay in memory.
class Secret {
 public:
  explicit Secret(std::size_t size) : text_(size, '\0') {}
  Secret(Secret&&) = default;
  Secret& operator=(Secret&&) = delete;
  ~Secret();
  [[nodiscard]] char* data() { return text_.data(); }
  [[nodiscard]] const char* data() const { return text_.data(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::vector<char> text_;
};

// not_found; invalid_input if others than its owner may read or write it, or if it is no file. Of a
// longer one the first `bytes_max` bytes.
[[nodiscard]] Result<Secret> read_private_file(const std::filesystem::path& file,
                                               std::size_t bytes_max);

// Mode 0600, in a directory that is made with 0700 if it is not there; under its name only when it
// is whole and on disk.
Result<void> write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace wattledger::log
