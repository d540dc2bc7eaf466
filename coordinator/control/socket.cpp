#include "coordinator/control/socket.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include "coordinator/control/control.hpp"

namespace wattledger::control {
namespace {

Result<gid_t> group_id(const std::string& name) {
  std::vector<char> buffer(16U * 1024U);
  group entry{};
  group* found = nullptr;
  const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return entry.gr_gid;
  if (error != 0)
    return system_failure("the group " + name + " cannot be looked up", error, "check /etc/group");
  return fail(ErrorKind::not_found, "control.group: there is no group " + name,
              "create it (groupadd " + name + ") or remove the key");
}

// Removes what a killed daemon left; refuses what lives or is none of ours.
Result<void> clear_path(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return system_failure(path.string() + " cannot be looked at", errno,
                          "check the data directory");
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorKind::foreign, path.string() + " is there and is no socket", "move it away");
  }
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A full queue answers EAGAIN: somebody listens all the same.
  if (::connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    return fail(ErrorKind::locked, "another daemon answers at " + path.string(),
                "stop it, or use another data directory");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_failure("the stale " + path.string() + " cannot be removed", errno,
                          "check the directory's owner and mode");
  }
  return {};
}

// Before anybody can connect: a socket that does not listen yet refuses everyone.
Result<void> give_to_group(const std::filesystem::path& path, const std::string& name) {
  constexpr mode_t mode = 0660;
  if (!name.empty()) {
    const auto id = group_id(name);
    if (!id) return Failure(id.error());
    if (::chown(path.c_str(), static_cast<uid_t>(-1), *id) != 0) {
      return system_failure(path.string() + " cannot be given to the group " + name, errno,
                            "make the daemon's user a member of it");
    }
  }
  if (::chmod(path.c_str(), mode) != 0) {
    return system_failure("the mode of " + path.string() + " cannot be set", errno,
                          "check the data directory's file system");
  }
  return {};
}

}  // namespace

Descriptor::~Descriptor() {
  if (open()) ::close(number_);
}

std::filesystem::path socket_path(const std::filesystem::path& data) {
  return data / "control.sock";
}

Failure system_failure(const std::string& what, int error, std::string remedy) {
  return fail(ErrorKind::io, what + ": " + std::generic_category().message(error),
              std::move(remedy));
}

Result<sockaddr_un> socket_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  constexpr std::size_t bytes_max = sizeof address.sun_path - 1;
  if (text.size() > bytes_max) {
    constexpr std::size_t name_bytes = std::string_view("/control.sock").size();
    return fail(
        ErrorKind::invalid_input,
        text + " is " + std::to_string(text.size()) + " bytes long, more than the " +
            std::to_string(bytes_max) + " of a socket's path",
        "use a data directory of at most " + std::to_string(bytes_max - name_bytes) + " bytes");
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

Result<Descriptor> listen_at(const std::filesystem::path& path, const std::string& group) {
  const auto address = socket_address(path);
  if (!address) return Failure(address.error());
  WATTLEDGER_TRY(clear_path(path, *address));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.open())
    return system_failure("no socket for " + path.string(), errno, "raise the limit of open files");
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return system_failure(path.string() + " cannot be made", errno,
                          "check that the data directory exists and is ours");
  }
  if (auto given = give_to_group(path, group); !given) {
    ::unlink(path.c_str());
    return Failure(given.error());
  }
  if (::listen(socket.number(), connections_queued_max) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return system_failure("nobody can connect to " + path.string(), error, "restart the daemon");
  }
  return socket;
}

}  // namespace wattledger::control
