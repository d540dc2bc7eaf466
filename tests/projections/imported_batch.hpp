// An import of a few records of every form, for histories.
#pragma once

#include <memory>
#include <string>

#include "projections/fold/imported.hpp"
#include "projections/fold/python_json.hpp"
#include "tests/projections/house_log.hpp"

namespace wattledger::testing {

class ImportedBatch {
 public:
  // Of the days before `at`, as far back as `value` says.
  ImportedBatch(HouseLog& house, UtcTime at, int value)
      : house_(house), at_(at), from_(at - std::chrono::hours(value % 500 + 30)), value_(value) {}

  void tell() {
    house_.tell(at_, started());
    for (int i = 0; i < 5; ++i) {
      const UtcTime then = from_ + std::chrono::hours(6 * i);
      tell_reading(then);
      tell_decision(then);
      tell_state(then);
    }
    fb::LegacyRecordImportedT document;
    document.family = "document";
    document.text = "{\"value\": " + std::to_string(value_) + "}";
    const char* names[] = {"data/price_cache.json", "out/daily_snapshots/snapshot_20251020.json"};
    tell_event(at_, std::move(document), fb::LegacyForm::document, names[value_ % 2], {});
    fb::ImportFinishedT finished;
    finished.batch = id();
    house_.tell(at_, std::move(finished));
  }

 private:
  [[nodiscard]] std::unique_ptr<fb::Id128> id() const {
    return std::make_unique<fb::Id128>(static_cast<std::uint64_t>(value_), 1);
  }
  [[nodiscard]] fb::ImportStartedT started() const {
    fb::ImportStartedT started;
    started.batch = id();
    return started;
  }

  [[nodiscard]] static LocalTime local(UtcTime time) { return LocalTime(time.time_since_epoch()); }
  [[nodiscard]] static std::string compact_day(UtcTime time) {
    std::string day = date_text(local(time));
    std::erase(day, '-');
    return day;
  }
  [[nodiscard]] static fold::LegacyField timestamp(UtcTime time) {
    return {"timestamp", fold::python_string(iso_text(local(time)))};
  }

  void tell_reading(UtcTime then) {
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = static_cast<std::uint16_t>(value_ % 10'000);
    const bool row = value_ % 3 == 0;
    tell_event(
        then, reading, row ? fb::LegacyForm::row : fb::LegacyForm::element,
        row ? "energy_data" : "out/energy_data/energy_data_" + date_text(local(then)) + ".json",
        {timestamp(then), {"battery_soc", "12.345"}, {"tariff_zone", "\"T1\""}});
  }
  void tell_decision(UtcTime then) {
    fb::DecisionMadeT made;
    made.action = fb::Action::charge;
    const fold::LegacyFields fields{
        timestamp(then), {"action", "\"charge\""}, {"reason", "\"why\""}};
    if (value_ % 4 == 0)
      return tell_event(then, std::move(made), fb::LegacyForm::document,
                        "out/energy_data/charging_decision_" + compact_day(then) + "_020000.json",
                        fields);
    tell_event(then, std::move(made), fb::LegacyForm::line,
               "out/charging_decision_" + compact_day(then) + ".json", fields);
  }
  void tell_state(UtcTime then) {
    fb::LegacyRecordImportedT kept;
    kept.family = "state";
    tell_event(
        then, std::move(kept), fb::LegacyForm::row, "system_state",
        {{"id", std::to_string(++states_ + value_ * 10)}, timestamp(then), {"state", "\"x\""}});
  }

  template <class FactT>
  void tell_event(UtcTime then, FactT fact, fb::LegacyForm form, const std::string& place,
                  const fold::LegacyFields& fields) {
    fb::EventT told = event(then, std::move(fact), fb::Source::import_);
    const auto bare = must(encode(told));
    const auto view = must(bare.view());
    auto origin = std::make_unique<fb::LegacyOriginT>();
    origin->form = form;
    origin->place = place;
    for (fb::LegacyValueT& value : fold::residue_of(fold::rendered(view, form), fields, form))
      origin->residue.push_back(std::make_unique<fb::LegacyValueT>(std::move(value)));
    told.origins.push_back(std::move(origin));
    must(house_.appender().enqueue(must(encode(told)), at_, {log::Urgency::telemetry, {}}));
  }

  HouseLog& house_;
  UtcTime at_, from_;
  int value_;
  int states_ = 0;
};

}  // namespace wattledger::testing
