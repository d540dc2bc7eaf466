#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "replay/display.hpp"
#include "replay/house/health_here.hpp"

namespace wattledger::tool {
namespace {

using health::Health;

const char* colour_of(Health state) {
  switch (state) {
    case Health::ok:
      return "\033[32m";
    case Health::degraded:
      return "\033[33m";
    case Health::failed:
      return "\033[31m";
  }
  return "";
}

std::string painted(Health state, std::size_t width, bool colour) {
  const std::string word = fmt::format("{:<{}}", health::health_name(state), width);
  return colour ? colour_of(state) + word + "\033[0m" : word;
}

std::string percent(std::uint64_t part, std::uint64_t of) {
  return fmt::format("{}.{:02} %", part * 100 / of, part * 10'000 / of % 100);
}

std::string up_text(const health::HealthFigures& figures) {
  if (!figures.up || !figures.span || figures.span->count() <= 0) return "unknown";
  return fmt::format("{} of {}",
                     percent(static_cast<std::uint64_t>(figures.up->count()),
                             static_cast<std::uint64_t>(figures.span->count())),
                     duration_text(*figures.span));
}

std::string backups_text(const health::HealthFigures& figures) {
  if (figures.backups == 0) return "none in 30 days";
  return fmt::format("{} ({} of {} in 30 days)", percent(figures.backups_ok, figures.backups),
                     figures.backups_ok, figures.backups);
}

template <class Text>
void add(std::string& line, const std::optional<std::uint64_t>& value, const Text& text) {
  if (!value) return;
  line += (line.empty() ? "" : ", ") + text(*value);
}

std::string measured_text(const health::Measured& measured, UtcTime now, const ZoneOffsets& zone) {
  std::string line;
  add(line, measured.resident_bytes, [](auto n) { return bytes_text(n) + " resident"; });
  add(line, measured.anonymous_bytes, [](auto n) { return bytes_text(n) + " its own"; });
  add(line, measured.cpu_ms, [&](auto n) {
    return measured.uptime_s.value_or(0) == 0
               ? fmt::format("{} ms CPU", n)
               : fmt::format("{:.2f} % CPU",
                             static_cast<double>(n) / 10 / static_cast<double>(*measured.uptime_s));
  });
  add(line, measured.bytes_written, [&](auto n) {
    return measured.uptime_s.value_or(0) == 0
               ? bytes_text(n) + " written"
               : bytes_text(n * 86'400 / *measured.uptime_s) + " written a day";
  });
  std::string more;
  add(more, measured.commit_p50_us, [](auto n) { return fmt::format("commit p50 {} us", n); });
  add(more, measured.commit_p99_us, [](auto n) { return fmt::format("p99 {} us", n); });
  add(more, measured.poll_p99_ms, [](auto n) { return fmt::format("poll p99 {} ms", n); });
  add(more, measured.register_writes_today,
      [](auto n) { return counted_text(n, "register write") + " that day"; });
  add(more, measured.uptime_s, [](auto n) {
    return "running for " + duration_text(std::chrono::seconds(static_cast<std::int64_t>(n)));
  });
  const auto age = std::chrono::floor<std::chrono::seconds>(now - measured.at);
  return fmt::format("{:<13}{} ({} ago)\n{:<13}{}\n{:<13}{}", "Measured",
                     local_text(measured.at, zone), duration_text(age), "", line, "", more);
}

}  // namespace

std::string health_table(const HealthHere& health, UtcTime now, bool colour) {
  const health::HealthReport& report = health.report;
  std::size_t name_width = 0;
  for (const health::HealthItem& item : report.items)
    name_width = std::max(name_width, item.name.size());
  std::string out = fmt::format("health {}, {}\n\n", painted(report.overall, 0, colour),
                                local_text(report.at, health.zone));
  for (const health::HealthItem& item : report.items) {
    out += fmt::format("{:<{}}  {}  {}\n", item.name, name_width, painted(item.state, 8, colour),
                       item.detail);
    if (item.state != Health::ok && !item.remedy.empty())
      out += fmt::format("{:<{}}  {:<8}  -> {}\n", "", name_width, "", item.remedy);
  }
  out += fmt::format("\n{:<13}{}\n{:<13}{}", "Uptime", up_text(report.figures), "Backups",
                     backups_text(report.figures));
  if (report.figures.measured)
    out += "\n" + measured_text(*report.figures.measured, now, health.zone);
  if (!health.remark.empty()) out += "\n\n" + health.remark;
  return out;
}

Exit watch_health(const std::function<Exit()>& look, const std::function<bool()>& pause,
                  bool screen) {
  Exit last = Exit::done;
  do {
    if (screen) std::fputs("\x1b[H\x1b[2J", stdout);
    last = look();
    std::fflush(stdout);
  } while (pause());
  return last;
}

}  // namespace wattledger::tool
