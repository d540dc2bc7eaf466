#include "projections/fold_cache.hpp"

#include <fstream>

#include "projections/correction_index.hpp"
#include "projections/live/live_projections.hpp"
#include "projections/runner.hpp"
#include "tests/log/raw_environment.hpp"
#include "tests/projections/house_log.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;
using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;

// The fold of the log's first records, with nobody to feed.
FoldSnapshot fold_of(const log::Log& log, std::optional<Sequence> through = {}) {
  RunnerOptions options;
  options.through = through;
  Runner runner(log, {}, options);
  if (!through) {
    must(runner.start());
    return runner.fold_snapshot();
  }
  // A runner without targets starts at the head; what it writes there is not what is wanted.
  FoldSnapshot snapshot;
  const log::Snapshot read = must(log.snapshot());
  snapshot.log = read.meta().uuid;
  snapshot.sequence = *through;
  snapshot.root = must(log::root_at(read, through->value));
  std::vector<fold::LegacyRow> rows;
  must(read.scan(Sequence{1}, *through, [&](const log::RecordView& record) -> Result<bool> {
    fold::evolve(snapshot.state, record.sequence, record.recorded_at, record.event);
    fold::derive_rows(snapshot.rows, snapshot.state,
                      {record.sequence, record.recorded_at, record.event, record.event}, {}, rows);
    return true;
  }));
  return snapshot;
}

FoldCache::Found find(const FoldCache& cache, const log::Log& log) {
  const log::Snapshot snapshot = must(log.snapshot());
  return cache.find(snapshot, snapshot.head());
}

// Snapshots and states.
std::vector<fs::path> files(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& each : fs::directory_iterator(directory))
    if (each.path() != CorrectionIndex(directory).file()) found.push_back(each.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

struct CachedHouse {
  MemoryDirectory directory;
  HouseLog house{directory / "log"};
  FoldCache cache{directory / "cache"};

  CachedHouse() {
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy({});
    policy.digest = std::make_unique<fb::Digest256>();
    house.tell(testing::at_s(-60), std::move(policy));
    house.tell_minutes(40);
  }
  [[nodiscard]] fs::path newest() const { return files(directory / "cache").back(); }
};

}  // namespace

