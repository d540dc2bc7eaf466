// The data file of an open log that was taken away under the program that has it open: its bytes
// live on until that program ends, and can be written out again until then.
#pragma once

#include <filesystem>

#include "log/log.hpp"

namespace wattledger::log {

enum class DataFile {
  in_place,
  deleted,  // it has no name any more
  moved,    // it bears another name, with its directory or alone
};
// Whether the log's own name still leads to what is open. Any thread; a moment's look.
[[nodiscard]] DataFile data_file_of(const Log& log);

// What a deleted file holds, as of the last commit, whole and durable under its old name; where
// something else bears that name by now, under <directory>.rescued, .rescued.2 and so on. Where it
// went. Segments that went with it are not brought back. full, io.
[[nodiscard]] Result<std::filesystem::path> write_out_again(const Log& log);

}  // namespace wattledger::log
