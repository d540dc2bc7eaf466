#include "replay/audit/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "coordinator/policy/decide.hpp"
#include "projections/correction_index.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/reason.hpp"
#include "replay/audit/explain_words.hpp"
#include "replay/audit/known_facts.hpp"
#include "replay/audit/state_at.hpp"
#include "replay/display.hpp"
#include "replay/reading_on.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

constexpr std::uint64_t nearest_search_records_max = 4'096;

// What a record says of a field, as an owner would have corrected it.
std::string recorded_value(const EventView& event, const std::string& field) {
  const auto json = nlohmann::json::parse(event_json(event), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("fact") || !json["fact"].contains(field))
    return "unknown";
  const auto& value = json["fact"][field];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// All that is known of one that the older system made.
std::string imported_sentence(const FollowedDecision& told, const Wording& say) {
  const fb::DecisionMadeT& d = told.decision;
  std::string text = say("The older system decided: {0}", "Starszy system zdecydował: {0}",
                         {action_title(d.action, say.language())});
  if (d.power_w) text += say(" at {0}", " z mocą {0}", {power_text(number(d.power_w))});
  if (d.target_soc_bp)
    text += say(" to {0}", " do {0}", {say.quantity(percent_text(number(d.target_soc_bp)))});
  if (d.price_e8)
    text += say(", at a price of {0} per kWh", ", przy cenie {0} za kWh",
                {say.quantity(price_text(number(d.price_e8)))});
  return text + say(". Its reason: {0}.", ". Jego powód: {0}.", {told.imported_reason});
}

class Explaining {
 public:
  Explaining(const log::Snapshot& snapshot, const projections::FoldCache& cache,
             const ExplainWish& wish)
      : snapshot_(snapshot), cache_(cache), wish_(wish) {}

  Result<Explanation> of(const log::RecordView& record, const fb::DecisionMade& fact);

 private:
  Result<void> follow(const log::RecordView& record, const fold::State& past);
  Result<void> find_plan();
  Result<void> find_corrections(Sequence from);
  [[nodiscard]] bool concerns(Sequence sequence) const;
  void take_correction(const log::RecordView& record);
  void tell_rules();

  const log::Snapshot& snapshot_;
  const projections::FoldCache& cache_;
  const ExplainWish& wish_;
  Explanation result_;
};

Result<Explanation> Explaining::of(const log::RecordView& record, const fb::DecisionMade& fact) {
  result_.told = decision_of(record, fact);
  result_.language = wish_.language;
  result_.engine_revision_here = policy::engine_revision;
  const FollowedDecision& told = result_.told;
  if (told.is_imported || told.decision.based_on >= record.sequence.value) {
    if (told.is_imported) result_.sentence = imported_sentence(told, Wording(wish_.language));
    WATTLEDGER_TRY(find_corrections(record.sequence));
    return std::move(result_);
  }
  auto past = state_at(snapshot_, cache_, Sequence{told.decision.based_on});
  if (!past) return Failure(past.error());
  result_.zone = past->site.zone;
  result_.sentence = fold::reason_text(told.decision, result_.zone, wish_.language);
  if (past->policy) {
    result_.currency = past->policy->settings.currency;
    result_.policy = past->policy->settings.policy;
  }
  if (told.decision.policy_digest)
    result_.policy_digest = from_fb(*told.decision.policy_digest).hex();
  WATTLEDGER_TRY(follow(record, *past));
  auto known = known_facts(snapshot_, *past, told.at, wish_.language);
  if (!known) return Failure(known.error());
  result_.facts = std::move(known->facts);
  result_.overridden_by = std::move(known->override_words);
  WATTLEDGER_TRY(find_plan());
  tell_rules();
  result_.alternatives = alternatives_of(*past, told.at, told.decision);
  WATTLEDGER_TRY(find_corrections(known->searched_from));
  const auto again = snapshot_.at(record.sequence);
  if (!again) return Failure(again.error());
  auto remade = remake_decision(snapshot_, *again, *std::move(past));
  if (!remade) return Failure(remade.error());
  result_.remade = *std::move(remade);
  return std::move(result_);
}

// From the reading that it knew until nothing of it is open.
Result<void> Explaining::follow(const log::RecordView& record, const fold::State& past) {
  Sequence from{past.through.value + 1};
  if (past.reading && past.reading->sequence.value + nearest_search_records_max > from.value)
    from = std::min(from, past.reading->sequence);
  const UtcTime over = result_.told.at + in_force_max + std::chrono::hours(1);
  bool told = false;
  DecisionFollower follower(past, [&](FollowedDecision&& each) {
    if (each.sequence != record.sequence) return;
    result_.told = std::move(each);
    told = true;
  });
  WATTLEDGER_TRY(
      scan_on(snapshot_, from, snapshot_.head(), [&](const log::RecordView& each) -> Result<bool> {
        follower.record(each);
        return !told && each.recorded_at <= over;
      }));
  if (!told) follower.finish();
  return {};
}

// The plan that it names; it may have been adopted with it.
Result<void> Explaining::find_plan() {
  const auto& named = result_.told.decision.plan;
  if (!named) return {};
  const auto record = snapshot_.at(Sequence{*named});
  if (!record && record.error().kind != ErrorKind::not_found) return Failure(record.error());
  const auto* plan = record ? record->event.as<fb::PlanAdopted>() : nullptr;
  if (plan == nullptr) return {};
  result_.plan.emplace();
  result_.plan->sequence = record->sequence;
  plan->UnPackTo(&result_.plan->plan);
  const Wording say(wish_.language);
  FactShown shown{"plan", say("plan", "plan"), record->sequence, {}, ""};
  shown.age =
      std::chrono::floor<std::chrono::seconds>(result_.told.at - record->event.occurred_at());
  shown.words = say("{0} {0|slot|slots} from {1}, made by policy {2}",
                    "{0} {0|okres|okresy|okresów} od {1}, według polityki {2}",
                    {std::to_string(result_.plan->plan.actions.size()),
                     local_text(utc_from_us(plan->start_us()), result_.zone).substr(0, 16),
                     result_.plan->plan.policy});
  if (*named > result_.told.decision.based_on)
    shown.words += say(", adopted with this decision", ", przyjęty z tą decyzją");
  result_.facts.push_back(std::move(shown));
  return {};
}

void Explaining::tell_rules() {
  const WordsContext context{result_.zone, result_.currency, wish_.language};
  for (const auto& tried : result_.told.decision.tried)
    if (tried) result_.rules.push_back({tried.get(), rule_words(*tried, context)});
}

// Up to the log's end: those that the index knows, and all behind it; without an index, or one that
// knows of nothing behind the decision, as far as a month of records.
Result<void> Explaining::find_corrections(Sequence from) {
  const Sequence own = result_.told.sequence;
  result_.corrections_through = snapshot_.head();
  if (!wish_.all_corrections) {
    const auto known = projections::CorrectionIndex(cache_.directory()).find(snapshot_);
    for (const projections::CorrectionPlace& each : known.places)
      if (each.by >= from && concerns(each.corrects))
        if (const auto record = snapshot_.at(each.by)) take_correction(*record);
    if (known.through >= from)
      from = known.through.next();
    else
      result_.corrections_through = std::min(result_.corrections_through,
                                             Sequence{own.value + corrections_search_records_max});
  }
  WATTLEDGER_TRY(scan_on(snapshot_, from, result_.corrections_through,
                         [&](const log::RecordView& record) -> Result<bool> {
                           take_correction(record);
                           return true;
                         }));
  for (CorrectionShown& each : result_.corrections) {
    const auto record = snapshot_.at(each.corrects);
    if (record) each.recorded = recorded_value(record->event, each.field);
    for (const CorrectionShown& other : result_.corrections)
      if (other.corrects == each.corrects && other.field == each.field && other.by > each.by)
        each.superseded = true;
  }
  return {};
}

bool Explaining::concerns(Sequence sequence) const {
  return sequence == result_.told.sequence ||
         std::any_of(result_.facts.begin(), result_.facts.end(),
                     [&](const FactShown& fact) { return fact.sequence == sequence; });
}

void Explaining::take_correction(const log::RecordView& record) {
  const auto* fact = record.event.as<fb::CorrectionRecorded>();
  if (fact == nullptr || !concerns(Sequence{fact->corrects()}) || fact->field() == nullptr) return;
  const auto text = [](const flatbuffers::String* value) {
    return value == nullptr ? std::string() : value->str();
  };
  result_.corrections.push_back({Sequence{fact->corrects()}, record.sequence, fact->field()->str(),
                                 "", text(fact->value()), text(fact->reason()), false});
}

// The nearest decision to either side; nothing where it stands too far away.
Result<NoDecision> no_decision(const log::Snapshot& snapshot, Sequence sequence) {
  NoDecision result;
  {
    const auto record = snapshot.at(sequence);
    if (!record) return Failure(record.error());
    result.sequence = sequence;
    result.at = record->event.occurred_at();
    result.kind = std::string(kind_name(record->event.kind()));
    result.json = event_json(record->event);
  }
  const auto first =
      Sequence{sequence.value - std::min(sequence.value - 1, nearest_search_records_max)};
  WATTLEDGER_TRY(scan_on(snapshot, first, Sequence{sequence.value + nearest_search_records_max},
                         [&](const log::RecordView& each) -> Result<bool> {
                           const auto* fact = each.event.as<fb::DecisionMade>();
                           if (fact == nullptr) return true;
                           (each.sequence < sequence ? result.before : result.after) =
                               decision_of(each, *fact);
                           return !result.after.has_value();
                         }));
  return result;
}

}  // namespace

