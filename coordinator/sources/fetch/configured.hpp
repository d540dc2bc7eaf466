// What a configuration says of the sources: whom to ask, and with what.
#pragma once

#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/sources/fetch/address.hpp"

namespace wattledger::sources {

// The providers that a configuration names.
[[nodiscard]] std::vector<Provider> providers_of(const config::Config& config);
// Not one that `config` no longer asks; names that are no provider's (a file's) are.
[[nodiscard]] bool still_asked(const config::Config& config, std::string_view provider);
// What an address is made of. The token is read for ENTSO-E alone; invalid_input for a file that is
// not there, that others may read, or that holds none.
[[nodiscard]] Result<Asked> asked_of(const config::Config& config, Provider provider);
// The local days that are asked for: today, and from sources.day_ahead_from_h on tomorrow.
struct DaysAsked {
  std::vector<UtcTime> starts;
  UtcTime tomorrow_from;  // when tomorrow is one of them
};
[[nodiscard]] DaysAsked days_asked(const config::Config& config, const ZoneOffsets& zone,
                                   UtcTime now);
// Puts the day that starts at `day` into what is asked.
void ask_for(Asked& asked, UtcTime day, const ZoneOffsets& zone);
// Whether a provider is asked for local days, one by one: prices and advice.
[[nodiscard]] bool has_days(Provider provider);

}  // namespace wattledger::sources
