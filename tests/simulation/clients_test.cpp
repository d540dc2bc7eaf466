// Whoever talks nonsense to the control socket, or says nothing, does not move the tick.
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& data) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (data / "control.sock").c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(fd_); }
  void say(std::string_view bytes) const {
    (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace

TEST_SUITE("simulation/clients") {
  TEST_CASE("half frames, garbage and silent clients never move the tick") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "quiet")).code == 0);

    Program daemon(WATTLEDGERD, simulation(2, home / "live"));
    while (!std::filesystem::exists(home / "live" / "control.sock")) REQUIRE(!daemon.ended());
    std::vector<std::unique_ptr<RawClient>> clients;
    const std::array<std::string_view, 5> words = {
        std::string_view("\0\0", 2), std::string_view("\xFF\xFF\xFF\xFF", 4),
        std::string_view("\0\0\0\x04{{{{", 8), std::string_view("\0\0\xFF\0half a frame", 16),
        std::string_view("GET / HTTP/1.1\r\n\r\n")};
    int connected = 0;
    // The socket has its name before anybody listens on it.
    for (int round = 0; connected < 40 && !daemon.ended(); ++round) {
      clients.push_back(std::make_unique<RawClient>(home / "live"));
      connected += clients.back()->connected() ? 1 : 0;
      if (round % 6 != 0)
        clients.back()->say(words[static_cast<std::size_t>(round) % words.size()]);
      if (clients.size() > 12) clients.erase(clients.begin());
    }
    REQUIRE_MESSAGE(daemon.wait() == 0, daemon.err());
    CHECK(connected > 0);
    CHECK(records(home / "live") == records(home / "quiet"));
  }
}
