#include "log/proof_file.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "log/lines.hpp"
#include "log/prove.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/merkle_leaves.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

// A log of 300 records with checkpoints at 100, 200 and 300, signed by a known key.
class Evidence {
 public:
  Evidence() {
    fixture_.appender().sign_with(key_);
    for (int i = 1; i <= 300; ++i) {
      fixture_.enqueue(reading(i, i), i);
      if (i % 100 == 0) notes_.push_back(value(fixture_.appender().checkpoint()));
    }
    snapshot_.emplace(fixture_.snapshot());
  }
  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] const std::string& note(std::size_t hundreds) const {
    return notes_.at(hundreds - 1);
  }
  [[nodiscard]] VerifierKey verifier() const { return {origin(), key_->public_key()}; }
  [[nodiscard]] static std::string origin() { return checkpoint_origin(id_of(99)); }
  [[nodiscard]] Trust by_key() const { return {verifier(), std::nullopt}; }
  [[nodiscard]] Trust by_note(std::size_t hundreds) const { return {std::nullopt, note(hundreds)}; }
  // The same tree head, signed by anybody.
  [[nodiscard]] static std::string signed_by(std::uint8_t number, const std::string& note) {
    std::array<std::uint8_t, seed_bytes> seed{};
    seed[0] = number;
    return value(
        sign_note(value(parse_note(note)).text, origin(), value(SigningKey::from_seed(seed))));
  }

 private:
  std::shared_ptr<const SigningKey> key_ = [] {
    return std::make_shared<SigningKey>(
        value(SigningKey::from_seed(std::array<std::uint8_t, seed_bytes>{7})));
  }();
  LogFixture fixture_;
  std::vector<std::string> notes_;
  std::optional<Snapshot> snapshot_;
};

template <class T>
T of(const Result<Proof>& proof) {
  if (!proof) FAIL(proof.error().line());
  REQUIRE(std::holds_alternative<T>(*proof));
  return std::get<T>(*proof);
}

// Whatever it is: does it hold?
bool holds(std::string_view text, const Trust& trust) {
  const auto proof = parse_proof(text);
  return proof &&
         std::visit([&](const auto& each) { return check_proof(each, trust).has_value(); }, *proof);
}

