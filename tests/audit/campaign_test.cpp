// One fact, one digit, one policy key or one byte of a true history is changed, hundreds of times:
// each change is found, and named.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <map>
#include <random>
#include <sstream>

#include "tests/audit/forged_log.hpp"
#include "tests/crash/record_places.hpp"
#include "tests/support/program.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;
using Change = TrueHistory::Change;
using Random = std::mt19937_64;

// A sanitized build forges fewer: the same code, ten times slower.
#ifdef WATTLEDGER_SANITIZED
constexpr int each_fact = 2;
constexpr int each_field = 1;
constexpr int raw_bytes = 20;
#else
constexpr int each_fact = 20;
constexpr int each_field = 9;
constexpr int raw_bytes = 120;
#endif
constexpr std::size_t history_records = 1'100;
constexpr std::uint64_t seed = 20'251'026;

// Who found how many of a kind.
struct Tally {
  int made = 0;
  int audit_verify = 0;
  int checkpoint_alone = 0;
  int log_verify = 0;
};

class Table {
 public:
  Tally& of(const std::string& kind) { return rows_[kind]; }
  [[nodiscard]] int made() const {
    int all = 0;
    for (const auto& row : rows_) all += row.second.made;
    return all;
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream text;
    text << "seed " << seed << "; found by\n"
         << std::left << std::setw(36) << "what was changed" << std::right << std::setw(6) << "made"
         << std::setw(14) << "audit verify" << std::setw(18) << "checkpoint alone" << std::setw(12)
         << "log verify" << '\n';
    for (const auto& row : rows_)
      text << std::left << std::setw(36) << row.first << std::right << std::setw(6)
           << row.second.made << std::setw(14) << row.second.audit_verify << std::setw(18)
           << row.second.checkpoint_alone << std::setw(12) << row.second.log_verify << '\n';
    return text.str();
  }

 private:
  std::map<std::string, Tally> rows_;
};

template <class T>
T& pick(std::vector<T>& from, Random& random) {
  REQUIRE(!from.empty());
  return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
}

// Another value of an optional number, or a first one.
template <class Optional>
void nudge(Optional& value) {
  value = static_cast<typename Optional::value_type>(value ? *value + 1 : 1);
}

void nudge_series(std::vector<std::unique_ptr<fb::SeriesT>>& all, Random& random) {
  ++pick(pick(all, random)->values, random);
}

struct FactKind {
  const char* name;
  Kind kind;
  std::function<void(fb::EventT&, Random&)> change;
};

std::vector<FactKind> fact_kinds() {
  return {
      {"reading: state of charge", Kind::ReadingRecorded,
       [](fb::EventT& e, Random&) { nudge(e.fact.AsReadingRecorded()->battery_soc_bp); }},
      {"reading: PV power", Kind::ReadingRecorded,
       [](fb::EventT& e, Random&) { nudge(e.fact.AsReadingRecorded()->pv_power_w); }},
      {"reading: grid power", Kind::ReadingRecorded,
       [](fb::EventT& e, Random&) { nudge(e.fact.AsReadingRecorded()->grid_power_w); }},
      {"reading: import counter", Kind::ReadingRecorded,
       [](fb::EventT& e, Random&) { nudge(e.fact.AsReadingRecorded()->import_total_mwh); }},
      {"reading: its time", Kind::ReadingRecorded,
       [](fb::EventT& e, Random&) { e.occurred_at_us -= 1'000'000; }},
      {"prices: one slot", Kind::PricesPublished,
       [](fb::EventT& e, Random& r) { nudge_series(e.fact.AsPricesPublished()->prices_e8, r); }},
      {"PV forecast: one slot", Kind::PvForecastIssued,
       [](fb::EventT& e, Random& r) { nudge_series(e.fact.AsPvForecastIssued()->power_w, r); }},
      {"load forecast: one slot", Kind::LoadForecastIssued,
       [](fb::EventT& e, Random& r) { nudge_series(e.fact.AsLoadForecastIssued()->power_w, r); }},
      {"plan: power of one slot", Kind::PlanAdopted,
       [](fb::EventT& e, Random& r) { ++pick(e.fact.AsPlanAdopted()->battery_power_w, r); }},
      {"session: its energy", Kind::ChargingSessionChanged,
       [](fb::EventT& e, Random&) { nudge(e.fact.AsChargingSessionChanged()->energy_mwh); }},
      {"session: its change", Kind::ChargingSessionChanged,
       [](fb::EventT& e, Random&) {
         auto& change = e.fact.AsChargingSessionChanged()->change;
         change = change == fb::SessionChange::completed ? fb::SessionChange::cancelled
                                                         : fb::SessionChange::completed;
       }},
      {"command: what was confirmed", Kind::CommandConfirmed,
       [](fb::EventT& e, Random&) {
         auto& mode = e.fact.AsCommandConfirmed()->mode;
         mode =
             mode == fb::InverterMode::general ? fb::InverterMode::hold : fb::InverterMode::general;
       }},
  };
}

