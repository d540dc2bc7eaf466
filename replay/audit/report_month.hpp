// Reads a month's records, in the log's order, into a Report: one pass, flat memory.
#pragma once

#include "replay/audit/report.hpp"

namespace wattledger::tool {

class MonthReader {
 public:
  // `state`: the fold up to before the first record; report.month, period and zone are set.
  MonthReader(Report& report, fold::State state);
  MonthReader(const MonthReader&) = delete;
  MonthReader& operator=(const MonthReader&) = delete;

  void record(const log::RecordView& record);
  void finish();

 private:
  void count(const log::RecordView& record);
  void read(const log::RecordView& record, const fb::ReadingRecorded& fact);
  void decided(const FollowedDecision& told);
  void confirm(const fb::CommandConfirmed& fact, UtcTime at);
  void happen(const log::RecordView& record);
  void add(HappeningKind kind, const log::RecordView& record, std::string what,
           std::string detail = {});
  template <class Fact>
  bool session(const log::RecordView& record);
  [[nodiscard]] ReportQuarter* quarter_at(UtcTime at);
  [[nodiscard]] ReportDay* day_of(LocalTime local);

  Report& report_;
  fold::State state_;
  Meter meter_;
  DecisionFollower follower_;
  fb::InverterMode mode_ = fb::InverterMode::unknown;
};

}  // namespace wattledger::tool