Result<std::variant<Explanation, NoDecision>> explain(const log::Snapshot& snapshot,
                                                      const projections::FoldCache& cache,
                                                      Sequence sequence, const ExplainWish& wish) {
  const auto record = snapshot.at(sequence);
  if (!record) return Failure(record.error());
  const auto* fact = record->event.as<fb::DecisionMade>();
  if (fact == nullptr) {
    auto other = no_decision(snapshot, sequence);
    if (!other) return Failure(other.error());
    return *std::move(other);
  }
  auto explained = Explaining(snapshot, cache, wish).of(*record, *fact);
  if (!explained) return Failure(explained.error());
  return *std::move(explained);
}

Result<Sequence> in_force_at(const log::Snapshot& snapshot, UtcTime time, const ZoneOffsets& zone) {
  struct Found {
    Sequence sequence;
    UtcTime at;
    bool imported;
  };
  std::optional<Found> before, after;
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    if (record.event.kind() != Kind::DecisionMade) return true;
    const Found here{record.sequence, record.event.occurred_at(), fold::is_imported(record.event)};
    // Of two at a time the later record holds; one of ours before an imported one.
    if (here.at <= time && (!before || here.at >= before->at) &&
        !(before && !before->imported && here.imported))
      before = here;
    if (here.at > time && (!after || here.at < after->at)) after = here;
    return true;
  };
  constexpr std::chrono::hours around{24};
  WATTLEDGER_TRY(scan_occurred_on(snapshot, time - around, time + around, each));
  if (before && time - before->at <= in_force_max) return before->sequence;
  std::string remedy = "wattledger audit list shows which there are";
  if (before)
    remedy = fmt::format("the one before is {}, of {}", before->sequence.value,
                         local_text(before->at, zone));
  if (after)
    remedy = (before ? remedy + "; " : std::string()) + fmt::format("the one after is {}, of {}",
                                                                    after->sequence.value,
                                                                    local_text(after->at, zone));
  return fail(ErrorKind::not_found,
              "no decision was in force at " + local_text(time, zone) + " (one is for " +
                  short_duration(in_force_max) + " at most)",
              remedy);
}

