// When a source is asked next. Pure: time is handed in. One object per source, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "events/time.hpp"

namespace wattledger::sources {

// Failures in a row after which an outage is told, once.
inline constexpr std::uint32_t failures_told = 3;
inline constexpr std::chrono::seconds retry_first{60};  // then twice as long each time
inline constexpr std::chrono::seconds retry_max{1'800};
inline constexpr std::chrono::hours server_wait_max{6};  // that a server may ask for

class Schedule {
 public:
  // `every`: from one good answer to the next request.
  explicit Schedule(std::chrono::seconds every) : every_(every) {}

  // Due at once before the first request, and when the clock was set back.
  [[nodiscard]] bool due(UtcTime now) const;
  [[nodiscard]] std::optional<UtcTime> next() const { return next_; }

  // What follows from an answer at `now`.
  enum class News : std::uint8_t { none, outage_begins, outage_ends };
  // `sooner`: what was asked for is not there yet.
  News succeeded(UtcTime now, std::optional<std::chrono::seconds> sooner = {});
  News failed(UtcTime now, std::optional<std::chrono::seconds> retry_after = {});
  // An outage was told before: its end will be news, that it goes on will not.
  void resume_outage() { failures_ = failures_told; }
  [[nodiscard]] std::uint32_t failures() const { return failures_; }

 private:
  std::chrono::seconds every_;
  std::optional<UtcTime> asked_, next_;
  std::uint32_t failures_ = 0;
};

}  // namespace wattledger::sources
