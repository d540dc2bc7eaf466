// Which sentence a decision has, and with what values. What the numbers of each rule mean stands
// beside the rule in the policy; a decision that carries fewer of them (written by an older engine)
// gets a shorter sentence, never a wrong one.
#include "projections/fold/reason.hpp"

#include <algorithm>
#include <array>

#include "projections/fold/reason_words.hpp"

namespace wattledger::fold {
namespace {

// Rules whose first two numbers are prices that they compare.
struct TwoPrices {
  fb::Rule rule;
  Phrase full;
  Phrase bare;
};
constexpr TwoPrices two_prices[] = {
    {fb::Rule::price_too_high, Phrase::price_too_high, Phrase::price_too_high_bare},
    {fb::Rule::charge_goes_on, Phrase::charge_goes_on, Phrase::charge_goes_on_bare},
    {fb::Rule::before_peak, Phrase::before_peak, Phrase::before_peak_bare},
    {fb::Rule::near_cheapest, Phrase::near_cheapest, Phrase::near_cheapest_bare},
    {fb::Rule::price_above_cheapest, Phrase::price_above_cheapest,
     Phrase::price_above_cheapest_bare},
    {fb::Rule::super_cheap, Phrase::super_cheap, Phrase::super_cheap_bare},
    {fb::Rule::sale_price, Phrase::sale_price, Phrase::sale_price_bare},
    {fb::Rule::sale_buy_back, Phrase::buy_back, Phrase::buy_back_bare},
    {fb::Rule::sale_timing, Phrase::sale_timing, Phrase::sale_timing_bare},
    {fb::Rule::sale, Phrase::sale, Phrase::sale_bare}};

// In the order of the policy's PlanObstacle.
constexpr std::array obstacles = {Phrase::obstacle_import,     Phrase::obstacle_export,
                                  Phrase::obstacle_charge,     Phrase::obstacle_discharge,
                                  Phrase::obstacle_stored_min, Phrase::obstacle_stored_max,
                                  Phrase::obstacle_numbers};

Phrase name_of(fb::Fault fault) {
  switch (fault) {
    case fb::Fault::unknown:
      return Phrase::fault_unknown;
    case fb::Fault::battery_voltage:
      return Phrase::fault_battery_voltage;
    case fb::Fault::battery_temperature:
      return Phrase::fault_battery_temperature;
    case fb::Fault::grid_voltage:
      return Phrase::fault_grid_voltage;
    case fb::Fault::inverter_error:
      return Phrase::fault_inverter_error;
    case fb::Fault::inverter_silent:
      return Phrase::fault_inverter_silent;
    case fb::Fault::command_not_applied:
      return Phrase::fault_command_not_applied;
    case fb::Fault::clock_unreliable:
      return Phrase::fault_clock_unreliable;
    case fb::Fault::register_writes_excessive:
      return Phrase::fault_register_writes_excessive;
    case fb::Fault::projection_stopped:
      return Phrase::fault_projection_stopped;
    case fb::Fault::log_damaged:
      return Phrase::fault_log_damaged;
  }
  return Phrase::fault_unknown;
}

// Reads a decision and tells its parts.
class Sentence {
 public:
  Sentence(const fb::DecisionMadeT& decision, const ZoneOffsets* zone, Language language)
      : decision_(decision), zone_(zone), words_(language) {
    for (const auto& tried : decision.tried)
      if (tried && tried->rule == decision.rule && tried->outcome == fb::Outcome::chosen)
        chosen_ = tried.get();
  }

  [[nodiscard]] std::string text() const {
    return say(Phrase::sentence, {{"action", action()}, {"because", because()}});
  }

 private:
  [[nodiscard]] bool has(std::size_t count) const {
    return chosen_ != nullptr && chosen_->numbers.size() >= count;
  }
  [[nodiscard]] std::int64_t number(std::size_t index) const { return chosen_->numbers[index]; }

  [[nodiscard]] std::string say(Phrase phrase, std::initializer_list<Value> values = {}) const {
    return words_.say(phrase, values);
  }
  // The chosen rule's number as a value of a phrase.
  [[nodiscard]] Value price(std::string_view name, std::size_t index) const {
    return {name, words_.price(number(index))};
  }
  [[nodiscard]] Value percent(std::string_view name, std::size_t index) const {
    return {name, words_.percent(number(index))};
  }
  [[nodiscard]] Value power(std::string_view name, std::size_t index) const {
    return {name, words_.kilowatts(number(index))};
  }
  [[nodiscard]] Value count(std::string_view name, std::size_t index) const {
    return counted(name, number(index));
  }
  // Seconds as begun minutes.
  [[nodiscard]] Value minutes(std::string_view name, std::size_t index) const {
    return counted(name, (number(index) + 59) / 60);
  }
  [[nodiscard]] Value time(std::string_view name, std::size_t index) const {
    return {name, clock(number(index) * 1'000'000)};
  }