Chart chart_of(const Explanation& explanation) {
  const Wording say(explanation.language);
  const fb::PlanAdoptedT& p = explanation.plan->plan;
  Chart chart;
  chart.start = utc_from_us(p.start_us);
  chart.step = std::chrono::seconds(p.step_s);
  chart.now = explanation.told.at;
  chart.decided = say("decided", "zdecydowano");
  chart.decimal_point = say(".", ",").front();
  ChartSeries price{
      say("Price", "Cena"), say("per kWh", "za kWh"), ChartSeries::Form::steps, 2, {}, {}, {}};
  for (const std::int64_t each : p.price_e8)
    price.values.emplace_back(static_cast<double>(each) / 1e8);
  ChartSeries soc{say("Charge at each slot's end", "Stan na koniec każdego okresu"),
                  "%",
                  ChartSeries::Form::line,
                  0,
                  {},
                  0.0,
                  100.0};
  for (const std::uint16_t each : p.soc_end_bp)
    soc.values.emplace_back(static_cast<double>(each) / 100);
  ChartSeries power{say("Battery, + out, - in", "Bateria, + oddaje, - pobiera"),
                    "kW",
                    ChartSeries::Form::bars,
                    1,
                    {},
                    {},
                    {}};
  for (const std::int32_t each : p.battery_power_w)
    power.values.emplace_back(static_cast<double>(each) / 1000);
  chart.series = {std::move(price), std::move(soc), std::move(power)};
  constexpr const char* letters = ".CHSX";  // by fb::Action
  for (const fb::Action each : p.actions) chart.marks += letters[static_cast<std::size_t>(each)];
  return chart;
}

}  // namespace wattledger::tool
