// Writes fold/operation_rows.hpp's rows into an open file of schema version 5: opened by one event,
// closed by another.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "projections/fold/operation_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

class OperationRowWriter {
 public:
  // The tables exist. The connection outlives the writer.
  static Result<OperationRowWriter> prepare(Connection& connection);

  Result<void> write(const fold::OperationRow& row);
  // Counted until flush(), which ends every transaction.
  void add(const fold::QualityRow& reading);
  Result<void> flush();

 private:
  using Counts = std::array<std::int64_t, 3>;  // good, partial, implausible
  OperationRowWriter(std::vector<Statement> statements, Statement quality)
      : statements_(std::move(statements)), quality_(std::move(quality)) {}

  std::vector<Statement> statements_;  // by OperationRow::Does
  Statement quality_;
  std::map<std::chrono::local_days, Counts> days_;
};

}  // namespace wattledger::projections::sqlite
