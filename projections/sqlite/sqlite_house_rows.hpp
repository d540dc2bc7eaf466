// Writes our own tables' rows (fold/house_rows.hpp) into an open file of schema version 5. Energy
// is added to what stands there, so it is written exactly once: the caller's transaction holds the
// checkpoint too.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "projections/fold/legacy_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_operation_rows.hpp"

namespace wattledger::projections::sqlite {

class HouseRowWriter {
 public:
  // The tables exist. The connection outlives the writer.
  static Result<HouseRowWriter> prepare(Connection& connection);

  // Energy, readings and scores are kept until flush(), which ends every transaction. After an
  // error the writer is thrown away.
  void add(const fold::EnergyHourRow& hour);
  Result<void> write(const fold::LegacyRow& row, const fold::MarketPriceRow& price);
  Result<void> write(const fold::LegacyRow& row, const fold::DecisionAuditRow& decision);
  Result<void> write(const fold::LegacyRow& /*row*/, const fold::OperationRow& operation) {
    return operations_.write(operation);
  }
  void add(const fold::QualityRow& reading) { operations_.add(reading); }
  void add(const fold::DayQualityRow& part) { operations_.add(part); }
  void add(const fold::ScoreRow& quarter);
  Result<void> flush();

 private:
  HouseRowWriter(Statement hour, Statement day, Statement month, Statement price,
                 Statement decision, Statement score, OperationRowWriter operations)
      : hour_(std::move(hour)),
        day_(std::move(day)),
        month_(std::move(month)),
        price_(std::move(price)),
        decision_(std::move(decision)),
        score_(std::move(score)),
        operations_(std::move(operations)) {}

  Result<void> flush_energy();
  Result<void> flush_scores();

  Statement hour_, day_, month_, price_, decision_, score_;
  OperationRowWriter operations_;
  std::map<UtcTime, fold::EnergyHourRow> hours_;
  // By kind, source and class of horizons.
  std::map<std::tuple<fold::Scored, std::string, std::size_t>, fold::Score> scores_;
};

}  // namespace wattledger::projections::sqlite
