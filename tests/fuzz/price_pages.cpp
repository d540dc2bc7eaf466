// The pages of one price answer, a line of "----" between them.
#include "tests/fuzz/told_prices.hpp"

namespace wattledger::fuzz {
namespace {

const Target price_pages("price_pages", [](Bytes bytes) {
  constexpr std::string_view between = "\n----\n";
  std::vector<std::string_view> pages;
  std::string_view rest = text_of(bytes);
  for (;;) {
    const std::size_t end = rest.find(between);
    pages.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + between.size());
  }
  check_prices(sources::parse_price_pages(pages, told_zone(), "fuzz"));
});

}  // namespace
}  // namespace wattledger::fuzz
