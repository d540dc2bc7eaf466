// Root at work in another user's house: what it writes there must stay the house's own, or the
// daemon, which runs as that user, cannot write beside it afterwards.
#pragma once

#include <filesystem>

namespace wattledger::log {

// From here on, files and directories that this thread makes, and those it starts from now on,
// belong to the user and group that `directory` belongs to; what root may read and write it still
// may (Linux: the file system's user, setfsuid(2)). Programs that are started are root's again.
// Nothing changes where the caller is not root, where root is the owner, where there is no such
// directory, and where the kernel does not let it.
void make_files_as_owner_of(const std::filesystem::path& directory);

}  // namespace wattledger::log
