#include <rapidcheck.h>

#include "coordinator/control/control.hpp"
#include "events/codec.hpp"
#include "tests/control/asker.hpp"

using namespace wattledger;
using namespace wattledger::control;
using wattledger::testing::good_id;

namespace {

const UtcTime now = parse_time("2025-10-05T12:00Z", ZoneOffsets()).value();

Request asked() { return {*Id128::from_hex(good_id), "append", "{}", "uid:1000"}; }

Result<fb::EventT> event(const std::string& members) {
  return event_from_args("{\"event\":{" + members + "}}", asked(), now);
}

// The fact, once the codec has taken it: an event that cannot be encoded would be no event.
template <class FactT>
FactT fact(const std::string& members) {
  const auto made = event(members);
  if (!made) FAIL(made.error().line());
  const auto encoded = encode(*made);
  if (!encoded) FAIL(encoded.error().line());
  const fb::EventT back = decode(encoded->kind(), encoded->bytes()).value().unpack();
  constexpr Kind kind = fb::FactUnionTraits<FactT>::enum_value;
  REQUIRE(back.fact.type == kind);
  return *static_cast<const FactT*>(back.fact.value);
}

const std::string root(64, 'a');

}  // namespace

TEST_SUITE("control/event_from_args") {
  TEST_CASE("an event says who asked, when, and under which id") {
    const auto made = event(R"("type":"OverrideRequested","action":"charge")");
    REQUIRE(made);
    CHECK(made->occurred_at_us == to_us(now));
    CHECK(made->source == fb::Source::owner);
    CHECK(made->source_name == "uid:1000");
    REQUIRE(made->correlation);
    CHECK(from_fb(*made->correlation).hex() == good_id);
    CHECK(event(R"("type":"BackupDrilled","backup":"b","result":"failed")").value().source ==
          fb::Source::tool);
  }

  TEST_CASE("an override with everything") {
    const auto override_requested = fact<fb::OverrideRequestedT>(
        R"("type":"OverrideRequested","action":"sell","until":"2025-10-05T18:30+02:00","target_soc_bp":8000,"power_w":3000,"reason":"guests")");
    CHECK(override_requested.action == fb::Action::sell);
    CHECK(override_requested.until_us ==
          to_us(parse_time("2025-10-05T16:30Z", ZoneOffsets()).value()));
    CHECK(override_requested.target_soc_bp == 8'000);
    CHECK(override_requested.power_w == 3'000);
    CHECK(override_requested.reason == "guests");
    CHECK_FALSE(override_requested.automatic);
  }

  TEST_CASE("an override with its end in microseconds, and one that gives control back") {
    const std::int64_t end = to_us(now) + 1;
    CHECK(fact<fb::OverrideRequestedT>(R"("type":"OverrideRequested","action":"hold","until_us":)" +
                                       std::to_string(end))
              .until_us == end);
    const auto automatic =
        fact<fb::OverrideRequestedT>(R"("type":"OverrideRequested","automatic":true)");
    CHECK(automatic.automatic);
    CHECK(automatic.action == fb::Action::self_use);
    CHECK_FALSE(automatic.until_us);
  }

  TEST_CASE("the other kinds that may be appended") {
    CHECK(fact<fb::FaultClearedT>(
              R"("type":"FaultCleared","fault":"grid_voltage","raised":7,"reason":"ok")")
              .raised == 7U);
    CHECK(fact<fb::FaultClearedT>(R"("type":"FaultCleared","fault":"battery_voltage")").fault ==
          fb::Fault::battery_voltage);
    const auto correction = fact<fb::CorrectionRecordedT>(
        R"("type":"CorrectionRecorded","corrects":18446744073709551615,"field":"battery_soc_bp","value":"5000","reason":"meter")");
    CHECK(correction.corrects == 18'446'744'073'709'551'615U);
    CHECK(correction.value == "5000");
    const auto rebuilt = fact<fb::ProjectionRebuiltT>(
        R"("type":"ProjectionRebuilt","projection":"sqlite","version":1,"schema_version":4,"up_to":99,"rows":5,"took_ms":6,"reason":"asked")");
    CHECK(rebuilt.schema_version == 4U);
    CHECK(rebuilt.up_to == 99);
    const auto backup =
        fact<fb::BackupTakenT>(R"("type":"BackupTaken","backup":"b","tree_size":3,"root":")" +
                               root + R"(","encrypted":true,"result":"succeeded")");
    CHECK(from_fb(*backup.root).hex() == root);
    CHECK(backup.encrypted);
    CHECK(fact<fb::BackupDrilledT>(
              R"("type":"BackupDrilled","backup":"b","result":"failed","differences":2)")
              .differences == 2U);
    const auto started = fact<fb::ChangeStartedT>(R"("type":"ChangeStarted","change":")" + good_id +
                                                  R"(","verb":"replay","arguments":"-x")");
    CHECK(from_fb(*started.change).hex() == good_id);
    CHECK(fact<fb::ChangeFinishedT>(R"("type":"ChangeFinished","change":")" + good_id +
                                    R"(","started":4,"result":"cancelled")")
              .result == fb::Result::cancelled);
  }

  TEST_CASE("a report is told with the digest of its file") {
    const auto report = fact<fb::ReportMadeT>(
        R"("type":"ReportMade","report":"month 2025-11","from_us":5,"to_us":9,"up_to":77,"language":"pl","bytes":1234,"digest":")" +
        std::string(64, 'a') + R"(")");
    CHECK(report.report == "month 2025-11");
    CHECK(report.from_us == 5);
    CHECK(report.to_us == 9);
    CHECK(report.up_to == 77);
    CHECK(report.language == "pl");
    CHECK(report.bytes == 1234);
    REQUIRE(report.digest);
    CHECK(from_fb(*report.digest).hex() == std::string(64, 'a'));
  }

  TEST_CASE("every other kind is the daemon's own to state") {
    for (int kind = 1; kind <= static_cast<int>(kind_max); ++kind) {
      const std::string name(kind_name(static_cast<Kind>(kind)));
      CAPTURE(name);
      const auto made = event("\"type\":\"" + name + "\"");
      if (made) continue;  // none of the nine does without members
      const bool allowed = made.error().what.find("daemon's own") == std::string::npos;
      const bool expected =
          name == "OverrideRequested" || name == "FaultCleared" || name == "CorrectionRecorded" ||
          name == "ProjectionRebuilt" || name == "BackupTaken" || name == "BackupDrilled" ||
          name == "ChangeStarted" || name == "ChangeFinished" || name == "ReportMade";
      CHECK(allowed == expected);
      if (!expected)
        CHECK(made.error().remedy.find("allowed are OverrideRequested, FaultCleared") !=
              std::string::npos);
    }
    CHECK_FALSE(event("\"type\":\"DecisionMade\""));
  }

  TEST_CASE("what is wrong is said in one line, with a near match or the range") {
    struct Row {
      std::string members, holds;
    };
    const std::string o = R"("type":"OverrideRequested",)";
    const std::string c = R"("type":"CorrectionRecorded",)";
    const std::vector<Row> rows = {
        {R"("action":"charge")", "the event has no type"},
        {R"("type":7)", "the event has no type"},
        {R"("type":"OverrideRequest")", "did you mean \"OverrideRequested\"?"},
        {R"("type":"Qqqqqqqqqqq")", "allowed are OverrideRequested"},
        {R"("type":"OverrideRequested")", "OverrideRequested needs action"},
        {o + R"("action":"chrage")", "action \"chrage\" is not known; did you mean \"charge\"?"},
        {o + R"("action":1)", "action \"1\" is not known"},
        {o + R"("acton":"charge")", "has no member \"acton\"; did you mean \"action\"?"},
        {o + R"("action":"charge","target_soc":8000)", "did you mean \"target_soc_bp\"?"},
        {o + R"("action":"charge","target_soc_bp":10001)",
         "target_soc_bp is out of range; write a whole number from 0 to 10000"},
        {o + R"("action":"charge","target_soc_bp":-1)", "target_soc_bp is out of range"},
        {o + R"("action":"charge","target_soc_bp":80.5)", "target_soc_bp is no whole number"},
        {o + R"("action":"charge","target_soc_bp":"80")", "target_soc_bp is no whole number"},
        {o + R"("action":"charge","target_soc_bp":null)", "target_soc_bp is no whole number"},
        {o + R"("action":"charge","power_w":0)", "power_w is out of range"},
        {o + R"("action":"charge","until":"2025-10-05T18:00")", "no time with Z or an offset"},
        {o + R"("action":"charge","until":"soon")", "no time with Z or an offset"},
        {o + R"("action":"charge","until":5)", "until is no text"},
        {o + R"("action":"charge","until":"2025-10-05T12:00Z")", "until is not after now"},
        {o + R"("action":"charge","until":"2026-10-05T12:00Z")", "more than 31 days ahead"},
        {o + R"("action":"charge","until_us":9223372036854775807)", "more than 31 days ahead"},
        {o + R"("action":"charge","until_us":1,"until":"2025-10-05T13:00Z")", "until and until_us"},
        {o + R"("automatic":true,"action":"charge")", "is automatic and asks"},
        {o + R"("automatic":true,"power_w":5)", "is automatic and asks"},
        {o + R"("automatic":"yes","action":"charge")", "automatic is neither true nor false"},
        {o + R"("action":"charge","reason":")" + std::string(2'001, 'x') + "\"",
         "reason is longer than 2000 bytes"},
        {o + R"("action":"charge","action":"hold")", "\"action\" twice"},
        {R"("type":"FaultCleared")", "needs fault"},
        {R"("type":"FaultCleared","fault":"unknown")", "fault is unknown"},
        {R"("type":"FaultCleared","fault":"battery_volt")", "did you mean \"battery_voltage\"?"},
        {R"("type":"FaultCleared","fault":"grid_voltage","raised":0)", "raised is out of range"},
        {c + R"("field":"f","value":"v","reason":"r")", "needs corrects"},
        {c + R"("corrects":0,"field":"f","value":"v","reason":"r")", "corrects is out of range"},
        {c + R"("corrects":18446744073709551616,"field":"f","value":"v","reason":"r")",
         "corrects is no whole number"},
        {c + R"("corrects":1,"field":"","value":"v","reason":"r")", "field is empty"},
        {c + R"("corrects":1,"field":"f","value":"v")", "needs reason"},
        {R"("type":"BackupTaken","backup":"b","tree_size":1,"root":"xy","result":"succeeded")",
         "root is not 64 hex digits"},
        {R"("type":"ChangeStarted","change":"12","verb":"v")", "change is not 32 hex digits"},
        {R"("type":"ChangeFinished","change":")" + good_id + R"(","started":1,"result":"done")",
         "result \"done\""},
    };
    for (const Row& row : rows) {
      CAPTURE(row.members);
      const auto made = event(row.members);
      REQUIRE_FALSE(made);
      CAPTURE(made.error().line());
      CHECK(made.error().kind == ErrorKind::invalid_input);
      CHECK(made.error().line().find(row.holds) != std::string::npos);
      CHECK(made.error().line().find('\n') == std::string::npos);
    }
  }

  TEST_CASE("args that hold no event, or more than one") {
    for (const char* args : {"", "[]", "{}", "{\"event\":7}", "{\"evnt\":{}}",
                             "{\"event\":{},\"more\":1}", "{\"event\":{}"}) {
      const auto made = event_from_args(args, asked(), now);
      REQUIRE_FALSE(made);
      CHECK(made.error().what.rfind("append: ", 0) == 0);
    }
  }

  TEST_CASE("random args are refused or make an event that the codec takes") {
    CHECK(rc::check("pieces", [] {
      const auto members =
          *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
              R"("type":"OverrideRequested")", R"("type":"FaultCleared")", R"("action":"charge")",
              R"("fault":"grid_voltage")", R"("power_w":-5)", R"("power_w":500)",
              R"("target_soc_bp":9000)", R"("reason":"é")", R"("automatic":true)",
              R"("until_us":1759665600001000)", R"("raised":3)", R"("x":{})"));
      std::string text;
      for (const std::string& member : members) text += (text.empty() ? "" : ",") + member;
      const auto made = event(text);
      const bool sound = made ? encode(*made).has_value() : !made.error().what.empty();
      RC_ASSERT(sound);
    }));
  }
}
