// The program that disk_recorder is preloaded into: it writes a log and says what it was answered.
//
//   log_writer record DIRECTORY COMMITS SEED         makes a log, appends that many commits; marks
//                                                    creation and every answer in the record
//   log_writer fail DIRECTORY EVENTS N ERROR MANNER  appends to a log; operation N of the commit of
//                                                    so many events fails
//   log_writer create DIRECTORY N ERROR MANNER       operation N of making a log fails
//
// `fail` and `create` print one line per outcome: "answered 12", "failed …", "refused …".
#include <dlfcn.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "log/appender.hpp"
#include "tests/crash/disk_fault.hpp"
#include "tests/crash/numbered_events.hpp"

namespace wattledger::testing {
namespace {

constexpr int exit_unexpected = 2;

template <class Function, class... Arguments>
auto call_recorder(const char* name, Arguments... arguments) {
  void* found = ::dlsym(RTLD_DEFAULT, name);
  if (found == nullptr) {
    std::fprintf(stderr, "disk_recorder is not preloaded\n");
    std::exit(exit_unexpected);
  }
  return reinterpret_cast<Function*>(found)(arguments...);
}

void mark(std::uint64_t number) {
  call_recorder<void(std::uint64_t)>("wattledger_disk_mark", number);
}

struct Fault {
  std::uint64_t nth = 0;
  int error = 0;
  FaultManner manner = FaultManner::once;
};

void arm(const Fault& fault) {
  call_recorder<void(std::uint64_t, int, FaultManner)>("wattledger_disk_fail", fault.nth,
                                                       fault.error, fault.manner);
}

std::uint64_t operations() { return call_recorder<std::uint64_t()>("wattledger_disk_operations"); }

template <class T>
T or_exit(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().line().c_str());
  std::exit(exit_unexpected);
}

// An appender that commits when somebody waits, and never before.
struct Writer {
  explicit Writer(const std::string& directory)
      : log(or_exit(log::Log::open(directory))),
        lock(or_exit(log::WriterLock::take(directory, "crash test"))),
        appender(or_exit(log::Appender::open(log, lock, limits()))),
        found(or_exit(log.snapshot()).meta()) {}

  static log::AppendLimits limits() {
    log::AppendLimits limits;
    limits.telemetry_events_max = limits.queue_events_max;
    return limits;
  }

  // One commit.
  Result<void> append(std::uint64_t events) {
    const std::uint64_t last = appender.enqueued().value + events;
    while (appender.enqueued().value < last) {
      const std::uint64_t number = appender.enqueued().value + 1;
      const auto enqueued = appender.enqueue(or_exit(numbered(number)), recorded_after(found, last),
                                             {log::Urgency::telemetry, std::nullopt});
      if (!enqueued) return Failure(enqueued.error());
    }
    return appender.wait(Sequence{last});
  }

  log::Log log;
  log::WriterLock lock;
  log::Appender appender;
  const log::Meta found;
};

int record(const std::string& directory, std::uint64_t commits, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  (void)or_exit(log::Log::create(directory, {.demo = false, .uuid = Id128{}}));
  mark(0);
  Writer writer(directory);
  for (std::uint64_t commit = 0; commit < commits; ++commit) {
    if (const auto appended = writer.append(1 + random() % 8); !appended) return exit_unexpected;
    mark(writer.appender.committed().value);
  }
  return 0;
}

int fail(const std::string& directory, std::uint64_t events, const Fault& fault) {
  Writer writer(directory);
  for (int commit = 0; commit < 3; ++commit)
    if (const auto appended = writer.append(2); !appended) return exit_unexpected;
  std::printf("answered %llu\n",
              static_cast<unsigned long long>(writer.appender.committed().value));
  arm(fault);
  const auto appended = writer.append(events);
  if (operations() < fault.nth) {
    std::printf("no such operation\n");
    return appended ? 0 : exit_unexpected;
  }
  if (appended) {
    std::printf("answered %llu\n",
                static_cast<unsigned long long>(writer.appender.committed().value));
    return 0;
  }
  std::printf("failed %s\n", appended.error().line().c_str());
  const auto later = writer.append(1);
  if (later) return exit_unexpected;
  std::printf("refused %s\n", later.error().line().c_str());
  std::printf(writer.appender.poison() ? "poisoned\n" : "not poisoned\n");
  return 0;
}

int create(const std::string& directory, const Fault& fault) {
  arm(fault);
  const auto created = log::Log::create(directory, {});
  if (operations() < fault.nth) std::printf("no such operation\n");
  if (!created) std::printf("failed %s\n", created.error().line().c_str());
  return 0;
}

Fault fault_from(const std::vector<std::string>& words, std::size_t at) {
  return {std::stoull(words.at(at)), std::stoi(words.at(at + 1)),
          static_cast<FaultManner>(std::stoi(words.at(at + 2)))};
}

int run(const std::vector<std::string>& words) {
  if (words.at(0) == "record")
    return record(words.at(1), std::stoull(words.at(2)), std::stoull(words.at(3)));
  if (words.at(0) == "fail")
    return fail(words.at(1), std::stoull(words.at(2)), fault_from(words, 3));
  if (words.at(0) == "create") return create(words.at(1), fault_from(words, 2));
  return exit_unexpected;
}

}  // namespace
}  // namespace wattledger::testing

int main(int count, char** words) { return wattledger::testing::run({words + 1, words + count}); }
