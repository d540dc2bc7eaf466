// What the daemon writes to its text log while one of these lives.
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace wattledger::testing {

class LoggedLines {
 public:
  LoggedLines() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    sink->set_pattern("%l %v");
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
  }
  LoggedLines(const LoggedLines&) = delete;
  LoggedLines& operator=(const LoggedLines&) = delete;
  ~LoggedLines() { spdlog::set_default_logger(before_); }

  [[nodiscard]] std::string text() const { return text_.str(); }
  [[nodiscard]] int count(std::string_view what) const {
    const std::string all = text();
    int found = 0;
    for (std::size_t at = all.find(what); at != std::string::npos; at = all.find(what, at + 1))
      ++found;
    return found;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace wattledger::testing
