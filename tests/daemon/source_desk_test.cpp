#include "coordinator/daemon/source_desk.hpp"

#include <fstream>

#include "coordinator/daemon/recollection.hpp"
#include "coordinator/daemon/source_thread.hpp"
#include "tests/daemon/daemon_fixture.hpp"
#include "tests/fetch/web_server.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

// aWATTar's answer for the hours [from, from + count) after `start`.
std::string hourly(UtcTime start, int count, int price = 100) {
  std::string text = R"({"object":"list","data":[)";
  for (int i = 0; i < count; ++i) {
    const std::int64_t from = to_us(start + hours(i)) / 1000;
    text += (i == 0 ? "" : ",") + std::string(R"({"start_timestamp":)") + std::to_string(from) +
            R"(,"end_timestamp":)" + std::to_string(from + 3'600'000) + R"(,"marketprice":)" +
            std::to_string(price + i) + R"(.5,"unit":"Eur/MWh"})";
  }
  return text + "]}";
}

// A house in UTC, its days from midnight to midnight; hour 0 is the fixture's start.
struct Desk : DaemonFixture {
  Desk() {
    config.sources.prices = config::PriceSource::awattar_de;
    config.sources.mirror = server.url("");
    config.policy.currency = "EUR";
  }
  [[nodiscard]] std::string path(UtcTime day) const {
    return "/v1/marketdata?start=" + std::to_string(to_us(day) / 1000) +
           "&end=" + std::to_string(to_us(day + hours(24)) / 1000);
  }
  void publishes(UtcTime day, const std::string& body) {
    server.answers_with(path(day), "200 OK", body);
  }
  // What a desk says at an hour, put into the log.
  std::size_t look(daemon::SourceDesk& desk, std::chrono::seconds after_start) {
    const UtcTime now = at_s(0) + after_start;
    clock.set(now);
    std::vector<fb::EventT> facts = desk.look(now);
    for (fb::EventT& each : facts)
      REQUIRE(journal->record(std::move(each), log::Urgency::telemetry).has_value());
    return facts.size();
  }
  [[nodiscard]] bool knows(UtcTime at) const {
    return journal->with_state(
        [&](const fold::State& state) { return fold::price_at(state, at) != nullptr; });
  }
  // What a start takes from the log.
  sources::ToldBefore recollected() {
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    daemon::Forecaster forecaster(config, *journal);
    auto told = daemon::recollect(*snapshot, clock.now(), forecaster);
    REQUIRE(told.has_value());
    return *std::move(told);
  }
  config::Config config;
  WebServer server;
};

}  // namespace

