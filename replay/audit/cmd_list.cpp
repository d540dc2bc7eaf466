// wattledger audit list [--known-at T] [--from T] [--to T] [--action A] [--rule R] [--session S]
// [--limit N]: decisions, one per line, with what became of them and what they cost.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "projections/fold/reason.hpp"
#include "replay/audit/commands.hpp"
#include "replay/audit/find_decisions.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  PeriodWish period;
  std::string known_at, action, rule, session;
  std::uint64_t limit = 0;  // 0: none
};

struct Filter {
  std::optional<fb::Action> action;
  std::optional<fb::Rule> rule;
  [[nodiscard]] bool holds(fb::Action a, fb::Rule r) const {
    return (!action || *action == a) && (!rule || *rule == r);
  }
};

template <class Enum, class Values, class Name>
Result<Enum> parse_word(const std::string& word, const char* what, const Values& values,
                        Name name) {
  std::vector<std::string> known;
  for (const Enum value : values) {
    known.emplace_back(name(value));
    if (word == known.back()) return value;
  }
  return fail(ErrorKind::invalid_input, fmt::format("there is no {} \"{}\"", what, word),
              near_match_remedy(word, known));
}

Result<Filter> parse(const Wish& wish) {
  Filter filter;
  if (!wish.action.empty()) {
    const auto action =
        parse_word<fb::Action>(wish.action, "action", fb::EnumValuesAction(), fb::EnumNameAction);
    if (!action) return Failure(action.error());
    filter.action = *action;
  }
  if (!wish.rule.empty()) {
    const auto rule =
        parse_word<fb::Rule>(wish.rule, "rule", fb::EnumValuesRule(), fb::EnumNameRule);
    if (!rule) return Failure(rule.error());
    filter.rule = *rule;
  }
  return filter;
}

std::string target_text(const FollowedDecision& told, const ZoneOffsets& zone) {
  std::string text;
  if (told.decision.target_soc_bp) text = percent_text(number(told.decision.target_soc_bp));
  if (told.decision.until_us) {
    const std::string until = local_text(utc_from_us(*told.decision.until_us), zone).substr(11, 5);
    text += text.empty() ? "until " + until : " by " + until;
  }
  return text.empty() ? "-" : text;
}

// Whose clock and language the lines have.
struct Reader {
  const ZoneOffsets& zone;
  fold::Language language;
};

std::string why(const FollowedDecision& told, const Reader& reader) {
  return told.is_imported ? "Imported: " + told.imported_reason
                          : fold::reason_text(told.decision, reader.zone, reader.language);
}