struct Field {
  const char* name;
  std::function<void(fb::DecisionMadeT&)> change;
};

std::vector<Field> fields() {
  return {
      {"action",
       [](auto& d) {
         d.action = d.action == fb::Action::hold ? fb::Action::self_use : fb::Action::hold;
       }},
      {"power_w", [](auto& d) { nudge(d.power_w); }},
      {"target_soc_bp", [](auto& d) { nudge(d.target_soc_bp); }},
      {"until_us", [](auto& d) { nudge(d.until_us); }},
      {"rule", [](auto& d) { d.rule = fb::Rule::operator_limit; }},
      {"tried", [](auto& d) { d.tried.back()->numbers.push_back(1); }},
      {"expected_cost_e8", [](auto& d) { nudge(d.expected_cost_e8); }},
      {"expected_saving_e8", [](auto& d) { nudge(d.expected_saving_e8); }},
      {"expected_energy_mwh", [](auto& d) { nudge(d.expected_energy_mwh); }},
      {"price_e8", [](auto& d) { nudge(d.price_e8); }},
      {"based_on", [](auto& d) { --d.based_on; }},
      {"policy_digest", [](auto& d) { *d.policy_digest = fb::Digest256(1, 2, 3, 4); }},
      {"engine_revision", [](auto& d) { ++d.engine_revision; }},
      {"state_digest", [](auto& d) { *d.state_digest = fb::Digest256(1, 2, 3, 4); }},
      {"control_mode",
       [](auto& d) {
         d.control_mode =
             d.control_mode == fb::ControlMode::off ? fb::ControlMode::on : fb::ControlMode::off;
       }},
      {"plan", [](auto& d) { nudge(d.plan); }},
  };
}

// The forged history is audited; whoever found the forgery must have named it.
Audited found(Table& table, const std::string& kind, const TrueHistory& truth, Sequence sequence,
              const Change& change) {
  const MemoryDirectory home;
  truth.forge(home / "log", sequence, change);
  const Audited audited = audit(home / "log", truth);
  Tally& tally = table.of(kind);
  ++tally.made;
  const auto differs =
      std::find_if(audited.findings.begin(), audited.findings.end(),
                   [](const tool::Remade& each) { return each.answer == tool::Answer::differs; });
  CAPTURE(kind);
  CAPTURE(sequence.value);
  if (differs != audited.findings.end()) {
    ++tally.audit_verify;
    CHECK(differs->sequence >= sequence);
    CHECK_FALSE(differs->why.empty());
  } else {
    ++tally.checkpoint_alone;
  }
  // The forger's log is sound in itself; only what was kept elsewhere speaks against it.
  CHECK(audited.integrity.verification.findings.empty());
  REQUIRE(audited.integrity.broken.size() == 1);
  CHECK(audited.integrity.broken[0].find("history was rewritten") != std::string::npos);
  return audited;
}

void change_facts(Table& table, const TrueHistory& truth, Random& random) {
  for (const FactKind& fact : fact_kinds()) {
    std::vector<Sequence> of_kind = truth.of_kind(fact.kind);
    INFO(fact.name);
    REQUIRE(!of_kind.empty());
    for (int i = 0; i < each_fact; ++i)
      found(table, fact.name, truth, pick(of_kind, random),
            [&](fb::EventT& event) { fact.change(event, random); });
  }
}

// Of those, the readings that a decision rests on: no checkpoint is needed to find them.
void change_readings_decided_on(Table& table, const TrueHistory& truth, Random& random) {
  std::vector<Sequence> decided_on;
  Sequence newest;
  for (const StoredEvent& each : truth.events()) {
    if (each.event.kind() == Kind::ReadingRecorded) newest = each.sequence;
    if (each.event.kind() == Kind::DecisionMade && newest.value != 0) decided_on.push_back(newest);
  }
  for (const FactKind& fact : fact_kinds()) {
    if (fact.kind != Kind::ReadingRecorded) continue;
    const std::string kind = "decided on, " + std::string(fact.name);
    for (int i = 0; i < each_fact / 2; ++i)
      found(table, kind, truth, pick(decided_on, random),
            [&](fb::EventT& event) { fact.change(event, random); });
    CHECK_MESSAGE(table.of(kind).checkpoint_alone == 0, kind);
  }
}

