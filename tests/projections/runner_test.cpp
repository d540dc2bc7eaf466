#include "projections/runner.hpp"

#include <doctest/doctest.h>

#include "tests/projections/house_log.hpp"

namespace wattledger::projections {
namespace {

using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;

// A target in memory that keeps the Projector's promises and can be told to fail.
class MemoryProjector final : public Projector {
 public:
  explicit MemoryProjector(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::uint32_t version() const override { return version_now; }
  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() override {
    if (refusal) return Failure(*refusal);
    return held;
  }
  Result<void> apply(const std::optional<Checkpoint>& before, const Checkpoint& after,
                     std::span<const fold::LegacyRow> rows) override {
    if (before != held) return fail(ErrorKind::conflict, "not what is held");
    if (failing) return Failure(*failing);
    for (const fold::LegacyRow& row : rows) sequences.push_back(row.sequence.value);
    held = after;
    ++applies;
    return {};
  }
  Result<void> settle() override {
    ++settles;
    return {};
  }
  Result<void> adopt(const std::filesystem::path& /*staged*/,
                     const std::filesystem::path& /*before*/) override {
    return fail(ErrorKind::unsupported, "memory");
  }

  std::optional<Checkpoint> held;
  std::uint32_t version_now = 1;
  std::optional<Error> refusal;
  std::optional<Error> failing;
  std::vector<std::uint64_t> sequences;  // of the rows that came, in order
  int applies = 0;
  int settles = 0;

 private:
  std::string name_;
};

RunnerOptions batches_of(std::size_t size) {
  RunnerOptions options;
  options.batch_events_max = size;
  return options;
}

TargetReport report_of(Runner& runner) { return must(runner.start()).front(); }

}  // namespace

TEST_SUITE("projections/runner") {
  TEST_CASE(
      "an empty target gets every row once, in order, with the log's own root, whatever the "
      "batches") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(100);
    std::vector<std::uint64_t> expected;
    for (const std::size_t size : {1U, 7U, 64U, 1'000U}) {
      CAPTURE(size);
      MemoryProjector target("memory");
      Runner runner(house.log(), {&target}, batches_of(size));
      CHECK(report_of(runner).standing == TargetStanding::empty);
      CHECK(must(runner.catch_up()) == house.head());
      must(runner.settle());
      const log::Meta meta = must(house.log().snapshot()).meta();
      CHECK(target.held == Checkpoint{meta.uuid, meta.head, meta.frontier.root(), 1});
      CHECK(runner.stopped().empty());
      if (expected.empty()) expected = target.sequences;
      REQUIRE(target.sequences.size() > 100);
      CHECK(target.sequences == expected);
      CHECK(std::is_sorted(target.sequences.begin(), target.sequences.end()));
    }
  }

  TEST_CASE(
      "a target is continued where it stands; targets at different places each get what they "
      "lack") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    MemoryProjector all("all"), late("late"), ahead("ahead");
    house.tell_minutes(40);
    {
      Runner runner(house.log(), {&all, &ahead}, batches_of(1'000));
      REQUIRE(runner.start().has_value());
      must(runner.catch_up());
      must(runner.settle());
    }
    house.tell_minutes(40);
    {
      Runner runner(house.log(), {&ahead}, batches_of(1'000));
      CHECK(report_of(runner).standing == TargetStanding::behind);
      must(runner.catch_up());
      must(runner.settle());
    }
    const Checkpoint done = *ahead.held;
    Runner runner(house.log(), {&late, &ahead, &all}, batches_of(9));
    const auto reports = must(runner.start());
    CHECK(reports[0].standing == TargetStanding::empty);
    CHECK(reports[1].standing == TargetStanding::current);
    CHECK(reports[2].standing == TargetStanding::behind);
    CHECK(runner.position() == Sequence{0});
    must(runner.catch_up());
    must(runner.settle());
    CHECK(late.sequences == all.sequences);
    CHECK(late.sequences == ahead.sequences);
    CHECK(late.held == done);
    CHECK(all.held == done);
    CHECK(runner.checkpoint("all") == done);
  }

  TEST_CASE("the state is the fold of the log up to the position") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(20, 4'321);
    Runner runner(house.log(), {}, {});
    REQUIRE(runner.start().has_value());
    CHECK(must(runner.catch_up()) == house.head());
    CHECK(runner.state().through == house.head());
    CHECK(runner.state().reading->soc == BasisPoints(4'321));
  }

  TEST_CASE("it goes no further than told") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(20);
    MemoryProjector target("memory");
    RunnerOptions options = batches_of(4);
    options.through = Sequence{10};
    Runner runner(house.log(), {&target}, options);
    REQUIRE(runner.start().has_value());
    CHECK(must(runner.catch_up()) == Sequence{10});
    must(runner.settle());
    CHECK(target.held->sequence == Sequence{10});
  }

  TEST_CASE(
      "events that add no rows touch a target only when settled, or when a batch of them has "
      "come") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(1);
    MemoryProjector target("memory");
    Runner runner(house.log(), {&target}, batches_of(50));
    REQUIRE(runner.start().has_value());
    must(runner.catch_up());
    CHECK(target.applies == 1);
    for (int n = 0; n < 30; ++n)
      house.tell_state(testing::at_s(100 + n), fb::CoordinatorState::monitoring);
    house.flush();
    must(runner.catch_up());
    CHECK(target.applies == 1);
    for (int n = 30; n < 60; ++n)
      house.tell_state(testing::at_s(100 + n), fb::CoordinatorState::monitoring);
    house.flush();
    must(runner.catch_up());
    CHECK(target.applies == 2);
    house.tell_state(testing::at_s(200), fb::CoordinatorState::monitoring);
    house.flush();
    must(runner.catch_up());
    CHECK(target.applies == 2);
    must(runner.settle());
    CHECK(target.applies == 3);
    CHECK(target.held->sequence == house.head());
    CHECK(target.settles == 1);
  }

  TEST_CASE(
      "a target that cannot be continued is reported with the remedy and not fed; the others are") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(30);
    MemoryProjector odd("odd"), good("good");
    {
      Runner runner(house.log(), {&odd}, {});
      REQUIRE(runner.start().has_value());
      must(runner.catch_up());
      must(runner.settle());
    }
    house.tell_minutes(1);
    TargetStanding expected = TargetStanding::empty;
    const char* said = "";
    SUBCASE("another version") {
      odd.held->version = 7;
      expected = TargetStanding::other_version;
      said = "version 7";
    }
    SUBCASE("another log") {
      odd.held->log.bytes.fill(9);
      expected = TargetStanding::other_log;
      said = "0909";
    }
    SUBCASE("ahead of the log") {
      odd.held->sequence.value = 1'000;
      expected = TargetStanding::ahead_of_log;
      said = "sequence 1000";
    }
    SUBCASE("another history") {
      odd.held->root.bytes[0] ^= 1U;
      expected = TargetStanding::other_history;
      said = "records";
    }
    SUBCASE("another history weighs more than another version") {
      odd.held->root.bytes[0] ^= 1U;
      odd.held->version = 7;
      expected = TargetStanding::other_history;
      said = "records";
    }
    SUBCASE("foreign") {
      odd.refusal = Error{ErrorKind::foreign, "somebody else's", "go away"};
      expected = TargetStanding::foreign;
      said = "go away";
    }
    SUBCASE("unreadable") {
      odd.refusal = Error{ErrorKind::corrupt, "torn", "rebuild it"};
      expected = TargetStanding::unreadable;
      said = "torn";
    }
    const std::optional<Checkpoint> held = odd.held;
    Runner runner(house.log(), {&odd, &good}, batches_of(10));
    const auto reports = must(runner.start());
    CHECK(standing_name(reports[0].standing) == standing_name(expected));
    CHECK_MESSAGE(reports[0].message.find(said) != std::string::npos, reports[0].message);
    must(runner.catch_up());
    must(runner.settle());
    CHECK(odd.held == held);
    CHECK(!runner.checkpoint("odd").has_value());
    CHECK(good.held->sequence == house.head());
  }

  TEST_CASE("a projector that fails is stopped, the place named; the others go on") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(10);
    MemoryProjector poor("poor"), good("good");
    Runner runner(house.log(), {&poor, &good}, batches_of(100));
    REQUIRE(runner.start().has_value());
    must(runner.catch_up());
    const std::uint64_t reached = poor.held->sequence.value;
    poor.failing = Error{ErrorKind::full, "no space", ""};
    house.tell_minutes(10);
    must(runner.catch_up());
    house.tell_minutes(10);
    must(runner.catch_up());
    must(runner.settle());
    REQUIRE(runner.stopped().size() == 1);
    CHECK(runner.stopped()[0].projection == "poor");
    CHECK(runner.stopped()[0].error.kind == ErrorKind::full);
    CHECK(runner.stopped()[0].error.what.find("sequence " + std::to_string(reached + 1)) !=
          std::string::npos);
    CHECK(poor.held->sequence.value == reached);
    CHECK(good.held->sequence == house.head());

    poor.failing.reset();
    REQUIRE(runner.start().has_value());
    must(runner.catch_up());
    must(runner.settle());
    CHECK(poor.sequences == good.sequences);
  }
}

}  // namespace wattledger::projections
