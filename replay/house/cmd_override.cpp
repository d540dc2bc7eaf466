// wattledger override charge|hold|sell|auto [--until T] [--soc N] [--power W]: the owner's hand.
// Writes.
#include <memory>

#include "replay/house/commands.hpp"
#include "replay/house/override_request.hpp"

namespace wattledger::tool {

void add_override(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      add_command(app, "override",
                  "Your hand on the battery: charge from the grid, hold the charge, sell, or give "
                  "control back (auto). "
                  "Safety stays above it. Writes an event.",
                  "wattledger override charge --until 06:00 --soc 80\n  wattledger override auto");
  const auto wish = std::make_shared<OverrideWish>();
  add_words(*command, "action", wish->action, "charge, hold, sell or auto")
      .type_name("charge|hold|sell|auto")
      .required();
  add_text(*command, "--until", wish->until,
           "When it ends: 18:30, 2025-10-26T18:30 (local) or +90m, +2h; charge alone has a "
           "default, one hour")
      .type_name("TIME");
  add_number(*command, "--soc", wish->soc,
             "charge, sell: stop at this charge of the battery, in percent (else at 100, or at "
             "battery.min_soc_pct)")
      .type_name("PERCENT");
  add_number(*command, "--power", wish->power,
             "charge, sell: at most this much, in watts; battery.charge_power_w and "
             "battery.discharge_power_w hold above it")
      .type_name("WATTS");
  add_words(*command, "--reason", wish->reason, "A word for the record").type_name("TEXT");
  on_call(*command, invocation,
          [&invocation, wish] { return request_override(invocation, *wish); });
}

}  // namespace wattledger::tool
