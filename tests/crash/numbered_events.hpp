// Events whose sequence tells their content, so that a record in the wrong place, or half there, is
// seen; and what the crash tests have in common.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "log/reader.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::testing {

// WATTLEDGER_CRASH_SEED and the like.
inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Most are small; one in 16 may take pages of its own in LMDB.
inline std::string numbered_name(std::uint64_t number) {
  const std::uint64_t length = number % 16 == 7 ? number * 613 % 12'000 : number * 37 % 400;
  return std::to_string(number) + std::string(length, 'x');
}

inline Result<EncodedEvent> numbered(std::uint64_t number) {
  fb::EventT native = event(at_s(static_cast<std::int64_t>(number)), fb::AlertRaisedT{});
  native.source_name = numbered_name(number);
  return encode(native);
}

// When the record may be recorded that follows everything in `meta` and bears this number.
inline UtcTime recorded_after(const log::Meta& meta, std::uint64_t number) {
  return std::max(meta.head_recorded_at, at_s(static_cast<std::int64_t>(number)));
}

// Every record from `from` on is the one that was appended under its sequence.
inline Result<void> check_numbered(const log::Snapshot& snapshot, Sequence from = Sequence{1}) {
  return snapshot.scan(from, snapshot.head(), [](const log::RecordView& record) -> Result<bool> {
    const auto* name = record.event.event().source_name();
    if (name == nullptr || name->str() != numbered_name(record.sequence.value))
      return fail(ErrorKind::corrupt,
                  "record " + std::to_string(record.sequence.value) + " is another one");
    return true;
  });
}

}  // namespace wattledger::testing
