#include "coordinator/sources/fetch/http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace wattledger::sources {
namespace {

constexpr std::size_t message_bytes_max = 4096;

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// What one transfer fills in.
struct Transfer {
  CURL* curl = nullptr;
  HttpAnswer answer;
  std::size_t bytes_max = 0;
  bool too_much = false;
  std::stop_token stop;
};

std::size_t take_body(char* bytes, std::size_t one, std::size_t count, void* into) {
  Transfer& transfer = *static_cast<Transfer*>(into);
  const std::size_t size = one * count;
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  std::string& body = transfer.answer.body;
  if (status != 200) {
    body.append(bytes,
                std::min(size, message_bytes_max - std::min(message_bytes_max, body.size())));
    return size;
  }
  if (size > transfer.bytes_max - body.size()) {
    transfer.too_much = true;
    return 0;
  }
  body.append(bytes, size);
  return size;
}

bool is_name(std::string_view line, std::string_view name) {
  return line.size() >= name.size() &&
         std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

std::size_t take_header(char* bytes, std::size_t one, std::size_t count, void* into) {
  Transfer& transfer = *static_cast<Transfer*>(into);
  std::string_view line(bytes, one * count);
  constexpr std::string_view etag = "etag:";
  if (line.substr(0, 5) == "HTTP/")
    transfer.answer.etag.clear();  // a redirect's is not the answer's
  if (is_name(line, etag)) {
    line.remove_prefix(etag.size());
    const std::size_t from = line.find_first_not_of(" \t");
    const std::size_t to = line.find_last_not_of(" \t\r\n");
    if (from != std::string_view::npos)
      transfer.answer.etag = std::string(line.substr(from, to - from + 1));
  }
  return one * count;
}

int still_wanted(void* from, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up_total*/,
                 curl_off_t /*up*/) {
  return static_cast<const Transfer*>(from)->stop.stop_requested() ? 1 : 0;
}

Failure failure_of(CURLcode code, const Transfer& transfer, const std::string& detail,
                   const std::string& url, const HttpLimits& limits) {
  const std::string where = "GET " + shown_url(url) + ": ";
  if (transfer.too_much)
    return fail(ErrorKind::full,
                where + "the answer is larger than " + std::to_string(limits.bytes_max) + " bytes",
                "check the address: no source needs that much");
  const std::string why = detail.empty() ? curl_easy_strerror(code) : detail;
  // Of a server that speaks no HTTP, or redirects to something else, the address was a good one.
  long port = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_PRIMARY_PORT, &port);
  if (code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && port == 0))
    return fail(ErrorKind::invalid_input, where + why, "write an http:// or https:// address");
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fail(ErrorKind::timed_out, where + why, "try it again later");
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorKind::conflict, where + "stopped");
  if (code == CURLE_TOO_MANY_REDIRECTS)
    return fail(ErrorKind::io,
                where + "more than " + std::to_string(limits.redirects_max) +
                    " redirects, one after the other",
                "check the address in a browser");
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    return fail(ErrorKind::io, where + why,
                "check the computer's clock and the package ca-certificates");
  return fail(ErrorKind::io, where + why, "check the network");
}

}  // namespace

struct Http::Impl {
  CURL* curl = nullptr;
};

Http::Http() : impl_(std::make_unique<Impl>()) {
  start_curl();
  impl_->curl = curl_easy_init();
}

Http::~Http() { curl_easy_cleanup(impl_->curl); }

Result<HttpAnswer> Http::get(const HttpRequest& request, const HttpLimits& limits,
                             const std::stop_token& stop) {
  CURL* curl = impl_->curl;
  if (curl == nullptr) return fail(ErrorKind::io, "libcurl cannot be started");
  curl_easy_reset(curl);
  Transfer transfer;
  transfer.curl = curl;
  transfer.bytes_max = limits.bytes_max;
  transfer.stop = stop;
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_slist* headers = nullptr;
  for (const std::string& header : request.headers)
    headers = curl_slist_append(headers, header.c_str());
  if (!request.etag.empty())
    headers = curl_slist_append(headers, ("If-None-Match: " + request.etag).c_str());

  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, limits.redirects_max);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // A name server that hangs holds up its own thread, not whoever stops or gives up waiting.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.whole.count()));
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");  // whatever this libcurl unpacks
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "wattledger");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, still_wanted);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) return failure_of(code, transfer, detail.data(), request.url, limits);

  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.answer.status = static_cast<int>(status);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  if (retry_after > 0) transfer.answer.retry_after = std::chrono::seconds(retry_after);
  return std::move(transfer.answer);
}

std::string shown_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::string_view rest = url.substr(host);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  return std::string(url.substr(0, host)) + std::string(rest);
}

Result<void> check_status(const HttpAnswer& answer, std::string_view url) {
  const int status = answer.status;
  if (status == 200 || status == 304) return {};
  const std::string what = "GET " + shown_url(url) + ": HTTP " + std::to_string(status);
  if (status == 404 || status == 410)
    return fail(ErrorKind::rejected, what, "check the address and what is asked for");
  if (status == 429)
    return fail(ErrorKind::rejected, what + ", asked too often",
                answer.retry_after
                    ? "it asks for " + std::to_string(answer.retry_after->count()) + " s of peace"
                    : "try it again later");
  if (status == 401 || status == 403)
    return fail(ErrorKind::rejected, what, "check the token or key of this source");
  if (status >= 400 && status < 500)
    return fail(ErrorKind::rejected, what, "check what is asked for");
  if (status >= 500 && status < 600)
    return fail(ErrorKind::io, what + ": the server is not well", "try it again later");
  return fail(ErrorKind::corrupt, what + " is no answer to a GET", "check the address");
}

}  // namespace wattledger::sources