  [[nodiscard]] std::string clock(std::int64_t us) const {
    const UtcTime at = utc_from_us(us);
    return zone_ != nullptr ? iso_text(zone_->to_local(at)).substr(11, 5)
                            : utc_text(at).substr(11, 5) + "Z";
  }

  [[nodiscard]] std::string until() const {
    if (!decision_.until_us) return {};
    return say(Phrase::until_time, {{"time", clock(*decision_.until_us)}});
  }

  // "Charging at 4.7 kW until 02:15 to 90 %"
  [[nodiscard]] std::string with_extent(Phrase doing, Phrase towards) const {
    std::string at;
    std::string to;
    if (decision_.power_w)
      at = say(Phrase::at_power, {{"power", words_.kilowatts(*decision_.power_w)}});
    if (decision_.target_soc_bp)
      to = say(towards, {{"soc", words_.percent(*decision_.target_soc_bp)}});
    return say(doing, {{"at", std::move(at)}, {"until", until()}, {"to", std::move(to)}});
  }

  [[nodiscard]] std::string action() const {
    switch (decision_.action) {
      case fb::Action::self_use:
        return say(Phrase::serving);
      case fb::Action::charge:
        return with_extent(Phrase::charging, Phrase::up_to_soc);
      case fb::Action::hold:
        return say(Phrase::holding, {{"until", until()}});
      case fb::Action::sell:
        return with_extent(Phrase::selling, Phrase::down_to_soc);
      case fb::Action::stop:
        return say(Phrase::stopped);
    }
    return say(Phrase::unknown_action);
  }

