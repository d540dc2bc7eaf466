// An input (prices, advice, weather, a forecast, a source's outage) in words: of an event in the
// log, or of one just fetched.
#pragma once

#include <optional>
#include <string>

#include "events/codec.hpp"
#include "events/time.hpp"

namespace wattledger::tool {

struct InputText {
  std::string kind;      // "prices", "peak hours", "weather", "pv", "load", "source"
  std::string about;     // the local day that it is for; of the rest, what tells two of them apart
                         // (of the house's own forecasts nothing: a new one takes the place)
  std::string provider;  // who said it
  std::string what;
  bool over = false;                 // a source that answers again: nothing is known of it any more
  std::optional<UtcTime> ends = {};  // of a forecast: what it is about is over then
};

// nullopt for an event that is no input. A later one of the same kind, about and provider (prices
// and advice: of whatever provider) takes the place of an earlier.
[[nodiscard]] std::optional<InputText> input_text(const fb::EventT& event, const ZoneOffsets& zone);
// What two inputs have in common that are about the same.
[[nodiscard]] std::string input_key(const InputText& input);

}  // namespace wattledger::tool
