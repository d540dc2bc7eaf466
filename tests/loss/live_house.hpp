// A house whose daemon runs: yesterday lived by simulation, today until now by the demo, then live.
#pragma once

#include <chrono>

#include "events/time.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "tests/loss/lost_house.hpp"

namespace wattledger::testing {

class LiveHouse {
 public:
  LiveHouse() {
    const auto yesterday = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) -
                           std::chrono::days(1);
    const Ran lived =
        run(WATTLEDGERD,
            {"--simulate", "1", "--start",
             utc_text(std::chrono::floor<std::chrono::microseconds>(yesterday)).substr(0, 10),
             "--data", data().string()});
    REQUIRE_MESSAGE(lived.code == 0, lived.err);
    start();
    // Whose tables and files were opened and written.
    something_happens();
    for (const char* fed : {"sqlite current", "json current"}) wait_for_status(fed);
  }
  void start() {
    daemon_.emplace(WATTLEDGERD, std::vector<std::string>{"--data", data().string()});
    wait_until([&] { return contains(daemon_->out(), "the demo house is live"); });
  }

  [[nodiscard]] std::filesystem::path data() const { return home_ / "data"; }
  [[nodiscard]] std::string said() const { return daemon_->err(); }
  [[nodiscard]] Ran tool(const std::vector<std::string>& words) const {
    return testing::tool(data(), words);
  }
  // Something to decide and to record: an order of the owner's and its end, and what follows of
  // them.
  void something_happens() const {
    for (const char* order : {"hold", "auto"}) {
      const Ran asked = tool({"override", order});
      CHECK_MESSAGE(asked.code == 0, asked.err);
    }
  }
  // Until the daemon's own account of its projections holds the words.
  void wait_for_status(const std::string& words) {
    wait_until([&] { return contains(tool({"status"}).out, words); });
  }
  // Looks whenever the log grows, and at least ten times a second: for minutes, not for ever.
  template <class Holds>
  void wait_until(const Holds& holds) {
    constexpr int looks_max = 3'000;
    for (int looks = 0; !holds(); ++looks) {
      if (looks == looks_max || daemon_->ended()) FAIL(daemon_->err());
      const auto log = log::Log::open(data() / "log");
      if (log)
        (void)log::wait_beyond(*log, log->snapshot()->head(), std::chrono::milliseconds(100));
    }
  }
  // Until the daemon ends by itself: its exit code.
  int end() { return daemon_->wait(); }
  void stop() {
    const int code = daemon_->kill(SIGTERM);
    CHECK_MESSAGE(code == 0, said());
  }

 private:
  MemoryDirectory home_;
  std::optional<Program> daemon_;
};

}  // namespace wattledger::testing