  [[nodiscard]] std::string because() const {
    switch (decision_.rule) {
      case fb::Rule::none:
        return say(Phrase::no_rule);
      case fb::Rule::data_missing:
        return say(Phrase::data_missing);
      case fb::Rule::data_stale:
        return has(2) ? say(Phrase::data_stale, {count("age", 0), count("limit", 1)})
                      : say(Phrase::data_stale_bare);
      case fb::Rule::data_implausible:
        return say(Phrase::data_implausible);
      case fb::Rule::latched_safety:
        return latched();
      case fb::Rule::emergency_charge:
        return emergency();
      case fb::Rule::owner_override:
        return has(1) ? say(Phrase::owner, {count("request", 0)}) : say(Phrase::owner_bare);
      case fb::Rule::operator_limit:
        return operator_limit();
      case fb::Rule::charge_kept:
        return charge_kept();
      case fb::Rule::charge_temperature:
        return charge_temperature();
      case fb::Rule::connection_limit:
        return connection_limit();
      case fb::Rule::anti_flap:
        return has(2) ? say(Phrase::anti_flap, {count("ago", 0), count("limit", 1)})
                      : say(Phrase::anti_flap_bare);
      case fb::Rule::cheapest_slots:
        return cheapest();
      case fb::Rule::battery_full:
        return full();
      case fb::Rule::serve_house:
        return serve();
      case fb::Rule::no_price:
        return say(Phrase::no_price);
      case fb::Rule::planned:
      case fb::Rule::plan_kept:
      case fb::Rule::plan_infeasible:
        return by_plan();
      case fb::Rule::critical_charge:
        return critical();
      case fb::Rule::critical_wait:
        return wait();
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
    return say(Phrase::unknown_rule);
  }

  [[nodiscard]] std::string by_two_prices() const {
    TwoPrices found{fb::Rule::cheap_price,
                    decision_.action == fb::Action::charge ? Phrase::cheap : Phrase::not_cheap,
                    Phrase::cheap_bare};
    for (const TwoPrices& each : two_prices)
      if (each.rule == decision_.rule) found = each;
    if (decision_.rule == fb::Rule::sale_buy_back && has(1) && !has(2))
      return say(Phrase::buy_back_unknown, {price("price", 0)});
    if (!has(2)) return say(found.bare);
    return say(found.full, {price("price", 0), price("limit", 1)});
  }

  // What the plan weighs in this slot: the price now, or what feeding in earns (the number there;
  // earlier engines did not tell it), against what a stored kWh is worth later.
  [[nodiscard]] std::string weighed(std::int64_t stored_value, std::size_t feed_in) const {
    const Value worth{"worth", words_.price(stored_value)};
    if (!decision_.price_e8) return say(Phrase::weighed_worth, {worth});
    const Value now{"price", words_.price(*decision_.price_e8)};
    switch (decision_.action) {
      case fb::Action::charge:
        return say(Phrase::weighed_later, {now, worth});
      case fb::Action::hold:
        if (*decision_.price_e8 < stored_value) return say(Phrase::weighed_less, {now, worth});
        if (!has(feed_in + 1)) return say(Phrase::weighed_both, {now, worth});
        if (number(feed_in) > stored_value)
          return say(Phrase::weighed_fed_in, {price("feed_in", feed_in), worth});
        return say(Phrase::weighed_all, {now, price("feed_in", feed_in), worth});
      case fb::Action::sell:
        if (!has(feed_in + 1)) return say(Phrase::weighed_sale, {worth});
        if (number(feed_in) > stored_value)
          return say(Phrase::weighed_fed_in, {price("feed_in", feed_in), worth});
        return say(Phrase::weighed_all, {now, price("feed_in", feed_in), worth});
      case fb::Action::self_use:
      case fb::Action::stop:
        return say(Phrase::weighed_both, {now, worth});
    }
    return say(Phrase::weighed_price, {now});
  }

  [[nodiscard]] std::string by_plan() const {
    if (decision_.rule == fb::Rule::planned) return planned();
    return decision_.rule == fb::Rule::plan_kept ? kept() : infeasible();
  }

  [[nodiscard]] std::string planned() const {
    if (!has(4)) return say(Phrase::planned_bare);
    return say(Phrase::planned, {{"weighed", weighed(number(2), 4)},
                                 counted("hours", (number(3) + 1'800) / 3'600),
                                 price("saving", 1)});
  }

  [[nodiscard]] std::string kept() const {
    if (!has(3)) return say(Phrase::kept_bare);
    const std::string gain =
        number(0) <= 0 ? say(Phrase::gain_nothing)
                       : say(Phrase::gain_too_little, {price("gain", 0), price("least", 1)});
    return say(Phrase::kept, {{"weighed", weighed(number(2), 3)}, {"gain", gain}});
  }

  [[nodiscard]] std::string infeasible() const {
    if (!has(2) || number(0) < 0 || number(0) >= static_cast<std::int64_t>(obstacles.size()))
      return say(Phrase::infeasible_bare);
    return say(
        Phrase::infeasible,
        {{"obstacle", say(obstacles[static_cast<std::size_t>(number(0))])}, time("time", 1)});
  }

  [[nodiscard]] std::string charge_kept() const {
    if (!has(4)) return say(Phrase::charge_kept_bare);
    return say(Phrase::charge_kept, {percent("target", 1), price("price", 2), price("limit", 3)});
  }

  [[nodiscard]] std::string charge_temperature() const {
    if (!has(3)) return say(Phrase::charge_temperature_bare);
    // Within the limits it is the beginning that waits, a degree inside.
    const bool within = number(0) >= number(1) && number(0) <= number(2);
    const std::int64_t inside =
        within ? std::min<std::int64_t>(1'000, (number(2) - number(1)) / 2) : 0;
    return say(within ? Phrase::charge_temperature_begins : Phrase::charge_temperature,
               {{"temperature", words_.celsius(number(0))},
                {"from", words_.celsius(number(1) + inside)},
                {"to", words_.celsius(number(2) - inside)}});
  }

  [[nodiscard]] std::string connection_limit() const {
    if (!has(2)) return say(Phrase::connection_limit_bare);
    return say(Phrase::connection_limit, {power("limit", 0), power("drawn", 1)});
  }

  [[nodiscard]] std::string operator_limit() const {
    if (!has(1)) return say(Phrase::operator_bare);
    return say(number(0) >= 3 ? Phrase::operator_requires : Phrase::operator_recommends,
               {count("code", 0)});
  }

  [[nodiscard]] std::string critical() const {
    if (!has(2)) return say(Phrase::critical_bare);
    if (!has(4)) return say(Phrase::critical, {percent("soc", 0), percent("limit", 1)});
    return say(number(2) <= number(3) ? Phrase::critical_within : Phrase::critical_no_waiting,
               {percent("soc", 0), percent("limit", 1), price("price", 2), price("most", 3)});
  }

  [[nodiscard]] std::string wait() const {
    if (!has(3)) return say(Phrase::wait_bare);
    if (has(4))
      return say(Phrase::wait_for_sun, {time("time", 2), power("power", 3), price("price", 0)});
    return say(Phrase::wait_for_price, {time("time", 2), price("later", 1), price("price", 0)});
  }

  // PV beyond the load, now or to come.
  [[nodiscard]] std::string no_sun() const {
    if (!has(4)) return say(Phrase::no_sun_bare);
    std::string more;
    if (has(5))
      more =
          number(4) <= 0 ? say(Phrase::sun_no_more) : say(Phrase::sun_at_most, {power("most", 4)});
    return say(Phrase::no_sun,
               {{"sun", say(number(0) < 0 ? Phrase::sun_below_load : Phrase::sun_above_load,
                            {power("power", 0)})},
                {"more", std::move(more)},
                price("price", 2),
                price("limit", 3)});
  }

  [[nodiscard]] std::string no_sale() const {
    const fb::Rule rule = decision_.rule;
    if (rule == fb::Rule::sale_floor) {
      if (!has(2)) return say(Phrase::sale_floor_bare);
      return say(number(0) < number(1) ? Phrase::sale_needs : Phrase::sale_ends_here,
                 {percent("soc", 0), percent("need", 1)});
    }
    if (rule == fb::Rule::sale_sun)
      return has(2) ? say(Phrase::sale_sun, {power("sun", 0), power("load", 1)})
                    : say(Phrase::sale_sun_bare);
    if (rule == fb::Rule::sale_limits) {
      if (!has(2)) return say(Phrase::sale_limits_bare);
      return number(1) > 0
                 ? say(Phrase::sale_hours, {count("from", 0), counted("to", number(0) + 1)})
                 : say(Phrase::sale_no_power);
    }
    if (!has(6)) return say(Phrase::sale_cap_bare);
    if (number(0) >= number(1))
      return say(Phrase::sale_session_cap, {percent("sold", 0), percent("most", 1)});
    if (number(2) >= number(3))
      return say(Phrase::sale_day_cap, {percent("sold", 2), percent("most", 3)});
    return say(Phrase::sale_count_cap, {count("count", 4), count("most", 5)});
  }

  [[nodiscard]] std::string tiered() const {
    const fb::Rule rule = decision_.rule;
    if (rule == fb::Rule::no_sun) return no_sun();
    if (rule == fb::Rule::zone_ending)
      return has(2) ? say(Phrase::zone_ending, {minutes("left", 0), minutes("need", 1)})
                    : say(Phrase::zone_ending_bare);
    if (rule == fb::Rule::session_goes_on)
      return has(2) ? say(Phrase::session_goes_on, {percent("soc", 0), percent("target", 1)})
                    : say(Phrase::session_goes_on_bare);
    if (rule == fb::Rule::session_limit)
      return has(2) ? say(Phrase::session_limit, {count("count", 0), count("most", 1)})
                    : say(Phrase::session_limit_bare);
    return has(2) ? say(Phrase::recently_full, {percent("soc", 0), percent("target", 1)})
                  : say(Phrase::recently_full_bare);
  }

  [[nodiscard]] std::string latched() const {
    if (!has(1) || number(0) < 0 || number(0) > static_cast<std::int64_t>(fb::Fault::MAX))
      return say(Phrase::latched_bare);
    return say(Phrase::latched, {{"fault", say(name_of(static_cast<fb::Fault>(number(0))))}});
  }

  [[nodiscard]] std::string emergency() const {
    if (!has(2)) return say(Phrase::emergency_bare);
    return say(
        decision_.action == fb::Action::hold ? Phrase::emergency_without_power : Phrase::emergency,
        {percent("soc", 0), percent("limit", 1)});
  }

  [[nodiscard]] std::string full() const {
    if (!has(2)) return say(Phrase::full_bare);
    if (has(3) && number(0) < number(1))
      return say(Phrase::full_until_below,
                 {percent("soc", 0), percent("target", 1), percent("begin", 2)});
    return say(Phrase::full, {percent("soc", 0), percent("target", 1)});
  }

  // "the 9 cheapest of 84 known slots"
  [[nodiscard]] Value slots() const {
    return {"slots", say(number(2) == 1 ? Phrase::the_cheapest_slot : Phrase::the_cheapest_slots,
                         {count("count", 2), count("known", 3)})};
  }

  [[nodiscard]] std::string cheapest() const {
    if (!has(4)) return say(Phrase::among_cheapest_bare);
    return say(Phrase::among_cheapest,
               {price("price", 0), slots(), count("count", 2), price("dearest", 1)});
  }

  [[nodiscard]] std::string serve() const {
    if (!has(4) || number(2) <= 0) return say(Phrase::serve_bare);
    if (number(0) > number(1))
      return say(Phrase::above_cheapest,
                 {price("price", 0), price("dearest", 1), slots(), count("count", 2)});
    return say(Phrase::not_among_cheapest, {price("price", 0), slots(), count("count", 2)});
  }

  const fb::DecisionMadeT& decision_;
  const ZoneOffsets* zone_;
  const Words words_;
  const fb::TriedRuleT* chosen_ = nullptr;
};

}  // namespace

std::string reason_text(const fb::DecisionMadeT& decision) {
  return Sentence(decision, nullptr, Language::english).text();
}

std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone) {
  return Sentence(decision, &zone, Language::english).text();
}

std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone,
                        Language language) {
  return Sentence(decision, &zone, language).text();
}

std::string fault_text(fb::Fault fault, Language language) {
  return Words(language).say(name_of(fault));
}

}  // namespace wattledger::fold
