// Between libFuzzer and the one target of its program.
#include <cstdint>

#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wattledger::fuzz::Target::all().front()->run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
