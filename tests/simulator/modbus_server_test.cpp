#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "coordinator/simulator/frames.hpp"
#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::simulator {
namespace {

// A client that says exactly the bytes it is told to.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    wait_at_most(2'000'000);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void wait_at_most(int microseconds) {
    const timeval limit{microseconds / 1'000'000, microseconds % 1'000'000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void send(const Bytes& bytes) {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  // Until the answer's own length; shorter when the server has nothing more to say.
  Bytes receive() {
    Bytes answer = read(6);
    if (answer.size() < 6) return answer;
    const Bytes rest = read(static_cast<std::size_t>(answer[4]) << 8U | answer[5]);
    answer.insert(answer.end(), rest.begin(), rest.end());
    return answer;
  }
  // An answer's protocol data unit: function, then data.
  Bytes ask(const Bytes& pdu, std::uint8_t unit = 247) {
    Bytes frame{0, 7, 0, 0, 0, static_cast<std::uint8_t>(pdu.size() + 1), unit};
    frame.insert(frame.end(), pdu.begin(), pdu.end());
    send(frame);
    const Bytes answer = receive();
    return answer.size() < 8 ? Bytes{} : Bytes(answer.begin() + 7, answer.end());
  }

 private:
  Bytes read(std::size_t count) {
    Bytes bytes(count);
    std::size_t got = 0;
    while (got < count) {
      const ssize_t more = ::recv(socket_, bytes.data() + got, count - got, 0);
      if (more <= 0) break;
      got += static_cast<std::size_t>(more);
    }
    bytes.resize(got);
    return bytes;
  }
  int socket_;
};

std::uint8_t high(int value) { return static_cast<std::uint8_t>(value >> 8); }
std::uint8_t low(int value) { return static_cast<std::uint8_t>(value & 0xFF); }

Bytes read_of(int address, int count) {
  return {3, high(address), low(address), high(count), low(count)};
}
Bytes write_of(int address, int value) {
  return {6, high(address), low(address), high(value), low(value)};
}
Bytes write_many(int address, const std::vector<int>& words) {
  const int count = static_cast<int>(words.size());
  Bytes pdu{16, high(address), low(address), high(count), low(count), low(2 * count)};
  for (const int word : words) {
    pdu.push_back(high(word));
    pdu.push_back(low(word));
  }
  return pdu;
}

// A client that says datagrams.
class DatagramClient {
 public:
  explicit DatagramClient(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{2, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~DatagramClient() { ::close(socket_); }
  DatagramClient(const DatagramClient&) = delete;
  DatagramClient& operator=(const DatagramClient&) = delete;

  void send(const Bytes& bytes) const {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  void request(const Bytes& pdu) const {
    // An answer's frame without its aa55 is a request's.
    const Bytes frame = udp_answer({0, 247, {}}, pdu);
    send({frame.begin() + 2, frame.end()});
  }
  [[nodiscard]] Bytes receive() const {
    Bytes bytes(600);
    const ssize_t length = ::recv(socket_, bytes.data(), bytes.size(), 0);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return bytes;
  }

 private:
  int socket_;
};

struct Station {
  Station() : house(HouseOptions{}, HouseYear::generate(1), testing::at_s(0)) {
    ServerOptions options;
    options.udp_port = 0;
    options.slow_by = std::chrono::milliseconds(1);
    auto started = ModbusServer::start(house, options);
    REQUIRE(started.has_value());
    server = std::move(*started);
  }
  House house;
  std::unique_ptr<ModbusServer> server;
};

const Bytes illegal_address_read{0x83, 2};
const Bytes illegal_value_read{0x83, 3};

}  // namespace

TEST_SUITE("simulator/modbus_server") {
  TEST_CASE("defined registers are read, all others are illegal addresses") {
    Station station;
    Client client(station.server->port());
    CHECK(client.ask(read_of(35100, 125)).size() == 2 + 250);
    CHECK(client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10});
    CHECK(client.ask(read_of(47000, 1)) == Bytes{3, 2, 0, 0});
    CHECK(client.ask(read_of(47509, 4)) == Bytes{3, 8, 0, 0, 0x27, 0x10, 0, 1, 0, 0});
    CHECK(client.ask(read_of(47545, 26)).size() == 2 + 52);
    for (const int address : {0, 34999, 35033, 35099, 35225, 36045, 37024, 39000, 47001, 47513,
                              47515, 47533, 47761, 65535}) {
      CAPTURE(address);
      CHECK(client.ask(read_of(address, 1)) == illegal_address_read);
    }
    CHECK(client.ask(read_of(35224, 2)) == illegal_address_read);  // one beyond the block
    CHECK(client.ask(read_of(65535, 2)) == illegal_address_read);
  }

  TEST_CASE("bad counts, values and functions are refused at once") {
    Station station;
    Client client(station.server->port());
    CHECK(client.ask(read_of(35100, 0)) == illegal_value_read);
    CHECK(client.ask(read_of(35100, 126)) == illegal_value_read);
    CHECK(client.ask(write_of(47000, 9)) == Bytes{0x86, 3});
    CHECK(client.ask(write_of(45356, 101)) == Bytes{0x86, 3});
    CHECK(client.ask(write_of(47509, 2)) == Bytes{0x86, 3});
    CHECK(client.ask(write_of(35001, 5)) == Bytes{0x86, 2});
    CHECK(client.ask(write_of(47001, 5)) == Bytes{0x86, 2});
    CHECK(client.ask(write_of(45200, 0x1901)) == Bytes{0x86, 3});  // the clock is written whole
    CHECK(client.ask(write_many(45200, {0x190D, 0x0101, 0})) == Bytes{0x90, 3});
    CHECK(client.ask(write_many(47547, {0x1900, 0x0A00, 0xFF7F, 0xFFD8, 80, 0})) == Bytes{0x90, 3});
    CHECK(client.ask(write_many(47547, {0x0900, 0x0A00, 0xFF7F, 0xFFD8, 101, 0})) ==
          Bytes{0x90, 3});
    CHECK(client.ask({4, 0x88, 0xB8, 0, 1}) == Bytes{0x84, 1});
    CHECK(client.ask(read_of(47000, 1)) == Bytes{3, 2, 0, 0});  // nothing of it was taken
    CHECK(station.server->writes_seen().empty());
  }

  TEST_CASE("a write acts before its answer") {
    Station station;
    Client client(station.server->port());
    station.house.set_pv(Watts(0));
    station.house.set_load(Watts(500));
    CHECK(client.ask(write_many(47547, {0x0000, 0x0100, 0xFF7F, 0xFFD8, 80, 0})) ==
          Bytes{16, 0xB9, 0xBB, 0, 6});
    CHECK(client.ask(write_of(47000, 3)) == Bytes{6, 0xB7, 0x98, 0, 3});
    CHECK(station.house.in_forced_mode());
    CHECK(station.house.battery_power() == Watts(-4'000));
  }

  TEST_CASE("another unit's request stays without an answer") {
    Station station;
    Client client(station.server->port());
    client.wait_at_most(20'000);
    CHECK(client.ask(read_of(35100, 1), 1).empty());
    client.wait_at_most(2'000'000);
    CHECK(client.ask(read_of(47000, 1)).size() == 4);
  }

  TEST_CASE("several clients at once, one of them stuck in half a frame") {
    Station station;
    Client stuck(station.server->port());
    stuck.send({0, 1, 0, 0});
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<Client>(station.server->port()));
    for (int round = 0; round < 3; ++round) {
      for (const auto& client : clients)
        CHECK(client->ask(read_of(37007, 1)) == Bytes{3, 2, 0, 50});
    }
  }

  TEST_CASE("random bytes never end the server") {
    Station station;
    const bool holds = rc::check("answers the next client", [&] {
      const auto noise = *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
      {
        Client vandal(station.server->port());
        if (!noise.empty()) vandal.send(noise);
      }
      Client client(station.server->port());
      RC_ASSERT((client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10}));
    });
    CHECK(holds);
  }

  TEST_CASE("over UDP a frame is answered with aa55 and a frame; what is none is not") {
    Station station;
    const DatagramClient client(station.server->udp_port());
    client.send({1, 2, 3});
    client.send({0xF7, 0x03, 0x88, 0xB9, 0x00, 0x01, 0x00, 0x00});  // checksum
    client.request(read_of(35001, 1));
    CHECK(client.receive() == udp_answer({0, 247, {}}, Bytes{3, 2, 0x27, 0x10}));
    client.request(read_of(34999, 1));
    CHECK(client.receive() == udp_answer({0, 247, {}}, illegal_address_read));
    client.request(write_of(47000, 2));
    CHECK(client.receive() == udp_answer({0, 247, {}}, write_of(47000, 2)));
    CHECK(station.server->writes_seen() == std::vector<std::string>{"FC6 47000=0002"});
  }

  TEST_CASE("answers that are split, cut, followed by noise, or tell another length") {
    Station station;
    Client client(station.server->port());
    const DatagramClient datagrams(station.server->udp_port());
    const Bytes whole = udp_answer({0, 247, {}}, Bytes{3, 2, 0x27, 0x10});
    station.server->misbehave(Misbehaviour::split);
    CHECK(client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10});
    datagrams.request(read_of(35001, 1));
    Bytes pieces = datagrams.receive();
    CHECK(pieces.size() == 5);
    const Bytes rest = datagrams.receive();
    pieces.insert(pieces.end(), rest.begin(), rest.end());
    CHECK(pieces == whole);
    station.server->misbehave(Misbehaviour::wrong_length);
    datagrams.request(read_of(35001, 1));
    CHECK(datagrams.receive() == Bytes(whole.begin(), whole.end() - 3));
    client.wait_at_most(20'000);
    CHECK(client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10});  // it waited for three more
    station.server->misbehave(Misbehaviour::trailing);
    datagrams.request(read_of(35001, 1));
    CHECK(datagrams.receive().size() == whole.size() + 6);
  }

  TEST_CASE("a slow answer comes, and a late one with the next request") {
    Station station;
    Client client(station.server->port());
    station.server->misbehave(Misbehaviour::slow);
    CHECK(client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10});
    station.server->misbehave(Misbehaviour::late);
    const DatagramClient datagrams(station.server->udp_port());
    datagrams.request(read_of(35001, 1));
    datagrams.request(read_of(47000, 1));
    CHECK(datagrams.receive() == udp_answer({0, 247, {}}, Bytes{3, 2, 0x27, 0x10}));
  }

  TEST_CASE("requests that come in pieces, or several at once, are each answered") {
    Station station;
    Client client(station.server->port());
    const Bytes one{0, 1, 0, 0, 0, 6, 247, 3, 0x88, 0xB9, 0, 1};
    for (const std::uint8_t byte : one) client.send({byte});
    CHECK(client.receive().size() == 11);
    Bytes three;
    for (int i = 0; i < 3; ++i) three.insert(three.end(), one.begin(), one.end());
    client.send(three);
    for (int i = 0; i < 3; ++i) CHECK(client.receive().size() == 11);
  }

  TEST_CASE("a thousand malformed frames, and the next client is served") {
    Station station;
    const DatagramClient datagrams(station.server->udp_port());
    const bool holds = rc::check("served", [&] {
      for (int i = 0; i < 10; ++i) {
        Bytes frame = udp_answer({0, 247, {}}, read_of(*rc::gen::inRange(0, 65'536), 1));
        frame.resize(*rc::gen::inRange<std::size_t>(1, frame.size() + 1));
        frame[*rc::gen::inRange<std::size_t>(0, frame.size())] =
            *rc::gen::arbitrary<std::uint8_t>();
        datagrams.send({frame.begin() + (frame.size() > 2 ? 2 : 0), frame.end()});
        Client vandal(station.server->port());
        vandal.send(frame);
      }
      Client client(station.server->port());
      RC_ASSERT((client.ask(read_of(35001, 1)) == Bytes{3, 2, 0x27, 0x10}));
      RC_ASSERT(station.server->writes_seen().empty());
    });
    CHECK(holds);
  }

  TEST_CASE("an address that is none is refused with a remedy") {
    Station station;
    ServerOptions options;
    options.address = "the roof";
    const auto refused = ModbusServer::start(station.house, options);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().what == "\"the roof\" is no IPv4 address");
  }

  TEST_CASE("a port that is taken is refused with a remedy") {
    Station station;
    const auto second = ModbusServer::start(station.house, station.server->port());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().kind == ErrorKind::io);
    CHECK_FALSE(second.error().remedy.empty());
  }
}

}  // namespace wattledger::simulator
