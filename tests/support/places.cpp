#include "tests/support/places.hpp"

namespace wattledger::testing {

std::filesystem::path golden_directory() { return WATTLEDGER_GOLDEN_DIR; }

std::filesystem::path shared_data() { return WATTLEDGER_SHARED_DATA; }

}  // namespace wattledger::testing