TEST_SUITE("daemon/source desk") {
  TEST_CASE_FIXTURE(Desk, "today at once, tomorrow from its hour on, until it is whole") {
    daemon::SourceDesk desk(config, *journal);
    publishes(at_s(0), hourly(at_s(0), 24));
    CHECK(look(desk, hours(1)) == 1);
    CHECK(knows(at_s(0) + hours(23)));
    CHECK_FALSE(knows(at_s(0) + hours(24)));
    const std::size_t asked = server.requests().size();
    CHECK(look(desk, hours(3)) == 0);
    CHECK(server.requests().size() == asked);

    const UtcTime tomorrow = at_s(0) + hours(24);
    publishes(tomorrow, R"({"data":[]})");
    CHECK(look(desk, hours(13)) == 0);  // not yet
    CHECK(count(Kind::SourceFailed) == 0);
    publishes(tomorrow, hourly(tomorrow, 20));
    CHECK(look(desk, hours(13) + minutes(14)) == 0);
    CHECK(look(desk, hours(13) + minutes(15)) == 1);  // what there is of it
    CHECK(look(desk, hours(13) + minutes(30)) == 0);  // no more than before
    publishes(tomorrow, hourly(tomorrow, 24));
    CHECK(look(desk, hours(13) + minutes(45)) == 1);
    CHECK(knows(tomorrow + hours(23)));
    CHECK(count(Kind::PricesPublished) == 3);
  }

  TEST_CASE_FIXTURE(Desk, "a day that was published anew takes the place of the one before") {
    daemon::SourceDesk desk(config, *journal);
    publishes(at_s(0), hourly(at_s(0), 24));
    look(desk, hours(1));
    publishes(at_s(0), hourly(at_s(0), 24, 200));
    CHECK(look(desk, hours(4)) == 1);
    const auto price = journal->with_state(
        [](const fold::State& state) { return fold::price_at(state, at_s(0))->market; });
    CHECK(price == PriceE8(20'050'000));
    CHECK(look(desk, hours(7)) == 0);
  }

  TEST_CASE_FIXTURE(Desk, "after a restart nothing is asked for that the log holds") {
    {
      daemon::SourceDesk desk(config, *journal);
      publishes(at_s(0), hourly(at_s(0), 24));
      look(desk, hours(1));
    }
    const std::size_t asked = server.requests().size();
    daemon::SourceDesk desk(config, *journal);
    CHECK(look(desk, hours(2)) == 0);
    CHECK(server.requests().size() == asked);
    // But for somebody who wants to know whether it answers.
    CHECK(desk.look(at_s(0) + hours(2), {}, /*everybody=*/true).empty());
    CHECK(server.requests().size() == asked + 1);
  }

  TEST_CASE_FIXTURE(Desk, "an outage is told once, and once when it ends, with how long it was") {
    daemon::SourceDesk desk(config, *journal);
    server.answers_with(path(at_s(0)), "500 Internal Server Error", "");
    for (int minute = 0; minute < 120; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::SourceFailed) == 1);
    REQUIRE(desk.troubles().size() == 1);
    CHECK(desk.troubles()[0].find("source awattar-de: GET " + server.url("/v1/marketdata")) == 0);
    CHECK(desk.troubles()[0].find("; it is asked again at 02:01") != std::string::npos);
    publishes(at_s(0), hourly(at_s(0), 24));
    for (int minute = 120; minute < 160; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::SourceFailed) == 1);
    CHECK(count(Kind::SourceRecovered2) == 1);
    CHECK(knows(at_s(0) + hours(3)));
    CHECK(desk.troubles().empty());
  }

  TEST_CASE_FIXTURE(Desk,
                    "an outage that the log holds is not told again, and ends with its length") {
    {
      daemon::SourceDesk desk(config, *journal);
      server.answers_with(path(at_s(0)), "500 Internal Server Error", "");
      for (int minute = 0; minute < 10; ++minute) look(desk, minutes(minute));
    }
    CHECK(count(Kind::SourceFailed) == 1);
    daemon::SourceDesk desk(config, *journal, {}, recollected());
    REQUIRE(desk.troubles().size() == 1);  // known before it is asked
    for (int minute = 60; minute < 180; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::SourceFailed) == 1);
    publishes(at_s(0), hourly(at_s(0), 24));
    for (int minute = 180; minute < 220; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::SourceRecovered2) == 1);
    const auto recovered = last<fb::SourceRecovered2T>();
    CHECK(recovered.failed.has_value());
    CHECK(*recovered.outage_ms >= 177U * 60'000U);  // from the third failure on, which told it
    CHECK(*recovered.outage_ms < 220U * 60'000U);
  }

  TEST_CASE_FIXTURE(Desk,
                    "weather that says the same is recorded once, over restarts and whatever its "
                    "server counts") {
    config.sources.prices = config::PriceSource::none;
    config.sources.weather = true;
    config.site.latitude = 52.23;
    config.site.longitude = 21.01;
    const auto answers = [&](const char* took, int light) {
      const auto where = sources::address_of(
          sources::Provider::open_meteo, *sources::asked_of(config, sources::Provider::open_meteo));
      REQUIRE(where.has_value());
      server.answers_with(
          where->substr(server.url("").size()), "200 OK",
          std::string(R"({"latitude":52.25,"longitude":21.0,"generationtime_ms":)") + took +
              R"(,"utc_offset_seconds":0,"minutely_15_units":{"time":"unixtime",)"
              R"("shortwave_radiation":"W/m²","direct_radiation":"W/m²","diffuse_radiation":"W/m²"},)"
              R"("minutely_15":{"time":[1759277700,1759278600],"shortwave_radiation":[)" +
              std::to_string(light) +
              R"(,20],"direct_radiation":[4,5],"diffuse_radiation":[6,15]}})");
    };
    answers("0.12", 10);
    {
      daemon::SourceDesk desk(config, *journal);
      CHECK(look(desk, hours(1)) == 1);
      answers("0.34", 10);
      CHECK(look(desk, hours(2)) == 0);
    }
    const auto told = last<fb::PvForecastIssuedT>();
    CHECK(told.latitude_e6 == 52'250'000);
    CHECK(told.longitude_e6 == 21'000'000);
    REQUIRE(told.direct_mw_m2.size() == 1);
    REQUIRE(told.diffuse_mw_m2.size() == 1);
    CHECK(told.direct_mw_m2[0]->values == std::vector<std::int64_t>{4'000, 5'000});
    CHECK(told.diffuse_mw_m2[0]->values == std::vector<std::int64_t>{6'000, 15'000});
    CHECK(told.direct_mw_m2[0]->start_us == told.irradiance_mw_m2[0]->start_us);
    daemon::SourceDesk desk(config, *journal, {}, recollected());
    answers("0.56", 10);
    CHECK(look(desk, hours(3)) == 0);
    answers("0.78", 11);
    CHECK(look(desk, hours(4)) == 1);
  }

  TEST_CASE_FIXTURE(Desk,
                    "prices in another currency are refused, and nothing of them is recorded") {
    config.policy.currency = "PLN";
    daemon::SourceDesk desk(config, *journal);
    publishes(at_s(0), hourly(at_s(0), 24));
    for (int minute = 0; minute < 10; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::PricesPublished) == 0);
    CHECK(count(Kind::SourceFailed) == 1);
  }

  TEST_CASE_FIXTURE(Desk, "a day whose prices nobody can believe is recorded, once, and not used") {
    daemon::SourceDesk desk(config, *journal);
    publishes(at_s(0), hourly(at_s(0), 24, 90'000));
    CHECK(look(desk, hours(1)) == 1);
    CHECK_FALSE(knows(at_s(0) + hours(3)));
    for (int minute = 61; minute < 120; ++minute) CHECK(look(desk, minutes(minute)) == 0);
  }

  TEST_CASE_FIXTURE(Desk, "a token that is missing is an outage of its source alone") {
    config.sources.prices = config::PriceSource::entsoe;
    config.sources.bidding_zone = "10YPL-AREA-----S";
    config.sources.entsoe_token_file = "/nowhere/token";
    config.sources.station = "warszawa";
    daemon::SourceDesk desk(config, *journal);
    for (int minute = 0; minute < 10; ++minute) look(desk, minutes(minute));
    CHECK(server.requests().size() >= 3);  // IMGW's, which nobody serves here
    REQUIRE(desk.troubles().size() == 2);
    CHECK(desk.troubles()[0].find("source entsoe: sources.entsoe_token_file: there is no file") == 0);
    CHECK(count(Kind::SourceFailed) == 2);
  }

  TEST_CASE_FIXTURE(Desk, "what a source says that is no UTF-8 is told as text all the same") {
    server.answers_with(path(at_s(0)), "200 OK", "\xB3\xB1\xE9 is no answer");
    daemon::SourceDesk desk(config, *journal);
    for (int minute = 0; minute < 10; ++minute) look(desk, minutes(minute));
    CHECK(count(Kind::SourceFailed) == 1);
    REQUIRE(desk.troubles().size() == 1);
    CHECK(desk.troubles()[0].find('\xB3') == std::string::npos);
  }

  TEST_CASE_FIXTURE(Desk, "a source that hangs holds up nobody, and its thread ends when told to") {
    server.answers(path(at_s(0)), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", true);
    clock.set(at_s(0));
    sources::HttpLimits limits;
    limits.whole = std::chrono::minutes(10);
    daemon::SourceThread thread(config, *journal, clock, limits);
    while (server.requests().empty()) std::this_thread::yield();
    CHECK(thread.take().empty());
  }

  TEST_CASE("ENTSO-E's token comes from a file that only its owner may read") {
    MemoryDirectory directory;
    const auto file = directory.path() / "token";
    config::Config config;
    config.sources.prices = config::PriceSource::entsoe;
    config.sources.entsoe_token_file = file;
    CHECK_FALSE(sources::asked_of(config, sources::Provider::entsoe).has_value());
    std::ofstream(file) << "secret\n";
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    const auto open = sources::asked_of(config, sources::Provider::entsoe);
    REQUIRE_FALSE(open.has_value());
    CHECK(open.error().line().find("chmod 600") != std::string::npos);
    CHECK(open.error().line().find("secret") == std::string::npos);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    const auto asked = sources::asked_of(config, sources::Provider::entsoe);
    REQUIRE_MESSAGE(asked.has_value(), asked.error().line());
    CHECK(asked->token == "secret");
  }
}
