// The Merkle frontier that meta holds.
#include <algorithm>

#include "log/merkle.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

const Target frontier("frontier", [](Bytes bytes) {
  auto parsed = log::Frontier::parse(bytes);
  if (!parsed) return must(!parsed.error().what.empty(), "a refusal says why");
  const std::vector<std::byte> written = parsed->serialize();
  must(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()),
       "what was read is written as the same bytes");
  const std::uint64_t size = parsed->size();
  const Digest root = parsed->root();
  if (size == ~std::uint64_t{0}) return;  // no log has so many records
  (void)parsed->append(root);
  must(parsed->size() == size + 1, "a leaf makes it one larger");
  const auto again = log::Frontier::parse(parsed->serialize());
  must(again.has_value() && *again == *parsed, "and it can be read then");
});

}  // namespace
}  // namespace wattledger::fuzz