TEST_SUITE("projections/fold cache") {
  TEST_CASE_FIXTURE(CachedHouse, "what is written is found as it was, and nothing before it is") {
    CHECK(!find(cache, house.log()).snapshot.has_value());
    const FoldSnapshot written = fold_of(house.log());
    REQUIRE(written.sequence == house.head());
    REQUIRE(written.state.policy.has_value());
    REQUIRE(!written.rows.energy_times.empty());
    must(cache.write(written));
    house.tell_minutes(5);
    const FoldCache::Found found = find(cache, house.log());
    CHECK(found.discarded.empty());
    REQUIRE(found.snapshot.has_value());
    CHECK(found.snapshot->sequence == written.sequence);
    CHECK(found.snapshot->root == written.root);
    CHECK(found.snapshot->state == written.state);
    CHECK(found.snapshot->rows == written.rows);
  }

  TEST_CASE_FIXTURE(CachedHouse,
                    "the newest two are kept, and the newest that is not beyond the "
                    "wanted place is found") {
    for (const std::uint64_t sequence : {10U, 20U, 30U})
      must(cache.write(fold_of(house.log(), Sequence{sequence})));
    CHECK(files(directory / "cache").size() == fold_snapshots_kept);
    const log::Snapshot snapshot = must(house.log().snapshot());
    CHECK(cache.find(snapshot, Sequence{40}).snapshot->sequence == Sequence{30});
    CHECK(cache.find(snapshot, Sequence{29}).snapshot->sequence == Sequence{20});
    CHECK(!cache.find(snapshot, Sequence{19}).snapshot.has_value());
    CHECK(cache.find(snapshot, Sequence{19}).discarded.empty());
    // One further back is written by a log that was restored: those ahead are of another past.
    must(cache.write(fold_of(house.log(), Sequence{15})));
    CHECK(files(directory / "cache").size() == 1);
  }

  TEST_CASE_FIXTURE(
      CachedHouse, "any byte changed, cut off or added makes it void, and the one before is used") {
    must(cache.write(fold_of(house.log(), Sequence{20})));
    must(cache.write(fold_of(house.log())));
    const fs::path file = newest();
    const std::string good = bytes_of(file);
    const auto void_now = [&](const std::string& bytes) {
      write(file, bytes);
      const FoldCache::Found found = find(cache, house.log());
      return found.discarded.size() == 1 && found.snapshot &&
             found.snapshot->sequence == Sequence{20};
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ 4);
      REQUIRE_MESSAGE(void_now(changed), i);
    }
    for (std::size_t size = 0; size < good.size(); size += 7)
      REQUIRE_MESSAGE(void_now(good.substr(0, size)), size);
    CHECK(void_now(good + '\0'));
    CHECK(!void_now(good));
  }

  TEST_CASE_FIXTURE(CachedHouse, "one of another log, root or place is void") {
    FoldSnapshot other = fold_of(house.log());
    SUBCASE("log") { other.log.bytes[0] ^= 1U; }
    SUBCASE("root") { other.root.bytes[31] ^= 1U; }
    SUBCASE("place, with its own root") { other.sequence = Sequence{other.sequence.value - 1}; }
    SUBCASE("beyond the head") { other.sequence = other.sequence.next(); }
    must(cache.write(other));
    const FoldCache::Found found = find(cache, house.log());
    CHECK(!found.snapshot.has_value());
    REQUIRE(found.discarded.size() == 1);
    CHECK_MESSAGE(found.discarded[0].find(newest().string()) != std::string::npos,
                  found.discarded[0]);
  }

  TEST_CASE_FIXTURE(CachedHouse, "a snapshot under another's name is void") {
    must(cache.write(fold_of(house.log(), Sequence{20})));
    const fs::path file = newest();
    std::string name = file.filename().string();
    name.back() = '1';
    fs::rename(file, file.parent_path() / name);
    CHECK(!find(cache, house.log()).snapshot.has_value());
  }

  TEST_CASE("states are kept evenly spaced, whatever the batches, and each is the fold there") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(static_cast<int>(2 * states_every));
    const log::Snapshot snapshot = must(house.log().snapshot());
    REQUIRE(snapshot.head().value > 2 * states_every);
    std::vector<std::string> first;
    for (const std::size_t batch : {4'096U, 1'000U, 100U}) {
      CAPTURE(batch);
      const fs::path place = directory / ("cache" + std::to_string(batch));
      RunnerOptions options;
      options.states = FoldCache(place);
      options.batch_events_max = batch;
      Runner runner(house.log(), {}, options);
      must(runner.start());
      std::vector<std::string> now;
      for (const fs::path& each : files(place))
        now.push_back(each.filename().string() + bytes_of(each));
      REQUIRE(now.size() == 2);
      if (first.empty()) first = now;
      CHECK(now == first);
    }
    const FoldCache cache(directory / "cache100");
    for (const std::uint64_t nth : {1U, 2U}) {
      const Sequence there{nth * states_every};
      const FoldSnapshot fold = fold_of(house.log(), there);
      CHECK(cache.find_state(snapshot, there).state == fold.state);
      CHECK(cache.find_state(snapshot, there).sequence == there);
      CHECK(cache.find_state(snapshot, Sequence{there.value - 1}).sequence.value ==
            (nth - 1) * states_every);
      CHECK(!cache.find(snapshot, there).snapshot.has_value());  // no memory of the rows
    }
    // Of a whole snapshot and a state the nearer one is taken.
    must(cache.write(fold_of(house.log(), Sequence{states_every + 5})));
    CHECK(cache.find_state(snapshot, Sequence{states_every + 9}).sequence.value ==
          states_every + 5);

    // A damaged one is as if it were not there; so is one of another log under a good name.
    write(files(directory / "cache100")[1], "nonsense");
    CHECK(cache.find_state(snapshot, Sequence{states_every + 4}).sequence == Sequence{0});
    CHECK(cache.find_state(snapshot, Sequence{states_every + 4}).discarded.size() == 1);
  }

  TEST_CASE("states are taken over from a directory that was built aside") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(static_cast<int>(states_every));
    StageOptions options;
    options.directory = directory / "aside";
    options.json = false;
    options.keep_states = true;
    must(stage(house.log(), options));
    REQUIRE(files(directory / "aside" / "cache").size() == 1);
    const FoldCache cache(directory / "cache");
    write(directory / "aside" / "cache" / "state-none", "another's file stays");
    cache.take_states(directory / "aside" / "cache");
    REQUIRE(files(directory / "cache").size() == 1);
    const log::Snapshot snapshot = must(house.log().snapshot());
    CHECK(cache.find_state(snapshot, snapshot.head()).sequence.value == states_every);
    CHECK(CorrectionIndex(directory / "cache").find(snapshot).through.value == states_every);
  }

  TEST_CASE("where corrections stand is known up to the newest state, wherever a run began") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    const auto correct = [&](std::uint64_t record) {
      fb::CorrectionRecordedT fact;
      fact.corrects = record;
      fact.field = "battery_soc_bp";
      fact.value = "4200";
      return house.tell(house.now(), std::move(fact));
    };
    std::vector<CorrectionPlace> truth;
    const auto live = [&](std::uint64_t states, std::uint64_t record) {
      truth.push_back({correct(record), Sequence{record}});
      house.tell_minutes(static_cast<int>(states * states_every));
    };
    house.tell_minutes(20);
    live(1, 3);
    const auto run = [&](const FoldCache& cache) {
      RunnerOptions options;
      options.cache = options.states = cache;
      Runner runner(house.log(), {}, options);
      must(runner.start());
      must(cache.write(runner.fold_snapshot()));
      return CorrectionIndex(cache.directory()).find(must(house.log().snapshot()));
    };
    const FoldCache cache(directory / "cache");
    const KnownCorrections first = run(cache);
    CHECK(first.through.value == states_every);
    CHECK(first.places == truth);
    // The next run begins at the fold snapshot, behind what the index knows.
    live(1, 4);
    CHECK(run(cache).places == truth);
    SUBCASE("a lost index is made anew, from the log's first record") {
      fs::remove(CorrectionIndex(cache.directory()).file());
      live(1, 5);
      const KnownCorrections known = run(cache);
      CHECK(known.through.value >= 3 * states_every);
      CHECK(known.places == truth);
    }
    SUBCASE("one that is damaged, cut or of another log is as if it were not there") {
      const fs::path file = CorrectionIndex(cache.directory()).file();
      const std::string sound = bytes_of(file);
      HouseLog other(directory / "other", 2);
      other.tell_minutes(static_cast<int>(2 * states_every));
      CHECK(CorrectionIndex(cache.directory()).find(must(other.log().snapshot())).through.value ==
            0);
      const log::Snapshot snapshot = must(house.log().snapshot());
      for (std::size_t at = 0; at < sound.size(); at += 7) {
        std::string damaged = sound;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        write(file, damaged);
        CAPTURE(at);
        CHECK(CorrectionIndex(cache.directory()).find(snapshot).through.value == 0);
        write(file, sound.substr(0, at));
        CHECK(CorrectionIndex(cache.directory()).find(snapshot).through.value == 0);
      }
    }
  }

  TEST_CASE("the distance of states doubles where there would be too many") {
    CHECK(state_spacing(Sequence{0}) == states_every);
    CHECK(state_spacing(Sequence{states_every * (states_max + 1) - 1}) == states_every);
    CHECK(state_spacing(Sequence{states_every * (states_max + 1)}) == 2 * states_every);
  }

  TEST_CASE_FIXTURE(CachedHouse, "a directory that cannot be made is an error, and harms nothing") {
    write(directory / "cache", "a file in its place");
    CHECK(cache.write(fold_of(house.log())).error().kind == ErrorKind::io);
    CHECK(!find(cache, house.log()).snapshot.has_value());
  }

  TEST_CASE("live projections begin at a snapshot and end at what a rebuild from the start gives") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    LiveOptions options;
    options.data = directory / "data";
    options.json = true;
    options.fold_snapshot_every = 50;
    house.tell_minutes(60);
    {
      LiveProjections live(house.log(), options);
      must(live.start());
      must(live.catch_up());
      REQUIRE(files(directory / "data" / "cache").size() == 1);
      house.tell_minutes(20);
      must(live.catch_up());
      CHECK(files(directory / "data" / "cache").size() == 1);
      must(live.settle());
      must(live.remember());  // a clean stop
      CHECK(files(directory / "data" / "cache").size() == 2);
    }
    const FoldCache cache(directory / "data" / "cache");
    CHECK(find(cache, house.log()).snapshot->sequence == house.head());
    house.tell_minutes(30);
    LiveProjections live(house.log(), options);
    must(live.start());
    CHECK(live.discarded().empty());
    must(live.catch_up());
    must(live.settle());
    StageOptions stage_options;
    stage_options.directory = directory / "compared";
    stage_options.json = true;
    must(stage(house.log(), stage_options));
    for (const Difference& each : must(compare(options.data, stage_options.directory)))
      FAIL_CHECK(each.place << ": " << each.what);
  }
}

