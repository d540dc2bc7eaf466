// Is an answer news: what it says, apart from when it was said, against what the same source said
// before. The log is the memory, so that a restart records nothing twice and tells no outage twice.
// Values only.
#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>

#include "events/codec.hpp"
#include "events/identity.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

// How far back the log is asked for what was said and who fails.
inline constexpr std::chrono::hours told_looked_back{29 * 24};

// What two answers have in common that are about the same.
struct NewsKey {
  Kind kind = Kind::NONE;
  std::string provider;
  std::int64_t start_us = 0;  // of prices' and advice's first slot; 0 of the others
  auto operator<=>(const NewsKey&) const = default;
};
// nullopt for what no source says.
[[nodiscard]] std::optional<NewsKey> news_key(const fb::EventT& event);

// SHA-256 of what the fact says. Neither the raw answer's digest, which a server's count of
// milliseconds changes, nor the time of issue is part of it.
[[nodiscard]] Digest content_digest(const fb::EventT& event);

struct Outage {
  Sequence failed;
  UtcTime since;
  std::string detail;
};

class ToldBefore {
 public:
  // A record of the log, in the order of its sequence.
  void take(Sequence sequence, const EventView& event);
  // Remembers what an answer says; false when that is what was said last. `first`, where given, is
  // told whether nothing was known of it before.
  bool is_news(const fb::EventT& event, bool* first = nullptr);
  // By provider; those that answered since are none.
  [[nodiscard]] const std::map<std::string, Outage>& outages() const { return outages_; }

 private:
  std::map<NewsKey, Digest> said_;
  std::map<std::string, Outage> outages_;
};

}  // namespace wattledger::sources
