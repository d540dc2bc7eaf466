// Sentences for decisions. What the numbers of each rule mean stands beside the rule in the policy;
// a decision that carries fewer of them (written by an older engine) gets a shorter sentence, never
// a wrong one.
#include <cstdlib>
#include <optional>
#include <string>

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::fold {
namespace {

// `value` / 10^`digits` with at most `shown` decimals (half away from zero), at least `least`.
std::string decimal(std::int64_t value, int digits, int shown, int least) {
  const bool negative = value < 0;
  std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::uint64_t cut = 1;
  for (int i = shown; i < digits; ++i) cut *= 10;
  size = size / cut + (size % cut * 2 >= cut && cut > 1 ? 1 : 0);
  std::uint64_t unit = 1;
  for (int i = 0; i < shown; ++i) unit *= 10;
  std::string fraction = std::to_string(size % unit + unit).substr(1);
  while (static_cast<int>(fraction.size()) > least && fraction.back() == '0') fraction.pop_back();
  std::string text = negative && size != 0 ? "-" : "";
  text += std::to_string(size / unit);
  return fraction.empty() ? text : text + "." + fraction;
}

std::string price(std::int64_t e8) { return decimal(e8, 8, 4, 4); }
std::string percent(std::int64_t basis_points) { return decimal(basis_points, 2, 2, 0) + " %"; }
std::string kilowatts(std::int64_t watts) { return decimal(std::abs(watts), 3, 3, 1) + " kW"; }
std::string whole_seconds(std::int64_t value) { return std::to_string(value) + " s"; }

// Reads a decision and tells its parts.
class Sentence {
 public:
  Sentence(const fb::DecisionMadeT& decision, const ZoneOffsets* zone)
      : decision_(decision), zone_(zone) {
    for (const auto& tried : decision.tried)
      if (tried && tried->rule == decision.rule && tried->outcome == fb::Outcome::chosen)
        chosen_ = tried.get();
  }

  [[nodiscard]] std::string text() const { return action() + ": " + because() + "."; }

 private:
  [[nodiscard]] bool has(std::size_t count) const {
    return chosen_ != nullptr && chosen_->numbers.size() >= count;
  }
  [[nodiscard]] std::int64_t number(std::size_t index) const { return chosen_->numbers[index]; }

  [[nodiscard]] std::string clock(std::int64_t us) const {
    const UtcTime at = utc_from_us(us);
    return zone_ != nullptr ? iso_text(zone_->to_local(at)).substr(11, 5)
                            : utc_text(at).substr(11, 5) + "Z";
  }

  // " at 4.7 kW until 02:15 to 90 %"
  [[nodiscard]] std::string extent(const char* towards) const {
    std::string text;
    if (decision_.power_w) text += " at " + kilowatts(*decision_.power_w);
    if (decision_.until_us) text += " until " + clock(*decision_.until_us);
    if (decision_.target_soc_bp)
      text += std::string(" ") + towards + " " + percent(*decision_.target_soc_bp);
    return text;
  }

  [[nodiscard]] std::string action() const {
    switch (decision_.action) {
      case fb::Action::self_use:
        return "Serving the house";
      case fb::Action::charge:
        return "Charging" + extent("to");
      case fb::Action::hold:
        return "Holding the battery" +
               (decision_.until_us ? " until " + clock(*decision_.until_us) : std::string());
      case fb::Action::sell:
        return "Selling" + extent("down to");
      case fb::Action::stop:
        return "Stopped";
    }
    return "Unknown action";
  }

  [[nodiscard]] std::string because() const {
    switch (decision_.rule) {
      case fb::Rule::none:
        return "no rule applied";
      case fb::Rule::data_missing:
        return "no reading of the inverter is known yet";
      case fb::Rule::data_stale:
        return stale();
      case fb::Rule::data_implausible:
        return "the newest reading cannot be true";
      case fb::Rule::latched_safety:
        return latched();
      case fb::Rule::emergency_charge:
        return emergency();
      case fb::Rule::owner_override:
        return has(1) ? "the owner asked for it (request " + std::to_string(number(0)) + ")"
                      : "the owner asked for it";
      case fb::Rule::operator_limit:
        return "the grid operator's limits ask for it";
      case fb::Rule::anti_flap:
        return anti_flap();
      case fb::Rule::cheapest_slots:
        return cheapest();
      case fb::Rule::battery_full:
        return full();
      case fb::Rule::serve_house:
        return serve();
      case fb::Rule::no_price:
        return "no price is known for this time";
    }
    return "a rule this program does not know";
  }

  [[nodiscard]] std::string stale() const {
    if (!has(2)) return "the newest reading is too old";
    return "the newest reading is " + whole_seconds(number(0)) + " old, over the limit of " +
           whole_seconds(number(1));
  }

  [[nodiscard]] std::string latched() const {
    std::string name;
    if (has(1) && number(0) >= 0 && number(0) <= static_cast<std::int64_t>(fb::Fault::MAX))
      name = fb::EnumNameFault(static_cast<fb::Fault>(number(0)));
    for (char& c : name)
      if (c == '_') c = ' ';
    return name.empty() ? "a fault is latched until it is cleared"
                        : "the fault '" + name + "' is latched until it is cleared";
  }

  [[nodiscard]] std::string emergency() const {
    if (!has(2)) return "the battery is under its emergency limit, whatever the price";
    return "the battery is at " + percent(number(0)) + ", the emergency limit is " +
           percent(number(1)) + ", so it charges at any price";
  }

  [[nodiscard]] std::string anti_flap() const {
    if (!has(2)) return "the last change is too recent";
    return "the last change was " + whole_seconds(number(0)) + " ago, at least " +
           whole_seconds(number(1)) + " must lie between two";
  }

  [[nodiscard]] std::string full() const {
    if (!has(2)) return "the battery has reached its target";
    return "the battery is at " + percent(number(0)) + ", its target is " + percent(number(1));
  }

  // "the 9 cheapest of 84 known slots"
  [[nodiscard]] std::string cheapest_of_known() const {
    return "the " + (number(2) == 1 ? std::string("single") : std::to_string(number(2))) +
           " cheapest of " + std::to_string(number(3)) + " known slots";
  }

  [[nodiscard]] std::string cheapest() const {
    if (!has(4)) return "this is one of the cheapest known slots";
    return price(number(0)) + " per kWh is among " + cheapest_of_known() +
           ", the dearest of them at " + price(number(1));
  }

  [[nodiscard]] std::string serve() const {
    if (!has(4) || number(2) <= 0) return "nothing calls for a charge now";
    if (number(0) > number(1))
      return price(number(0)) + " per kWh is above " + price(number(1)) + ", the dearest of " +
             cheapest_of_known();
    return price(number(0)) + " per kWh is not among " + cheapest_of_known();
  }

  const fb::DecisionMadeT& decision_;
  const ZoneOffsets* zone_;
  const fb::TriedRuleT* chosen_ = nullptr;
};

}  // namespace

std::string reason_text(const fb::DecisionMadeT& decision) {
  return Sentence(decision, nullptr).text();
}

std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone) {
  return Sentence(decision, &zone).text();
}

}  // namespace wattledger::fold
