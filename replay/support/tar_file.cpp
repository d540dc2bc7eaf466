#include "replay/support/tar_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

namespace wattledger::tool {
namespace {

constexpr std::size_t block = 512;

void pad(std::string& tar) { tar.resize((tar.size() + block - 1) / block * block, '\0'); }

// Fields at their places of POSIX.1-1988's ustar header.
std::string header(const TarMember& member, std::int64_t unix_time) {
  std::string bytes(block, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    bytes.replace(at, text.size(), text);
  };
  put(0, member.name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", member.text.size()));
  put(136, fmt::format("{:011o}", unix_time));
  put(148, "        ");  // the checksum counts itself as spaces
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  bytes[154] = '\0';
  return bytes;
}

}  // namespace

std::string tar_of(const std::vector<TarMember>& members, std::int64_t unix_time) {
  std::string tar;
  for (const TarMember& member : members) {
    tar += header(member, unix_time) + member.text;
    pad(tar);
  }
  return tar + std::string(2 * block, '\0');
}

Result<std::string> packed(const std::string& bytes) {
  constexpr int level = 9;
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0)
    return fail(ErrorKind::io, std::string("zstd: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<void> write_new_private(const std::filesystem::path& file, const std::string& bytes) {
  constexpr mode_t mode = 0600;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST)
    return fail(ErrorKind::conflict, file.string() + " is there already",
                "choose another --out, or remove it");
  std::size_t written = 0;
  bool good = fd >= 0;
  while (good && written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    good = count > 0 || (count < 0 && errno == EINTR);
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  const std::string why = good ? "" : std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (good) return {};
  if (fd >= 0) ::unlink(file.c_str());
  return fail(ErrorKind::io, file.string() + " cannot be written: " + why,
              "check the path, its permissions and the space there");
}

}  // namespace wattledger::tool
