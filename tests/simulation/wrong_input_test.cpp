// Wrong input: one clear line, the right exit code, nothing lost.
#include <sys/resource.h>

#include <algorithm>

#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::filesystem::path write_yaml(const MemoryDirectory& home, const std::string& text) {
  write(home / "wrong.yaml", text);
  return home / "wrong.yaml";
}

void check_refused(const Ran& ran, int code, const std::vector<std::string>& said) {
  CHECK(ran.code == code);
  for (const std::string& words : said)
    CHECK_MESSAGE(ran.err.find(words) != std::string::npos, words << " not in: " << ran.err);
  CHECK_MESSAGE(lines(ran.err) == 1, ran.err);
}

}  // namespace

TEST_SUITE("simulation/wrong input") {
  TEST_CASE("a configuration that is missing or malformed is one line with the place") {
    const MemoryDirectory home;
    check_refused(run(WATTLEDGERD, {"--config", (home / "none.yaml").string()}, home.path()), 2,
                  {"none.yaml"});
    check_refused(
        run(WATTLEDGERD, {"--config", write_yaml(home, "battery:\n  capacty_kwh: 10\n").string()},
            home.path()),
        2, {"wrong.yaml:2", "battery.capacty_kwh", "capacity_kwh"});
    check_refused(
        run(WATTLEDGERD, {"--config", write_yaml(home, "cadence: {poll_s: soon}\n").string()},
            home.path()),
        2, {"wrong.yaml:1", "cadence.poll_s", "soon"});
    check_refused(
        run(WATTLEDGERD, {"--config", write_yaml(home, "site: [\n").string()}, home.path()), 2,
        {"wrong.yaml"});
  }

  TEST_CASE("an argument that cannot be is a usage error") {
    const MemoryDirectory home;
    CHECK(run(WATTLEDGERD, {"--simulate", "0"}, home.path()).code == 2);
    CHECK(run(WATTLEDGERD, {"--simulat", "3"}, home.path()).code == 2);
    check_refused(run(WATTLEDGERD, {"--simulate", "1", "--start", "yesterday"}, home.path()), 2,
                  {"yesterday"});
    check_refused(run(WATTLEDGERD, {"--simulate", "1", "--prices", "none.csv"}, home.path()), 2,
                  {"none.csv"});
    check_refused(run(WATTLEDGERD, {"--simulate", "1", "--house", "none.csv"}, home.path()), 2,
                  {"none.csv"});
  }

  TEST_CASE("an argument that would be ignored is refused") {
    const MemoryDirectory home;
    const std::vector<std::vector<std::string>> rows = {
        {"--start", "2025-10-01"},
        {"--poll", "10"},
        {"--config", "house.yaml", "--house", "house.csv"},
        {"--config", "house.yaml", "--seed", "3"},
    };
    for (const auto& arguments : rows)
      check_refused(run(WATTLEDGERD, arguments, home.path()), 2, {arguments[arguments.size() - 2]});
    // The inverter's clock has two digits for the year.
    for (const char* start : {"1970-01-01", "0001-01-01", "9999-12-31"})
      check_refused(run(WATTLEDGERD, {"--simulate", "1", "--start", start}, home.path()), 2,
                    {"2000 to 2199", "--start"});
    CHECK(std::filesystem::is_empty(home.path()));
  }

  TEST_CASE("a simulation refuses the data and the currency that are not its own") {
    const MemoryDirectory home;
    const std::string config = write_yaml(home, "data: real\n").string();
    check_refused(
        run(WATTLEDGERD, {"--simulate", "1", "--config", config, "--data", "./real/"}, home.path()),
        3, {"wrong.yaml", "real", "--data"});
    write_yaml(home, "prices: {currency: EUR}\n");
    check_refused(run(WATTLEDGERD, {"--simulate", "1", "--config", config}, home.path()), 3,
                  {"PLN", "prices.currency is EUR"});
    CHECK_FALSE(std::filesystem::exists(home / "real"));
  }

  TEST_CASE("prices in another currency than the tariff's are refused, and simulated without one") {
    const MemoryDirectory home;
    std::string hours = "period_start_local,usd_per_mwh\n";
    for (int hour = 0; hour < 24; ++hour)
      hours +=
          "2025-10-01 " + std::string(hour < 10 ? "0" : "") + std::to_string(hour) + ":00,50\n";
    write(home / "usd.csv", hours);
    const auto config = write_config(home.path(), 1, "advise", "prices: {file: usd.csv}\n");
    check_refused(run(WATTLEDGERD, {"--config", config.string()}, home.path()), 3,
                  {"usd.csv", "USD", "PLN", "prices.currency"});
    const Ran ran = run(WATTLEDGERD,
                        {"--simulate", "1", "--data", (home / "simulated").string(), "--prices",
                         (home / "usd.csv").string()},
                        home.path());
    CHECK_MESSAGE(ran.code == 0, ran.err);
    CHECK_MESSAGE(ran.err.find("USD") != std::string::npos, ran.err);
    CHECK_MESSAGE(ran.out.find(" USD for ") != std::string::npos, ran.out);
  }

  TEST_CASE("a house starts without the prices that it cannot read, and its status says why") {
    for (const std::string bytes : {"", "no,header\n1,2\n"}) {
      const MemoryDirectory home;
      if (!bytes.empty()) write(home / "prices.csv", bytes);
      const auto config = write_config(home.path(), 1, "advise", "prices: {file: prices.csv}\n");
      const auto data = home / "data";
      Program daemon(WATTLEDGERD, {"--config", config.string()}, home.path());
      REQUIRE_MESSAGE(wait_for(daemon, data, Kind::DecisionMade), daemon.err());
      const Ran status = run(WATTLEDGER_TOOL, {"--data", data.string(), "status"}, home.path());
      CHECK(status.code == 0);
      CHECK_MESSAGE(status.out.find("Warning      the prices were not read: ") != std::string::npos,
                    status.out);
      const std::string name = (home / "prices.csv").string();
      CHECK_MESSAGE(status.out.find(name) != std::string::npos, status.out);
      CHECK(run(WATTLEDGER_TOOL, {"--data", data.string(), "reload"}, home.path()).code == 1);
      CHECK(daemon.kill(SIGTERM) == 0);
      CHECK_MESSAGE(daemon.err().find(name) != std::string::npos, daemon.err());
    }
  }

  TEST_CASE("prices of other days than the simulated ones are said to be so") {
    const MemoryDirectory home;
    write(home / "prices.csv",
          "period_start_local,market_price_pln_per_kwh\n2024-05-01 00:00,0.4\n2024-05-01 "
          "00:15,0.4\n");
    const Ran ran = run(WATTLEDGERD,
                        {"--simulate", "1", "--data", (home / "data").string(), "--prices",
                         (home / "prices.csv").string()},
                        home.path());
    CHECK_MESSAGE(ran.code == 0, ran.err);
    CHECK_MESSAGE(ran.err.find("no price lies in the days") != std::string::npos, ran.err);
    CHECK_MESSAGE(ran.err.find("--start 2024-05-01") != std::string::npos, ran.err);
  }

#ifndef WATTLEDGER_SANITIZED  // a month, ten times slower
  TEST_CASE("a demo stopped in its history goes on with it, and waits for no clock") {
    const MemoryDirectory home;
    const auto data = home / "data";
    {
      Program daemon(WATTLEDGERD, {"--data", data.string()});
      REQUIRE(wait_for(daemon, data, Kind::CommandConfirmed));
      REQUIRE(daemon.kill(SIGTERM) == 0);
    }
    const std::uint64_t before = count(data, Kind::ReadingRecorded);
    REQUIRE(before < 43'200);
    Program daemon(WATTLEDGERD, {"--data", data.string()});
    // The second start is the rest of the history, the third lives.
    while (!daemon.ended() && count(data, Kind::CoordinatorStarted) < 3)
      REQUIRE(wait_for(daemon, data, Kind::CoordinatorStarted));
    REQUIRE_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
    CHECK(count(data, Kind::ReadingRecorded) > before + 1'000);
    CHECK(count(data, Kind::ClockStepped) == 0);
  }
#endif

  TEST_CASE("a log directory of something else, or damaged, is left as it is") {
    const MemoryDirectory home;
    write(home / "data" / "log" / "data.mdb", std::string(20'000, 'x'));
    const Ran ran =
        run(WATTLEDGERD, {"--simulate", "1", "--data", (home / "data").string()}, home.path());
    check_refused(ran, 3, {"data.mdb"});
    CHECK(std::filesystem::file_size(home / "data" / "log" / "data.mdb") == 20'000);
  }

  TEST_CASE("damaged pages of the log end in findings or one clear line, never in an abort") {
    const MemoryDirectory home;
    const auto data = home / "data";
    REQUIRE(run(WATTLEDGERD, {"--simulate", "1", "--data", data.string()}, home.path()).code == 0);
    {
      // A hundred pages of zeros in the middle: branch pages and leaves among them.
      std::fstream file(data / "log" / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
      const std::string zeros(100 * 4096, '\0');
      file.seekp(40 * 4096);
      file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
      REQUIRE(file.good());
    }
    const auto tool = [&](const std::vector<std::string>& verb) {
      std::vector<std::string> words = {"--data", data.string()};
      words.insert(words.end(), verb.begin(), verb.end());
      return run(WATTLEDGER_TOOL, words);
    };
    const Ran verified = tool({"log", "verify"});
    CHECK_MESSAGE((verified.code == 1 || verified.code == 3), verified.code << verified.err);
    CHECK(lines(verified.out + verified.err) >= 1);
    const Ran listed = tool({"audit", "list"});
    CHECK_MESSAGE((listed.code == 1 || listed.code == 3), listed.code << listed.err);
    CHECK_MESSAGE(lines(listed.err) == 1, listed.err);
    const Ran daemon = run(WATTLEDGERD, {"--simulate", "2", "--data", data.string()}, home.path());
    CHECK_MESSAGE(daemon.code == 3, daemon.code << daemon.err);
  }

  TEST_CASE("a foreign database in the projections' place is never opened for writing") {
    const MemoryDirectory home;
    const auto data = home / "data";
    REQUIRE(run(WATTLEDGERD, {"--simulate", "1", "--data", data.string()}, home.path()).code == 0);
    std::filesystem::remove(data / "goodwe_energy.db-wal");
    std::filesystem::remove(data / "goodwe_energy.db-shm");
    write(data / "goodwe_energy.db", "this is no database, but somebody's notes about one\n");
    const Ran ran = run(WATTLEDGERD, {"--simulate", "2", "--data", data.string()}, home.path());
    CHECK(ran.code == 0);  // the house goes on; its projection waits for the owner
    CHECK_MESSAGE(ran.err.find("goodwe_energy.db") != std::string::npos, ran.err);
    CHECK(std::filesystem::file_size(data / "goodwe_energy.db") == 52);
    CHECK(count(data, Kind::ReadingRecorded) == 2 * 1440);
  }

  TEST_CASE("a log held by another writer names the holder") {
    const MemoryDirectory home;
    std::filesystem::create_directories(home / "data" / "log");
    const auto lock = log::WriterLock::take(home / "data" / "log", "somebody else");
    REQUIRE(lock.has_value());
    check_refused(
        run(WATTLEDGERD, {"--simulate", "1", "--data", (home / "data").string()}, home.path()), 3,
        {"somebody else", std::to_string(::getpid())});
  }

  TEST_CASE("the demo refuses a real house's log, and a real house the demo's") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, {"--simulate", "1", "--data", (home / "data").string()}, home.path())
                .code == 0);
    const auto config = write_config(home.path(), 1, "advise");
    const std::uint64_t before = records(home / "data").size();
    check_refused(run(WATTLEDGERD, {"--config", config.string()}, home.path()), 3, {"demo"});
    CHECK(records(home / "data").size() == before);

    append_to(home / "real", event(wall_clock(), fb::CoordinatorStartedT{}));
    for (const std::vector<std::string>& mode :
         {std::vector<std::string>{}, std::vector<std::string>{"--simulate", "1"}}) {
      std::vector<std::string> arguments = {"--data", (home / "real").string()};
      arguments.insert(arguments.end(), mode.begin(), mode.end());
      check_refused(run(WATTLEDGERD, arguments, home.path()), 3, {"real house"});
    }
    // Not even a line of text is written there.
    CHECK_FALSE(std::filesystem::exists(home / "real" / "logs"));
  }

  TEST_CASE("prices with gaps, duplicates, NaN and text are remarks; the rest is used") {
    const MemoryDirectory home;
    write(home / "prices.csv",
          "period_start_local_naive,market_price_pln_per_kwh,quality\n"
          "2025-10-01 00:00,0.40,observed\n2025-10-01 00:15,NaN,observed\n2025-10-01 "
          "00:15,0.39,observed\n"
          "2025-10-01 00:30,dear,observed\n2025-10-01 01:30,-0.05,observed\n");
    const Ran ran = run(WATTLEDGERD,
                        {"--simulate", "1", "--data", (home / "data").string(), "--prices",
                         (home / "prices.csv").string()},
                        home.path());
    CHECK_MESSAGE(ran.code == 0, ran.err);
    CHECK(count(home / "data", Kind::PricesPublished) == 1);
    CHECK(ran.err.find("dear") != std::string::npos);
    CHECK(ran.err.find("NaN") != std::string::npos);
  }

  TEST_CASE("a full disk stops the daemon with one line; what was answered is still there") {
    const MemoryDirectory home;
    const auto data = home / "data";
    REQUIRE(run(WATTLEDGERD, {"--simulate", "1", "--data", data.string()}, home.path()).code == 0);
    const std::uint64_t before = records(data).size();
    // The file may grow no more than this: the next commit that needs a page fails, as on a full
    // disk.
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto size = std::filesystem::file_size(data / "log" / "data.mdb");
    rlimit tight = old;
    tight.rlim_cur = size + 64 * 1024;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const Ran ran = run(WATTLEDGERD, {"--simulate", "9", "--data", data.string()}, home.path());
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK_MESSAGE(ran.code == 3, ran.err);
    CHECK_MESSAGE(ran.err.find("data.mdb, commit") != std::string::npos, ran.err);
    CHECK_MESSAGE(ran.err.find("free space") != std::string::npos, ran.err);
    CHECK(records(data).size() >= before);
    const Ran verified = run(WATTLEDGER_TOOL, {"--data", data.string(), "log", "verify"});
    CHECK_MESSAGE(verified.code == 0, verified.out << verified.err);
    // Room again: it goes on.
    const Ran resumed = run(WATTLEDGERD, {"--simulate", "2", "--data", data.string()}, home.path());
    CHECK_MESSAGE(resumed.code == 0, resumed.err);
  }
}
