// One message to one receiver, by each way, against servers on loopback.
#include "coordinator/alerts/send.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/alerts/broker.hpp"
#include "tests/fetch/web_server.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::alerts;
using wattledger::testing::at_s;
using wattledger::testing::Broker;
using wattledger::testing::TemporaryDirectory;
using wattledger::testing::WebServer;

namespace {

Message full_disk() {
  Message message;
  message.raised = {Sequence{41},
                    at_s(8),
                    std::chrono::hours(2),
                    "disk_space",
                    fb::Severity::critical,
                    "7 MiB",
                    7 << 20,
                    1'000 << 20};
  message.house = "home";
  return message;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// A secret in a file of its own.
struct SecretFile {
  TemporaryDirectory home;
  std::filesystem::path file = home / "secret";
  explicit SecretFile(const std::string& secret, ::mode_t mode = 0600) {
    std::ofstream(file) << secret << "\n";
    REQUIRE(::chmod(file.c_str(), mode) == 0);
  }
};

}  // namespace

TEST_SUITE("alerts/message") {
  TEST_CASE("it says what, since when in local time, what was measured, and whether it is over") {
    Message message = full_disk();
    CHECK(message_json(message) ==
          R"({"alert":"disk_space","state":"raised","severity":"critical","detail":"7 MiB",)"
          R"("since":"2025-10-01T02:00:08+02:00","at":"2025-10-01T02:00:08+02:00","house":"home",)"
          R"("sequence":41,"test":false,"measured":7340032,"limit":1048576000,"unit":"bytes"})");
    message.ended = Ended{Sequence{50}, at_s(68), std::chrono::minutes(-210), "over"};
    const auto json = nlohmann::json::parse(message_json(message));
    CHECK(json["state"] == "ended");
    CHECK(json["detail"] == "over");
    CHECK(json["sequence"] == 50);
    CHECK(json["at"] == "2025-09-30T20:31:08-03:30");
    CHECK(json["since"] == "2025-10-01T02:00:08+02:00");
  }

  TEST_CASE("a receiver wants its conditions, from its least severity on") {
    config::AlertReceiver receiver;
    const Raised disk = full_disk().raised;
    CHECK(wants(receiver, disk));
    receiver.conditions = {"clock"};
    CHECK_FALSE(wants(receiver, disk));
    receiver.conditions = {"clock", "disk_space"};
    receiver.least = fb::Severity::critical;
    CHECK(wants(receiver, disk));
    Raised mild = disk;
    mild.severity = fb::Severity::warning;
    CHECK_FALSE(wants(receiver, mild));
  }
}

TEST_SUITE("alerts/send by command") {
  TEST_CASE("a command has the alert in its environment and as JSON on its standard input") {
    const TemporaryDirectory home;
    config::AlertReceiver receiver;
    receiver.name = "file";
    receiver.command = "{ env | grep ^WATTLEDGER_ | sort; cat; } > " + (home / "told").string();
    const auto sent = send(receiver, full_disk(), {});
    REQUIRE_MESSAGE(sent.has_value(), sent.error().line());
    CHECK(text_of(home / "told") ==
          "WATTLEDGER_ALERT=disk_space\n"
          "WATTLEDGER_DETAIL=7 MiB\n"
          "WATTLEDGER_SEVERITY=critical\n"
          "WATTLEDGER_SINCE=2025-10-01T02:00:08+02:00\n"
          "WATTLEDGER_STATE=raised\n" +
              message_json(full_disk()) + "\n");
  }

  TEST_CASE("one that fails is told by its exit code or its signal, never by what it is") {
    config::AlertReceiver receiver;
    receiver.name = "file";
    receiver.command = "echo hush; exit 7";
    auto sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().kind == ErrorKind::rejected);
    CHECK(sent.error().what == "alerts: file was not told: the command ended with 7");
    receiver.command = "kill -9 $$";
    sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().what == "alerts: file was not told: the command was ended by signal 9");
  }

