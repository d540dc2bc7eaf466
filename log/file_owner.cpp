#include "log/file_owner.hpp"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace wattledger::log {
namespace {

// What a thread may; two words of 32 bits.
struct Capabilities {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> words{};

  bool read() { return ::syscall(SYS_capget, &header, words.data()) == 0; }
  bool write() { return ::syscall(SYS_capset, &header, words.data()) == 0; }
};

}  // namespace

void make_files_as_owner_of(const std::filesystem::path& directory) {
  struct ::stat owner {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0 || owner.st_uid == 0) return;
  // Another user of the file system loses root's rights there, which are taken up again.
  Capabilities capabilities;
  const bool known = capabilities.read();
  const int group = ::setfsgid(owner.st_gid);
  ::setfsuid(owner.st_uid);
  if (known && capabilities.write()) return;
  ::setfsuid(0);
  ::setfsgid(static_cast<gid_t>(group));
}

}  // namespace wattledger::log
