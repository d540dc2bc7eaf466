// An inverter as a test wants it, over TCP, UDP or a pseudo terminal: a script says what each
// request is answered with, sound or not. Loopback only; stops with its object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "coordinator/inverter/inverter.hpp"

namespace wattledger::testing {

using Bytes = std::vector<std::uint8_t>;
using inverter::Transport;

constexpr std::uint8_t test_unit = 247;

// Frames.
[[nodiscard]] Bytes operator+(Bytes one, const Bytes& other);
[[nodiscard]] Bytes rtu_frame(const Bytes& pdu, std::uint8_t unit = test_unit);
// The answer to `request` as the transport has it: MBAP with the request's number; aa55 and RTU;
// RTU.
[[nodiscard]] Bytes framed(Transport transport, const Bytes& request, const Bytes& pdu,
                           std::uint8_t unit = test_unit);
// What is asked, without the transport's frame.
[[nodiscard]] Bytes pdu_of(Transport transport, const Bytes& request);
[[nodiscard]] std::uint16_t address_in(const Bytes& pdu);
// A read's answer in which each register holds its own address; the echo of a write.
[[nodiscard]] Bytes sound_pdu(const Bytes& asked);
[[nodiscard]] Bytes read_answer(std::uint16_t address, std::size_t count);
[[nodiscard]] Bytes exception(std::uint8_t function, std::uint8_t code);

struct Reply {
  std::vector<Bytes> pieces;  // each a segment or a datagram
  // Before them: UDP to whom asked before, TCP into the connection there is.
  std::vector<Bytes> late;
  bool hang_up = false;  // TCP, afterwards
};
// Runs in the responder's thread; `number` counts requests from 0.
using Script = std::function<Reply(const Bytes& request, std::uint64_t number)>;

// Everything is answered as it should be.
[[nodiscard]] Script sound(Transport transport);

class Responder {
 public:
  Responder(Transport transport, Script script, bool v6 = false);
  ~Responder();
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  // False where the machine has no such address family.
  [[nodiscard]] bool there() const;
  // How to reach it, with a generous timeout and no retry.
  [[nodiscard]] inverter::ModbusOptions options() const;
  [[nodiscard]] std::uint64_t requests() const;
  // UDP: the ports that requests came from.
  [[nodiscard]] std::vector<std::uint16_t> ports() const;
  // Unasked, to whom asked last.
  void say(const Bytes& bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattledger::testing
