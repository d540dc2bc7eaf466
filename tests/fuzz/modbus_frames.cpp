// What comes over the wire: frames to the simulator, and words that a reader takes apart.
#include "coordinator/inverter/blocks.hpp"
#include "coordinator/inverter/sensors.hpp"
#include "coordinator/simulator/slave.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

using simulator::ByteView;
using simulator::Found;
using simulator::HouseYear;
using simulator::Slave;

ByteView plain(Bytes bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

simulator::House& house() {
  static simulator::House one(simulator::HouseOptions{}, HouseYear::generate(1),
                              utc_from_us(1'759'276'800'000'000));
  return one;
}

void answer(const Slave& slave, const simulator::Request& request) {
  const auto answer = slave.answer(request.pdu, true, {});
  must(answer.pdu.has_value(), "what is asked is answered");
  must(answer.pdu->size() <= simulator::pdu_bytes_max, "an answer fits its frame");
  must((answer.pdu->front() & 0x7FU) == (request.pdu.front() & 0x7FU),
       "and is one to the same function");
}

void serve(ByteView stream) {
  const Slave slave(house().impl());
  while (true) {
    const Found found = simulator::find_tcp_request(stream);
    if (found.what != Found::What::whole) break;
    must(found.bytes <= stream.size() && !found.request.pdu.empty(), "a frame lies in its stream");
    answer(slave, found.request);
    stream = stream.subspan(found.bytes);
  }
  if (const auto request = simulator::rtu_request(stream)) answer(slave, *request);
  if (!stream.empty() && stream.size() <= simulator::pdu_bytes_max)
    answer(slave, {0, 247, stream});  // past the checksum
}

void read(ByteView bytes) {
  std::vector<std::uint16_t> words;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    words.push_back(simulator::word_at(bytes, i));
  const inverter::Platform platform;
  for (std::size_t i = 0; i < inverter::block_count; ++i) {
    inverter::BlockWords read{static_cast<inverter::Block>(i), 35'100, words};
    (void)inverter::sensors_of({read}, platform);
  }
  words.resize(inverter::running_range.count);
  inverter::PolledBlocks blocks;
  blocks.running = words;
  blocks.battery = std::span(words).first(inverter::battery_range.count);
  blocks.meter = std::span(words).last(inverter::meter_range.count);
  const auto reading =
      inverter::decode_poll(blocks, utc_from_us(1'759'276'800'000'000), ZoneOffsets());
  if (reading.battery_soc_bp) must(*reading.battery_soc_bp <= 10'000, "an SOC is at most all");
  must(reading.pv_power_w.value_or(0) >= 0, "the sun takes nothing");
}

const Target modbus_frames("modbus_frames", [](Bytes bytes) {
  serve(plain(bytes));
  read(plain(bytes));
});

}  // namespace
}  // namespace wattledger::fuzz
