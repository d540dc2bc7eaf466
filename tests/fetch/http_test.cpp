#include "coordinator/sources/fetch/http.hpp"

#include <doctest/doctest.h>

#include "tests/fetch/web_server.hpp"

using namespace wattledger;
using namespace wattledger::sources;
using wattledger::testing::WebServer;

namespace {

struct Web {
  Result<HttpAnswer> get(const std::string& path, const std::string& etag = "") {
    return http.get({server.url(path), etag, {}}, limits);
  }
  WebServer server;
  Http http;
  HttpLimits limits;
};

}  // namespace

TEST_SUITE("sources/fetch/http") {
  TEST_CASE("a body comes whole, with its etag; the next request shows it") {
    Web web;
    web.server.answers_with("/prices?day=1", "200 OK", "{\"value\":[]}", "ETag: \"abc\"\r\n");
    const auto answer = web.get("/prices?day=1");
    REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
    CHECK(answer->status == 200);
    CHECK(answer->body == "{\"value\":[]}");
    CHECK(answer->etag == "\"abc\"");
    CHECK_FALSE(answer->retry_after.has_value());
    web.server.answers_with("/prices?day=1", "304 Not Modified", "");
    const auto again = web.get("/prices?day=1", answer->etag);
    REQUIRE(again.has_value());
    CHECK(again->status == 304);
    CHECK(check_status(*again, "http://x/").has_value());
    CHECK(web.server.requests().at(0).find("If-None-Match") == std::string::npos);
    CHECK(web.server.requests().at(1).find("If-None-Match: \"abc\"") != std::string::npos);
  }

  TEST_CASE("every status that is no answer is one line that says what to do") {
    struct Row {
      const char* status;
      ErrorKind kind;
      const char* said;
    };
    const Row rows[] = {{"404 Not Found", ErrorKind::rejected, "HTTP 404; check the address"},
                        {"401 Unauthorized", ErrorKind::rejected, "check the token"},
                        {"400 Bad Request", ErrorKind::rejected, "check what is asked for"},
                        {"500 Internal Server Error", ErrorKind::io, "the server is not well"},
                        {"503 Service Unavailable", ErrorKind::io, "try it again later"},
                        {"204 No Content", ErrorKind::corrupt, "no answer to a GET"}};
    Web web;
    for (const Row& row : rows) {
      CAPTURE(row.status);
      web.server.answers_with("/a?key=secret", row.status, "");
      const auto answer = web.get("/a?key=secret");
      REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
      const auto checked = check_status(*answer, web.server.url("/a?key=secret"));
      REQUIRE_FALSE(checked.has_value());
      CHECK(checked.error().kind == row.kind);
      CHECK(checked.error().line().find(row.said) != std::string::npos);
      CHECK(checked.error().line().find("secret") == std::string::npos);
    }
  }

  TEST_CASE("asked too often: the server says when to come again") {
    Web web;
    web.server.answers_with("/a", "429 Too Many Requests", "slow down", "Retry-After: 90\r\n");
    const auto answer = web.get("/a");
    REQUIRE(answer.has_value());
    CHECK(answer->retry_after == std::chrono::seconds(90));
    const auto checked = check_status(*answer, web.server.url("/a"));
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().line().find("asked too often; it asks for 90 s of peace") !=
          std::string::npos);
  }

  TEST_CASE("redirects are followed three times, and to no other protocol") {
    Web web;
    web.server.answers_with("/1", "302 Found", "", "Location: /2\r\n");
    web.server.answers_with("/2", "301 Moved Permanently", "",
                            "Location: /3\r\nETag: \"of the redirect\"\r\n");
    web.server.answers_with("/3", "200 OK", "here");
    const auto answer = web.get("/1");
    REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
    CHECK(answer->body == "here");
    CHECK(answer->etag.empty());
    web.server.answers_with("/loop", "302 Found", "", "Location: /loop\r\n");
    const auto loop = web.get("/loop");
    REQUIRE_FALSE(loop.has_value());
    CHECK(loop.error().line().find("more than 3 redirects") != std::string::npos);
    web.server.answers_with("/file", "302 Found", "", "Location: file:///etc/passwd\r\n");
    CHECK_FALSE(web.get("/file").has_value());
  }

  TEST_CASE("more bytes than the limit are not taken, told beforehand or not, packed or not") {
    Web web;
    web.limits.bytes_max = 1000;
    web.server.answers_with("/told", "200 OK", std::string(50'000'000, 'x'));
    web.server.answers("/untold",
                       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(1'001, 'x'));
    web.server.answers("/fits",
                       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(1'000, 'x'));
    for (const char* path : {"/told", "/untold"}) {
      CAPTURE(path);
      const auto answer = web.get(path);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == ErrorKind::full);
      CHECK(answer.error().line().find("larger than 1000 bytes") != std::string::npos);
    }
    CHECK(web.get("/fits").has_value());
  }

  TEST_CASE("an answer that ends early is none") {
    Web web;
    web.server.answers("/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    web.server.answers("/noise", "\x01\x02\x03\x04 this is no HTTP\r\n\r\n");
    web.server.answers("/nothing", "");
    for (const char* path : {"/cut", "/noise", "/nothing"}) {
      CAPTURE(path);
      const auto answer = web.get(path);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == ErrorKind::io);
      CHECK(answer.error().line().find('\n') == std::string::npos);
    }
    web.server.answers_with("/cut", "200 OK", "whole");
    CHECK(web.get("/cut").has_value());  // nothing is left of it
  }

  TEST_CASE("a server that says nothing costs the time that was allowed") {
    Web web;
    web.limits.whole = std::chrono::milliseconds(50);
    web.server.answers("/hang", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true);
    const auto answer = web.get("/hang");
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::timed_out);
  }

  TEST_CASE("a stop ends a request that hangs") {
    Web web;
    web.limits.whole = std::chrono::minutes(10);
    web.server.answers("/hang", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true);
    std::stop_source stop;
    stop.request_stop();
    const auto answer =
        web.http.get({web.server.url("/hang"), "", {}}, web.limits, stop.get_token());
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::conflict);
  }

  TEST_CASE("addresses that are none, and nobody there") {
    Web web;
    for (const char* url :
         {"", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "no address"}) {
      CAPTURE(url);
      const auto answer = web.http.get({url, "", {}}, web.limits);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().line().find('\n') == std::string::npos);
    }
    const std::string gone = "http://127.0.0.1:" + std::to_string(WebServer().port()) + "/";
    const auto answer = web.http.get({gone, "", {}}, web.limits);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::io);
  }

  TEST_CASE("what is shown of an address holds no secret") {
    CHECK(shown_url("https://user:pass@host:8/a/b?securityToken=1#x") == "https://host:8/a/b");
    CHECK(shown_url("http://host") == "http://host");
    CHECK(shown_url("host/a?b") == "host/a");
  }
}
