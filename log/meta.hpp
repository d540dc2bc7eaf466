// The values of the `meta` database, and how a record moves them on. All integers big-endian;
// FORMAT.md has the bytes. Pure, any thread. Inside this room only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"

namespace wattledger::log {

using MetaValues = std::map<std::string, std::vector<std::byte>, std::less<>>;

// What a record says about the log it joins.
struct RecordFacts {
  Kind kind = Kind::NONE;
  UtcTime recorded_at{};
  Id128 batch;                        // of ImportStarted and ImportFinished
  bool ends_abandoned_batch = false;  // a writer died in a batch; this is the first record after it
};

// Every key, for a new log.
[[nodiscard]] MetaValues encode_meta(const Meta& meta);
// The keys that differ, for a commit.
[[nodiscard]] MetaValues encode_changes(const Meta& before, const Meta& after);
// foreign without our format key; newer for a later format or a key not known here; corrupt for
// what cannot be.
[[nodiscard]] Result<Meta> decode_meta(const MetaValues& values);

// Adds one record behind meta.head; its leaf joins the frontier by itself.
void advance(Meta& meta, const RecordFacts& facts);

}  // namespace wattledger::log
