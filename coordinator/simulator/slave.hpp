// Answers requests as the house's inverter: functions 3, 6 and 16, checked by Modbus's own rules.
// Not thread-safe.
#pragma once

#include <optional>
#include <string>

#include "coordinator/simulator/frames.hpp"
#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {

struct Answer {
  std::optional<Bytes> pdu;  // absent: silence
  std::string write;         // of an accepted write: "FC6 47000=0003"
};

class Slave {
 public:
  explicit Slave(House::Impl& house) : house_(house) {}

  // Acts, then answers: whoever has the answer sees its effect. obey false: a write is acknowledged
  // and nothing done. `silent`: no read that touches these registers is answered.
  [[nodiscard]] Answer answer(ByteView pdu, bool obey, inverter::Range silent) const;

  // The number that its register of it shows.
  void be_unit(std::uint8_t unit) const;

  [[nodiscard]] static Bytes refusal(ByteView pdu, std::uint8_t exception);

 private:
  [[nodiscard]] Answer read(ByteView pdu, inverter::Range silent) const;
  [[nodiscard]] Answer write(ByteView pdu, bool obey) const;

  House::Impl& house_;
};

}  // namespace wattledger::simulator
