// Writes fold/operation_rows.hpp's rows into an open file of schema version 5: opened by one event,
// closed by another.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "projections/fold/operation_rows.hpp"
#include "projections/fold/quality_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

class OperationRowWriter {
 public:
  // The tables exist. The connection outlives the writer.
  static Result<OperationRowWriter> prepare(Connection& connection);

  Result<void> write(const fold::OperationRow& row);
  // Added up until flush(), which ends every transaction.
  void add(const fold::QualityRow& reading);
  void add(const fold::DayQualityRow& part) { days_[part.day] += part.part; }
  Result<void> flush();

 private:
  OperationRowWriter(std::vector<Statement> statements, Statement quality, Statement day)
      : statements_(std::move(statements)),
        quality_(std::move(quality)),
        quality_before_(std::move(day)) {}
  Result<void> add_before(std::string_view date, fold::DayQuality& day);
  Result<void> write_quality(std::string_view date, const fold::DayQuality& day);

  std::vector<Statement> statements_;  // by OperationRow::Does
  Statement quality_, quality_before_;
  std::map<std::chrono::local_days, fold::DayQuality> days_;
};

}  // namespace wattledger::projections::sqlite
