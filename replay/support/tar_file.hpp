// A tar of small texts, packed with zstd: what `tar --zstd -xf` takes apart.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::tool {

struct TarMember {
  std::string name;  // relative, ASCII, at most 99 characters
  std::string text;
};

// POSIX ustar; every member owned by nobody, mode 0644, of one time. Pure.
[[nodiscard]] std::string tar_of(const std::vector<TarMember>& members, std::int64_t unix_time);

[[nodiscard]] Result<std::string> packed(const std::string& bytes);

// Mode 0600; conflict if the name is taken.
[[nodiscard]] Result<void> write_new_private(const std::filesystem::path& file,
                                             const std::string& bytes);

}  // namespace wattledger::tool
