// Files that the tool hands out and takes in: checkpoints, proofs, keys. Small texts.
#pragma once

#include <filesystem>
#include <string>

#include "replay/command.hpp"

namespace CLI {
class App;
}

namespace wattledger::tool {

// --out FILE.
void add_out(CLI::App& command, std::string& out, const std::string& what);

// Whole and on disk under its name, or not there; a file that has the name, or that a link of the
// name leads to, is replaced, a device or a pipe is written to. conflict: what a house's data
// directory keeps (log, keys, cache, staging, database) is never replaced.
Result<void> write_text_file(const std::filesystem::path& name, const std::string& text);

// not_found; full beyond `bytes_max`; io.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file,
                                                 std::size_t bytes_max);

// The same of a regular file alone: a pipe would be waited for.
[[nodiscard]] Result<std::string> read_regular_file(const std::filesystem::path& file,
                                                    std::size_t bytes_max);

// The same with --out and without: the text to the file and `remark` on stdout, or the text on
// stdout; with --format json one object: `facts_json`, and beside its members `out` or `name` with
// the text.
struct Handout {
  std::string name;        // of the text, in JSON
  std::string text;        // ends with a newline
  std::string remark;      // what it is, for people
  std::string facts_json;  // an object
};
Exit hand_out(const Invocation& invocation, const std::string& out, const Handout& handout);

}  // namespace wattledger::tool
