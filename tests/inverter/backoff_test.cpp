// Connecting again: at once, then ever more rarely. The clock is the test's.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "coordinator/inverter/modbus_link.hpp"
#include "tests/inverter/responder.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::inverter {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A serial device that is there when the test says so: opening it is seen to succeed or not.
struct Bench {
  explicit Bench(std::uint32_t retries = 0, milliseconds backoff_max = seconds(30))
      : options(responder.options()), device(options.device) {
    options.device = (home.path() / "tty").string();
    options.retries = retries;
    options.backoff_max = backoff_max;
    link = std::make_unique<ModbusLink>(options, [this] { return ModbusLink::SteadyTime(now); });
  }
  void plug_in() { std::filesystem::create_symlink(device, options.device); }
  void pull_out() { std::filesystem::remove(options.device); }

  // "": it answered; else what to do.
  std::string ask() {
    std::vector<std::uint16_t> words(24);
    const auto done = link->read(37000, words);
    if (done.has_value()) return "";
    CHECK(done.error().kind == ErrorKind::io);
    CHECK(done.error().what == "inverter at " + options.device +
                                   " at 9600 baud: cannot connect: No such file or directory");
    CHECK(done.error().line().find('\n') == std::string::npos);
    return done.error().remedy;
  }
  // How many seconds it says to be held off for; 0: it tried, in vain.
  int held_off() {
    const std::string remedy = ask();
    REQUIRE_FALSE(remedy.empty());
    const std::string words = "; it is tried again in ";
    const std::size_t at = remedy.find(words);
    return at == std::string::npos ? 0 : std::stoi(remedy.substr(at + words.size()));
  }

  MemoryDirectory home;
  Responder responder{Transport::serial, sound(Transport::serial)};
  ModbusOptions options;
  std::string device;
  std::chrono::steady_clock::duration now{};
  std::unique_ptr<ModbusLink> link;
};

}  // namespace

TEST_SUITE("inverter/backoff") {
  TEST_CASE("after the second failure it is tried after 1, 2, 4, … s, at most every 30") {
    Bench bench;
    CHECK(bench.held_off() == 0);
    CHECK(bench.held_off() == 0);
    for (const int pause : {1, 2, 4, 8, 16, 30, 30}) {
      CAPTURE(pause);
      CHECK(bench.held_off() == pause);
      bench.now += seconds(pause) - milliseconds(1);
      CHECK(bench.held_off() == 1);  // begun seconds count
      bench.now += milliseconds(1);
      CHECK(bench.held_off() == 0);
    }
  }

  TEST_CASE("held off means not tried, and then it is") {
    Bench bench;
    bench.held_off();
    bench.held_off();
    bench.plug_in();
    CHECK(bench.held_off() == 1);
    CHECK(bench.responder.requests() == 0);
    bench.now += seconds(1);
    CHECK(bench.ask().empty());
    CHECK(bench.responder.requests() == 1);
  }

  TEST_CASE("a connection that succeeds begins the count anew") {
    Bench bench;
    for (int i = 0; i < 2; ++i) bench.held_off();
    bench.now += seconds(1);
    bench.held_off();
    CHECK(bench.held_off() == 2);
    bench.now += seconds(2);
    bench.plug_in();
    CHECK(bench.ask().empty());
    CHECK(bench.ask().empty());
  }

  TEST_CASE("the retries of one call count, too, and end when it is held off") {
    Bench bench(5);
    CHECK(bench.held_off() == 0);
    CHECK(bench.held_off() == 1);
  }

  TEST_CASE("the longest pause is the options'") {
    Bench bench(0, milliseconds(1'500));
    for (int i = 0; i < 2; ++i) bench.held_off();
    for (const int pause : {1, 2, 2}) {  // 1.5 s, said as begun seconds
      CHECK(bench.held_off() == pause);
      bench.now += seconds(pause);
      CHECK(bench.held_off() == 0);
    }
    Bench never(0, milliseconds(0));
    for (int i = 0; i < 5; ++i) CHECK(never.held_off() == 0);
  }

  TEST_CASE("what cannot wait is tried at once") {
    Bench bench;
    for (int i = 0; i < 2; ++i) bench.held_off();
    bench.plug_in();
    bench.link->connect_at_once();
    CHECK(bench.ask().empty());
  }

  TEST_CASE("a TCP port that refuses is held off from, and silence is not refusal") {
    // Bound and not listening: nobody else can take the port.
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ModbusOptions options;
    options.port = ntohs(address.sin_port);
    options.timeout = milliseconds(30);
    std::chrono::steady_clock::duration now{};
    ModbusLink link(options, [&] { return ModbusLink::SteadyTime(now); });
    std::uint16_t word = 0;
    const auto ask = [&] { return link.read(47000, std::span(&word, 1)).error(); };
    CHECK(ask().kind == ErrorKind::io);  // two tries
    CHECK(ask().remedy.find("it is tried again in 1 s") != std::string::npos);
    // Now it takes connections and says nothing.
    REQUIRE(::listen(socket, 16) == 0);
    CHECK(ask().kind == ErrorKind::io);
    now += seconds(1);
    for (int i = 0; i < 4; ++i) CHECK(ask().kind == ErrorKind::timed_out);
    ::close(socket);
  }
}

}  // namespace wattledger::inverter
