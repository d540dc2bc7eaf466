// What a house keeps beside its log: the older system's files, the tables, or both; and a
// configuration's text that asks for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "coordinator/config/config.hpp"

namespace wattledger::tool {

enum class Mode { files, both, database };
[[nodiscard]] std::optional<Mode> mode_of(const std::string& word);
[[nodiscard]] std::string mode_name(Mode mode);
// nullopt where neither is on.
[[nodiscard]] std::optional<Mode> mode_of(const config::Config& config);

struct Wanting {
  std::optional<Mode> mode;
  std::optional<std::uint32_t> schema;
};

// The text with the keys of the mode and the schema set, under their legacy names where those stand
// there. Read again before it is answered: it asks for exactly that.
[[nodiscard]] Result<std::string> asking_for(const std::string& yaml, const Wanting& wanting,
                                             const std::string& file_name);

// Kept beside the configuration while another is tried.
[[nodiscard]] std::filesystem::path text_before(const std::filesystem::path& file);
// `text` in the file's place, with its mode and owner's rights, the old one beside it.
Result<void> put_configuration(const std::filesystem::path& file, const std::string& text);
[[nodiscard]] Result<std::string> read_configuration_text(const std::filesystem::path& file);

}  // namespace wattledger::tool
