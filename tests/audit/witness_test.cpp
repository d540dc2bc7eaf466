// A kept state shortens the verification of a period, and never hides a forgery.
#include "replay/audit/witness.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "projections/fold/policy_settings.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "tests/audit/forged_log.hpp"
#include "tests/log/raw_environment.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;

constexpr Sequence kept_at{500};

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().line());
  return *std::move(result);
}

fold::State folded(const log::Snapshot& snapshot, Sequence to) {
  fold::State state;
  REQUIRE(snapshot
              .scan(snapshot.first(), to,
                    [&](const log::RecordView& record) -> Result<bool> {
                      fold::evolve(state, record.sequence, record.recorded_at, record.event);
                      return true;
                    })
              .has_value());
  return state;
}

// What `audit verify --from` does with a log, a cache and the key.
class Audit {
 public:
  explicit Audit(const fs::path& home, const fs::path& log)
      : log_(must(log::Log::open(log))), cache_(home / "cache") {}

  using Change = std::function<void(fold::State&)>;
  // Puts a state there with every checksum right.
  void keep(Sequence at, const Change& forge = nullptr) const {
    const log::Snapshot snapshot = must(log_.snapshot());
    projections::FoldSnapshot kept;
    kept.log = snapshot.meta().uuid;
    kept.sequence = at;
    kept.root = must(log::root_at(snapshot, at.value));
    kept.state = folded(snapshot, at);
    if (forge) forge(kept.state);
    REQUIRE(cache_.write(kept).has_value());
  }
  [[nodiscard]] tool::Witnessed start(const std::optional<log::VerifierKey>& key,
                                      const tool::Period& period) const {
    const log::Snapshot snapshot = must(log_.snapshot());
    return must(tool::witnessed_start(snapshot, cache_, key,
                                      must(tool::place_of(snapshot, period)).before));
  }
  // The record of the kept state that is shown from.
  [[nodiscard]] Sequence shown(Sequence at_most) const {
    return must(tool::believed_state(must(log_.snapshot()), cache_, at_most)).sequence;
  }
  [[nodiscard]] tool::RemakeReport verify(const tool::RemakeStart& start,
                                          const tool::Period& period, unsigned jobs = 1) const {
    const log::Snapshot snapshot = must(log_.snapshot());
    tool::RangesOptions options;
    options.jobs = jobs;
    options.range_records = 17;
    options.start = start;
    options.to = must(tool::place_of(snapshot, period)).to;
    return must(tool::remake_in_ranges(
        log_, snapshot, period, options, [](const tool::Remade&) {}, [](Sequence) {}));
  }

 private:
  log::Log log_;
  projections::FoldCache cache_;
};

// A day's history, of which four decisions behind record 700 are asked for.
struct Asked {
  TrueHistory truth{1'100};
  MemoryDirectory home;
  std::vector<Sequence> decisions = truth.of_kind(Kind::DecisionMade);
  std::size_t first = 0;
  tool::Period period;
  Asked() {
    while (first < decisions.size() && decisions[first].value <= 700) ++first;
    REQUIRE(first + 12 < decisions.size());
    period.from = at(first);
    period.to = at(first + 4);
  }
  [[nodiscard]] UtcTime at(std::size_t decision) const {
    return truth.events()[decisions[decision].value - 1].event.view()->occurred_at();
  }
  // The forger's own key signs what he made: nobody else's would.
  [[nodiscard]] log::VerifierKey sign(const fs::path& log) const {
    const auto key = must(log::SigningKey::open_or_create(home / "forger.pem"));
    const log::Log opened = must(log::Log::open(log));
    const auto lock = must(log::WriterLock::take(log, "forger"));
    (void)must(log::make_checkpoint(opened, lock, key));
    return {log::checkpoint_origin(must(opened.snapshot()).meta().uuid), key.public_key()};
  }
};

void begins_with_the_first(const tool::Witnessed& witnessed, const char* why) {
  CHECK(witnessed.start.behind.value == 0);
  CHECK_MESSAGE(witnessed.why.find(why) != std::string::npos, witnessed.why);
}

}  // namespace

