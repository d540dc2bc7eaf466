#include "projections/fold/imported.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "projections/fold/legacy_rows.hpp"
#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::LegacyForm;
using fold::LegacyFields;

namespace {

// The event with one origin that keeps what `original` needs.
fb::EventT imported(fb::EventT event, const LegacyFields& original, LegacyForm form,
                    const std::string& place) {
  const auto bare = encode(event);
  REQUIRE(bare);
  const auto view = bare->view();
  REQUIRE(view);
  auto origin = std::make_unique<fb::LegacyOriginT>();
  origin->form = form;
  origin->place = place;
  for (auto& value : fold::residue_of(fold::rendered(*view, form), original, form))
    origin->residue.push_back(std::make_unique<fb::LegacyValueT>(std::move(value)));
  event.origins.push_back(std::move(origin));
  return event;
}

LegacyFields given_back(const fb::EventT& event) {
  const auto encoded = encode(event);
  REQUIRE(encoded);
  const auto view = encoded->view();
  REQUIRE(view);
  return fold::legacy_record(*view, *view->event().origins()->Get(0)).fields;
}

fb::EventT reading_event() {
  fb::ReadingRecordedT reading;
  reading.battery_soc_bp = 5012;
  reading.pv_power_w = 1200;
  reading.grid_power_w = -400;
  reading.import_total_mwh = 5'000'050'000;
  return event(at_s(0), std::move(reading), fb::Source::import_);
}

std::vector<fold::LegacyRow> rows_of(const fb::EventT& told, const fb::EventT& shown) {
  const auto recorded = encode(told);
  const auto corrected = encode(shown);
  REQUIRE((recorded && corrected));
  const auto event = recorded->view();
  const auto seen = corrected->view();
  REQUIRE((event && seen));
  fold::LegacyRowsState memory;
  const fold::State state;
  std::vector<fold::LegacyRow> rows;
  fold::derive_rows(memory, state, {Sequence{7}, at_s(0), *event, *seen}, {}, rows);
  return rows;
}

const fold::LegacyRecord& record_of(const fold::LegacyRow& row) {
  return std::get<fold::ImportedRow>(row.row).record;
}

std::string value(const fold::LegacyRecord& record, const std::string& name) {
  for (const fold::LegacyField& field : record.fields)
    if (field.name == name) return field.text;
  return "absent";
}

}  // namespace

TEST_CASE("what the fact gives back needs no residue, all else is kept as it was spelled") {
  const LegacyFields original{{"timestamp", "\"2025-10-01T02:00:00\""},
                              {"battery_soc", "50.12"},
                              {"pv_power", "1200"},
                              {"grid_power", "-400"},
                              {"grid_import_total_kwh", "5000.049999999999"},
                              {"tariff_zone", "\"T2\""}};
  const fb::EventT event = imported(reading_event(), original, LegacyForm::row, "energy_data");
  std::vector<std::string> kept;
  for (const auto& value : event.origins[0]->residue) kept.push_back(value->name);
  CHECK(kept == std::vector<std::string>{"timestamp", "grid_import_total_kwh", "tariff_zone",
                                         "created_at"});
  LegacyFields expected = original;
  for (const fold::LegacyField& field : given_back(event))
    CHECK(std::find(expected.begin(), expected.end(), field) != expected.end());
  CHECK(given_back(event).size() == expected.size());
}

TEST_CASE(
    "a record of a file comes back in its own order, with the keys that it had and no others") {
  // Keys of readings and others, in any order, some with the value that the fact gives.
  const bool good = rc::check("residue and rendering are one another's inverse", [] {
    static const std::vector<std::string> names{
        "timestamp", "battery_soc", "pv_power",    "grid_power", "house_consumption",
        "price_pln", "weather",     "tariff_zone", "note",       "grid_import_total_kwh"};
    static const std::vector<std::string> texts{
        "null",   "50.12", "1200", "-400", "5000.05", "\"T1\"", "{\"a\": [1, 2.50]}",
        "0.1e-7", "true"};
    auto order = names;
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    order.resize(*rc::gen::inRange<std::size_t>(0, order.size() + 1));
    if (*rc::gen::arbitrary<bool>()) std::sort(order.begin(), order.end());
    LegacyFields original;
    for (const std::string& name : order) original.push_back({name, *rc::gen::elementOf(texts)});
    const auto form =
        *rc::gen::element(LegacyForm::element, LegacyForm::line, LegacyForm::document);
    RC_ASSERT(given_back(imported(reading_event(), original, form, "out/x")) == original);
  });
  CHECK(good);
}

TEST_CASE(
    "a fact that a file alone told has a row too, as the older system's own writer makes it") {
  fb::DecisionMadeT made;
  made.action = fb::Action::charge;
  const LegacyFields line{{"timestamp", "\"2025-09-30T22:00:00\""},
                          {"action", "\"charge\""},
                          {"reason", "\"cheap\""},
                          {"priority", "\"high\""},
                          {"current_price", "0.42"},
                          {"confidence", "0.8"}};
  const fb::EventT event = imported(testing::event(at_s(0), std::move(made), fb::Source::import_),
                                    line, LegacyForm::line, "out/charging_decision_20250930.json");
  const auto rows = rows_of(event, event);
  REQUIRE(rows.size() == 2);
  CHECK(record_of(rows[0]).fields == line);
  CHECK(record_of(rows[1]).place == "coordinator_decisions");
  CHECK(value(record_of(rows[1]), "decision_type") == "\"charging\"");
  CHECK(value(record_of(rows[1]), "reason") == "\"cheap\"");
  // Its fifteen names in their order, and no other.
  CHECK(value(record_of(rows[1]), "parameters") ==
        R"("{\"confidence\": 0.8, \"current_price\": 0.42}")");
}

TEST_CASE("a correction shows, also over a value that was kept as it was spelled") {
  const LegacyFields original{
      {"timestamp", "\"2025-09-30T22:00:00\""}, {"battery_soc", "50.1249"}, {"grid_power", "-400"}};
  const fb::EventT event = imported(reading_event(), original, LegacyForm::row, "energy_data");
  const auto encoded = encode(event);
  REQUIRE(encoded);
  const auto view = encoded->view();
  REQUIRE(view);
  fb::EventT corrected = view->unpack();
  corrected.fact.AsReadingRecorded()->battery_soc_bp = 6000;
  CHECK(value(record_of(rows_of(event, event).at(0)), "battery_soc") == "50.1249");
  const auto rows = rows_of(event, corrected);
  CHECK(value(record_of(rows.at(0)), "battery_soc") == "60.0");
  CHECK(value(record_of(rows.at(0)), "grid_power") == "-400");
}

TEST_CASE("the fold that decisions rest on leaves imported facts alone") {
  const fb::EventT event =
      imported(reading_event(), {{"timestamp", "\"x\""}}, LegacyForm::row, "energy_data");
  const auto encoded = encode(event);
  REQUIRE(encoded);
  fold::State state;
  fold::evolve(state, Sequence{1}, at_s(0), *encoded->view());
  CHECK(!state.reading);
  CHECK(state.through == Sequence{1});
}
