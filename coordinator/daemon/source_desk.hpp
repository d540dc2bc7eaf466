// What comes over the network: which source is asked at a time, and what its answer becomes in the
// log. Knows a day's prices or advice when the state has them, so that a restart asks for nothing
// twice: the log is the cache.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/sources/fetch/configured.hpp"
#include "coordinator/sources/fetch/fetch.hpp"
#include "coordinator/sources/fetch/news.hpp"
#include "coordinator/sources/fetch/schedule.hpp"

namespace wattledger::daemon {

// A day that is not whole yet is asked for again after this…
inline constexpr std::chrono::minutes not_yet_pause{15};
// … and one that is, in case it is published anew.
inline constexpr std::chrono::hours published_anew_pause{3};

class SourceDesk {
 public:
  // `config` and `journal` outlive it. `told`: what the log holds already.
  SourceDesk(const config::Config& config, const Journal& journal, sources::HttpLimits limits = {},
             sources::ToldBefore told = {});

  // Asks whoever is due at `now`, one after the other, and returns the facts of it: answers that
  // are news, outages and their ends. For one thread; blocks while a source does.
  // `everybody`: due or not.
  std::vector<fb::EventT> look(UtcTime now, const std::stop_token& stop = {},
                               bool everybody = false);
  // Whoever failed when last asked, a line each: "source pse: …; it is asked again at 14:05".
  [[nodiscard]] std::vector<std::string> troubles() const;

 private:
  struct Task {
    sources::Provider provider;
    sources::Schedule schedule;
    struct Day {
      std::string etag;
    };
    std::map<std::string, Day> days;  // by local date; "" where there are no days
    std::optional<UtcTime> failing_since;
    std::optional<Sequence> failed;  // where an outage was told before this process
    std::string trouble;             // of the last answer; empty: none
  };
  [[nodiscard]] ZoneOffsets zone() const;
  void ask(Task& task, UtcTime now, const std::stop_token& stop, std::vector<fb::EventT>& facts);
  Result<bool> ask_day(Task& task, UtcTime day, const std::stop_token& stop,
                       std::vector<fb::EventT>& facts);
  void trouble(Task& task, const Error& error, UtcTime now, std::vector<fb::EventT>& facts);
  bool is_news(const fb::EventT& fact);

  const config::Config& config_;
  const Journal& journal_;
  sources::Fetcher fetcher_;
  sources::ToldBefore told_;
  std::vector<Task> tasks_;
  std::optional<std::chrono::seconds> retry_after_;
  bool everybody_ = false;  // what the log holds is asked for, too
};

}  // namespace wattledger::daemon
