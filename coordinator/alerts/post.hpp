// Tells the receivers of a configuration what was committed about alerts: each once, and once of
// the end, at least. How far each was told stands in a small file, keyed by the log's uuid; without
// the file, or for another log (a restore), nothing that lies in the log already is told.
//
// Threads: one. Nothing here keeps the daemon's loop waiting: it runs beside it.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/alerts/send.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"

namespace wattledger::alerts {

inline constexpr std::chrono::seconds retry_first{30};  // then twice as long each time
inline constexpr std::chrono::minutes retry_max{30};
inline constexpr std::chrono::hours given_up_after{24};  // since it happened; tried once at least
inline constexpr std::size_t waiting_max = 1'000;        // of one receiver; the oldest gives way

// When the next attempt comes after so many that failed.
[[nodiscard]] std::chrono::seconds retry_after(std::uint32_t failures);

class Post {
 public:
  using Send = std::function<Result<void>(const config::AlertReceiver&, const Message&,
                                          const std::stop_token&)>;

  // Begins where `file` says, else behind the log's newest record. `log` outlives it.
  static Result<Post> open(const log::Log& log, std::filesystem::path file,
                           std::vector<config::AlertReceiver> receivers, std::string house,
                           Send send);

  // A line for the text log: what could not be told, and what is told no more.
  struct Line {
    bool lost = false;
    std::string text;
  };
  // Takes what was committed since and tells what is due. Blocks for as long as sending does.
  // Errors: the log cannot be read, or the file not written.
  Result<std::vector<Line>> look(UtcTime now, const std::stop_token& stop);

 private:
  struct Waiting {
    config::AlertReceiver receiver;
    Sequence told;  // everything up to here is told, or was not for it
    std::deque<Message> messages;
    std::uint32_t failures = 0;  // of the first
    std::optional<UtcTime> failed_at;
  };

  Post(const log::Log& log, std::filesystem::path file, std::string house, Send send)
      : log_(&log), file_(std::move(file)), house_(std::move(house)), send_(std::move(send)) {}
  Result<void> take(const log::Snapshot& snapshot, std::vector<Line>& lines);
  void add(const Message& message, std::vector<Line>& lines);
  Result<void> tell(Waiting& waiting, UtcTime now, const std::stop_token& stop,
                    std::vector<Line>& lines);
  Result<void> save();

  const log::Log* log_;
  std::filesystem::path file_;
  std::string house_;
  Send send_;
  Id128 uuid_;
  std::vector<Waiting> receivers_;
  Sequence taken_;  // read up to here
  Sequence saved_;  // … as the file has it
};

}  // namespace wattledger::alerts
