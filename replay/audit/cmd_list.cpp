// wattledger audit list [--from T] [--to T] [--action A] [--rule R] [--limit N]: decisions, one per
// line, with their reason.
#include <fmt/format.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "projections/damage.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "replay/audit/commands.hpp"
#include "replay/audit/period.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  PeriodWish period;
  std::string action, rule;
  std::uint64_t limit = 0;  // 0: none
};

struct Filter {
  Period period;
  std::optional<fb::Action> action;
  std::optional<fb::Rule> rule;
};

// A decision is looked for this far behind what it was based on, for the reading that gave its SOC.
constexpr std::uint64_t reading_search_records_max = 256;

struct Line {
  Sequence sequence;
  UtcTime at;
  fb::DecisionMadeT decision;
  std::optional<std::int64_t> soc_bp;
  std::string imported;  // reason; empty for a decision of ours
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

Result<Filter> parse(const Wish& wish, const ZoneOffsets& zone) {
  Filter filter;
  auto period = parse_period(wish.period, zone, clock_now());
  if (!period) return Failure(std::move(period).error());
  filter.period = *period;
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

// The newest reading that the decision knew; not known when it lies too far back.
std::optional<std::int64_t> soc_known(const log::Snapshot& snapshot, Sequence based_on) {
  for (std::uint64_t back = 0; back < reading_search_records_max && back < based_on.value; ++back) {
    const auto record = snapshot.at(Sequence{based_on.value - back});
    if (!record) return std::nullopt;
    const auto* reading = record->event.as<fb::ReadingRecorded>();
    if (reading != nullptr && !fold::is_imported(record->event))
      return number(reading->battery_soc_bp());
  }
  return std::nullopt;
}

std::string target_text(const Line& line, const ZoneOffsets& zone) {
  std::string text;
  if (line.decision.target_soc_bp) text = percent_text(number(line.decision.target_soc_bp));
  if (line.decision.until_us) {
    const std::string until = local_text(utc_from_us(*line.decision.until_us), zone).substr(11, 5);
    text += text.empty() ? "until " + until : " by " + until;
  }
  return text.empty() ? "-" : text;
}

// What the older system had given as its reason; empty for a decision of ours, or without one.
std::string imported_reason(const EventView& event) {
  if (!fold::is_imported(event)) return {};
  for (const fb::LegacyOrigin* origin : *event.event().origins())
    for (const fold::LegacyField& field : fold::legacy_record(event, *origin).fields) {
      if (field.name != "reason" && field.name != "reasoning") continue;
      const Json text = Json::parse(field.text, nullptr, /*allow_exceptions=*/false);
      if (!text.is_string()) continue;
      std::string reason = text.get<std::string>();
      std::replace_if(
          reason.begin(), reason.end(), [](unsigned char c) { return c < ' '; }, ' ');
      return reason;
    }
  return "none given";
}

std::string why(const Line& line, const ZoneOffsets& zone) {
  return line.imported.empty() ? fold::reason_text(line.decision, zone)
                               : "Imported: " + line.imported;
}

void print_heading() {
  say(fmt::format("{:>8}  {:<25}  {:<8}  {:>8}  {:<16}  {:>7}  {:>9}  {:<16}  {}", "SEQUENCE",
                  "LOCAL TIME", "ACTION", "POWER", "TARGET", "SOC", "PRICE/kWh", "RULE", "WHY"));
}

void print_text(const Line& line, const ZoneOffsets& zone) {
  const fb::DecisionMadeT& d = line.decision;
  say(fmt::format("{:>8}  {:<25}  {:<8}  {:>8}  {:<16}  {:>7}  {:>9}  {:<16}  {}",
                  line.sequence.value, local_text(line.at, zone), fb::EnumNameAction(d.action),
                  d.power_w ? power_text(number(d.power_w)) : "-", target_text(line, zone),
                  percent_text(line.soc_bp), d.price_e8 ? price_text(number(d.price_e8)) : "-",
                  fb::EnumNameRule(d.rule), why(line, zone)));
}

template <class Optional>
Json json_number(const Optional& value, double unit) {
  return value ? Json(static_cast<double>(*value) / unit) : Json(nullptr);
}

void print_json(const Line& line, const ZoneOffsets& zone) {
  const fb::DecisionMadeT& d = line.decision;
  Json result;
  result["sequence"] = line.sequence.value;
  result["at"] = utc_text(line.at);
  result["local_time"] = local_text(line.at, zone);
  result["action"] = fb::EnumNameAction(d.action);
  result["power_w"] = d.power_w ? Json(*d.power_w) : Json(nullptr);
  result["target_soc_pct"] = json_number(d.target_soc_bp, 100);
  result["until"] = d.until_us ? Json(utc_text(utc_from_us(*d.until_us))) : Json(nullptr);
  result["soc_pct"] = json_number(line.soc_bp, 100);
  result["price_kwh"] = json_number(d.price_e8, 1e8);
  result["rule"] = fb::EnumNameRule(d.rule);
  result["reason"] = why(line, zone);
  result["control_mode"] = fb::EnumNameControlMode(d.control_mode);
  result["based_on"] = d.based_on;
  result["expected_cost"] = json_number(d.expected_cost_e8, 1e8);
  result["expected_saving"] = json_number(d.expected_saving_e8, 1e8);
  say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class Lister {
 public:
  Lister(const log::Snapshot& snapshot, const Filter& filter, std::uint64_t limit, Format format,
         const ZoneOffsets& zone)
      : snapshot_(snapshot), filter_(filter), limit_(limit), format_(format), zone_(zone) {}

  // With a limit the newest are wanted, so what is found waits until they are known.
  void record(const log::RecordView& record) {
    const auto* fact = record.event.as<fb::DecisionMade>();
    if (fact == nullptr || !filter_.period.holds(record.event.occurred_at())) return;
    if (filter_.action && fact->action() != *filter_.action) return;
    if (filter_.rule && fact->rule() != *filter_.rule) return;
    Line line{record.sequence, record.event.occurred_at(), {}, std::nullopt, {}};
    fact->UnPackTo(&line.decision);
    line.imported = imported_reason(record.event);
    if (limit_ == 0) {
      print(line);
      return;
    }
    waiting_.push_back(std::move(line));
    if (waiting_.size() > limit_) waiting_.pop_front();
  }

  // How many were printed.
  std::uint64_t finish() {
    for (Line& line : waiting_) print(line);
    return printed_;
  }

 private:
  void print(Line& line) {
    line.soc_bp = soc_known(snapshot_, Sequence{line.decision.based_on});
    if (printed_++ == 0 && format_ == Format::text) print_heading();
    format_ == Format::json ? print_json(line, zone_) : print_text(line, zone_);
  }

  const log::Snapshot& snapshot_;
  const Filter& filter_;
  const std::uint64_t limit_;
  const Format format_;
  const ZoneOffsets& zone_;
  std::deque<Line> waiting_;
  std::uint64_t printed_ = 0;
};

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto filter = parse(wish, zone);
  if (!filter) return usage(filter.error().what, filter.error().remedy);

  Lister lister(open->snapshot, *filter, wish.limit, invocation.format, zone);
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    lister.record(record);
    return true;
  };
  projections::Damage damage;
  const auto scanned =
      filter->period.everything()
          ? projections::scan_over_damage(open->snapshot, open->snapshot.first(),
                                          open->snapshot.head(), each, damage)
          : open->snapshot.scan_occurred(filter->period.from, filter->period.to, each);
  if (!scanned) return cannot(scanned.error());
  const bool none = lister.finish() == 0;
  if (damage.records > 0)
    return cannot({ErrorKind::corrupt,
                   "the list lacks what stands there: " + projections::damage_text(damage),
                   "run wattledger log verify"});
  if (none && invocation.format == Format::text) say("no decisions match");
  return Exit::done;
}

}  // namespace

void add_audit_list(CLI::App& audit, Invocation& invocation) {
  CLI::App* command =
      add_command(audit, "list",
                  "Print decisions, one per line, oldest first: what was decided, at which charge "
                  "and price, by which "
                  "rule, and why. With --format json one object per line. Read-only.",
                  "wattledger audit list --from 2025-10-26 --action charge --limit 20");
  const auto wish = std::make_shared<Wish>();
  add_period(*command, wish->period);
  add_text(*command, "--action", wish->action,
           "Only this action: self_use, charge, hold, sell, stop")
      .type_name("ACTION");
  add_text(*command, "--rule", wish->rule, "Only decisions by this rule, such as cheapest_slots")
      .type_name("RULE");
  add_count(*command, "--limit", wish->limit, "Only the newest so many");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