TEST_SUITE("audit/witness") {
  TEST_CASE("a period begins at a kept state for which a proven decision before it speaks") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    audit.keep(kept_at);
    const tool::Witnessed witnessed = audit.start(asked.truth.key(), asked.period);
    CHECK(witnessed.start.behind > kept_at);
    CHECK(witnessed.start.behind < asked.decisions[asked.first]);
    CHECK_MESSAGE(witnessed.why.find("from the state kept at record 500") == 0, witnessed.why);
    for (const unsigned jobs : {1U, 2U, 5U}) {
      const tool::RemakeReport late = audit.verify(witnessed.start, asked.period, jobs);
      const tool::RemakeReport all = audit.verify({}, asked.period, jobs);
      CHECK(late.decisions == 4);
      CHECK(late.identical == 4);
      CHECK(all.decisions == 4);
      CHECK(all.identical == 4);
    }
  }

  TEST_CASE("what lies before the kept state is not read, and nothing behind the period") {
    const Asked asked;
    fs::copy(asked.truth.directory(), asked.home / "log", fs::copy_options::recursive);
    {
      const Audit whole(asked.home.path(), asked.home / "log");
      whole.keep(kept_at);
    }
    RawEnvironment raw(asked.home / "log");
    for (const std::uint64_t sequence :
         {std::uint64_t{20}, asked.decisions[asked.first + 12].value}) {
      Bytes record = raw.get("events", key_of(sequence));
      record.back() ^= std::byte{1};
      raw.put("events", key_of(sequence), record);
    }
    const Audit audit(asked.home.path(), asked.home / "log");
    const tool::Witnessed witnessed = audit.start(asked.truth.key(), asked.period);
    const tool::RemakeReport late = audit.verify(witnessed.start, asked.period);
    CHECK(late.identical == 4);
    CHECK_FALSE(late.damage.has_value());
    const tool::RemakeReport all = audit.verify({}, asked.period);
    REQUIRE(all.damage.has_value());
    CHECK(all.damage->line().find("record 20") != std::string::npos);
  }

  TEST_CASE("a forged state is not believed, whatever its checksum says") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    const char* why = "was not made from the state kept at record 500";
    SUBCASE("another price") {
      audit.keep(kept_at, [](fold::State& state) {
        REQUIRE_FALSE(state.prices.empty());
        state.prices.back().market = PriceE8(1);
      });
    }
    SUBCASE("a decision that was never made") {
      audit.keep(kept_at, [](fold::State& state) { ++state.sessions.charges; });
    }
    begins_with_the_first(audit.start(asked.truth.key(), asked.period), why);
  }

  TEST_CASE("a forgery that the log itself overwrites before the witness leaves the true state") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    audit.keep(kept_at, [](fold::State& state) { state.reading->soc = BasisPoints(4'242); });
    const tool::Witnessed witnessed = audit.start(asked.truth.key(), asked.period);
    REQUIRE(witnessed.start.behind > kept_at);
    CHECK(audit.verify(witnessed.start, asked.period).identical == 4);
  }

  TEST_CASE("settings that the digest does not cover are those of the log") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    audit.keep(kept_at, [](fold::State& state) {
      REQUIRE(state.policy.has_value());
      state.policy->settings.soc_min = BasisPoints(7'000);
    });
    const tool::Witnessed witnessed = audit.start(asked.truth.key(), asked.period);
    REQUIRE(witnessed.start.behind > kept_at);
    CHECK(witnessed.start.state.policy->settings.soc_min != BasisPoints(7'000));
    CHECK(audit.verify(witnessed.start, asked.period).identical == 4);
  }

  TEST_CASE("without the key, or under another one, everything is folded") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    audit.keep(kept_at);
    begins_with_the_first(audit.start(std::nullopt, asked.period), "without the log's key");
    const auto other = must(log::SigningKey::open_or_create(asked.home / "other.pem"));
    const log::VerifierKey key(asked.truth.key().name(), other.public_key());
    begins_with_the_first(audit.start(key, asked.period), "is not proven");
  }

  TEST_CASE("nor does anything show a state that the log's next decision contradicts") {
    const Asked asked;
    const Sequence late{900};
    {
      const Audit audit(asked.home.path(), asked.truth.directory());
      audit.keep(kept_at);
      CHECK(audit.shown(late) == kept_at);
      audit.keep(late, [](fold::State& state) { ++state.sessions.charges; });
      CHECK(audit.shown(late) == kept_at);
      CHECK(audit.shown(Sequence{700}) == kept_at);
    }
    const MemoryDirectory other;
    const Audit audit(other.path(), asked.truth.directory());
    audit.keep(late,
               [](fold::State& state) { state.policy->settings.selling.price_min = PriceE8(1); });
    // The digest does not cover the settings; they are read from the log.
    CHECK(audit.shown(late) == late);
  }

  TEST_CASE("no state is kept: everything is folded") {
    const Asked asked;
    const Audit audit(asked.home.path(), asked.truth.directory());
    begins_with_the_first(audit.start(asked.truth.key(), asked.period), "no state is kept");
  }

  // Log, tree, checkpoint and kept state all say the same; only the key is not the house's.
  TEST_CASE("who forges log and state together must sign with a key that he does not have") {
    const Asked asked;
    const fs::path forged = asked.home / "forged";
    // A fact that the asked decisions rest on is another, and the state is folded anew from it.
    asked.truth.forge(
        forged, asked.truth.of_kind(Kind::PolicyAdopted).at(0), [](fb::EventT& event) {
          std::string& text = event.fact.AsPolicyAdopted()->text;
          text.replace(text.find("battery.soc_min_bp=1000"), 23, "battery.soc_min_bp=1500");
        });
    (void)asked.sign(forged);
    const Audit audit(asked.home.path(), forged);
    audit.keep(kept_at);
    const tool::Witnessed witnessed = audit.start(asked.truth.key(), asked.period);
    CHECK(witnessed.start.behind.value == 0);
    CHECK(audit.verify(witnessed.start, asked.period).differs == 4);
  }

  TEST_CASE("a witness that the forger made is none either") {
    const Asked asked;
    const fs::path forged = asked.home / "forged";
    // The first decision behind the kept state gets the digest of the forged state.
    const auto witness = *std::upper_bound(asked.decisions.begin(), asked.decisions.end(), kept_at);
    const auto change = [](fold::State& state) { ++state.sessions.charges; };
    Digest digest;
    {
      const auto log = must(log::Log::open(asked.truth.directory()));
      const auto snapshot = must(log.snapshot());
      const Sequence based_on{
          asked.truth.events()[witness.value - 1].event.view()->as<fb::DecisionMade>()->based_on()};
      fold::State state = folded(snapshot, kept_at);
      change(state);
      REQUIRE(snapshot
                  .scan(kept_at.next(), based_on,
                        [&](const log::RecordView& record) -> Result<bool> {
                          fold::evolve(state, record.sequence, record.recorded_at, record.event);
                          return true;
                        })
                  .has_value());
      digest = fold::state_digest(state);
    }
    asked.truth.forge(forged, witness, [&](fb::EventT& event) {
      *event.fact.AsDecisionMade()->state_digest = to_fb(digest);
    });
    const log::VerifierKey his = asked.sign(forged);
    const Audit audit(asked.home.path(), forged);
    audit.keep(kept_at, change);
    // His own key shows that the rest of the forgery holds together.
    CHECK(audit.start(his, asked.period).start.behind == witness);
    begins_with_the_first(audit.start(asked.truth.key(), asked.period), "is not proven");
  }
}
