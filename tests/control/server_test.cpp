#include <grp.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/control/asker.hpp"

using namespace wattledger;
using namespace wattledger::control;
using namespace wattledger::testing;

namespace {

const Handler unreachable = [](const Request&) -> Result<std::string> { return std::string("{}"); };

Result<std::unique_ptr<Server>> start(const std::filesystem::path& data,
                                      Handler handler = unreachable) {
  return Server::start(data, "", std::move(handler));
}

}  // namespace

TEST_SUITE("control/server") {
  TEST_CASE(
      "a request reaches the handler with its id, verb, args and the peer's uid, and its answer "
      "comes back") {
    Echo echo;
    const auto answer = ask(echo.data(), request("append", "{\"event\":{\"type\":\"X\",\"n\":1}}"));
    REQUIRE(answer);
    CHECK(*answer == "{\"count\":1}");
    const auto seen = echo.seen();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].id.hex() == good_id);
    CHECK(seen[0].verb == "append");
    CHECK(nlohmann::json::parse(seen[0].args_json) ==
          nlohmann::json::parse("{\"event\":{\"type\":\"X\",\"n\":1}}"));
    CHECK(seen[0].source == "uid:" + std::to_string(::getuid()));
  }

  TEST_CASE("the closed set of verbs") {
    for (const char* verb :
         {"status", "append", "adopt", "retire", "checkpoint", "reload", "fetch"})
      CHECK(known_verb(verb));
    CHECK_FALSE(known_verb("Status"));
    CHECK_FALSE(known_verb(""));
    Echo echo;
    const auto refused = ask(echo.data(), request("statsu"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::unsupported);
    CHECK(refused.error().remedy == "did you mean \"status\"?");
    CHECK(echo.seen().empty());
  }

  TEST_CASE(
      "a retry with the same id reaches the handler again: what it is worth there is the "
      "appender's to know") {
    Echo echo;
    CHECK(ask(echo.data(), request("append")).value() == "{\"count\":1}");
    CHECK(ask(echo.data(), request("append")).value() == "{\"count\":2}");
    const auto seen = echo.seen();
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].id == seen[1].id);
  }

  TEST_CASE("an error of the handler comes back with kind, text and remedy") {
    const ErrorKind all[] = {
        ErrorKind::invalid_input, ErrorKind::not_found, ErrorKind::conflict,  ErrorKind::corrupt,
        ErrorKind::foreign,       ErrorKind::newer,     ErrorKind::locked,    ErrorKind::poisoned,
        ErrorKind::full,          ErrorKind::io,        ErrorKind::timed_out, ErrorKind::rejected,
        ErrorKind::unsupported};
    for (const ErrorKind kind : all) {
      TemporaryDirectory data;
      const auto server = start(data.path(), [kind](const Request&) -> Result<std::string> {
        return fail(kind, "it \xff broke", "mend it");
      });
      REQUIRE(server);
      const auto answer = ask(data.path(), request("status"));
      REQUIRE_FALSE(answer);
      CHECK(answer.error().kind == kind);
      CHECK(answer.error().what == "it \xEF\xBF\xBD broke");
      CHECK(answer.error().remedy == "mend it");
    }
  }

  TEST_CASE("a sequence in the result stands beside it too") {
    TemporaryDirectory data;
    const auto server =
        start(data.path(), [](const Request&) { return Result<std::string>("{\"sequence\":17}"); });
    REQUIRE(server);
    Asker asker(data.path());
    asker.send(good_request());
    CHECK(asker.answer() ==
          nlohmann::json::parse("{\"ok\":true,\"sequence\":17,\"result\":{\"sequence\":17}}"));
  }

  TEST_CASE("a handler that throws, answers nonsense or too much is answered for") {
    struct Row {
      Handler handler;
      ErrorKind kind;
    };
    const std::vector<Row> rows = {
        {[](const Request&) -> Result<std::string> { throw std::runtime_error("oops"); },
         ErrorKind::io},
        {[](const Request&) { return Result<std::string>("no JSON"); }, ErrorKind::corrupt},
        {[](const Request&) { return Result<std::string>("\"" + std::string(70'000, 'x') + "\""); },
         ErrorKind::full}};
    for (const Row& row : rows) {
      TemporaryDirectory data;
      const auto server = start(data.path(), row.handler);
      REQUIRE(server);
      const auto answer = ask(data.path(), request("status"));
      REQUIRE_FALSE(answer);
      CHECK(answer.error().kind == row.kind);
    }
  }

  TEST_CASE("an answer almost as long as a frame comes whole") {
    TemporaryDirectory data;
    const std::string text(frame_bytes_max - 100, 'x');
    const auto server =
        start(data.path(), [&](const Request&) { return Result<std::string>("\"" + text + "\""); });
    REQUIRE(server);
    CHECK(ask(data.path(), request("status")).value() == "\"" + text + "\"");
  }

  TEST_CASE("many askers at once are all answered, more than eight wait their turn") {
    Echo echo;
    std::atomic<int> answered = 0;
    {
      std::vector<std::jthread> askers;
      for (int i = 0; i < 24; ++i) {
        askers.emplace_back(
            [&] { answered += ask(echo.data(), request("status")).has_value() ? 1 : 0; });
      }
    }
    CHECK(answered == 24);
    CHECK(echo.seen().size() == 24);
  }

  TEST_CASE("the socket is for owner and group alone, and gone with its server") {
    TemporaryDirectory data;
    {
      const auto server = start(data.path());
      REQUIRE(server);
      struct stat status {};
      REQUIRE(::stat((data / "control.sock").c_str(), &status) == 0);
      CHECK((status.st_mode & 07777) == 0660);
      CHECK(S_ISSOCK(status.st_mode));
    }
    CHECK_FALSE(std::filesystem::exists(data / "control.sock"));
  }

  TEST_CASE("the group is the configured one; one that does not exist is named") {
    TemporaryDirectory data;
    const group* own = ::getgrgid(::getgid());
    REQUIRE(own != nullptr);
    const auto server = Server::start(data.path(), own->gr_name, unreachable);
    REQUIRE(server);
    struct stat status {};
    REQUIRE(::stat((data / "control.sock").c_str(), &status) == 0);
    CHECK(status.st_gid == ::getgid());

    TemporaryDirectory other;
    const auto refused = Server::start(other.path(), "no-such-group", unreachable);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::not_found);
    CHECK(refused.error().line().find("groupadd no-such-group") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(other / "control.sock"));
  }

  TEST_CASE("a socket that a killed daemon left is replaced; one that lives, or a file, is not") {
    TemporaryDirectory data;
    {
      const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strcpy(address.sun_path, (data / "control.sock").c_str());
      REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
      ::close(left);
    }
    CHECK(ask(data.path(), request("status")).error().kind == ErrorKind::not_found);
    const auto server = start(data.path());
    REQUIRE(server);
    CHECK(ask(data.path(), request("status")));

    const auto second = start(data.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::locked);
    CHECK(ask(data.path(), request("status")));

    TemporaryDirectory other;
    std::ofstream(other / "control.sock") << "mine";
    const auto file = start(other.path());
    REQUIRE_FALSE(file);
    CHECK(file.error().kind == ErrorKind::foreign);
    CHECK(std::filesystem::file_size(other / "control.sock") == 4);
    CHECK(ask(other.path(), request("status")).error().kind == ErrorKind::not_found);
  }

  TEST_CASE(
      "a data directory that is too deep for a socket is refused with the length that is not") {
    TemporaryDirectory data;
    const auto deep = data / std::string(100, 'd');
    std::filesystem::create_directory(deep);
    for (const Error& error : {start(deep).error(), ask(deep, request("status")).error()}) {
      CHECK(error.kind == ErrorKind::invalid_input);
      CHECK(error.what.find("more than the 107 of a socket's path") != std::string::npos);
      CHECK(error.remedy == "use a data directory of at most 94 bytes");
    }
  }

  TEST_CASE("no data directory") {
    TemporaryDirectory data;
    CHECK(start(data / "none").error().kind == ErrorKind::io);
  }
}

TEST_SUITE("control/ask") {
  TEST_CASE("without a daemon: not found, with what to do") {
    TemporaryDirectory data;
    const auto answer = ask(data.path(), request("status"));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::not_found);
    CHECK(answer.error().remedy.find("start wattledgerd") != std::string::npos);
  }

  TEST_CASE(
      "args that are no object, or too long for a frame, are refused before anything is sent") {
    Echo echo;
    CHECK(ask(echo.data(), request("append", "[1]")).error().kind == ErrorKind::invalid_input);
    CHECK(ask(echo.data(), request("append", "{")).error().kind == ErrorKind::invalid_input);
    const std::string large = "{\"x\":\"" + std::string(70'000, 'x') + "\"}";
    CHECK(ask(echo.data(), request("append", large)).error().kind == ErrorKind::full);
    CHECK(echo.seen().empty());
  }

  TEST_CASE("a daemon that does not answer in time, and one that dies") {
    TemporaryDirectory data;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (data / "control.sock").c_str());
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 8) == 0);
    CHECK(ask(data.path(), request("status"), std::chrono::milliseconds(20)).error().kind ==
          ErrorKind::timed_out);

    const auto answered_with = [&](const std::string& bytes) {
      std::jthread dying([&] {
        // The one that gave up stands first in the queue.
        for (;;) {
          const int peer = ::accept(listener, nullptr, nullptr);
          char buffer[1024];
          const bool asked = ::recv(peer, buffer, sizeof buffer, 0) > 0;
          const bool taken = asked && ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0;
          ::close(peer);
          if (taken) return;
        }
      });
      return ask(data.path(), request("status"), std::chrono::seconds(10));
    };
    CHECK(answered_with("\x01").error().kind == ErrorKind::io);
    CHECK(answered_with(framed("hello")).error().kind == ErrorKind::corrupt);
    CHECK(answered_with(framed("{\"ok\":true}")).error().kind == ErrorKind::corrupt);
    CHECK(answered_with("\xff\xff\xff\xff").error().kind == ErrorKind::corrupt);
    CHECK(answered_with(framed("{\"ok\":false,\"error\":\"e\",\"kind\":\"of_tomorrow\"}"))
              .error()
              .kind == ErrorKind::io);
    ::close(listener);
  }
}
