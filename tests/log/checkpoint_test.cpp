#include "log/checkpoint.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <thread>

#include "log/environment.hpp"
#include "log/merkle.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/merkle_leaves.hpp"
#include "tests/support/file_size_limit.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

std::shared_ptr<const SigningKey> key_of(std::uint8_t number) {
  std::array<std::uint8_t, seed_bytes> seed{};
  seed[0] = number;
  return std::make_shared<SigningKey>(value(SigningKey::from_seed(seed)));
}

const std::string origin = "wattledger/00000000000000000000000000000063";  // of the fixture's log

VerifierKey verifier(const SigningKey& key) { return {origin, key.public_key()}; }

Checkpoint example() {
  return {"wattledger/house", 1'000, numbered_leaf(1), at_s(5), {"a later line", "and another"}};
}

TEST_SUITE("log/checkpoint") {
  TEST_CASE("a checkpoint is origin, size, root, time, and lines of a later version") {
    const Checkpoint checkpoint = example();
    const std::string text = checkpoint_text(checkpoint);
    CHECK(text.starts_with("wattledger/house\n1000\n"));
    CHECK(text.ends_with("=\nrecorded-at 2025-10-01T00:00:05Z\na later line\nand another\n"));
    CHECK(value(parse_checkpoint(text)) == checkpoint);
  }

  TEST_CASE("others' checkpoints are read: of size 0, without a time") {
    // The example of c2sp.org/tlog-checkpoint.
    const auto known = value(parse_checkpoint(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
    CHECK(known.origin == "example.com/behind-the-sofa");
    CHECK(known.size == 20'852'163);
    CHECK(known.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    CHECK_FALSE(known.recorded_at.has_value());
    CHECK(value(parse_checkpoint("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")).root ==
          empty_root());
  }

  TEST_CASE("a text that is written otherwise is no checkpoint") {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const std::string good_text = "a\n7\n" + root;
    REQUIRE(parse_checkpoint(good_text).has_value());
    for (const std::string& text : std::vector<std::string>{
             "",
             "a\n",
             "a\n7\n",
             "\n7\n" + root,
             "a\n07\n" + root,
             "a\n+7\n" + root,
             "a\n-7\n" + root,
             "a\n 7\n" + root,
             "a\n7 \n" + root,
             "a\n7.0\n" + root,
             "a\n0x7\n" + root,
             "a\n18446744073709551616\n" + root,
             "a\n\n" + root,
             "a\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
             "a\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
             "a\n7\nCsUY\n",
             "a\n7\n" + root.substr(0, root.size() - 1),
             good_text + "\n",
             good_text + "x\n\ny\n",
             good_text + "x",
             good_text + "recorded-at \n",
             good_text + "recorded-at yesterday\n",
             good_text + "recorded-at 2025-10-01T02:00:00+02:00\n",
             good_text + "recorded-at 2025-10-01 00:00:00Z\n",
             good_text + "recorded-at 2025-10-01T00:00:00.500Z\n",
             good_text + "x\nrecorded-at 2025-10-01T00:00:00Z\n",
             good_text + "recorded-at 2025-10-01T00:00:00Z\nrecorded-at 2025-10-01T00:00:00Z\n"}) {
      CAPTURE(text);
      CHECK(kind_of(parse_checkpoint(text)) == ErrorKind::corrupt);
    }
  }

  TEST_CASE("whatever is taken is written again alike") {
    CHECK(rc::check("checkpoints", [] {
      const std::string base = checkpoint_text(example());
      std::string text = base;
      const auto changes = *rc::gen::inRange(0, 4);
      for (int i = 0; i < changes; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text.replace(
            at, *rc::gen::inRange<std::size_t>(0, 2),
            *rc::gen::container<std::string>(rc::gen::element('\n', '0', '1', '=', ' ', 'Z', 'a')));
      }
      const auto parsed = parse_checkpoint(text);
      RC_ASSERT((!parsed || checkpoint_text(*parsed) == text));
      if (changes == 0) RC_ASSERT(parsed.has_value());
    }));
  }

  TEST_CASE("a checkpoint says what the log held, and its key's name is the log's") {
    LogFixture fixture;
    const auto key = key_of(1);
    CHECK(kind_of(sign_checkpoint(*key, fixture.snapshot().meta())) == ErrorKind::not_found);
    for (int i = 1; i <= 3; ++i) fixture.append(reading(i), i);
    const Meta meta = fixture.snapshot().meta();
    const auto note = value(sign_checkpoint(*key, meta));
    const auto checkpoint = value(open_checkpoint(note, verifier(*key)));
    CHECK(checkpoint == Checkpoint{origin, 3, meta.frontier.root(), std::optional(at_s(3)), {}});
    CHECK(kind_of(open_checkpoint(note, verifier(*key_of(2)))) == ErrorKind::corrupt);
    // Signed by the key, but in another log's name.
    Checkpoint foreign = checkpoint;
    foreign.origin = "wattledger/another";
    CHECK(kind_of(open_checkpoint(value(sign_note(checkpoint_text(foreign), origin, *key)),
                                  verifier(*key))) == ErrorKind::corrupt);
  }

  TEST_CASE(
      "producers that wait and that do not, alone and together, and checkpoints in between: each "
      "signs the tree of the records in front of it") {
    AppendLimits limits;
    limits.telemetry_events_max = 37;
    limits.checkpoint_events_max = 50;
    LogFixture fixture(limits);
    fixture.appender().sign_with(key_of(1));
    const auto alone = [&](int count) {
      for (int i = 0; i < count; ++i) fixture.append(reading(1), 1);
    };
    const auto together = [&](int count) {
      std::vector<std::jthread> threads;
      for (int producer = 0; producer < 4; ++producer)
        threads.emplace_back([&fixture, producer, count] {
          for (int i = 0; i < count; ++i) {
            const bool waits = (i + producer) % 3 == 0;
            const Urgency urgency = i % 5 == producer ? Urgency::now : Urgency::telemetry;
            const bool good =
                waits ? fixture.try_append(reading(1), 1).has_value()
                      : fixture.appender().enqueue(reading(1), at_s(1), {urgency, {}}).has_value();
            if (!good) std::abort();
          }
        });
      threads.emplace_back([&fixture, count] {
        for (int i = 0; i < count / 10; ++i) (void)fixture.appender().checkpoint();
      });
    };
    alone(20);
    together(150);
    alone(60);
    together(70);
    good(fixture.appender().flush());
    constexpr std::uint64_t all = 20 + 4 * 150 + 60 + 4 * 70;
    const auto snapshot = fixture.snapshot();
    REQUIRE(snapshot.head() == Sequence{all});
    VerifyOptions deep;
    deep.deep = true;
    const auto verified = value(verify(snapshot, deep));
    CHECK(verified.findings.empty());
    CHECK(verified.checkpoints >= all / 50 - 8);
    Frontier by_hand;
    for (Sequence next{1}; next <= snapshot.head(); next = next.next())
      by_hand.append(leaf_hash(value(snapshot.at(next)).bytes));
    CHECK(by_hand == snapshot.meta().frontier);
    CHECK(fixture.appender().statistics().events == all);
    CHECK(fixture.appender().statistics().commit_events.count() ==
          fixture.appender().statistics().commits);
  }

  TEST_CASE("who waits alone and fails poisons as the writer does, and nobody hangs") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    fixture.append(reading(2), 2);
    {
      const FileSizeLimit limit(std::uint64_t{64} * 1024);
      Result<Appended> last = Appended{Sequence{0}};
      for (int i = 3; i < 2'000 && last; ++i) last = fixture.try_append(reading(i), i);
      CHECK(kind_of(last) == ErrorKind::poisoned);
    }
    CHECK(kind_of(fixture.appender().flush()) == ErrorKind::poisoned);
    fixture.reopen();
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("the appender signs all that was enqueued, and the note is in the log") {
    LogFixture fixture;
    CHECK(kind_of(fixture.appender().checkpoint()) == ErrorKind::unsupported);
    const auto key = key_of(1);
    fixture.appender().sign_with(key);
    CHECK(kind_of(fixture.appender().checkpoint()) == ErrorKind::not_found);
    for (int i = 1; i <= 3; ++i) fixture.enqueue(reading(i), i);
    const auto note = value(fixture.appender().checkpoint());
    CHECK(fixture.appender().committed() == Sequence{3});
    CHECK(value(open_checkpoint(note, verifier(*key))).size == 3);
    CHECK(value(fixture.appender().checkpoint()) == note);
    fixture.append(reading(4), 4);
    const auto second = value(fixture.appender().checkpoint());
    fixture.reopen();
    const auto snapshot = fixture.snapshot();
    REQUIRE(value(checkpoint_at(snapshot, 3)).has_value());
    CHECK(value(checkpoint_at(snapshot, 3))->note == note);
    CHECK(value(newest_checkpoint(snapshot))->note == second);
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE(
      "with a key, commits carry checkpoints by count of events and by age, also after a restart") {
    AppendLimits limits;
    limits.checkpoint_events_max = 10;
    limits.checkpoint_age_max = std::chrono::hours(2);
    LogFixture fixture(limits);
    const auto sizes = [&] {
      std::vector<std::uint64_t> found;
      good(scan_checkpoints(fixture.snapshot(), 0,
                            [&](const StoredCheckpoint& stored) -> Result<bool> {
                              CHECK(open_checkpoint(stored.note, verifier(*key_of(1))).has_value());
                              found.push_back(stored.size);
                              return true;
                            }));
      return found;
    };
    fixture.append(reading(1), 1);
    CHECK(sizes().empty());  // no key yet
    fixture.appender().sign_with(key_of(1));
    for (int i = 2; i <= 25; ++i) fixture.append(reading(i), i);
    CHECK(sizes() == std::vector<std::uint64_t>{10, 20});
    fixture.reopen();
    fixture.appender().sign_with(key_of(1));
    for (int i = 26; i <= 31; ++i) fixture.append(reading(i), i);
    CHECK(sizes() == std::vector<std::uint64_t>{10, 20, 30});
    fixture.append(reading(7'000), 7'000);
    CHECK(sizes().size() == 3);
    fixture.append(reading(30 + 7'200), 30 + 7'200);  // two hours behind the last that was signed
    CHECK(sizes() == std::vector<std::uint64_t>{10, 20, 30, 33});
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("many may ask the appender at once, while others append") {
    LogFixture fixture;
    const auto key = key_of(1);
    fixture.appender().sign_with(key);
    std::vector<std::jthread> threads;
    std::array<bool, 4> covered{};
    for (std::size_t t = 0; t < covered.size(); ++t)
      threads.emplace_back([&, t] {
        bool all = true;
        for (int i = 0; i < 25; ++i) {
          const auto appended =
              fixture.appender().enqueue(reading(1), at_s(1), {Urgency::telemetry, {}});
          const auto note = fixture.appender().checkpoint();
          all = all && appended && note &&
                read_checkpoint(*note)->size >= appended->sequence.value &&
                open_checkpoint(*note, verifier(*key)).has_value();
        }
        covered[t] = all;
      });
    threads.clear();
    for (const bool all : covered) CHECK(all);
    const auto snapshot = fixture.snapshot();
    good(scan_checkpoints(snapshot, 0, [&](const StoredCheckpoint& stored) -> Result<bool> {
      CHECK(value(read_checkpoint(stored.note)).root == value(root_at(snapshot, stored.size)));
      return true;
    }));
  }

  TEST_CASE("stored checkpoints are found by size: newest, exact, first that covers") {
    LogFixture fixture;
    fixture.appender().sign_with(key_of(1));
    CHECK_FALSE(value(newest_checkpoint(fixture.snapshot())).has_value());
    for (int i = 1; i <= 9; ++i) {
      fixture.append(reading(i), i);
      if (i % 3 == 0) value(fixture.appender().checkpoint());
    }
    const auto snapshot = fixture.snapshot();
    std::vector<std::uint64_t> sizes;
    good(scan_checkpoints(snapshot, 4, [&](const StoredCheckpoint& stored) -> Result<bool> {
      sizes.push_back(stored.size);
      return true;
    }));
    CHECK(sizes == std::vector<std::uint64_t>{6, 9});
    CHECK(value(newest_checkpoint(snapshot))->size == 9);
    CHECK(value(checkpoint_at(snapshot, 6))->size == 6);
    CHECK_FALSE(value(checkpoint_at(snapshot, 5)).has_value());
    CHECK(value(checkpoint_covering(snapshot, Sequence{4}))->size == 6);
    CHECK(value(checkpoint_covering(snapshot, Sequence{6}))->size == 6);
    fixture.append(reading(10), 10);
    CHECK_FALSE(value(checkpoint_covering(fixture.snapshot(), Sequence{10})).has_value());
    // What was signed after a snapshot was taken is not of it.
    value(fixture.appender().checkpoint());
    CHECK(value(newest_checkpoint(snapshot))->size == 9);
    CHECK_FALSE(value(checkpoint_covering(snapshot, Sequence{10})).has_value());
  }

  TEST_CASE("without an appender the holder of the lock signs, and never a second history") {
    LogFixture fixture;
    const auto key = key_of(1);
    for (int i = 1; i <= 5; ++i) fixture.append(reading(i), i);
    const auto note = value(make_checkpoint(fixture.log(), fixture.lock(), *key));
    CHECK(value(open_checkpoint(note, verifier(*key))).size == 5);
    CHECK(value(make_checkpoint(fixture.log(), fixture.lock(), *key)) == note);
    // A forger puts another checkpoint in its place: the log does not fit it any more.
    Checkpoint forged = value(read_checkpoint(note));
    forged.root = numbered_leaf(1);
    {
      auto transaction =
          value(Transaction::begin(*fixture.log().impl().environment, Transaction::Access::write));
      good(put_checkpoint(*fixture.log().impl().environment, transaction, 5,
                          value(sign_note(checkpoint_text(forged), origin, *key))));
      good(std::move(transaction).commit());
    }
    fixture.append(reading(6), 6);
    CHECK(kind_of(make_checkpoint(fixture.log(), fixture.lock(), *key)) == ErrorKind::conflict);
    CHECK(value(newest_checkpoint(fixture.snapshot()))->size == 5);
  }
}

}  // namespace
}  // namespace wattledger::log
