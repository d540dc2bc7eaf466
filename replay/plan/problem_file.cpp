#include "replay/plan/problem_file.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "coordinator/sources/parse/answer.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "events/near_match.hpp"

namespace wattledger::tool {
namespace {

using policy::Efficiency;
using policy::Energy;
using sources::Json;

constexpr int fine = 12;  // decimal places of powers, capacities and fractions while they multiply
constexpr std::int64_t one = 1'000'000'000'000;

__extension__ using Wide = __int128;

// a × b ÷ c, none below 0.
std::int64_t scaled(std::int64_t a, std::int64_t b, Wide c, bool up) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::int64_t>((product + (up ? c - 1 : 0)) / c);
}

// What a number may be, for its message too.
struct Range {
  int places;
  std::int64_t low, high;  // counts of 10^-places
  const char* says;
};
constexpr Range price_range{8, -policy::plan_price_max.count(), policy::plan_price_max.count(),
                            "a price per kWh from -10000 to 10000"};
constexpr Range wear_range{8, 0, policy::plan_price_max.count(), "from 0 to 10000 per kWh"};
constexpr Range energy_range{8, 0, policy::plan_energy_max.count(), "kWh from 0 to 1000"};
constexpr Range capacity_range{fine, 0, 1'000 * one, "kWh from 0 to 1000"};
constexpr Range power_range{fine, 0, 1'000'000 * one, "kW from 0 to 1000000"};
constexpr Range fraction_range{fine, 0, one, "a fraction from 0 to 1"};
constexpr Range efficiency_range{9, policy::plan_efficiency_min.count(), policy::lossless.count(),
                                 "a fraction from 0.1 to 1"};

class Reader {
 public:
  Reader(const Json& root, const std::string& file, ProblemFile& out)
      : root_(&root), file_(&file), out_(&out) {}

  Result<void> read() {
    WATTLEDGER_TRY(read_members());
    WATTLEDGER_TRY(read_steps());
    WATTLEDGER_TRY(read_series());
    WATTLEDGER_TRY(read_battery());
    return read_grid();
  }

 private:
  [[nodiscard]] Failure wrong(const std::string& what, const std::string& remedy) const {
    return fail(ErrorKind::invalid_input, *file_ + ": " + what, remedy);
  }

  // A problem may carry its author's notes beside what is solved.
  void remark_unknown(const std::vector<std::string>& known) {
    for (const std::string& name : root_->names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = near_match(name, known);
      out_->remarks.push_back(*file_ + ": " + shown(name) +
                              " is no key of a problem and is left out" +
                              (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    }
  }

  // A limit under a name that is none would be no limit at all.
  Result<void> refuse_unknown(const Json& object, const std::string& above,
                              const std::vector<std::string>& known) const {
    for (const std::string& name : object.names)
      if (std::find(known.begin(), known.end(), name) == known.end())
        return wrong(above + shown(name) + " is no key of a problem",
                     near_match_remedy(name, known));
    return {};
  }

  Result<std::int64_t> number(const Json& value, const std::string& where, const Range& range) {
    const std::string remedy = std::string("write ") + range.says;
    if (value.kind == Json::Kind::null)
      return wrong(where + " is null", "unknown is not 0; " + remedy);
    if (value.kind != Json::Kind::number) return wrong(where + " is no number", remedy);
    const auto decimal = sources::parse_decimal(value.text, range.places, sources::Digits::rounded);
    if (decimal.trouble || decimal.count < range.low || decimal.count > range.high)
      return wrong(where + " is " + shown(value.text), remedy);
    return decimal.count;
  }

  // A member of an object; `absent` stands for one that may be left out.
  Result<std::int64_t> member(const Json& object, const std::string& above, std::string_view name,
                              const Range& range, std::optional<std::int64_t> absent = {}) {
    const std::string where = above + std::string(name);
    const Json* value = object.find(name);
    if (value != nullptr) return number(*value, where, range);
    if (absent) return *absent;
    return wrong(where + " is missing", std::string("write ") + range.says);
  }

  Result<const Json*> object(std::string_view name) {
    const Json* found = root_->find(name);
    if (found == nullptr || found->kind == Json::Kind::object) return found;
    return wrong(std::string(name) + " is no object", "write " + std::string(name) + ": {…}");
  }

  Result<void> read_members() {
    remark_unknown({"name", "note", "source", "currency", "step_minutes", "start", "steps",
                    "import_price", "export_price", "pv_kwh", "load_kwh", "battery", "grid",
                    "terminal_value_pln_per_kwh", "allow_curtailment"});
    for (const auto& [name, to] :
         {std::pair{"name", &out_->name}, {"currency", &out_->currency}, {"start", &out_->start}}) {
      constexpr std::size_t text_max = 200;
      const Json* value = root_->find(name);
      if (value == nullptr) continue;
      if (value->kind != Json::Kind::text || value->text.size() > text_max)
        return wrong(std::string(name) + " is no text of at most 200 bytes", "write it in quotes");
      *to = value->text;
    }
    if (const Json* value = root_->find("allow_curtailment")) {
      if (value->kind != Json::Kind::boolean)
        return wrong("allow_curtailment is neither true nor false", "write one of them");
      out_->problem.curtailment = value->text == "true";
    }
    const auto worth = member(*root_, "", "terminal_value_pln_per_kwh", price_range, 0);
    if (!worth) return Failure(worth.error());
    out_->problem.terminal_value = PriceE8(*worth);
    return {};
  }

  Result<void> read_steps() {
    constexpr Range minutes{0, 1, 1'440, "whole minutes from 1 to 1440"};
    const auto length = member(*root_, "", "step_minutes", minutes);
    if (!length) return Failure(length.error());
    if (root_->scalar("step_minutes").find_first_of(".eE") != std::string_view::npos)
      return wrong("step_minutes is no whole number", std::string("write ") + minutes.says);
    out_->step = std::chrono::minutes(*length);
    const Json* prices = root_->list("import_price");
    if (prices == nullptr) return wrong("import_price is no list", "write one price per step");
    const auto most = static_cast<std::int64_t>(policy::plan_slots_max);
    const auto count = static_cast<std::int64_t>(prices->items.size());
    const auto steps =
        member(*root_, "", "steps", {0, 1, most, "how many steps, 1 to 40000"}, count);
    if (!steps) return Failure(steps.error());
    if (count == 0 || count > most)
      return wrong("import_price has " + std::to_string(count) + " entries",
                   "give 1 to 40000 steps");
    if (*steps != count)
      return wrong("steps is " + std::to_string(*steps) + " and import_price has " +
                       std::to_string(count) + " entries",
                   "make them agree");
    out_->problem.slots.resize(prices->items.size());
    for (policy::PlanSlot& slot : out_->problem.slots) slot.length = out_->step;
    return {};
  }

  template <class Take>
  Result<void> series(std::string_view name, const Range& range, Take take) {
    const Json* list = root_->list(name);
    auto& slots = out_->problem.slots;
    if (list == nullptr)
      return wrong(std::string(name) + " is no list", "write one entry per step");
    if (list->items.size() != slots.size())
      return wrong(std::string(name) + " has " + std::to_string(list->items.size()) +
                       " entries and import_price has " + std::to_string(slots.size()),
                   "give every list one entry per step");
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto value =
          number(list->items[i], std::string(name) + "[" + std::to_string(i) + "]", range);
      if (!value) return Failure(value.error());
      take(slots[i], *value);
    }
    return {};
  }

  Result<void> read_series() {
    using Slot = policy::PlanSlot;
    WATTLEDGER_TRY(series("import_price", price_range,
                          [](Slot& slot, auto e8) { slot.import_price = PriceE8(e8); }));
    WATTLEDGER_TRY(series("export_price", price_range,
                          [](Slot& slot, auto e8) { slot.export_price = PriceE8(e8); }));
    WATTLEDGER_TRY(
        series("pv_kwh", energy_range, [](Slot& slot, auto cells) { slot.pv = Energy(cells); }));
    return series("load_kwh", energy_range,
                  [](Slot& slot, auto cells) { slot.load = Energy(cells); });
  }

  // What a power is in a step.
  [[nodiscard]] Energy in_step(std::int64_t kw) const {
    constexpr Wide cell = 60 * one / policy::energy_per_kwh.count();
    return Energy(scaled(kw, out_->step.count(), cell, false));
  }

  Result<void> read_battery() {
    auto battery = object("battery");
    if (!battery) return Failure(battery.error());
    if (*battery == nullptr) return wrong("battery is missing", "write battery: {…}");
    WATTLEDGER_TRY(
        refuse_unknown(**battery, "battery.",
                       {"capacity_kwh", "soc0", "soc_min", "soc_max", "charge_kw", "discharge_kw",
                        "eff_charge", "eff_discharge", "wear_pln_per_kwh"}));
    struct Entry {
      std::string_view name;
      Range range;
      std::optional<std::int64_t> absent;
    };
    const std::array<Entry, 9> entries{{{"capacity_kwh", capacity_range, {}},
                                        {"soc0", fraction_range, {}},
                                        {"soc_min", fraction_range, 0},
                                        {"soc_max", fraction_range, one},
                                        {"charge_kw", power_range, {}},
                                        {"discharge_kw", power_range, {}},
                                        {"eff_charge", efficiency_range, {}},
                                        {"eff_discharge", efficiency_range, {}},
                                        {"wear_pln_per_kwh", wear_range, 0}}};
    std::array<std::int64_t, 9> value{};
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& [name, range, absent] = entries[i];
      const auto read = member(**battery, "battery.", name, range, absent);
      if (!read) return Failure(read.error());
      value[i] = *read;
    }
    const auto [capacity, soc, low, high, charge, discharge, in, out, wear] = value;
    if (low > high) return wrong("battery.soc_min is above battery.soc_max", "exchange them");
    policy::PlanProblem& problem = out_->problem;
    const Wide cell = static_cast<Wide>(one) * one / policy::energy_per_kwh.count();
    problem.min = Energy(scaled(capacity, low, cell, true));
    problem.max = std::max(problem.min, Energy(scaled(capacity, high, cell, false)));
    problem.start = Energy(scaled(capacity, soc, cell, false));
    if (soc >= low) problem.start = std::max(problem.start, problem.min);
    if (soc <= high) problem.start = std::min(problem.start, problem.max);
    problem.charge_efficiency = Efficiency(in);
    problem.discharge_efficiency = Efficiency(out);
    problem.wear = PriceE8(wear);
    for (policy::PlanSlot& slot : problem.slots) {
      slot.charge_max = std::min(in_step(charge), policy::plan_energy_max);
      slot.discharge_max = std::min(in_step(discharge), policy::plan_energy_max);
    }
    return {};
  }

  Result<void> read_grid() {
    auto grid = object("grid");
    if (!grid) return Failure(grid.error());
    if (*grid == nullptr) return {};
    WATTLEDGER_TRY(refuse_unknown(**grid, "grid.", {"import_kw", "export_kw"}));
    const auto limit = [&](std::string_view name) -> Result<std::optional<Energy>> {
      if ((*grid)->find(name) == nullptr) return std::optional<Energy>();
      const auto kw = member(**grid, "grid.", name, power_range);
      if (!kw) return Failure(kw.error());
      const Energy most = in_step(*kw);  // more than a slot may have is no limit
      return most > policy::plan_energy_max ? std::nullopt : std::optional<Energy>(most);
    };
    const auto import_max = limit("import_kw");
    if (!import_max) return Failure(import_max.error());
    const auto export_max = limit("export_kw");
    if (!export_max) return Failure(export_max.error());
    for (policy::PlanSlot& slot : out_->problem.slots) {
      slot.import_max = *import_max;
      slot.export_max = *export_max;
    }
    return {};
  }

  const Json* root_;
  const std::string* file_;
  ProblemFile* out_;
};

}  // namespace

Result<ProblemFile> parse_problem(std::string_view text, const std::string& file) {
  const sources::AnswerDoor door{file, "give a planning problem as JSON", problem_bytes_max,
                                 "problem", "check its quotes, commas and brackets there"};
  const auto opened = sources::open_answer(text, door);
  if (!opened) return Failure(opened.error());
  const auto root = sources::read_json(*opened, door);
  if (!root) return Failure(root.error());
  if (root->kind != Json::Kind::object)
    return fail(ErrorKind::invalid_input, file + ": a list, not an object", door.remedy);
  ProblemFile problem;
  WATTLEDGER_TRY(Reader(*root, file, problem).read());
  return problem;
}

}  // namespace wattledger::tool
