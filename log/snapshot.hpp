// What a Snapshot holds. Inside this room only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "log/environment.hpp"
#include "log/reader.hpp"
#include "log/record.hpp"

namespace wattledger::log {

struct Snapshot::Impl {
  Impl(std::shared_ptr<Environment> environment_, Transaction transaction_, Meta meta_)
      : environment(std::move(environment_)),
        transaction(std::move(transaction_)),
        meta(std::move(meta_)) {}

  // The stored bytes; corrupt if the record is missing between first and head, not_found outside.
  [[nodiscard]] Result<std::span<const std::byte>> bytes_at(Sequence sequence) const;
  // Of a record whose event is not needed.
  [[nodiscard]] Result<UtcTime> recorded_at(Sequence sequence) const;

  std::shared_ptr<Environment> environment;  // before the transaction: it ends later
  Transaction transaction;
  Meta meta;
  mutable std::deque<std::vector<std::uint64_t>>
      copies;  // of records that do not stand at an address divisible by 8
};

// Node `index` of `level` (8 and above); corrupt if it is missing.
[[nodiscard]] Result<Digest> stored_node(const Snapshot::Impl& snapshot, unsigned level,
                                         std::uint64_t index);

// Names the sequence in an error about one record.
[[nodiscard]] Error about_record(Sequence sequence, Error error);

}  // namespace wattledger::log