  TEST_CASE("one that takes too long is killed, with its children") {
    const TemporaryDirectory home;
    const std::string pid = (home / "pid").string();
    SendLimits limits;
    // The limit counts from when the child has said who it is.
    limits.whole = std::chrono::milliseconds(2'000);
    const auto ran =
        run_command("sh -c 'echo $$ > " + pid + "; exec sleep 1000' & wait", "", {}, limits, {});
    REQUIRE_FALSE(ran.has_value());
    CHECK(ran.error().kind == ErrorKind::timed_out);
    const std::string child = text_of(pid);
    if (child.empty()) return;  // killed before it said so: gone all the same
    const auto number = static_cast<::pid_t>(std::stol(child));
    // Gone, or a zombie that its new parent has not fetched yet; a busy machine takes a moment.
    const auto ended = [&] {
      const std::string standing = text_of("/proc/" + std::to_string(number) + "/stat");
      return standing.find(") Z") != std::string::npos ||
             (::kill(number, 0) != 0 && errno == ESRCH);
    };
    constexpr int looks_max = 1'000;
    for (int looks = 0; !ended() && looks < looks_max; ++looks) ::poll(nullptr, 0, 10);
    CHECK(ended());
  }

  TEST_CASE("one that is running when all stops is killed at once") {
    std::stop_source stop;
    stop.request_stop();
    const auto ran = run_command("sleep 1000", "", {}, {}, stop.get_token());
    REQUIRE_FALSE(ran.has_value());
    CHECK(ran.error().kind == ErrorKind::conflict);
  }

  TEST_CASE("a blocked or ignored signal of ours is none of the command's") {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
    const auto ran = run_command("kill -TERM $$", "", {}, {}, {});
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    REQUIRE_FALSE(ran.has_value());
    CHECK(ran.error().what == "the command was ended by signal 15");
  }
}

TEST_SUITE("alerts/send by webhook") {
  TEST_CASE("the JSON is posted, with the token of its file") {
    WebServer server;
    server.answers_with("/hook?a=1", "204 No Content", "");
    const SecretFile secret("t0ken-of-the-hook");
    config::AlertReceiver receiver;
    receiver.name = "phone";
    receiver.webhook = server.url("/hook?a=1");
    receiver.secret_file = secret.file;
    const auto sent = send(receiver, full_disk(), {});
    REQUIRE_MESSAGE(sent.has_value(), sent.error().line());
    REQUIRE(server.requests().size() == 1);
    const std::string request = server.requests().front();
    CHECK(request.find("POST /hook?a=1 HTTP/1.1\r\n") == 0);
    CHECK(request.find("Authorization: Bearer t0ken-of-the-hook\r\n") != std::string::npos);
    CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(request.substr(request.find("\r\n\r\n") + 4) == message_json(full_disk()));
  }

  TEST_CASE("what it refuses is told without its address") {
    WebServer server;
    server.answers_with("/a", "401 Unauthorized", "t0ken?");
    server.answers_with("/b", "302 Found", "", "Location: " + server.url("/a") + "\r\n");
    config::AlertReceiver receiver;
    receiver.name = "phone";
    receiver.webhook = server.url("/a");
    auto sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().line() ==
          "alerts: phone was not told: the webhook answered HTTP 401; check the token in its "
          "secret_file");
    receiver.webhook = server.url("/b");
    sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().what.find("HTTP 302") != std::string::npos);
    CHECK(server.requests().size() == 2);  // the token went nowhere else
    receiver.webhook = "http://user:hush@no.such.host.invalid/hush";
    sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().kind == ErrorKind::io);
    CHECK(sent.error().line().find("hush") == std::string::npos);
    CHECK(sent.error().line().find("invalid") == std::string::npos);
  }

  TEST_CASE("a secret that others may read is not used") {
    WebServer server;
    const SecretFile secret("t0ken", 0640);
    config::AlertReceiver receiver;
    receiver.name = "phone";
    receiver.webhook = server.url("/a");
    receiver.secret_file = secret.file;
    const auto sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().remedy == "chmod 600 " + secret.file.string());
    CHECK(server.requests().empty());
  }
}

TEST_SUITE("alerts/send by MQTT") {
  TEST_CASE("the JSON is published to the topic, QoS 0 and not retained, as who the file says") {
    Broker broker;
    const SecretFile secret("pa55word");
    config::AlertReceiver receiver;
    receiver.name = "home";
    receiver.mqtt = broker.url("house", "wattledger/alerts");
    receiver.secret_file = secret.file;
    const auto sent = send(receiver, full_disk(), {});
    REQUIRE_MESSAGE(sent.has_value(), sent.error().line());
    const Broker::Came& came = broker.end();
    CHECK(came.protocol == "MQTT");
    CHECK(came.user == "house");
    CHECK(came.password == "pa55word");
    CHECK(came.topic == "wattledger/alerts");
    CHECK(came.payload == message_json(full_disk()));
    CHECK(came.publish_flags == 0);
  }

  TEST_CASE("a broker that does not let us in was not told") {
    Broker broker(5);
    config::AlertReceiver receiver;
    receiver.name = "home";
    receiver.mqtt = broker.url("hush", "hush/alerts");
    const auto sent = send(receiver, full_disk(), {});
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().line().find("alerts: home was not told: the broker: ") == 0);
    CHECK(sent.error().line().find("hush") == std::string::npos);
    CHECK(broker.end().payload.empty());
  }
}
