#include "replay/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace wattledger::tool {
namespace {

constexpr std::uint64_t bar_width = 30;
// Shorter runs than this are over before a line about them is read.
constexpr std::uint64_t worth_a_line = 20'000;

}  // namespace

Progress::Progress(const Invocation& invocation, std::string what)
    : what_(std::move(what)),
      json_(invocation.format == Format::json),
      terminal_(!json_ && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::at(std::uint64_t done, std::uint64_t total) {
  if (total < worth_a_line) return;
  const std::uint64_t percent = std::min<std::uint64_t>(done, total) * 100 / total;
  const std::uint64_t step = terminal_ ? percent : percent / 25 * 25;
  const bool again = done < done_;
  done_ = done;
  if (again) {
    begun_ = std::chrono::steady_clock::now();
    from_ = done;
    shown_ = step;
    return;
  }
  if (step == shown_) return;
  shown_ = step;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
  const double rate = took.count() > 0 ? static_cast<double>(done - from_) / took.count() : 0;
  const double left = rate > 0 ? static_cast<double>(total - std::min(done, total)) / rate : 0;
  std::string line;
  if (json_) {
    line = fmt::format(
        R"({{"progress":"{}","done":{},"total":{},"per_second":{:.0f},"left_s":{:.1f}}})"
        "\n",
        what_, done, total, rate, left);
  } else if (terminal_) {
    const std::uint64_t full = percent * bar_width / 100;
    line = fmt::format("\r{} [{}{}] {:>3} %  {:.0f}/s  {:.0f} s left\033[K", what_,
                       std::string(full, '#'), std::string(bar_width - full, ' '), percent, rate,
                       left);
    drawn_ = true;
  } else {
    line = fmt::format("{}: {} % ({} of {} records, {:.0f}/s, {:.0f} s left)\n", what_, percent,
                       done, total, rate, left);
  }
  std::fputs(line.c_str(), stderr);
}

}  // namespace wattledger::tool
