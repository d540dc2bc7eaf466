#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "coordinator/alerts/send.hpp"

namespace wattledger::alerts {
namespace {

struct CurlEnd {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, CurlEnd>;
using Headers = std::unique_ptr<curl_slist, CurlEnd>;

std::size_t swallow(char* /*bytes*/, std::size_t one, std::size_t count, void* /*into*/) {
  return one * count;
}

int still_wanted(void* from, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up_total*/,
                 curl_off_t /*up*/) {
  return static_cast<const std::stop_token*>(from)->stop_requested() ? 1 : 0;
}

// A transfer with our limits, of these schemes alone; its answer is not kept.
Result<Curl> begin(const char* schemes, const SendLimits& limits, const std::stop_token& stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Curl curl(curl_easy_init());
  if (!curl) return fail(ErrorKind::io, "libcurl cannot be started");
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, schemes);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limits.whole.count()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, swallow);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, still_wanted);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &stop);
  return curl;
}

// In libcurl's general words: its particular ones hold the address.
Failure failure_of(CURLcode code, const char* what) {
  const std::string why = what + std::string(curl_easy_strerror(code));
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorKind::conflict, "stopped");
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fail(ErrorKind::timed_out, why, "check the address and the network");
  if (code == CURLE_LOGIN_DENIED || code == CURLE_REMOTE_ACCESS_DENIED)
    return fail(ErrorKind::rejected, why, "check the user and the secret");
  return fail(ErrorKind::io, why, "check the address and the network");
}

std::string unescaped(CURL* curl, const std::string& text) {
  int length = 0;
  char* plain = curl_easy_unescape(curl, text.data(), static_cast<int>(text.size()), &length);
  if (plain == nullptr) return text;
  std::string result(plain, static_cast<std::size_t>(length));
  curl_free(plain);
  return result;
}

// "mqtt://user:password@host/topic" in its parts, for libcurl takes the user's password from one
// place only.
struct Broker {
  std::string url, user, password;
};
Broker broker_of(CURL* curl, const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t end = url.find('/', host);
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string::npos || at < host) return {url, {}, {}};
  const std::string info = url.substr(host, at - host);
  const std::size_t colon = info.find(':');
  Broker broker{
      url.substr(0, host) + url.substr(at + 1), unescaped(curl, info.substr(0, colon)), {}};
  if (colon != std::string::npos) broker.password = unescaped(curl, info.substr(colon + 1));
  return broker;
}

}  // namespace

Result<void> post_json(const std::string& url, const std::string& token, const std::string& json,
                       const SendLimits& limits, const std::stop_token& stop) {
  auto begun = begin("http,https", limits, stop);
  if (!begun) return Failure(begun.error());
  CURL* curl = begun->get();
  Headers headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (!token.empty()) {
    const std::string bearer = "Authorization: Bearer " + token;
    if (curl_slist_append(headers.get(), bearer.c_str()) == nullptr)
      return fail(ErrorKind::io, "no memory for a header");
  }
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "wattledger");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(json.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.c_str());
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK)
    return failure_of(code, "the webhook: ");
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  return fail(ErrorKind::rejected, "the webhook answered HTTP " + std::to_string(status),
              status == 401 || status == 403  ? "check the token in its secret_file"
              : status >= 300 && status < 400 ? "write the address that it redirects to"
                                              : "check its address");
}

Result<void> publish(const std::string& url, const std::string& password, const std::string& json,
                     const SendLimits& limits, const std::stop_token& stop) {
  auto begun = begin("mqtt", limits, stop);
  if (!begun) return Failure(begun.error());
  CURL* curl = begun->get();
  Broker broker = broker_of(curl, url);
  if (!password.empty()) broker.password = password;
  curl_easy_setopt(curl, CURLOPT_URL, broker.url.c_str());
  if (!broker.user.empty()) curl_easy_setopt(curl, CURLOPT_USERNAME, broker.user.c_str());
  if (!broker.password.empty()) curl_easy_setopt(curl, CURLOPT_PASSWORD, broker.password.c_str());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(json.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.c_str());
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK)
    return failure_of(code, "the broker: ");
  return {};
}

}  // namespace wattledger::alerts
