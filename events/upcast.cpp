#include "events/upcast.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "events/catalogue.hpp"

namespace wattledger {
namespace {

// Whole seconds said 0 of an outage that was shorter.
void source_recovered(const EventView& from, fb::EventT& to) {
  const auto* old = from.as<fb::SourceRecovered>();
  fb::SourceRecovered2T fact;
  if (old->provider() != nullptr) fact.provider = old->provider()->str();
  fact.failed = old->failed();
  if (const auto outage = old->outage_s()) fact.outage_ms = std::uint64_t{*outage} * 1'000;
  to.fact.Set(std::move(fact));
}

constexpr std::array<Upcaster, 1> all_upcasters = {
    {{Kind::SourceRecovered, Kind::SourceRecovered2, 1, source_recovered}}};

const Upcaster* upcaster_of(std::span<const Upcaster> all, Kind kind) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Upcaster& each) { return each.from == kind; });
  return found == all.end() ? nullptr : &*found;
}

// "Name" -> "Name2" -> "Name3"
std::string successor_name(std::string_view name) {
  const auto digits = std::min(name.find_first_of("0123456789"), name.size());
  int number = 1;
  std::from_chars(name.data() + digits, name.data() + name.size(), number);
  return std::string(name.substr(0, digits)) + std::to_string(number + 1);
}

}  // namespace

std::span<const Upcaster> upcasters() { return all_upcasters; }

std::optional<EncodedEvent> upcast(const EventView& event) {
  const Upcaster* step = upcaster_of(all_upcasters, event.kind());
  if (step == nullptr) return std::nullopt;
  fb::EventT native = event.unpack();
  native.fact.Reset();
  step->map(event, native);
  auto encoded = encode(native);
  if (!encoded) return std::nullopt;  // no larger and no stranger than what was decoded
  const auto view = encoded->view();
  if (!view) return std::nullopt;
  if (auto further = upcast(*view)) return further;
  return *std::move(encoded);
}

std::string upcasters_text() {
  std::string text;
  for (const Upcaster& each : all_upcasters)
    text += std::string(kind_name(each.from)) + ">" + std::string(kind_name(each.to)) + ":" +
            std::to_string(each.revision) + "\n";
  return text;
}

Result<void> check_upcasters(std::span<const Upcaster> all) {
  const auto gap = [](const std::string& what) {
    return fail(ErrorKind::unsupported, what, "this program was built wrongly: report it");
  };
  for (const Kind kind : fb::EnumValuesFact()) {
    if (kind == Kind::NONE) continue;
    const std::string name(kind_name(kind));
    const Kind next = kind_from_name(successor_name(name));
    const auto count = std::count_if(all.begin(), all.end(),
                                     [&](const Upcaster& each) { return each.from == kind; });
    const Upcaster* step = upcaster_of(all, kind);
    if (next == Kind::NONE && step != nullptr)
      return gap("an upcaster from " + name + ", which nothing took the place of");
    if (next == Kind::NONE) continue;
    if (step == nullptr || step->map == nullptr)
      return gap("no upcaster from " + name + " to " + std::string(kind_name(next)));
    if (count > 1 || step->to != next)
      return gap("more than one upcaster from " + name + ", or to another than " +
                 std::string(kind_name(next)));
  }
  return {};
}

}  // namespace wattledger
