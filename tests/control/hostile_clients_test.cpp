#include <rapidcheck.h>

#include <thread>

#include "tests/control/asker.hpp"

using namespace wattledger;
using namespace wattledger::control;
using namespace wattledger::testing;

namespace {

const ServerLimits impatient{8, std::chrono::milliseconds(50)};
// Nobody is let go of for being slow: what these tests see is not the limit of time.
const ServerLimits patient{8, std::chrono::hours(1)};

std::string text_of(const nlohmann::json& answer) {
  return answer.is_object() ? answer.value("error", "") : "";
}

}  // namespace

TEST_SUITE("control/hostile_clients") {
  TEST_CASE("what is no request is answered with what is wrong, and never reaches the handler") {
    Echo echo(patient);
    struct Row {
      std::string name, bytes, holds;
    };
    const auto with = [](const std::string& text) { return framed(text); };
    const std::string id = "\"id\":\"" + good_id + "\"";
    const std::vector<Row> rows = {
        {"no bytes of JSON", with(""), "is not JSON"},
        {"garbage", with("garbage"), "is not JSON"},
        {"invalid UTF-8", with("{\"v\":\"\xff\"}"), "is not JSON"},
        {"a list", with("[]"), "no JSON object"},
        {"two objects", with("{}{}"), "is not JSON"},
        {"deep", with(std::string(60'000, '[')), "16 levels"},
        {"deep and whole",
         with("{\"a\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}"), "16 levels"},
        {"repeated key", with("{\"v\":1,\"v\":1}"), "\"v\" twice"},
        {"no version", with("{" + id + ",\"verb\":\"status\"}"), "no version"},
        {"later version", with("{\"v\":2," + id + ",\"verb\":\"status\"}"), "version 2"},
        {"no id", with("{\"v\":1,\"verb\":\"status\"}"), "id is not 32 hex digits"},
        {"short id", with("{\"v\":1,\"id\":\"01\",\"verb\":\"status\"}"),
         "id is not 32 hex digits"},
        {"zero id", with("{\"v\":1,\"id\":\"" + std::string(32, '0') + "\",\"verb\":\"status\"}"),
         "not all of them zero"},
        {"no verb", with("{\"v\":1," + id + "}"), "no verb"},
        {"unknown verb", with("{\"v\":1," + id + ",\"verb\":\"format\"}"),
         "unknown verb \"format\""},
        {"unknown member", with("{\"v\":1," + id + ",\"verb\":\"status\",\"arg\":{}}"),
         "unknown member \"arg\""},
        {"args no object", with("{\"v\":1," + id + ",\"verb\":\"status\",\"args\":[]}"),
         "args is no object"},
        {"length of 4 GiB", "\xff\xff\xff\xff", "4294967295 bytes"},
        {"one byte too long", std::string("\x00\x01\x00\x01", 4), "65537 bytes"},
        {"HTTP", "GET / HTTP/1.1\r\n\r\n", "more than the 65536"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Asker asker(echo.data());
      asker.send(row.bytes);
      const auto answer = asker.answer();
      CAPTURE(answer.dump());
      REQUIRE(answer.is_object());
      CHECK(answer["ok"] == false);
      CHECK(text_of(answer).find(row.holds) != std::string::npos);
      CHECK_FALSE(answer["remedy"].get<std::string>().empty());
    }
    CHECK(echo.seen().empty());
    CHECK(ask(echo.data(), request("status")));
  }

  TEST_CASE("a request in single bytes is a request; what comes after it is not looked at") {
    Echo echo(patient);
    Asker asker(echo.data());
    for (const char byte : good_request()) asker.send(std::string(1, byte));
    asker.send("and more");
    CHECK(asker.answer()["ok"] == true);
    CHECK(echo.seen().size() == 1);
  }

  TEST_CASE("half frames and silence on seven connections leave the eighth to others") {
    Echo echo(patient);
    std::vector<std::unique_ptr<Asker>> silent;
    for (std::size_t i = 0; i < connections_max - 1; ++i) {
      silent.push_back(std::make_unique<Asker>(echo.data()));
      silent.back()->send(good_request().substr(0, i * 3));
    }
    for (int i = 0; i < 20; ++i) CHECK(ask(echo.data(), request("status")));
    CHECK(echo.seen().size() == 20);
    // A slow one that goes on is served after all.
    silent[3]->send(good_request().substr(9));
    CHECK(silent[3]->answer()["ok"] == true);
  }

  TEST_CASE(
      "silence on all connections lasts as long as the limit, and whoever waited is then served") {
    Echo echo(impatient);
    std::vector<std::unique_ptr<Asker>> silent;
    for (std::size_t i = 0; i < connections_max; ++i) {
      silent.push_back(std::make_unique<Asker>(echo.data()));
      silent.back()->send(std::string(i % 3, '\0'));
    }
    CHECK(ask(echo.data(), request("status")));
    for (const auto& each : silent)
      CHECK(text_of(each->answer()).find("no whole control request") != std::string::npos);
    CHECK(echo.seen().size() == 1);
  }

  TEST_CASE("who leaves early, before, within or after the frame, is not missed") {
    Echo echo(patient);
    for (std::size_t bytes = 0; bytes < good_request().size(); bytes += 7) {
      Asker asker(echo.data());
      asker.send(good_request().substr(0, bytes));
    }
    {
      Asker asker(echo.data());
      asker.send(good_request().substr(0, 20));
      asker.send_no_more();
      CHECK(asker.answer().is_null());
    }
    CHECK(echo.seen().empty());
    { Asker(echo.data()).send(good_request()); }
    CHECK(ask(echo.data(), request("status")));
    CHECK(echo.seen().size() == 2);
  }

  TEST_CASE("an asker that does not take its answer is let go of") {
    TemporaryDirectory data;
    const std::string large = "\"" + std::string(60'000, 'x') + "\"";
    const auto server = Server::start(
        data.path(), "", [&](const Request&) { return Result<std::string>(large); }, impatient);
    REQUIRE(server);
    std::vector<std::unique_ptr<Asker>> deaf;
    for (std::size_t i = 0; i < 3 * connections_max; ++i) {
      deaf.push_back(std::make_unique<Asker>(data.path()));
      deaf.back()->send(good_request());
    }
    CHECK(ask(data.path(), request("status")));
  }

  TEST_CASE("a slow handler does not use up the patience with others") {
    TemporaryDirectory data;
    std::mutex gate;
    std::atomic<int> handled = 0;
    gate.lock();
    const auto server = Server::start(
        data.path(), "",
        [&](const Request&) -> Result<std::string> {
          const std::lock_guard lock(gate);
          ++handled;
          return std::string("{}");
        },
        ServerLimits{8, std::chrono::milliseconds(200)});
    REQUIRE(server);
    Asker first(data.path());
    Asker second(data.path());
    first.send(good_request());
    second.send(good_request());
    // Longer than the limit: a wait on a descriptor that never comes, not on a wall clock's
    // reading.
    ::poll(nullptr, 0, 300);
    gate.unlock();
    CHECK(first.answer()["ok"] == true);
    CHECK(second.answer()["ok"] == true);
    CHECK(handled == 2);
  }

  TEST_CASE("a server stops while clients are connected and silent") {
    std::unique_ptr<Asker> silent;
    {
      Echo echo(patient);
      silent = std::make_unique<Asker>(echo.data());
      silent->send("\x01");
      CHECK(ask(echo.data(), request("status")));
    }
    CHECK(silent->answer().is_null());
  }

  TEST_CASE("random bytes never reach the handler and never stop the server") {
    Echo echo(patient);
    CHECK(rc::check("random frames", [&](const std::string& bytes, bool with_length) {
      Asker asker(echo.data());
      asker.send(with_length ? framed(bytes) : bytes);
      asker.send_no_more();
      const auto answer = asker.answer();
      const bool refused = answer.is_null() || answer["ok"] == false;
      RC_ASSERT(refused);
    }));
    CHECK(ask(echo.data(), request("status")));
    CHECK(echo.seen().size() == 1);
  }
}
