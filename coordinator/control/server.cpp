#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <thread>
#include <vector>

#include "coordinator/control/messages.hpp"
#include "coordinator/control/socket.hpp"

namespace wattledger::control {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  Descriptor socket;
  std::string source;     // the peer's
  Clock::time_point end;  // of the patience with it
  std::string in;
  std::string out;  // the answer's frame; empty while the request comes in
  std::size_t sent = 0;
};

std::string peer_source(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "uid:unknown";
  return "uid:" + std::to_string(peer.uid);
}

class UnixServer : public Server {
 public:
  UnixServer(std::filesystem::path path, Descriptor listener, Descriptor wake, Handler handler,
             ServerLimits limits)
      : path_(std::move(path)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        handler_(std::move(handler)),
        limits_(limits) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0) inode_ = status.st_ino;
  }

  UnixServer(const UnixServer&) = delete;
  UnixServer& operator=(const UnixServer&) = delete;

  ~UnixServer() override {
    if (thread_.joinable()) {
      thread_.request_stop();
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake_.number(), &one, sizeof one);
      thread_.join();
    }
    // Only our own: a later daemon may have its socket there already.
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) ::unlink(path_.c_str());
  }

  void run() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) turn();
    });
  }

 private:
  void turn();
  [[nodiscard]] int patience() const;
  void accept_new();
  bool go_on(Connection& connection);
  bool receive(Connection& connection);
  bool send(Connection& connection);
  void answer(Connection& connection, const Result<std::string>& result);
  void answer_request(Connection& connection, std::string_view text);
  void let_go_of_slow();

  std::filesystem::path path_;
  ino_t inode_ = 0;
  Descriptor listener_;
  Descriptor wake_;
  Handler handler_;
  ServerLimits limits_;
  std::vector<Connection> connections_;
  Clock::time_point accept_from_{};  // after a refusal by the system: not at once again
  std::jthread thread_;
};

// One poll and what it brought. Only this thread touches connections.
void UnixServer::turn() {
  const bool accepting = connections_.size() < limits_.connections && Clock::now() >= accept_from_;
  std::vector<pollfd> waits;
  waits.push_back({wake_.number(), POLLIN, 0});
  // What is not accepted waits in the kernel's queue: a ninth asker is late, not refused.
  waits.push_back({listener_.number(), static_cast<short>(accepting ? POLLIN : 0), 0});
  for (const Connection& connection : connections_) {
    waits.push_back({connection.socket.number(),
                     static_cast<short>(connection.out.empty() ? POLLIN : POLLOUT), 0});
  }
  if (::poll(waits.data(), waits.size(), patience()) < 0) return;  // a signal
  if (waits[0].revents != 0) return;
  std::vector<Connection> kept;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (waits[i + 2].revents == 0 || go_on(connections_[i]))
      kept.push_back(std::move(connections_[i]));
  }
  connections_ = std::move(kept);
  let_go_of_slow();
  if ((waits[1].revents & POLLIN) != 0) accept_new();
}

int UnixServer::patience() const {
  if (connections_.empty() && accept_from_ <= Clock::now()) return -1;
  auto end = accept_from_ > Clock::now() ? accept_from_ : Clock::time_point::max();
  for (const Connection& connection : connections_) end = std::min(end, connection.end);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void UnixServer::accept_new() {
  Descriptor socket(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.open()) {
    const bool nobody = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
    if (!nobody)
      accept_from_ = Clock::now() + std::chrono::milliseconds(100);  // out of descriptors
    return;
  }
  Connection connection;
  connection.source = peer_source(socket.number());
  connection.socket = std::move(socket);
  connection.end = Clock::now() + limits_.connection_time;
  connections_.push_back(std::move(connection));
}

// False when the connection is over.
bool UnixServer::go_on(Connection& connection) {
  return connection.out.empty() ? receive(connection) : send(connection);
}

bool UnixServer::receive(Connection& connection) {
  std::array<char, 16'384> buffer;
  const ssize_t count = ::recv(connection.socket.number(), buffer.data(), buffer.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;  // gone before its request was whole: nothing was asked
  connection.in.append(buffer.data(), static_cast<std::size_t>(count));
  if (connection.in.size() < frame_head_bytes) return true;
  const std::size_t length = frame_length(connection.in);
  if (length > frame_bytes_max) {
    answer(connection,
           fail(ErrorKind::full,
                "control request of " + std::to_string(length) + " bytes, more than the " +
                    std::to_string(frame_bytes_max) + " of a frame",
                "send a u32 length, big-endian, and that many bytes of JSON"));
    return send(connection);
  }
  if (connection.in.size() < frame_head_bytes + length) return true;
  answer_request(connection, std::string_view(connection.in).substr(frame_head_bytes, length));
  return send(connection);
}

void UnixServer::answer_request(Connection& connection, std::string_view text) {
  auto request = read_request(text);
  if (!request) return answer(connection, Failure(request.error()));
  request->source = connection.source;
  const auto asked = Clock::now();
  try {
    answer(connection, handler_(*request));
  } catch (const std::exception& error) {
    answer(connection,
           fail(ErrorKind::io, std::string("the daemon could not answer: ") + error.what(),
                "see its log"));
  }
  // While the handler worked nobody was listened to: that time is not theirs.
  const auto took = Clock::now() - asked;
  for (Connection& other : connections_) other.end += took;
}

void UnixServer::answer(Connection& connection, const Result<std::string>& result) {
  auto framed = frame(answer_text(result));
  if (!framed) framed = frame(answer_text(Failure(framed.error())));
  connection.out = framed.has_value() ? *framed : std::string(frame_head_bytes, '\0');
  connection.end = Clock::now() + limits_.connection_time;
}

bool UnixServer::send(Connection& connection) {
  const std::string_view rest = std::string_view(connection.out).substr(connection.sent);
  const ssize_t count = ::send(connection.socket.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  connection.sent += static_cast<std::size_t>(count);
  return connection.sent < connection.out.size();
}

void UnixServer::let_go_of_slow() {
  const auto now = Clock::now();
  std::erase_if(connections_, [&](Connection& connection) {
    if (connection.end > now) return false;
    if (connection.out.empty()) {
      answer(connection,
             fail(ErrorKind::timed_out, "no whole control request within the time for one",
                  "send length and JSON in one go"));
      send(connection);
    }
    return true;
  });
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::filesystem::path& data,
                                              const std::string& group, Handler handler,
                                              const ServerLimits& limits) {
  const auto path = socket_path(data);
  auto listener = listen_at(path, group);
  if (!listener) return Failure(listener.error());
  Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.open()) {
    const int error = errno;
    ::unlink(path.c_str());
    return system_failure("no eventfd", error, "raise the limit of open files");
  }
  auto server = std::make_unique<UnixServer>(path, std::move(*listener), std::move(wake),
                                             std::move(handler), limits);
  server->run();
  return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace wattledger::control