TEST_SUITE("projections/damage") {
  TEST_CASE("a fold goes on behind records that are changed or gone, and counts them") {
    const MemoryDirectory directory;
    { HouseLog(directory / "log").tell_minutes(400); }
    {
      testing::RawEnvironment raw(directory / "log");
      testing::Bytes record = raw.get("events", testing::key_of(7));
      record[record.size() / 2] ^= std::byte{1};
      raw.put("events", testing::key_of(7), record);
      for (const std::uint64_t gone : {8U, 9U, 300U}) raw.remove("events", testing::key_of(gone));
    }
    const log::Log log = must(log::Log::open(directory / "log"));
    const log::Snapshot snapshot = must(log.snapshot());
    std::uint64_t read = 0;
    Sequence last;
    Damage damage;
    must(scan_over_damage(
        snapshot, Sequence{1}, snapshot.head(),
        [&](const log::RecordView& record) -> Result<bool> {
          ++read;
          CHECK(last < record.sequence);
          last = record.sequence;
          return true;
        },
        damage));
    CHECK(read == snapshot.head().value - 4);
    CHECK(last == snapshot.head());
    CHECK(damage.records == 4);
    CHECK(damage.first == Sequence{7});
    CHECK(damage.last == Sequence{300});
    CHECK_MESSAGE(damage_text(damage).find("record 7") != std::string::npos, damage_text(damage));

    Damage none;
    const auto refused = scan_over_damage(
        snapshot, Sequence{1}, snapshot.head(),
        [](const log::RecordView&) -> Result<bool> {
          return fail(ErrorKind::corrupt, "the caller's own");
        },
        none);
    CHECK(refused.error().what == "the caller's own");
    CHECK(none.records == 0);
  }

  TEST_CASE("a damaged last record is stepped over too") {
    const MemoryDirectory directory;
    { HouseLog(directory / "log").tell_minutes(10); }
    { testing::RawEnvironment(directory / "log").remove("events", testing::key_of(11)); }
    const log::Log log = must(log::Log::open(directory / "log"));
    const log::Snapshot snapshot = must(log.snapshot());
    REQUIRE(snapshot.head() == Sequence{11});
    Damage damage;
    must(scan_over_damage(
        snapshot, Sequence{1}, snapshot.head(),
        [](const log::RecordView&) -> Result<bool> { return true; }, damage));
    CHECK(damage.records == 1);
    CHECK(damage.first == Sequence{11});
  }

  TEST_CASE("live projections over a damaged log: fed to the head, continued afterwards") {
    const MemoryDirectory directory;
    LiveOptions options;
    options.data = directory / "data";
    { HouseLog(directory / "log").tell_minutes(400); }
    {
      testing::RawEnvironment raw(directory / "log");
      raw.remove("events", testing::key_of(50));
      raw.remove("events", testing::key_of(420));  // behind the last whole node
    }
    const log::Log log = must(log::Log::open(directory / "log"));
    const log::Meta meta = must(log.snapshot()).meta();
    REQUIRE(meta.head.value > 420);
    for (int start = 0; start < 2; ++start) {
      CAPTURE(start);
      LiveProjections live(log, options);
      const LiveStart started = must(live.start());
      CHECK(standing_name(started.targets.front().standing) ==
            standing_name(start == 0 ? TargetStanding::empty : TargetStanding::current));
      CHECK(must(live.catch_up()) == meta.head);
      must(live.settle());
      must(live.remember());
      CHECK(live.damage().records == (start == 0 ? 2 : 0));  // the second begins behind it
      CHECK(live.status().front().fed);
      CHECK(live.status().front().sequence == meta.head);
    }
    CHECK(find(FoldCache(directory / "data" / "cache"), log).snapshot->root ==
          meta.frontier.root());
  }

  TEST_CASE("a root that damage keeps the log from telling is unknown, not another one") {
    const MemoryDirectory directory;
    { HouseLog(directory / "log").tell_minutes(300); }
    Digest root;
    {
      const log::Log log = must(log::Log::open(directory / "log"));
      const log::Snapshot snapshot = must(log.snapshot());
      root = must(log::root_at(snapshot, 270));
      CHECK(must(same_root(snapshot, Sequence{270}, root)) == SameRoot::yes);
      CHECK(must(same_root(snapshot, Sequence{269}, root)) == SameRoot::no);
    }
    {
      testing::RawEnvironment raw(directory / "log");
      testing::Bytes record = raw.get("events", testing::key_of(260));
      record.back() ^= std::byte{1};
      raw.put("events", testing::key_of(260), record);
      raw.remove("events", testing::key_of(265));
    }
    const log::Log log = must(log::Log::open(directory / "log"));
    const log::Snapshot snapshot = must(log.snapshot());
    CHECK(must(same_root(snapshot, Sequence{262}, root)) == SameRoot::unknown);  // changed
    CHECK(must(same_root(snapshot, Sequence{270}, root)) == SameRoot::unknown);  // gone
    CHECK(must(same_root(snapshot, snapshot.head(), root)) == SameRoot::no);
    CHECK(must(same_root(snapshot, snapshot.head(), snapshot.meta().frontier.root())) ==
          SameRoot::yes);
  }
}

}  // namespace wattledger::projections
