// One GET over HTTP or HTTPS, within limits. libcurl's header stays in http.cpp. What the bytes
// mean is the parsers' matter; what is asked when is the schedule's.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::sources {

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds whole{30'000};  // from the call to the last byte
  std::size_t bytes_max = 16U << 20U;       // of the body, unpacked
  long redirects_max = 3;
};

struct HttpRequest {
  std::string url;                   // http:// or https:// only, also after a redirect
  std::string etag;                  // of the answer before; empty: none
  std::vector<std::string> headers;  // "Name: value"; may hold secrets, never told
};

struct HttpAnswer {
  int status = 0;    // any that a server may give
  std::string body;  // of 200; other bodies are cut at 4 KiB, for the message
  std::string etag;
  std::optional<std::chrono::seconds> retry_after;  // as the server asks
};

// Keeps its connection between calls. One thread; get() blocks it for limits.whole at most, or
// until `stop` is requested from any thread, which it sees within a second.
class Http {
 public:
  Http();
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Errors: invalid_input (the URL), timed_out, full (more bytes than the limit), conflict
  // (stopped), io (all else that the network says; a body that ends early too). A status is no
  // error.
  Result<HttpAnswer> get(const HttpRequest& request, const HttpLimits& limits,
                         const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A URL to show: without user, query and fragment, where secrets stand.
[[nodiscard]] std::string shown_url(std::string_view url);

// What is not 200 or 304, as the error that it is: rejected (4xx; 429 says when to come again), io
// (5xx), corrupt (anything else).
[[nodiscard]] Result<void> check_status(const HttpAnswer& answer, std::string_view url);

}  // namespace wattledger::sources
