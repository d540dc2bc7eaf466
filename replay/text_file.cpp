#include "replay/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Failure refused(const fs::path& file, const char* what) {
  return fail(ErrorKind::io, file.string() + " cannot be " + what + ": " + std::strerror(errno),
              "check the path, its permissions and the space there");
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// A device, a pipe: written to as it is, for nothing may be put in its place.
Result<void> write_into(const fs::path& file, const std::string& text) {
  const Descriptor to(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (to.number() < 0 || !write_all(to.number(), text)) return refused(file, "written");
  return {};
}

// Whether a data directory keeps it as its own.
Result<void> of_no_house(const fs::path& name) {
  std::error_code error;
  const fs::path file = fs::weakly_canonical(fs::absolute(name, error), error);
  for (fs::path house = file.parent_path(); !house.empty(); house = house.parent_path()) {
    if (fs::exists(house / "log" / "data.mdb", error)) {
      const std::string first = file.lexically_relative(house).begin()->string();
      for (const char* own : {"log", "keys", "cache", "staging", "backups", "goodwe_energy.db"})
        if (first == own)
          return fail(ErrorKind::conflict,
                      name.string() + " belongs to the data directory " + house.string(),
                      "choose another --out");
    }
    if (house == house.root_path()) break;
  }
  return {};
}

// The word that says what a text of ours is: of the first line that is no comment.
std::string kind_of(std::string_view text) {
  while (!text.empty() && (text.front() == '#' || text.front() == '\n')) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

// A file of the same kind is replaced, another is not.
Result<void> may_replace(const fs::path& file, const std::string& text) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) == 0) return {};
  constexpr std::size_t bytes_max = 1 << 20;
  const auto there = read_text_file(file, bytes_max);
  if (there && kind_of(*there) == kind_of(text)) return {};
  return fail(ErrorKind::conflict, file.string() + " is there and is something else",
              "choose another --out, or remove it");
}

}  // namespace

void add_out(CLI::App& command, std::string& out, const std::string& what) {
  add_text(command, "--out", out, what).type_name("FILE");
}

Result<void> write_text_file(const fs::path& name, const std::string& text) {
  constexpr mode_t mode = 0644;
  WATTLEDGER_TRY(of_no_house(name));
  std::error_code error;
  const auto there = fs::status(name, error);
  if (fs::exists(there) && !fs::is_regular_file(there)) return write_into(name, text);
  // Where a link leads, the file there is the one that is meant.
  const fs::path file = fs::is_symlink(fs::symlink_status(name, error)) && fs::exists(there)
                            ? fs::canonical(name, error)
                            : name;
  const fs::path temporary = file.string() + fmt::format(".{}.new", ::getpid());
  {
    const Descriptor to(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (to.number() < 0) return refused(file, "written");
    if (!write_all(to.number(), text) || ::fsync(to.number()) != 0) {
      auto failure = refused(file, "written");
      ::unlink(temporary.c_str());
      return failure;
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) == 0) return {};
  auto failure = refused(file, "written");
  ::unlink(temporary.c_str());
  return failure;
}

Result<std::string> read_text_file(const fs::path& file, std::size_t bytes_max) {
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.number() < 0 && errno == ENOENT)
    return fail(ErrorKind::not_found, "there is no file " + file.string(), "check the path");
  if (from.number() < 0) return refused(file, "read");
  std::string text;
  std::array<char, 16'384> buffer{};
  while (true) {
    const ssize_t count = ::read(from.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refused(file, "read");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max)
      return fail(ErrorKind::full,
                  fmt::format("{} is longer than {} bytes", file.string(), bytes_max),
                  "check that it is the right file");
  }
}

Result<std::string> read_regular_file(const fs::path& file, std::size_t bytes_max) {
  std::error_code ignored;
  const auto status = fs::status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return fail(
        ErrorKind::invalid_input,
        file.string() + (fs::is_directory(status) ? " is a directory, not a file"
                                                  : " is a pipe or a device, not a regular file"),
        "write it to a file and name that one");
  return read_text_file(file, bytes_max);
}

Exit hand_out(const Invocation& invocation, const std::string& out, const Handout& handout) {
  if (!out.empty()) {
    if (const auto may = may_replace(out, handout.text); !may) return cannot(may.error());
    if (const auto written = write_text_file(out, handout.text); !written)
      return cannot(written.error());
  }
  if (invocation.format == Format::json) {
    auto object = nlohmann::ordered_json::parse(handout.facts_json);
    if (out.empty())
      object[handout.name] = handout.text;
    else
      object["out"] = out;
    say(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (out.empty()) {
    say(std::string_view(handout.text).substr(0, handout.text.size() - 1));
  } else {
    say(handout.remark + ": " + out);
  }
  return Exit::done;
}

}  // namespace wattledger::tool
