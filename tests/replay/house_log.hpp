// A data directory with a log in it, made by the appender: a site in Warsaw, a policy, prices,
// readings, decisions.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/policy/decide.hpp"
#include "log/appender.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "projections/fold/state.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

template <class T>
T value(Result<T> result) {
  if (!result) FAIL(result.error().line());
  return *std::move(result);
}

class HouseDirectory {
 public:
  HouseDirectory();

  // Appends, durably, and folds. Times are seconds after 2025-10-01T00:00:00Z.
  template <class FactT>
  std::uint64_t add(std::int64_t second, FactT fact, fb::Source source = fb::Source::daemon) {
    return append(event(at_s(second), std::move(fact), source), second);
  }
  // The same, because of an earlier record.
  template <class FactT>
  std::uint64_t add_because(std::uint64_t cause, std::int64_t second, FactT fact) {
    fb::EventT native = event(at_s(second), std::move(fact));
    native.cause = cause;
    return append(native, second);
  }
  std::uint64_t reading(std::int64_t second, int soc_bp = 5'000);
  // Decides on everything so far, as the daemon does: the plan first when it is news. `alter`
  // forges the decision.
  using Alter = std::function<void(fb::DecisionMadeT&)>;
  std::uint64_t decide(std::int64_t second, const Alter& alter = {}, std::uint64_t behind = 0);

  void site();
  void policy();
  void prices(std::int64_t start_second = 0);
  // The four things that a house begins with: records 1 to 4.
  void begin();

  // Signs what stands there, as the daemon does on its schedule. The note.
  std::string sign();
  // Lets go of the log, so that a tool may write to it.
  void close();
  [[nodiscard]] std::filesystem::path data() const { return home_.path(); }
  [[nodiscard]] const fold::State& state() const { return state_; }
  [[nodiscard]] log::Log& log() { return *log_; }

 private:
  std::uint64_t append(const fb::EventT& native, std::int64_t second);

  MemoryDirectory home_;
  std::optional<log::Log> log_;
  std::optional<log::WriterLock> lock_;
  std::optional<log::Appender> appender_;
  fold::State state_;
};

// The tool on this house.
inline ToolRun on(const HouseDirectory& house, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--data", house.data().string()});
  return run_tool(arguments);
}

// Changes the first letter of every `text` in the file; false if there is none.
bool change_byte(const std::filesystem::path& file, const std::string& text);

}  // namespace wattledger::testing
