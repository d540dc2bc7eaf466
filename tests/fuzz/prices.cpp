// Price answers from the network or a file, of any format.
#include "tests/fuzz/told_prices.hpp"

namespace wattledger::fuzz {
namespace {

const Target prices("prices", [](Bytes bytes) {
  check_prices(sources::parse_prices(text_of(bytes), told_zone(), "fuzz"));
});

}  // namespace
}  // namespace wattledger::fuzz
