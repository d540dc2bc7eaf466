// Writes sessions, weather and forecasts (fold/table_rows.hpp) into the legacy tables, which every
// schema version has.
#pragma once

#include <utility>

#include "projections/fold/legacy_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

class TableRowWriter {
 public:
  // The tables exist. The connection outlives the writer.
  static Result<TableRowWriter> prepare(Connection& connection);

  // After an error the writer is thrown away.
  Result<void> write(const fold::LegacyRow& row, const fold::SessionRow& session);
  Result<void> write(const fold::LegacyRow& row, const fold::WeatherRow& weather);
  Result<void> write(const fold::LegacyRow& row, const fold::ForecastRow& hour);

 private:
  TableRowWriter(Statement charging, Statement selling, Statement weather, Statement price,
                 Statement pv)
      : charging_(std::move(charging)),
        selling_(std::move(selling)),
        weather_(std::move(weather)),
        price_(std::move(price)),
        pv_(std::move(pv)) {}

  Statement charging_, selling_, weather_, price_, pv_;
};

}  // namespace wattledger::projections::sqlite
