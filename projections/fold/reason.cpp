// Sentences for decisions. What the numbers of each rule mean stands beside the rule in the policy;
// a decision that carries fewer of them (written by an older engine) gets a shorter sentence, never
// a wrong one.
#include <algorithm>
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
std::string minutes(std::int64_t seconds) { return std::to_string((seconds + 59) / 60) + " min"; }

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
        return "no reading of the inverter that tells the state of charge is known yet";
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
        return operator_limit();
      case fb::Rule::charge_kept:
        return charge_kept();
      case fb::Rule::charge_temperature:
        return charge_temperature();
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
      case fb::Rule::planned:
        return planned();
      case fb::Rule::plan_kept:
        return kept();
      case fb::Rule::plan_infeasible:
        return infeasible();
      case fb::Rule::critical_charge:
      case fb::Rule::critical_wait:
        return critical();
      case fb::Rule::no_sun:
      case fb::Rule::zone_ending:
      case fb::Rule::session_goes_on:
      case fb::Rule::session_limit:
      case fb::Rule::recently_full:
        return tiered();
      case fb::Rule::sale_limits:
      case fb::Rule::sale_floor:
      case fb::Rule::sale_cap:
      case fb::Rule::sale_sun:
        return no_sale();
      case fb::Rule::price_too_high:
      case fb::Rule::charge_goes_on:
      case fb::Rule::before_peak:
      case fb::Rule::near_cheapest:
      case fb::Rule::price_above_cheapest:
      case fb::Rule::cheap_price:
      case fb::Rule::super_cheap:
      case fb::Rule::sale_price:
      case fb::Rule::sale_buy_back:
      case fb::Rule::sale_timing:
      case fb::Rule::sale:
        return by_two_prices();
    }
    return "a rule this program does not know";
  }

  // Rules whose first two numbers are prices that they compare.
  [[nodiscard]] std::string by_two_prices() const {
    struct Words {
      fb::Rule rule;
      const char* between;
      const char* shorter;
    };
    using fb::Rule;
    static constexpr Words words[] = {
        {Rule::price_too_high, " per kWh is above ", "the price is too high to charge"},
        {Rule::charge_goes_on, " per kWh is not above ", "the charge goes on"},
        {Rule::before_peak, " per kWh now, and the evening's mean is ",
         "the evening will be dearer"},
        {Rule::near_cheapest, " per kWh is near the cheapest to come, ",
         "the price is near the cheapest to come"},
        {Rule::price_above_cheapest, " per kWh is too far above the cheapest to come, ",
         "cheaper slots are to come"},
        {Rule::super_cheap, " per kWh is within ", "the price is very low"},
        {Rule::sale_price, " per kWh fed in is less than ", "a kWh fed in earns too little"},
        {Rule::sale_buy_back, " per kWh fed in, and to buy it back would cost ",
         "what is sold would have to be bought back"},
        {Rule::sale_timing, " per kWh fed in now, and later ", "a better hour is to come"},
        {Rule::sale, " per kWh fed in is at least ", "a kWh fed in earns enough"}};
    Words found{Rule::cheap_price,
                decision_.action == fb::Action::charge ? " per kWh is cheap, within "
                                                       : " per kWh is not cheap, above ",
                "the price decides"};
    for (const Words& each : words)
      if (each.rule == decision_.rule) found = each;
    if (decision_.rule == fb::Rule::sale_buy_back && has(1) && !has(2))
      return price(number(0)) +
             " per kWh fed in, and to buy it back would cost what nobody knows yet";
    if (!has(2)) return found.shorter;
    return price(number(0)) + found.between + price(number(1));
  }

  // What the plan weighs in this slot: the price now against what a stored kWh is worth later.
  [[nodiscard]] std::string weighed(std::int64_t stored_value) const {
    const std::string worth = price(stored_value);
    if (!decision_.price_e8) return "a stored kWh is worth " + worth;
    const std::string now = price(*decision_.price_e8) + " per kWh now";
    switch (decision_.action) {
      case fb::Action::charge:
        return now + ", and a stored kWh is worth " + worth + " later";
      case fb::Action::hold:
        return *decision_.price_e8 < stored_value
                   ? now + " costs less than the " + worth + " that a stored kWh is worth later"
                   : now + ", and a stored kWh is worth " + worth;
      case fb::Action::sell:
        return "a stored kWh is worth " + worth + " later, and is sold for more";
      case fb::Action::self_use:
      case fb::Action::stop:
        return now + ", and a stored kWh is worth " + worth;
    }
    return now;
  }

  [[nodiscard]] std::string planned() const {
    if (!has(4)) return "it is part of the plan of least cost";
    return weighed(number(2)) + ", in a plan for " + decimal((number(3) + 1'800) / 3'600, 0, 0, 0) +
           " h that saves " + price(number(1)) + " against serving the house alone";
  }

  // The number is the policy's PlanObstacle.
  [[nodiscard]] std::string infeasible() const {
    static constexpr const char* limits[] = {"what may be taken from the grid",
                                             "what may be fed in",
                                             "the charging power",
                                             "the discharging power",
                                             "the least charge",
                                             "the most charge",
                                             "a number out of range"};
    constexpr auto count = static_cast<std::int64_t>(std::size(limits));
    if (!has(2) || number(0) < 0 || number(0) >= count) return "no plan keeps every limit";
    return std::string("no plan keeps every limit: ") + limits[number(0)] + ", from " +
           clock(number(1) * 1'000'000) + " on";
  }

  [[nodiscard]] std::string kept() const {
    if (!has(3)) return "it is part of the plan, which stands";
    const std::string gain = number(0) <= 0 ? "a new plan would gain nothing"
                                            : "a new plan would gain " + price(number(0)) +
                                                  ", less than " + price(number(1));
    return weighed(number(2)) + ", as planned (" + gain + ")";
  }

  [[nodiscard]] std::string charge_kept() const {
    if (!has(4)) return "what was charged is kept for dearer hours";
    return "it was charged to " + percent(number(1)) + " not long ago, and while a kWh costs " +
           price(number(2)) + ", not above " + price(number(3)) + ", that is kept for dearer hours";
  }

  [[nodiscard]] std::string charge_temperature() const {
    if (!has(3)) return "the battery is too cold or too hot to be charged";
    return "the battery is at " + decimal(number(0), 3, 1, 0) + " °C, and is charged only from " +
           decimal(number(1), 3, 1, 0) + " to " + decimal(number(2), 3, 1, 0) + " °C";
  }

  [[nodiscard]] std::string operator_limit() const {
    if (!has(1)) return "the grid operator's limits ask for it";
    return std::string("the grid operator ") +
           (number(0) >= 3 ? "requires a lower use" : "recommends saving") +
           " in this hour (code " + std::to_string(number(0)) + ")";
  }

  [[nodiscard]] std::string critical() const {
    if (decision_.rule == fb::Rule::critical_charge) {
      if (!has(2)) return "the battery is nearly empty";
      std::string text =
          "the battery is at " + percent(number(0)) + ", under " + percent(number(1));
      if (!has(4)) return text;
      const bool within = number(2) <= number(3);
      return text + ", and " + price(number(2)) + " per kWh is " +
             (within ? "within " + price(number(3)) : "not worth waiting out");
    }
    if (!has(3)) return "the battery is nearly empty, and waits for a lower price";
    const std::string until =
        "the battery is nearly empty, and waits until " + clock(number(2) * 1'000'000);
    if (has(4))
      return until + " for the sun (" + kilowatts(number(3)) + " beyond the load) instead of " +
             price(number(0)) + " per kWh";
    return until + " for " + price(number(1)) + " per kWh instead of " + price(number(0));
  }

  // PV beyond the load, now or to come.
  [[nodiscard]] std::string no_sun() const {
    if (!has(4)) return "there is no sun to wait for and the price is low enough";
    std::string text = "the sun gives " + kilowatts(number(0)) +
                       (number(0) < 0 ? " less than" : " beyond") + " the load";
    if (has(5))
      text += number(4) <= 0 ? ", no more is to come"
                             : ", at most " + kilowatts(number(4)) + " beyond it is to come";
    return text + ", and " + price(number(2)) + " per kWh is within " + price(number(3));
  }

  [[nodiscard]] std::string no_sale() const {
    const fb::Rule rule = decision_.rule;
    if (rule == fb::Rule::sale_floor) {
      if (!has(2)) return "the battery is not full enough to sell";
      return "the battery is at " + percent(number(0)) +
             (number(0) < number(1) ? ", and a sale needs " + percent(number(1))
                                    : ", where a sale ends");
    }
    if (rule == fb::Rule::sale_sun)
      return has(2) ? "the sun gives " + kilowatts(number(0)) + " and serves the house's " +
                          kilowatts(number(1))
                    : "the sun serves the house";
    if (rule == fb::Rule::sale_limits) {
      if (!has(2)) return "the limits of a sale forbid it";
      return number(1) > 0 ? "nothing is sold between " + std::to_string(number(0)) + " and " +
                                 std::to_string(number(0) + 1) + " o'clock"
                           : "the limits leave no power for a sale";
    }
    if (!has(6)) return "as much was sold as may be";
    if (number(0) >= number(1))
      return "this sale took " + percent(number(0)) + " of the battery, it may take " +
             percent(number(1));
    if (number(2) >= number(3))
      return "today's sales took " + percent(number(2)) + " of the battery, they may take " +
             percent(number(3));
    return "there were " + std::to_string(number(4)) + " sales today, there may be " +
           std::to_string(number(5));
  }

  [[nodiscard]] std::string tiered() const {
    const fb::Rule rule = decision_.rule;
    if (rule == fb::Rule::no_sun) return no_sun();
    if (rule == fb::Rule::zone_ending)
      return has(2) ? "the cheap hours end in " + minutes(number(0)) + ", and a charge takes " +
                          minutes(number(1))
                    : "the cheap hours end soon";
    if (rule == fb::Rule::session_goes_on)
      return has(2) ? "the charge under way goes on from " + percent(number(0)) + " to " +
                          percent(number(1))
                    : "the charge under way goes on";
    if (rule == fb::Rule::session_limit)
      return has(2) ? "there were " + std::to_string(number(0)) + " charges today, there may be " +
                          std::to_string(number(1))
                    : "there were enough charges today";
    return has(2) ? "the battery is at " + percent(number(0)) + " and was charged to " +
                        percent(number(1)) + " not long ago"
                  : "the battery was charged not long ago";
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
           percent(number(1)) +
           (decision_.action == fb::Action::hold
                ? ", and the connection leaves no power to charge it"
                : ", so it charges at any price");
  }

  [[nodiscard]] std::string anti_flap() const {
    if (!has(2)) return "the last change is too recent";
    return "the last change was " + whole_seconds(number(0)) + " ago, at least " +
           whole_seconds(number(1)) + " must lie between two";
  }

  [[nodiscard]] std::string full() const {
    if (!has(2)) return "the battery has reached its target";
    const std::string level = "the battery is at " + percent(number(0));
    if (has(3) && number(0) < number(1))
      return level + ", and a charge to " + percent(number(1)) + " begins below " +
             percent(number(2));
    return level + ", its target is " + percent(number(1));
  }

  // "the 9 cheapest of 84 known slots"
  [[nodiscard]] std::string cheapest_of_known() const {
    const std::string cheapest =
        number(2) == 1 ? "the cheapest" : "the " + std::to_string(number(2)) + " cheapest";
    return cheapest + " of " + std::to_string(number(3)) + " known slots";
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
