// The values of the database `meta`. The input is a list of them: a byte length and the key, two
// bytes length (big-endian) and the value.
#include "log/meta.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

log::MetaValues values_of(Bytes bytes) {
  const auto take = [&](std::size_t count) {
    const Bytes taken = bytes.first(std::min(count, bytes.size()));
    bytes = bytes.subspan(taken.size());
    return taken;
  };
  const auto number = [&](std::size_t count) {
    std::size_t value = 0;
    for (const std::byte byte : take(count))
      value = (value << 8U) | std::to_integer<std::size_t>(byte);
    return value;
  };
  log::MetaValues values;
  while (!bytes.empty()) {
    const std::string key(text_of(take(number(1))));
    const Bytes value = take(number(2));
    values[key] = {value.begin(), value.end()};
  }
  return values;
}

const Target meta("meta", [](Bytes bytes) {
  const log::MetaValues values = values_of(bytes);
  const auto decoded = log::decode_meta(values);
  if (!decoded) return must(!decoded.error().what.empty(), "a refusal says why");
  const auto again = log::decode_meta(log::encode_meta(*decoded));
  must(again.has_value(), "what was read can be written");
  must(log::encode_meta(*again) == log::encode_meta(*decoded), "and read as the same");
});

}  // namespace
}  // namespace wattledger::fuzz
