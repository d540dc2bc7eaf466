#include "coordinator/daemon/process_figures.hpp"

#include <sys/resource.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace wattledger::daemon {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The whole number behind `name` at a line's beginning.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? text.size() : line.size() + 1);
    if (!line.starts_with(name)) continue;
    const std::size_t digit = line.find_first_of("0123456789", name.size());
    if (digit == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(line.data() + digit, line.data() + line.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> cpu_ms() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return std::nullopt;
  const auto ms = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000 +
           static_cast<std::uint64_t>(time.tv_usec) / 1'000;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

}  // namespace

std::optional<std::uint64_t> status_bytes(std::string_view status, std::string_view name) {
  const auto kib = number_behind(status, name);
  return kib ? std::optional(*kib * 1'024) : std::nullopt;
}

std::optional<std::uint64_t> io_bytes(std::string_view io, std::string_view name) {
  return number_behind(io, name);
}

std::optional<std::string> control_group(std::string_view cgroup) {
  constexpr std::string_view one = "0::/";
  const std::size_t begin = cgroup.starts_with(one) ? 0 : cgroup.find("\n0::/");
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t path = cgroup.find("::/", begin) + 2;
  return std::string(cgroup.substr(path, cgroup.find('\n', path) - path));
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  const std::string status = text_of("/proc/self/status");
  figures.resident = status_bytes(status, "VmRSS:");
  figures.anonymous = status_bytes(status, "RssAnon:");
  figures.cpu_ms = cpu_ms();
  figures.written = io_bytes(text_of("/proc/self/io"), "write_bytes:");
  if (const auto group = control_group(text_of("/proc/self/cgroup")))
    figures.memory_limit = number_behind(text_of("/sys/fs/cgroup" + *group + "/memory.max"), "");
  return figures;
}

}  // namespace wattledger::daemon