TEST_SUITE("log/proof_file") {
  TEST_CASE("the file of an inclusion is that of transparency logs, line by line") {
    const Evidence evidence;
    const auto proof = value(prove_inclusion(evidence.snapshot(), Sequence{42}, std::nullopt));
    const std::string text = proof_text(proof);
    Lines lines(text);
    CHECK(lines.next() == "c2sp.org/tlog-proof@v1");
    const auto record = value(evidence.snapshot().at(Sequence{42}));
    CHECK(lines.next() == "extra " + base64(record.bytes));
    CHECK(lines.next() == "index 41");
    for (const Digest& digest : proof.path) CHECK(lines.next() == digest_text(digest));
    CHECK(lines.next() == "");
    CHECK(lines.rest() == evidence.note(1));
    CHECK(of<InclusionProof>(parse_proof(text)) == proof);
  }

  TEST_CASE("the file of a consistency says what was before and carries both checkpoints") {
    const Evidence evidence;
    const auto proof = value(prove_consistency(evidence.snapshot(), 100, 300));
    const std::string text = proof_text(proof);
    Lines lines(text);
    CHECK(lines.next() == "wattledger/consistency-proof@v1");
    CHECK(lines.next() == "before 100 " + digest_text(value(root_at(evidence.snapshot(), 100))));
    CHECK(lines.next() ==
          "checkpoint-before " + base64(std::as_bytes(std::span(evidence.note(1)))));
    for (const Digest& digest : proof.path) CHECK(lines.next() == digest_text(digest));
    CHECK(lines.next() == "");
    CHECK(lines.rest() == evidence.note(3));
    CHECK(of<ConsistencyProof>(parse_proof(text)) == proof);
    const auto unsigned_before = value(prove_consistency(evidence.snapshot(), 150, std::nullopt));
    CHECK_FALSE(unsigned_before.checkpoint_before.has_value());
    CHECK(of<ConsistencyProof>(parse_proof(proof_text(unsigned_before))) == unsigned_before);
  }

  TEST_CASE("a record is proved by the oldest checkpoint that covers it, or the one asked for") {
    const Evidence evidence;
    const auto size = [&](std::uint64_t sequence, std::optional<std::uint64_t> at) {
      const auto proof = value(prove_inclusion(evidence.snapshot(), Sequence{sequence}, at));
      const auto checkpoint = value(check_proof(proof, evidence.by_key()));
      const auto record = value(record_of(proof));
      CHECK(record.sequence == Sequence{sequence});
      const auto* fact = record.event.as<fb::ReadingRecorded>();
      REQUIRE(fact != nullptr);
      CHECK(*fact->pv_power_w() == static_cast<int>(sequence));
      return checkpoint.size;
    };
    CHECK(size(1, std::nullopt) == 100);
    CHECK(size(100, std::nullopt) == 100);
    CHECK(size(101, std::nullopt) == 200);
    CHECK(size(300, std::nullopt) == 300);
    CHECK(size(1, 300) == 300);
    const auto proved = [&](std::uint64_t sequence, std::optional<std::uint64_t> at) {
      return prove_inclusion(evidence.snapshot(), Sequence{sequence}, at);
    };
    CHECK(kind_of(proved(301, std::nullopt)) == ErrorKind::not_found);
    CHECK(kind_of(proved(0, std::nullopt)) == ErrorKind::not_found);
    CHECK(kind_of(proved(1, 150)) == ErrorKind::not_found);
    CHECK(kind_of(proved(150, 100)) == ErrorKind::invalid_input);
    CHECK(kind_of(prove_consistency(evidence.snapshot(), 100, 250)) == ErrorKind::not_found);
    CHECK(kind_of(prove_consistency(evidence.snapshot(), 200, 100)) == ErrorKind::invalid_input);
    CHECK(kind_of(prove_consistency(evidence.snapshot(), 0, 100)) == ErrorKind::invalid_input);
  }

  TEST_CASE("without any checkpoint nothing is proved, and it says how to make one") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    const auto proved = prove_inclusion(fixture.snapshot(), Sequence{1}, std::nullopt);
    CHECK(kind_of(proved) == ErrorKind::not_found);
    CHECK(proved.error().remedy.find("log checkpoint") != std::string::npos);
    CHECK(kind_of(prove_consistency(fixture.snapshot(), 1, std::nullopt)) == ErrorKind::not_found);
  }

  TEST_CASE("a proof holds for the log's key and for no other") {
    const Evidence evidence;
    auto inclusion = value(prove_inclusion(evidence.snapshot(), Sequence{42}, std::nullopt));
    auto consistency = value(prove_consistency(evidence.snapshot(), 100, 200));
    CHECK(check_proof(inclusion, evidence.by_key()).has_value());
    CHECK(value(check_proof(consistency, evidence.by_key())).size == 200);
    const Trust nothing;
    CHECK(kind_of(check_proof(inclusion, nothing)) == ErrorKind::invalid_input);
    CHECK(kind_of(check_proof(consistency, nothing)) == ErrorKind::invalid_input);
    inclusion.checkpoint = Evidence::signed_by(8, inclusion.checkpoint);
    CHECK(kind_of(check_proof(inclusion, evidence.by_key())) == ErrorKind::corrupt);
    auto forged = consistency;
    forged.checkpoint = Evidence::signed_by(8, consistency.checkpoint);
    CHECK(kind_of(check_proof(forged, evidence.by_key())) == ErrorKind::corrupt);
    forged = consistency;
    forged.checkpoint_before = Evidence::signed_by(8, *consistency.checkpoint_before);
    CHECK(kind_of(check_proof(forged, evidence.by_key())) == ErrorKind::corrupt);
    forged.checkpoint_before = evidence.note(2);
    CHECK(kind_of(check_proof(forged, evidence.by_key())) == ErrorKind::corrupt);
  }

  TEST_CASE("a checkpoint kept elsewhere is enough, if it is of the proof's tree") {
    const Evidence evidence;
    const auto inclusion = value(prove_inclusion(evidence.snapshot(), Sequence{42}, 200));
    CHECK(check_proof(inclusion, evidence.by_note(2)).has_value());
    const auto other_size = check_proof(inclusion, evidence.by_note(1));
    CHECK(kind_of(other_size) == ErrorKind::corrupt);
    CHECK(other_size.error().remedy == "prove it with --at 100");
    const auto consistency = value(prove_consistency(evidence.snapshot(), 100, 200));
    CHECK(check_proof(consistency, evidence.by_note(1)).has_value());
    CHECK(check_proof(consistency, evidence.by_note(2)).has_value());
    CHECK(kind_of(check_proof(consistency, evidence.by_note(3))) == ErrorKind::corrupt);
    // Both: then the note that was kept must be signed as well.
    Trust both = evidence.by_note(2);
    both.key = evidence.verifier();
    CHECK(check_proof(inclusion, both).has_value());
    both.note = Evidence::signed_by(8, evidence.note(2));
    CHECK(kind_of(check_proof(inclusion, both)) == ErrorKind::corrupt);
  }

  TEST_CASE("a rewritten history, signed anew by the log's own key, fails what was kept before") {
    const Evidence evidence;
    LogFixture rewritten;
    rewritten.appender().sign_with(std::make_shared<SigningKey>(
        value(SigningKey::from_seed(std::array<std::uint8_t, seed_bytes>{7}))));
    for (int i = 1; i <= 200; ++i) rewritten.enqueue(reading(i, i == 50 ? 0 : i), i);
    value(rewritten.appender().checkpoint());
    const auto snapshot = rewritten.snapshot();
    const auto inclusion = value(prove_inclusion(snapshot, Sequence{50}, std::nullopt));
    CHECK(check_proof(inclusion, evidence.by_key()).has_value());  // the owner has the key
    const auto refused = check_proof(inclusion, evidence.by_note(2));
    CHECK(kind_of(refused) == ErrorKind::corrupt);
    CHECK(refused.error().what.find("history was rewritten") != std::string::npos);
    const auto consistency = value(prove_consistency(snapshot, 100, 200));
    CHECK(kind_of(check_proof(consistency, evidence.by_note(1))) == ErrorKind::corrupt);
  }

  TEST_CASE("a proof file of which any byte was changed, lost or added does not hold") {
    const Evidence evidence;
    const std::vector<std::string> files = {
        proof_text(value(prove_inclusion(evidence.snapshot(), Sequence{42}, 300))),
        proof_text(value(prove_consistency(evidence.snapshot(), 100, 300)))};
    for (const std::string& whole : files) {
      REQUIRE(holds(whole, evidence.by_key()));
      for (std::size_t i = 0; i < whole.size(); ++i) {
        CAPTURE(i);
        std::string changed = whole;
        changed[i] = static_cast<char>(static_cast<unsigned char>(whole[i]) ^ (1U << (i % 8)));
        REQUIRE_FALSE(holds(changed, evidence.by_key()));
        REQUIRE_FALSE(holds(whole.substr(0, i), evidence.by_key()));
        REQUIRE_FALSE(holds(whole.substr(0, i) + whole.substr(i + 1), evidence.by_key()));
        REQUIRE_FALSE(holds(whole.substr(0, i) + "A" + whole.substr(i), evidence.by_key()));
      }
      REQUIRE_FALSE(holds(whole + "\n", evidence.by_key()));
    }
  }

  TEST_CASE("whatever is taken as a proof is written again alike") {
    const Evidence evidence;
    const std::string inclusion =
        proof_text(value(prove_inclusion(evidence.snapshot(), Sequence{1}, 300)));
    const std::string consistency =
        proof_text(value(prove_consistency(evidence.snapshot(), 100, 300)));
    CHECK(rc::check("proof files", [&] {
      std::string text = *rc::gen::element(inclusion, consistency);
      const auto changes = *rc::gen::inRange(0, 4);
      for (int i = 0; i < changes; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text.replace(
            at, *rc::gen::inRange<std::size_t>(0, 40),
            *rc::gen::container<std::string>(rc::gen::element('\n', '0', '1', '=', ' ', 'A')));
      }
      const auto parsed = parse_proof(text);
      RC_ASSERT((!parsed || proof_text(*parsed) == text));
      if (changes == 0) RC_ASSERT(parsed.has_value());
    }));
  }

  TEST_CASE("a file beyond the limits is refused before it is read") {
    const Evidence evidence;
    const auto proof = value(prove_inclusion(evidence.snapshot(), Sequence{1}, 300));
    InclusionProof large = proof;
    large.record.assign(proof_bytes_max, std::byte{0});
    CHECK(kind_of(parse_proof(proof_text(large))) == ErrorKind::corrupt);
    InclusionProof deep = proof;
    deep.path.assign(path_digests_max, numbered_leaf(1));
    CHECK(parse_proof(proof_text(deep)).has_value());
    deep.path.push_back(numbered_leaf(1));
    CHECK(kind_of(parse_proof(proof_text(deep))) == ErrorKind::corrupt);
    InclusionProof bare = proof;
    bare.record.clear();
    CHECK(of<InclusionProof>(parse_proof(proof_text(bare))) == bare);
    CHECK(kind_of(check_proof(bare, evidence.by_key())) == ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace wattledger::log