std::string outcome_text(Fate fate) {
  std::string text(fate_name(fate));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string money_text(std::int64_t e8) {
  const std::string text = fmt::format("{:.3f}", static_cast<double>(e8) / 1e8);
  return text == "-0.000" ? "0.000" : text;
}

// "~0.039" where the counters' steps could have made all of it.
std::string money_column(std::optional<std::int64_t> e8, std::int64_t error_e8) {
  if (!e8) return "-";
  return (*e8 != 0 && std::abs(*e8) < error_e8 ? "~" : "") + money_text(*e8);
}

void print_heading() {
  say(
      fmt::format("{:>8}  {:<25}  {:<8}  {:>8}  {:<16}  {:>7}  {:>9}  {:<20}  {:<13}  {:>8}  "
                  "{:>8}  {}",
                  "SEQUENCE", "LOCAL TIME", "ACTION", "POWER", "TARGET", "SOC", "PRICE/kWh", "RULE",
                  "OUTCOME", "COST", "SAVED", "WHY"));
}

void print_text(const FollowedDecision& told, const Reader& reader) {
  const ZoneOffsets& zone = reader.zone;
  const fb::DecisionMadeT& d = told.decision;
  say(fmt::format(
      "{:>8}  {:<25}  {:<8}  {:>8}  {:<16}  {:>7}  {:>9}  {:<20}  {:<13}  {:>8}  "
      "{:>8}  {}",
      told.sequence.value, local_text(told.at, zone), fb::EnumNameAction(d.action),
      d.power_w ? power_text(number(d.power_w)) : "-", target_text(told, zone),
      percent_text(told.soc_bp), told.price_e8 ? price_text(told.price_e8) : "-",
      fb::EnumNameRule(d.rule), outcome_text(told.fate),
      money_column(told.metering.paid_e8(), told.metering.paid_error_e8()),
      money_column(told.metering.saved_e8(), told.metering.saved_error_e8()), why(told, reader)));
}

template <class Optional>
Json json_number(const Optional& value, double unit) {
  return value ? Json(static_cast<double>(*value) / unit) : Json(nullptr);
}

// One member a column, in their order: of JSON, and of CSV.
Json members(const FollowedDecision& told, const Reader& reader) {
  const ZoneOffsets& zone = reader.zone;
  const fb::DecisionMadeT& d = told.decision;
  const fold::EnergySums& sums = told.metering.sums;
  Json result;
  result["sequence"] = told.sequence.value;
  result["at"] = utc_text(told.at);
  result["local_time"] = local_text(told.at, zone);
  result["action"] = fb::EnumNameAction(d.action);
  result["power_w"] = d.power_w ? Json(*d.power_w) : Json(nullptr);
  result["target_soc_pct"] = json_number(d.target_soc_bp, 100);
  result["until"] = d.until_us ? Json(utc_text(utc_from_us(*d.until_us))) : Json(nullptr);
  result["soc_pct"] = json_number(told.soc_bp, 100);
  result["price_kwh"] = json_number(told.price_e8, 1e8);
  result["rule"] = fb::EnumNameRule(d.rule);
  result["reason"] = why(told, reader);
  result["control_mode"] = fb::EnumNameControlMode(d.control_mode);
  result["based_on"] = d.based_on;
  result["expected_cost"] = json_number(d.expected_cost_e8, 1e8);
  result["expected_saving"] = json_number(d.expected_saving_e8, 1e8);
  result["outcome"] = fate_name(told.fate);
  result["cost"] = json_number(told.metering.paid_e8(), 1e8);
  result["saved"] = json_number(told.metering.saved_e8(), 1e8);
  result["savings"] = json_number(told.metering.saved_by_both_e8(), 1e8);
  const bool priced = sums.priced_s > 0;
  const auto within = [&](std::int64_t e8) {
    return priced ? Json(static_cast<double>(e8) / 1e8) : Json(nullptr);
  };
  result["cost_within"] = within(told.metering.paid_error_e8());
  result["saved_within"] = within(told.metering.saved_error_e8());
  result["metered_s"] = sums.covered_s;
  result["priced_s"] = sums.priced_s;
  const bool metered = told.metering.to.has_value();
  const auto energy = [&](std::int64_t mwh) {
    return metered ? Json(static_cast<double>(mwh) / 1e6) : Json(nullptr);
  };
  result["import_kwh"] = energy(sums.import_mwh);
  result["export_kwh"] = energy(sums.export_mwh);
  result["charge_kwh"] = energy(sums.charge_mwh);
  result["discharge_kwh"] = energy(sums.discharge_mwh);
  result["next"] = told.next ? Json(told.next->value) : Json(nullptr);
  return result;
}

// RFC 4180, in lines that end as this system's do.
std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  const std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + "\"";
}

// What the decisions told came to, and how that stands to the tables.
class Sums {
 public:
  void add(const Metering& metering) {
    if (!metering.paid_e8()) return;
    ++priced_;
    paid_ += *metering.paid_e8();
    saved_ += *metering.saved_e8();
    saved_by_both_ += *metering.saved_by_both_e8();
    charged_mwh_ += metering.sums.charge_mwh;
    discharged_mwh_ += metering.sums.discharge_mwh;
    const auto is_coarse = [](std::int64_t value, std::int64_t error) {
      return value != 0 && std::abs(value) < error;
    };
    coarse_ = coarse_ || is_coarse(*metering.paid_e8(), metering.paid_error_e8()) ||
              is_coarse(*metering.saved_e8(), metering.saved_error_e8());
  }
  void say_all(std::uint64_t decisions) const {
    if (priced_ == 0) return;
    say("");
    say(fmt::format("{}, {} of them priced: COST {} (as cost in daily_stats of the same time)",
                    counted_text(decisions, "decision"), priced_, money_text(paid_)));
    say(
        fmt::format("SAVED {} against the same house without its battery; against one without "
                    "battery and sun {} (as savings in daily_stats)",
                    money_text(saved_), money_text(saved_by_both_)));
    if (discharged_mwh_ * 2 < charged_mwh_)
      say(
          fmt::format("{} went into the battery and {} came out of it: what it holds is a cost "
                      "here, and saves when it comes out",
                      energy_text(charged_mwh_), energy_text(discharged_mwh_)));
    if (coarse_)
      say("~ is less than the counters can tell, which move by 0.1 kWh: of many such the sum is "
          "good, one alone is not");
  }

