// Records of the log: what reading gives for bytes that nobody wrote.
#include "log/record.hpp"

#include <algorithm>
#include <cstring>

#include "log/byte_order.hpp"
#include "log/crc32c.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

void read_record(Bytes record) {
  const auto header = log::parse_header(record);
  if (!header) return must(!header.error().what.empty(), "a refusal says why");
  const auto event = log::parse_event(*header, record);
  if (!event) return must(!event.error().what.empty(), "a refusal says why");
  must(static_cast<std::uint16_t>(event->kind()) == header->kind, "the event is of its kind");
  const std::string json = event_json(*event);
  must(json.find('\n') == std::string::npos, "an event's text is one line");
  const fb::EventT native = event->unpack();
  const auto again = encode(native);
  must(again.has_value(), "what was read can be written");
  // Compared as values: an empty text and an absent one are the same, and encode writes the absent
  // one.
  const auto read_again = decode(again->kind(), again->bytes());
  must(read_again.has_value() && read_again->unpack() == native, "and read as the same");
  const auto third = encode(read_again->unpack());
  must(third.has_value() && std::ranges::equal(third->bytes(), again->bytes()),
       "to the byte, once written here");
}

const Target record("record", [](Bytes bytes) {
  // At an address divisible by 8, and no byte more behind it.
  std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
  auto* at = reinterpret_cast<std::byte*>(aligned.data());
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  read_record({at, bytes.size()});
  // No fuzzer guesses a checksum: with the right one it comes further.
  if (bytes.size() <= log::record_header_bytes) return;
  log::store_little(log::crc32c(Bytes(at, bytes.size()).subspan(4)), at);
  read_record({at, bytes.size()});
});

}  // namespace
}  // namespace wattledger::fuzz
