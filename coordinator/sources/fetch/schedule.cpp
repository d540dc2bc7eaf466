#include "coordinator/sources/fetch/schedule.hpp"

#include <algorithm>

namespace wattledger::sources {

bool Schedule::due(UtcTime now) const { return !next_ || now >= *next_ || now < *asked_; }

Schedule::News Schedule::succeeded(UtcTime now, std::optional<std::chrono::seconds> sooner) {
  asked_ = now;
  next_ = now + sooner.value_or(every_);
  const bool told = failures_ >= failures_told;
  failures_ = 0;
  return told ? News::outage_ends : News::none;
}

Schedule::News Schedule::failed(UtcTime now, std::optional<std::chrono::seconds> retry_after) {
  asked_ = now;
  constexpr std::uint32_t doublings_max = 5;  // beyond, retry_max holds
  const std::chrono::seconds own =
      std::min(retry_max, retry_first * (1 << std::min(failures_, doublings_max)));
  const std::chrono::seconds theirs =
      std::min<std::chrono::seconds>(retry_after.value_or(own), server_wait_max);
  next_ = now + std::max(own, theirs);
  ++failures_;
  return failures_ == failures_told ? News::outage_begins : News::none;
}

}  // namespace wattledger::sources