void change_decisions(Table& table, const TrueHistory& truth, Random& random) {
  std::vector<Sequence> decisions = truth.of_kind(Kind::DecisionMade);
  for (const Field& field : fields())
    for (int i = 0; i < each_field; ++i) {
      const Sequence forged = pick(decisions, random);
      const Audited audited =
          found(table, "decision: " + std::string(field.name), truth, forged,
                [&](fb::EventT& event) { field.change(*event.fact.AsDecisionMade()); });
      // Not the next one that rests on it, but the forged one itself is named, and what in it.
      REQUIRE(!audited.findings.empty());
      const tool::Remade& first = audited.findings.front();
      CHECK(first.sequence == forged);
      CHECK(first.answer == tool::Answer::differs);
      const auto named =
          std::any_of(first.differences.begin(), first.differences.end(),
                      [&](const tool::FieldDifference& each) { return each.field == field.name; });
      const bool said = first.why.find(field.name) != std::string::npos ||
                        first.why.find("based on") != std::string::npos;
      // Made from one record less it is based on that many: its past is another.
      const bool other_past = std::string(field.name) == "based_on" &&
                              first.why == "the past it was made from is not the past in the log";
      CHECK_MESSAGE((named || said || other_past), field.name << ": " << first.why);
    }
}

// Each key of the policy's canonical text whose value ends with a digit gets another last one.
// Where that is no policy any more, each decision that names it says so.
void change_policy(Table& table, const TrueHistory& truth) {
  const Sequence policy = truth.of_kind(Kind::PolicyAdopted).at(0);
  std::string text;
  truth.events()[policy.value - 1].event.view()->as<fb::PolicyAdopted>()->text()->str().swap(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n' || at == 0 || std::isdigit(static_cast<unsigned char>(text[at - 1])) == 0)
      continue;
    std::string forged = text;
    forged[at - 1] = text[at - 1] == '0' ? '1' : static_cast<char>(text[at - 1] - 1);
    const Audited audited = found(table, "policy: one key", truth, policy, [&](fb::EventT& event) {
      event.fact.AsPolicyAdopted()->text = forged;
    });
    CHECK(audited.report.differs == audited.report.decisions);
  }
}

// One byte of a record, as a bad disk or a clumsy hand changes it, beside its checksum.
void change_bytes(Table& table, const TrueHistory& truth, Random& random) {
  std::vector<RecordPlace> places = record_places(truth.directory());
  std::ifstream in(truth.directory() / "data.mdb", std::ios::binary);
  const std::string sound{std::istreambuf_iterator<char>(in), {}};
  for (int i = 0; i < raw_bytes; ++i) {
    const RecordPlace& place = pick(places, random);
    const std::uint64_t at = place.offset + random() % place.bytes;
    std::string damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>(1U << (random() % 8)));
    const MemoryDirectory home;
    fs::create_directory(home / "log");
    std::ofstream(home / "log" / "data.mdb", std::ios::binary) << damaged;
    const log::Log log = *log::Log::open(home / "log");
    const auto verification = log::verify(*log.snapshot(), {});
    REQUIRE(verification.has_value());
    Tally& tally = table.of("log: one bit of a record");
    ++tally.made;
    CAPTURE(at);
    REQUIRE(!verification->findings.empty());
    CHECK(verification->findings[0].sequence.value == place.sequence);
    ++tally.log_verify;
  }
}

}  // namespace

TEST_SUITE("audit/campaign") {
  TEST_CASE("each of hundreds of changes to a true history is found and named") {
    const TrueHistory truth(history_records);
    REQUIRE(truth.events().size() == history_records);
    const Audited untouched = audit(truth.directory(), truth);
    CHECK(untouched.integrity.intact());
    REQUIRE(untouched.report.decisions > 50);
    CHECK(untouched.report.identical == untouched.report.decisions);

    Table table;
    Random random(seed);
    change_facts(table, truth, random);
    change_readings_decided_on(table, truth, random);
    change_decisions(table, truth, random);
    change_policy(table, truth);
    change_bytes(table, truth, random);
    MESSAGE(table.text());
#ifndef WATTLEDGER_SANITIZED
    CHECK(table.made() >= 500);
#endif
  }

  TEST_CASE("a history appended anew without a change is the same history") {
    const TrueHistory truth(200);
    const MemoryDirectory home;
    truth.forge(home / "log", Sequence{1}, [](fb::EventT&) {});
    CHECK(audit(home / "log", truth).integrity.broken.empty());
  }
}
