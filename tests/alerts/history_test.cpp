// What the log says of alerts and backups.
#include "coordinator/alerts/history.hpp"

#include <doctest/doctest.h>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::alerts;
using wattledger::testing::at_s;
using wattledger::testing::event;

namespace {

struct Told {
  History history;
  std::uint64_t sequence = 0;

  template <class FactT>
  std::uint64_t take(FactT fact) {
    const auto encoded =
        encode(event(at_s(static_cast<std::int64_t>(++sequence)), std::move(fact)));
    REQUIRE(encoded.has_value());
    const auto view = encoded->view();
    REQUIRE(view.has_value());
    history.take(Sequence{sequence}, *view);
    return sequence;
  }
  std::uint64_t raised(const char* alert) {
    fb::AlertRaisedT fact;
    fact.alert = alert;
    fact.severity = fb::Severity::critical;
    fact.detail = "why";
    fact.measured = 3;
    return take(std::move(fact));
  }
  void end(const char* alert, std::uint64_t raised) {
    fb::AlertEndedT fact;
    fact.alert = alert;
    fact.raised = raised;
    fact.detail = "over";
    take(std::move(fact));
  }
  void backup(fb::Result result, const char* detail) {
    fb::BackupTakenT fact;
    fact.result = result;
    fact.detail = detail;
    take(std::move(fact));
  }
  void drill(fb::Result result) {
    fb::BackupDrilledT fact;
    fact.result = result;
    take(std::move(fact));
  }
};

}  // namespace

TEST_SUITE("alerts/history") {
  TEST_CASE_FIXTURE(Told, "an alert stands until its end names it") {
    const auto disk = raised("disk_space");
    const auto clock = raised("clock");
    end("disk_space", disk);
    end("clock", disk);  // names another: nothing of clock's
    REQUIRE(history.open().size() == 1);
    CHECK(history.open().front()->raised.sequence == Sequence{clock});
    REQUIRE(history.all().size() == 2);
    REQUIRE(history.all().front().ended.has_value());
    CHECK(history.all().front().ended->at == at_s(3));
    CHECK(history.all().front().raised.measured == 3);
  }

  TEST_CASE_FIXTURE(Told, "of two that stand under one name the newer one counts") {
    raised("disk_space");
    const auto newer = raised("disk_space");
    REQUIRE(history.open().size() == 1);
    CHECK(history.open().front()->raised.sequence == Sequence{newer});
  }

  TEST_CASE_FIXTURE(Told, "a backup or a drill that fails counts until one of its kind succeeds") {
    CHECK_FALSE(history.backups().failure.has_value());
    backup(fb::Result::succeeded, "");
    CHECK(history.backups().taken == at_s(1));
    backup(fb::Result::failed, "no space");
    drill(fb::Result::failed);
    CHECK(history.backups().failure == "backup: no space");
    backup(fb::Result::succeeded, "");
    CHECK(history.backups().failure == "drill: it failed");
    CHECK(history.backups().taken == at_s(4));
    backup(fb::Result::cancelled, "");
    drill(fb::Result::succeeded);
    CHECK_FALSE(history.backups().failure.has_value());
    CHECK(history.backups().taken == at_s(4));
  }
}
