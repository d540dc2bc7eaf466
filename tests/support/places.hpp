// Where tests find files that are not made by them. Read only; the second may be absent.
#pragma once

#include <filesystem>

namespace wattledger::testing {

// tests/golden of this checkout.
[[nodiscard]] std::filesystem::path golden_directory();
// Recorded data beside the checkout; who finds none says so and skips.
[[nodiscard]] std::filesystem::path shared_data();

}  // namespace wattledger::testing
