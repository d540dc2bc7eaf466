// Checkpoints and proofs through the real binary: made beside a log, checked where there is none.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "coordinator/control/control.hpp"
#include "log/checkpoint.hpp"
#include "log/proof_file.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;

ToolRun done(const HouseDirectory& house, std::vector<std::string> arguments) {
  ToolRun run = on(house, std::move(arguments));
  INFO(run.err);
  REQUIRE(run.code == 0);
  return run;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(stream.good());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

// A house of seven records, closed, and a place away from it.
struct Evidence {
  Evidence() {
    house.begin();
    house.reading(60, 6'400);
    house.decide(60);
    house.close();
  }
  [[nodiscard]] std::string away(const char* name) const { return elsewhere / name; }
  // Where there is no log.
  [[nodiscard]] ToolRun check(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"log", "check-proof"});
    return run_tool(arguments, elsewhere.path());
  }
  HouseDirectory house;
  MemoryDirectory elsewhere;
};

const std::string origin = "wattledger/00000000000000000000000000000007";

}  // namespace

TEST_SUITE("replay/evidence") {
  TEST_CASE("a checkpoint is signed without a daemon, printed and kept in the log") {
    const Evidence evidence;
    const ToolRun run = done(evidence.house, {"log", "checkpoint"});
    const std::string key = done(evidence.house, {"log", "key"}).lines().at(0);
    const auto verifier = value(log::VerifierKey::parse(key));
    CHECK(verifier.name() == origin);
    const auto checkpoint = value(log::open_checkpoint(run.out, verifier));
    CHECK(checkpoint.size == 7);
    CHECK(checkpoint.recorded_at == at_s(60));
    struct ::stat status {};
    REQUIRE(::stat((evidence.house.data() / "keys" / "log.pem").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
    CHECK(done(evidence.house, {"log", "checkpoint"}).out == run.out);
    CHECK(done(evidence.house, {"log", "verify"}).code == 0);
    CHECK(done(evidence.house, {"log", "stat"}).out.find("signed      1 time, at 7 records\n") !=
          std::string::npos);

    const auto json = done(evidence.house, {"log", "checkpoint", "--format", "json"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["size"] == 7);
    CHECK(json[0]["origin"] == origin);
    CHECK(json[0]["note"] == run.out);
    CHECK(json[0]["by_daemon"] == false);
    CHECK(json[0]["recorded_at"] == "2025-10-01T00:01:00Z");
    CHECK(done(evidence.house, {"log", "key", "--format", "json"}).json_lines().at(0)["key"] ==
          key + "\n");
  }

  TEST_CASE("a record is proved to somebody who has the proof and the key, and no log") {
    const Evidence evidence;
    done(evidence.house, {"log", "checkpoint"});
    const std::string proof = evidence.away("decision.tlog-proof");
    const std::string key = evidence.away("house.vkey");
    const ToolRun proved = done(evidence.house, {"log", "prove", "5", "--out", proof});
    CHECK(proved.lines().at(0) ==
          "proof that record 5 is in the log as signed at 7 records: " + proof);
    done(evidence.house, {"log", "key", "--out", key});
    CHECK(done(evidence.house, {"log", "prove", "5"}).out == content(proof));

    for (const std::string& given : {key, content(key).substr(0, content(key).size() - 1)}) {
      const ToolRun run = evidence.check({proof, "--key", given});
      INFO(run.err);
      CHECK(run.code == 0);
      const auto lines = run.lines();
      REQUIRE(lines.size() == 6);
      CHECK(lines[0] == "holds       record 5 is in the log");
      CHECK(lines[1] == "log         " + origin);
      CHECK(lines[2].starts_with("tree        7 records, root "));
      CHECK(lines[3].starts_with("date        2025-10-01T00:01:00Z"));
      CHECK(lines[4] == "signature   of the key given");
      CHECK(nlohmann::json::parse(lines[5])["event"]["fact"]["battery_soc_bp"] == 6'400);
    }
    const auto json = evidence.check({proof, "--key", key, "--format", "json"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["holds"] == true);
    CHECK(json[0]["proves"] == "inclusion");
    CHECK(json[0]["sequence"] == 5);
    CHECK(json[0]["size"] == 7);
    CHECK(json[0]["signature_checked"] == true);
    CHECK(json[0]["record"]["kind"] == "ReadingRecorded");
  }

  TEST_CASE("a proof that was changed, or is held against another key, fails with exit code 1") {
    const Evidence evidence;
    const Evidence another;
    done(evidence.house, {"log", "checkpoint"});
    done(another.house, {"log", "checkpoint"});
    const std::string key = evidence.away("house.vkey");
    done(evidence.house, {"log", "key", "--out", key});
    const std::string whole = done(evidence.house, {"log", "prove", "5"}).out;

    std::string other_record = whole;
    other_record[whole.find("extra ") + 40] ^= 1;
    const std::string truncated = whole.substr(0, whole.size() / 2);
    std::string other_index = whole;
    other_index[whole.find("index 4") + 6] = '5';
    const std::string foreign = done(another.house, {"log", "prove", "5"}).out;
    for (const std::string& text : {other_record, truncated, other_index, foreign, std::string()}) {
      CAPTURE(text);
      const std::string file = write(evidence.away("changed.proof"), text);
      const ToolRun run = evidence.check({file, "--key", key});
      CHECK(run.code == 1);
      CHECK(run.out.starts_with("fails       "));
      const auto json = evidence.check({file, "--key", key, "--format", "json"}).json_lines();
      REQUIRE(json.size() == 1);
      CHECK(json[0]["holds"] == false);
      CHECK_FALSE(json[0]["what"].get<std::string>().empty());
    }
  }

  TEST_CASE("a decision is proved in words that are compared with its bytes") {
    const Evidence evidence;
    const ToolRun early = on(evidence.house, {"audit", "prove", "7"});
    CHECK(early.code == 3);
    CHECK(early.err.find("no checkpoint covers record 7 yet; wattledger log checkpoint") !=
          std::string::npos);
    done(evidence.house, {"log", "checkpoint"});
    const std::string proof = evidence.away("decision.proof");
    const std::string key = evidence.away("house.vkey");
    done(evidence.house, {"log", "key", "--out", key});
    const ToolRun proved = done(evidence.house, {"audit", "prove", "7", "--out", proof});
    CHECK(proved.out.starts_with("proof that decision 7 ("));
    const std::string file = content(proof);
    CHECK(
        file.starts_with("# wattledger/decision-words@v1\n"
                         "# decision        record 7\n"
                         "# decided at      2025-10-01T00:01:00Z\n"));
    const std::string pure = file.substr(file.find("c2sp.org/"));
    CHECK(pure == done(evidence.house, {"log", "prove", "7"}).out);

    for (const std::string& text : {file, pure}) {
      const ToolRun run = evidence.check({write(evidence.away("a"), text), "--key", key});
      INFO(run.out << run.err);
      CHECK(run.code == 0);
      const std::vector<std::string> lines = run.lines();
      REQUIRE(lines.size() == 7);
      CHECK(lines[0] == "holds       record 7 is in the log");
      CHECK(lines[5].starts_with("decision    charge at 2025-10-01 00:01:00+00:00: "));
    }

    // Words that say something else than the bytes prove nothing, and are not passed over.
    std::string other_words = file;
    other_words.replace(file.find("charge\n"), 6, "self_u");
    std::string later_form = file;
    later_form[file.find("@v1") + 2] = '2';
    const std::string of_reading =
        "# a decision\n" + done(evidence.house, {"log", "prove", "5"}).out;
    for (const std::string& text : {other_words, later_form, of_reading}) {
      CAPTURE(text);
      const ToolRun run = evidence.check({write(evidence.away("a"), text), "--key", key});
      CHECK(run.code == 1);
      CHECK(run.out.starts_with("fails       its words are"));
    }
  }

  TEST_CASE("what is no decision is not proved as one") {
    Evidence evidence;
    done(evidence.house, {"log", "checkpoint"});
    const ToolRun reading = on(evidence.house, {"audit", "prove", "5"});
    CHECK(reading.code == 3);
    CHECK(reading.err.find("record 5 is no decision, it is ReadingRecorded") != std::string::npos);
    CHECK(on(evidence.house, {"audit", "prove", "99"}).code == 3);
    CHECK(on(evidence.house, {"audit", "prove"}).code == 2);
  }

  TEST_CASE("a decision newer than the checkpoints is proved once another is signed") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    const std::string first = std::to_string(house.decide(60));
    house.sign();
    house.reading(120, 6'500);
    house.sign();
    house.reading(180, 6'600);
    const std::string newest = std::to_string(house.decide(960));
    const ToolRun early = on(house, {"audit", "prove", newest});
    CHECK(early.code == 3);
    CHECK(early.one_error_line());
    CHECK(early.err.find("decision " + newest +
                         " is newer than the last checkpoint, which covers 8 records; the daemon "
                         "signs on its schedule, and wattledger log checkpoint has one signed "
                         "now") != std::string::npos);
    CHECK(done(house, {"audit", "prove", first}).out.starts_with("# wattledger/decision-words"));

    // While a daemon holds the log it is the one that signs.
    std::string verb;
    {
      const auto daemon =
          value(control::Server::start(house.data(), "", [&](const control::Request& request) {
            verb = request.verb;
            return Result<std::string>(nlohmann::json{{"note", house.sign()}}.dump());
          }));
      done(house, {"log", "checkpoint"});
      CHECK(
          done(house, {"audit", "prove", newest}).out.find("# decision        record " + newest) !=
          std::string::npos);
    }
    CHECK(verb == "checkpoint");
  }

  TEST_CASE("a key that is not the checkpoints' is one finding, however many there are") {
    HouseDirectory house;
    house.begin();
    for (int i = 1; i <= 5; ++i) {
      house.reading(60 * i);
      house.sign();
    }
    house.decide(400);
    house.close();
    const Evidence another;
    done(another.house, {"log", "checkpoint"});
    const std::string key = another.away("other.vkey");
    done(another.house, {"log", "key", "--out", key});
    const ToolRun run = on(house, {"audit", "verify", "--key", key});
    CHECK(run.code == 1);
    const auto lines = run.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[1].starts_with("all 5 checkpoints, at 5 to 9 records: the note is not signed by "));
    CHECK(lines[1].ends_with("; look whether the key is this log's (wattledger log key)"));
    CHECK(lines[2].find(" records read, 1 finding, root ") != std::string::npos);
    const auto json = on(house, {"audit", "verify", "--key", key, "--format", "json"});
    CHECK(json.code == 1);
    CHECK(json.json_lines().at(0)["log"]["findings"].size() == 1);
    CHECK(on(house, {"audit", "verify", "--key", house.data() / "keys" / "no.such"}).code == 2);
  }

  TEST_CASE("growth is proved between two checkpoints, also against one that was kept") {
    Evidence evidence;
    const std::string kept = evidence.away("kept.note");
    const ToolRun first = done(evidence.house, {"log", "checkpoint", "--out", kept});
    CHECK(first.lines().at(0).starts_with("signed 7 records, root "));
    // A correction is one more record.
    done(evidence.house, {"correct", "5", "battery_soc_bp", "6500", "--reason", "a test"});
    done(evidence.house, {"log", "checkpoint"});
    const std::string key = evidence.away("house.vkey");
    done(evidence.house, {"log", "key", "--out", key});
    const std::string proof = evidence.away("grown.proof");
    done(evidence.house, {"log", "prove", "--from", "7", "--to", "8", "--out", proof});
    CHECK(done(evidence.house, {"log", "prove", "--from", "7"}).out == content(proof));

    const ToolRun by_key = evidence.check({proof, "--key", key});
    INFO(by_key.err);
    CHECK(by_key.code == 0);
    CHECK(by_key.lines().at(0) == "holds       the log only grew from 7 to 8 records");
    const ToolRun by_note = evidence.check({proof, "--against", kept});
    CHECK(by_note.code == 0);
    CHECK(by_note.out.find("signature   not looked at: no --key") != std::string::npos);
    CHECK(by_note.out.find("kept        the checkpoint kept elsewhere") != std::string::npos);
    const auto json =
        evidence.check({proof, "--key", key, "--against", kept, "--format", "json"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["proves"] == "consistency");
    CHECK(json[0]["before"]["size"] == 7);
    CHECK(json[0]["size"] == 8);
    CHECK(json[0]["against_kept"] == true);

    const std::string early = write(evidence.away("early.proof"),
                                    done(evidence.house, {"log", "prove", "--from", "3"}).out);
    const ToolRun other = evidence.check({early, "--against", kept});
    CHECK(other.code == 1);
    CHECK(other.out.find("prove it with --from 7") != std::string::npos);
    const std::string record = write(evidence.away("record.proof"),
                                     done(evidence.house, {"log", "prove", "5", "--at", "7"}).out);
    CHECK(evidence.check({record, "--against", kept}).code == 0);
  }

  TEST_CASE("a house that another history was written for fails what was kept") {
    const Evidence evidence;
    const std::string kept = evidence.away("kept.note");
    done(evidence.house, {"log", "checkpoint", "--out", kept});
    HouseDirectory rewritten;  // of the same uuid
    rewritten.begin();
    rewritten.reading(60, 1'000);
    rewritten.decide(60);
    rewritten.close();
    done(rewritten, {"log", "checkpoint"});
    const std::string proof = write(evidence.away("forged.proof"),
                                    done(rewritten, {"log", "prove", "5", "--at", "7"}).out);
    const ToolRun run = evidence.check({proof, "--against", kept});
    CHECK(run.code == 1);
    CHECK(run.out.find("history was rewritten") != std::string::npos);
  }

  TEST_CASE("what cannot be proved or signed is said in one line") {
    Evidence evidence;
    const std::string file = write(evidence.away("a.proof"), "hello\n");
    struct Wrong {
      const char* name;
      std::vector<std::string> arguments;
      int code;
      const char* says;
    };
    const std::vector<Wrong> before = {
        {"no key yet", {"log", "key"}, 3, "there is no signing key"},
        {"no checkpoint yet", {"log", "prove", "5"}, 3, "wattledger log checkpoint makes one"},
        {"no checkpoint yet", {"log", "prove", "--from", "5"}, 3, "no checkpoint of the log"}};
    const std::vector<Wrong> after = {
        {"nothing to prove", {"log", "prove"}, 2, "name a record, or two sizes"},
        {"two things to prove", {"log", "prove", "5", "--from", "3"}, 2, "proves one thing"},
        {"--to alone", {"log", "prove", "--to", "3"}, 2, "proves one thing"},
        {"--to of a record", {"log", "prove", "5", "--to", "7"}, 2, "--to needs --from"},
        {"--at of sizes", {"log", "prove", "--from", "5", "--at", "7"}, 2, "--at needs a record"},
        {"no such record", {"log", "prove", "99"}, 3, "no record 99"},
        {"no such checkpoint", {"log", "prove", "5", "--at", "6"}, 3, "the next one is of 7"},
        {"a checkpoint before the record", {"log", "prove", "7", "--at", "3"}, 2, "says nothing"},
        {"backwards", {"log", "prove", "--from", "9", "--to", "7"}, 2, "no proof leads from 9"},
        {"--out to nowhere", {"log", "prove", "5", "--out", "/nowhere/x"}, 3, "cannot be written"},
        {"--out to a full device", {"log", "prove", "5", "--out", "/dev/full"}, 3, "No space left"},
        {"--out to a directory", {"log", "prove", "5", "--out", "/"}, 3, "cannot be written"},
        {"verify beyond the head", {"log", "verify", "--since", "99"}, 3, "no record 99: the log"},
        {"nothing believed", {"log", "check-proof", file}, 2, "proves nothing by itself"},
        {"no key", {"log", "check-proof", file, "--key", "a"}, 2, "neither a key nor a file"},
        {"file with no key", {"log", "check-proof", file, "--key", file}, 2, "not a verifier key"},
        {"no note", {"log", "check-proof", file, "--against", "nowhere"}, 3, "there is no file"},
        {"no proof", {"log", "check-proof", "nowhere", "--against", file}, 3, "there is no file"}};
    const auto all_said = [&](const std::vector<Wrong>& table) {
      for (const Wrong& wrong : table) {
        CAPTURE(wrong.name);
        const ToolRun run = on(evidence.house, wrong.arguments);
        INFO(run.out);
        INFO(run.err);
        CHECK(run.code == wrong.code);
        CHECK(run.one_error_line());
        CHECK(run.err.find(wrong.says) != std::string::npos);
      }
    };
    all_said(before);
    done(evidence.house, {"log", "checkpoint"});
    all_said(after);
  }

  TEST_CASE("--out writes to a device, and where a link leads, and puts nothing in their place") {
    const Evidence evidence;
    const fs::path link = evidence.away("link");
    const fs::path there = evidence.away("there");
    done(evidence.house, {"log", "checkpoint", "--out", there.string()});
    fs::create_symlink(there, link);
    const auto before = fs::last_write_time(there);
    fs::last_write_time(there, before - std::chrono::hours(1));
    done(evidence.house, {"log", "checkpoint", "--out", link.string()});
    CHECK(fs::is_symlink(link));
    CHECK(fs::last_write_time(there) > before - std::chrono::hours(1));
    done(evidence.house, {"log", "checkpoint", "--out", "/dev/null"});
    CHECK(fs::is_character_file("/dev/null"));
    CHECK(fs::is_character_file("/dev/full"));
  }

  TEST_CASE("a key that others may read signs nothing") {
    const Evidence evidence;
    done(evidence.house, {"log", "checkpoint"});
    REQUIRE(::chmod((evidence.house.data() / "keys" / "log.pem").c_str(), 0644) == 0);
    for (const char* verb : {"checkpoint", "key"}) {
      const ToolRun run = on(evidence.house, {"log", verb});
      CHECK(run.code == 3);
      CHECK(run.one_error_line());
      CHECK(run.err.find("may be read by others: its mode is 0644; chmod 600 it") !=
            std::string::npos);
    }
  }

  TEST_CASE("a log that somebody holds without an answer is not signed") {
    HouseDirectory house;
    house.begin();
    const ToolRun run = on(house, {"log", "checkpoint"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(run.err.find("does not answer") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(house.data() / "keys"));
  }

  TEST_CASE("verify --deep compares checkpoints with the tree and checks who signed them") {
    const Evidence evidence;
    done(evidence.house, {"log", "checkpoint"});
    CHECK(done(evidence.house, {"log", "verify", "--deep"}).out.find("1 checkpoints compared") !=
          std::string::npos);
    const Evidence other;
    done(other.house, {"log", "checkpoint"});
    const auto key = std::filesystem::path("keys") / "log.pem";
    std::filesystem::copy_file(other.house.data() / key, evidence.house.data() / key,
                               std::filesystem::copy_options::overwrite_existing);
    const ToolRun run = on(evidence.house, {"log", "verify", "--deep"});
    CHECK(run.code == 1);
    CHECK(run.out.find("damaged checkpoint") != std::string::npos);
  }
}
