#include "replay/legacy_import/staged_records.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using tool::Family;
using tool::StagedRecord;
using tool::StagedRecords;

namespace {

StagedRecord record(std::int64_t second, Family family, fb::LegacyForm form, std::string text) {
  StagedRecord staged;
  staged.at = at_s(second);
  staged.source = "a file";
  staged.record.family = family;
  staged.record.form = form;
  staged.record.place = form == fb::LegacyForm::row ? "energy_data" : "out/a.json";
  staged.record.fields = {{"text", std::move(text)}};
  return staged;
}

// More than a batch, and more than the handover holds.
constexpr std::int64_t many = 20'000;

std::vector<std::string> texts_of(StagedRecords& records) {
  std::vector<std::string> texts;
  const auto scanned = records.scan([&](const StagedRecord& staged) -> Result<void> {
    texts.push_back(staged.record.fields.at(0).text);
    return {};
  });
  REQUIRE(scanned);
  return texts;
}

}  // namespace

TEST_CASE("records come in the order of their events, whatever order they were found in") {
  const MemoryDirectory home;
  auto records = StagedRecords::create(home / "records.db");
  REQUIRE(records);
  for (std::int64_t i = 0; i < many; ++i)
    REQUIRE(records->add(
        record(many - i, Family::energy, fb::LegacyForm::element, std::to_string(many - i))));
  REQUIRE(records->add(record(1, Family::energy, fb::LegacyForm::row, "the table's")));
  REQUIRE(records->finish());
  CHECK(records->size() == many + 1);
  CHECK(records->first() == at_s(1));
  CHECK(records->last() == at_s(many));
  const auto texts = texts_of(*records);
  REQUIRE(texts.size() == many + 1);
  CHECK(texts[0] == "the table's");
  CHECK(texts[1] == "1");
  CHECK(texts.back() == std::to_string(many));
  CHECK(texts_of(*records) == texts);
}

TEST_CASE("a record comes back whole, with its digest") {
  const MemoryDirectory home;
  auto records = StagedRecords::create(home / "records.db");
  REQUIRE(records);
  StagedRecord staged = record(5, Family::decision, fb::LegacyForm::line, "\"\xC5\xBC\"");
  staged.record.whole = "{}";
  staged.record.position = 7;
  staged.record.line = 8;
  staged.record.broken = true;
  staged.time_uncertain = true;
  staged.key = "k";
  REQUIRE(records->add(staged));
  StagedRecord untimed = record(0, Family::document, fb::LegacyForm::document, "1");
  untimed.at.reset();
  REQUIRE(records->add(untimed));
  REQUIRE(records->finish());
  std::vector<StagedRecord> back;
  REQUIRE(records->scan([&](StagedRecord each) -> Result<void> {
    back.push_back(std::move(each));
    return {};
  }));
  REQUIRE(back.size() == 2);
  CHECK(back[0].record.fields == staged.record.fields);
  CHECK(back[0].record.whole == "{}");
  CHECK(back[0].record.position == 7);
  CHECK(back[0].record.line == 8);
  CHECK(back[0].record.broken);
  CHECK(back[0].time_uncertain);
  CHECK(back[0].key == "k");
  CHECK(back[0].source == "a file");
  CHECK(back[0].digest == tool::digest_of(staged.record, 0));
  CHECK_FALSE(back[1].at);
  CHECK(back[1].digest == tool::digest_of(untimed.record, 0));
  CHECK(back[1].digest != tool::digest_of(untimed.record, 1));
}

TEST_CASE("who takes may stop in the middle, and who added may go without having finished") {
  const MemoryDirectory home;
  auto records = StagedRecords::create(home / "records.db");
  REQUIRE(records);
  for (std::int64_t i = 0; i < many; ++i)
    REQUIRE(records->add(record(i, Family::energy, fb::LegacyForm::row, "x")));
  REQUIRE(records->finish());
  std::int64_t taken = 0;
  const auto scanned = records->scan([&](const StagedRecord&) -> Result<void> {
    if (++taken == 3) return fail(ErrorKind::io, "enough");
    return {};
  });
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().what == "enough");
  CHECK(taken == 3);
  CHECK(texts_of(*records).size() == many);

  auto left = StagedRecords::create(home / "left.db");
  REQUIRE(left);
  REQUIRE(left->add(record(1, Family::energy, fb::LegacyForm::row, "x")));
}
