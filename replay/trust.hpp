// Whom a check believes: the log's public key, or a checkpoint of it that was kept elsewhere.
#pragma once

#include <optional>
#include <string>

#include "log/proof_file.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

struct TrustWish {
  std::string key, against;  // --key, --against; empty if not given
};

void add_trust(CLI::App& command, TrustWish& wish, const std::string& against);

// Empty where nothing was given. invalid_input: neither a key nor a file with one; else of reading.
[[nodiscard]] Result<log::Trust> read_trust(const TrustWish& wish);

// The log's own, where its key file can be read; else nothing, with a note when it is there.
[[nodiscard]] std::optional<log::VerifierKey> own_key(const Place& place, const log::Meta& meta);

}  // namespace wattledger::tool
