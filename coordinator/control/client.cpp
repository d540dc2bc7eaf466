#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "coordinator/control/messages.hpp"
#include "coordinator/control/socket.hpp"

namespace wattledger::control {
namespace {

using Clock = std::chrono::steady_clock;

Failure too_late(const std::filesystem::path& path) {
  return fail(ErrorKind::timed_out, "the daemon at " + path.string() + " did not answer in time",
              "try again: the request's id makes that safe");
}

// Not open when nobody listens.
Result<Descriptor> connect_to(const std::filesystem::path& path,
                              std::chrono::milliseconds timeout) {
  const auto address = socket_address(path);
  if (!address) return Failure(address.error());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return system_failure("no socket", errno, "raise the limit of open files");
  // connect() of a Unix socket waits for a place in the queue; this is its only limit.
  const auto milliseconds = std::max<std::int64_t>(1, timeout.count());
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(milliseconds / 1'000);
  limit.tv_usec = static_cast<suseconds_t>(milliseconds % 1'000 * 1'000);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) ==
      0)
    return socket;
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTSOCK) return Descriptor();
  if (errno == EAGAIN || errno == EINPROGRESS) return too_late(path);
  return system_failure("the daemon's " + path.string() + " cannot be reached", errno,
                        "ask as a member of the socket's group (ls -l shows it)");
}

class Exchange {
 public:
  Exchange(const std::filesystem::path& path, int socket, Clock::time_point end)
      : path_(path), socket_(socket), end_(end) {}

  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      WATTLEDGER_TRY(wait(POLLOUT));
      const ssize_t count =
          ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      // A server that refuses early has answered already: what it says is worth more than EPIPE.
      if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
      if (count < 0 && errno != EAGAIN && errno != EINTR) return broken();
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<std::string> receive() {
    std::string bytes;
    for (;;) {
      WATTLEDGER_TRY(wait(POLLIN));
      std::array<char, 16'384> buffer;
      const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count == 0) return broken();
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (count < 0) return broken();
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
      if (bytes.size() < frame_head_bytes) continue;
      const std::size_t length = frame_length(bytes);
      if (length > frame_bytes_max) {
        return fail(ErrorKind::corrupt,
                    "an answer of " + std::to_string(length) + " bytes at " + path_.string(),
                    "check that daemon and tool are of one version");
      }
      if (bytes.size() >= frame_head_bytes + length) return bytes.substr(frame_head_bytes, length);
    }
  }

 private:
  [[nodiscard]] Failure broken() const {
    return fail(ErrorKind::io,
                "the daemon at " + path_.string() + " closed the connection without an answer",
                "try again: the request's id makes that safe");
  }

  Result<void> wait(short what) const {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
      if (left <= 0) return too_late(path_);
      pollfd one{socket_, what, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return broken();
    }
  }

  const std::filesystem::path& path_;
  int socket_;
  Clock::time_point end_;
};

}  // namespace

Result<std::optional<std::string>> ask_if_running(const std::filesystem::path& data,
                                                  const Request& request,
                                                  std::chrono::milliseconds timeout) {
  const auto path = socket_path(data);
  const auto end = Clock::now() + timeout;
  WATTLEDGER_TRY(
      check_object(request.args_json.empty() ? "{}" : request.args_json, "the request's args"));
  const auto message = frame(request_text(request));
  if (!message) return Failure(message.error());
  const auto socket = connect_to(path, timeout);
  if (!socket) return Failure(socket.error());
  if (!socket->open()) return std::optional<std::string>();
  Exchange exchange(path, socket->number(), end);
  WATTLEDGER_TRY(exchange.send(*message));
  const auto answer = exchange.receive();
  if (!answer) return Failure(answer.error());
  auto result = read_answer(*answer);
  if (!result) return Failure(std::move(result).error());
  return std::optional(*std::move(result));
}

Result<std::string> ask(const std::filesystem::path& data, const Request& request,
                        std::chrono::milliseconds timeout) {
  auto answer = ask_if_running(data, request, timeout);
  if (!answer) return Failure(std::move(answer).error());
  if (*answer) return **std::move(answer);
  return fail(ErrorKind::not_found, "no daemon listens at " + socket_path(data).string(),
              "start wattledgerd, or check --data");
}

}  // namespace wattledger::control