 private:
  std::uint64_t priced_ = 0;
  std::int64_t paid_ = 0, saved_ = 0, saved_by_both_ = 0;
  std::int64_t charged_mwh_ = 0, discharged_mwh_ = 0;
  bool coarse_ = false;
};

class Printer {
 public:
  Printer(Format format, const Reader& reader) : format_(format), reader_(reader) {}

  void print(const FollowedDecision& told) {
    const bool first = printed_++ == 0;
    switch (format_) {
      case Format::json:
        say(members(told, reader_).dump(-1, ' ', false, Json::error_handler_t::replace));
        return;
      case Format::csv:
        print_csv(members(told, reader_), first);
        return;
      case Format::text:
      case Format::html:
        if (first) print_heading();
        print_text(told, reader_);
        sums_.add(told.metering);
        return;
    }
  }
  // Behind the last one.
  void end() const {
    if (format_ != Format::text) return;
    if (printed_ == 0) say("no decisions match");
    sums_.say_all(printed_);
  }

 private:
  static void print_csv(const Json& row, bool first) {
    std::string names, cells;
    for (const auto& member : row.items()) {
      names += (names.empty() ? "" : ",") + member.key();
      cells += (&member.value() == &row.front() ? "" : ",") + csv_cell(member.value());
    }
    if (first) say(names);
    say(cells);
  }

  const Format format_;
  const Reader reader_;
  std::uint64_t printed_ = 0;
  Sums sums_;
};

Result<Span> span_of(const log::Snapshot& snapshot, const Wish& wish, const Period& period,
                     UtcTime known_at, const Filter& filter) {
  Span span{period, snapshot.first(), snapshot.head(), snapshot.head()};
  if (known_at != UtcTime::max()) {
    const auto known = snapshot.known_at(known_at);
    if (!known) return Failure(known.error());
    span.last = span.known = *known;
  }
  if (!wish.session.empty()) {
    auto session = session_span(snapshot, wish.session, span);
    if (!session) return session;
    span = *std::move(session);
  }
  if (wish.limit == 0) return span;
  return newest_part(snapshot, span, wish.limit,
                     [&](const log::RecordView&, const fb::DecisionMade& fact) {
                       return filter.holds(fact.action(), fact.rule());
                     });
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto period = parse_period(wish.period, zone, clock_now());
  if (!period) return usage(period.error().what, period.error().remedy);
  const auto filter = parse(wish);
  if (!filter) return usage(filter.error().what, filter.error().remedy);
  UtcTime known_at = UtcTime::max();
  if (!wish.known_at.empty()) {
    const auto time = time_argument(wish.known_at, zone, clock_now());
    if (!time) return usage(time.error().what, time.error().remedy);
    known_at = *time;
  }
  const auto span = span_of(open->snapshot, wish, *period, known_at, *filter);
  if (!span) return cannot(span.error());

  Printer printer(invocation.format, {zone, invocation.language});
  const auto followed =
      follow_decisions(open->snapshot, projections::FoldCache(place->data / "cache"), *span,
                       [&](const FollowedDecision& told) {
                         if (filter->holds(told.decision.action, told.decision.rule))
                           printer.print(told);
                       });
  if (!followed) return cannot(followed.error());
  printer.end();
  return tell_damage();
}

}  // namespace

void add_audit_list(CLI::App& audit, Invocation& invocation) {
  CLI::App* command =
      add_command(audit, "list",
                  "Print decisions, one per line, oldest first: what was decided, at which charge "
                  "and price, by which rule, what became of it, what it cost and saved by the "
                  "meter until the next one, and why. With --format json one object per line, "
                  "with csv a table. Read-only.",
                  "wattledger audit list --from 2025-10-26 --action charge --limit 20");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--known-at", wish->known_at, "As the log told it at this time")
      .type_name("TIME");
  add_period(*command, wish->period);
  add_text(*command, "--action", wish->action,
           "Only this action: self_use, charge, hold, sell, stop")
      .type_name("ACTION");
  add_text(*command, "--rule", wish->rule, "Only decisions by this rule, such as cheapest_slots")
      .type_name("RULE");
  add_text(*command, "--session", wish->session,
           "Only decisions of this charge or sale, such as charge-2025-10-01-2")
      .type_name("NAME");
  add_count(*command, "--limit", wish->limit, "Only the newest so many");
  on_call(*command, invocation, {Format::csv},
          [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
