#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::simulator {
namespace {

using Bytes = std::vector<std::uint8_t>;

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

struct Station {
  Station() : house(HouseOptions{}, HouseYear::generate(1), testing::at_s(0)) {
    auto started = ModbusServer::start(house, 0);
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
    for (const int address :
         {0, 34999, 35033, 35099, 35225, 36045, 37024, 39000, 47001, 47513, 47515, 47533, 47761, 65535}) {
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

  TEST_CASE("a port that is taken is refused with a remedy") {
    Station station;
    const auto second = ModbusServer::start(station.house, station.server->port());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().kind == ErrorKind::io);
    CHECK_FALSE(second.error().remedy.empty());
  }
}

}  // namespace wattledger::simulator
