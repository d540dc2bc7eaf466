// wattledger audit explain: what was corrected since, and what a proof or a page may be written
// over.
#include <algorithm>
#include <fstream>

#include "log/reader.hpp"
#include "projections/correction_index.hpp"
#include "tests/replay/explained_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("replay/explain corrections") {
  TEST_CASE("a corrected fact shows both values") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(Slots(40, 60)).holds(6'200).read(noon_s - 20);
    const std::uint64_t read = house.log().state().reading->sequence.value;
    const std::uint64_t decision = house.decide();
    fb::CorrectionRecordedT fact;
    fact.corrects = read;
    fact.field = "battery_soc_bp";
    fact.value = "4200";
    fact.previous = "6200";
    fact.reason = "the dongle had swapped digits";
    house.log().add(noon_s + 5'000, std::move(fact), fb::Source::owner);
    const ToolRun run = explained(house, std::to_string(decision));
    CHECK(run.out.find("battery_soc_bp of record") != std::string::npos);
    std::string flat = run.out;
    std::replace(flat.begin(), flat.end(), '\n', ' ');
    CHECK(flat.find("was recorded as 6200, and is 4200") != std::string::npos);
    CHECK(flat.find("the dongle had swapped digits") != std::string::npos);
    // What was decided rests on what was known.
    CHECK(flat.find("Made again now: identical") != std::string::npos);
  }

  TEST_CASE("of two corrections of a fact the later stands, and the earlier is told as such") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(Slots(40, 60)).holds(6'200).read(noon_s - 20);
    fb::CorrectionRecordedT fact;
    fact.corrects = house.log().state().reading->sequence.value;
    fact.field = "battery_soc_bp";
    const std::uint64_t decision = house.decide();
    for (const char* value : {"4200", "4300"}) {
      fact.value = value;
      house.log().add(noon_s + 5'000, fb::CorrectionRecordedT(fact), fb::Source::owner);
    }
    std::string flat = explained(house, std::to_string(decision)).out;
    std::replace(flat.begin(), flat.end(), '\n', ' ');
    CHECK(flat.find("to 4200") != std::string::npos);
    CHECK(flat.find("a later one stands") != std::string::npos);
    CHECK(flat.find("and is 4200") == std::string::npos);
    CHECK(flat.find("was recorded as 6200, and is 4300") != std::string::npos);
  }

  TEST_CASE("corrections are found by the cache's index, and asked for in the log itself") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(Slots(40, 60)).holds(6'200).read(noon_s - 20);
    const std::uint64_t read = house.log().state().reading->sequence.value;
    const std::string decision = std::to_string(house.decide());
    fb::CorrectionRecordedT fact;
    fact.corrects = read;
    fact.field = "battery_soc_bp";
    fact.value = "4200";
    house.log().add(noon_s + 5'000, std::move(fact), fb::Source::owner);
    house.log().close();
    const auto log = log::Log::open(house.log().data() / "log");
    REQUIRE(log.has_value());
    const auto snapshot = log->snapshot();
    REQUIRE(snapshot.has_value());
    const Sequence head = snapshot->head();
    const projections::CorrectionIndex index(house.log().data() / "cache");
    const auto keep = [&](std::vector<projections::CorrectionPlace> places) {
      const auto root = log::root_at(*snapshot, head.value);
      REQUIRE(root.has_value());
      REQUIRE(index.write(*snapshot, {head, std::move(places)}, *root).has_value());
    };
    const auto shown = [&](std::vector<std::string> more = {}) {
      more.insert(more.begin(), {"audit", "explain", decision});
      const ToolRun run = on(house.log(), std::move(more));
      CHECK(run.out.find("looked for up to record " + std::to_string(head.value)) !=
            std::string::npos);
      return run.out.find("battery_soc_bp of record") != std::string::npos;
    };
    keep({{head, Sequence{read}}});
    CHECK(shown());
    // Whoever forges the index can hide a correction, but not from who asks the log.
    keep({});
    CHECK_FALSE(shown());
    CHECK(shown({"--corrections"}));
    // One that names what is no correction shows nothing.
    keep({{Sequence{read}, Sequence{read}}});
    CHECK_FALSE(shown());
  }

  TEST_CASE("a proof replaces a proof, and neither another file nor what the house keeps") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(Slots(40, 60)).holds(6'200).read(noon_s - 20);
    const std::string decision = std::to_string(house.decide());
    house.log().close();
    REQUIRE(on(house.log(), {"log", "checkpoint"}).code == 0);
    const std::filesystem::path data = house.log().data();
    const auto prove = [&](const std::filesystem::path& out) {
      return on(house.log(), {"audit", "prove", decision, "--out", out.string()});
    };
    const auto proof = data / "decision.proof";
    CHECK(prove(proof).code == 0);
    CHECK(prove(proof).code == 0);
    const auto letter = data / "letter.txt";
    std::ofstream(letter) << "Dear neighbour\n";
    CHECK(prove(letter).code == 3);
    CHECK(prove(letter).err.find("is something else") != std::string::npos);
    for (const char* own : {"log/data.mdb", "keys/log.pem", "goodwe_energy.db", "cache/new"}) {
      const ToolRun run = prove(data / own);
      CHECK_MESSAGE(run.code == 3, own);
    }
    const ToolRun page =
        on(house.log(), {"audit", "report", "--month", "2025-10", "--force", "--out",
                         (data / "keys/log.pem").string(), "--no-record"});
    CHECK(page.code == 3);
    CHECK(page.err.find("belongs to the data directory") != std::string::npos);
    CHECK(prove(proof).code == 0);
  }
}
