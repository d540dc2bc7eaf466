#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>

#include "projections/json/day_files.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/json/manifest.hpp"
#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_adopt.hpp"
#include "projections/sqlite/sqlite_projector.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

// "20251001" of a file of one day or of an instant in it; empty for the others.
std::string day_of(const std::string& name) {
  std::string digits;
  for (const char c : fs::path(name).filename().string()) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  }
  return digits.size() >= 8 ? digits.substr(0, 8) : std::string();
}

// Files without a day go on as long as somebody appends.
bool goes_on(const std::string& place, const std::string& newest) {
  const std::string name = fs::path(place).filename().string();
  return (place.starts_with("data/") || place.starts_with("out/")) &&
         (day_of(name) >= newest || std::none_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isdigit(c) != 0;
          }));
}

// By the live manifest, as a file's name has it; empty where no day is settled yet, nothing where
// no manifest can be read.
std::optional<std::string> newest_day(const fs::path& data) {
  const auto manifest = read_manifest(data / "out");
  if (!manifest || !*manifest) return std::nullopt;
  const std::string& newest = (*manifest)->newest_day;
  return newest.empty() ? newest : compact_day(newest);
}

std::string manifest_text(const fs::path& data) {
  std::ifstream file(data / "out" / manifest_name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Files that go on are copied between two settlings, as the manifest tells them: what is written
// while a house lives through days in seconds would be days ahead of its checkpoint.
Result<void> copy_settled(const fs::path& data, const fs::path& to) {
  constexpr int tries_max = 50;
  for (int tries = 0; tries < tries_max; ++tries) {
    std::error_code error;
    fs::remove_all(to, error);
    fs::create_directories(to, error);
    const std::string before = manifest_text(data);
    for (const char* part : {"out", "data"})
      if (!error && fs::exists(data / part, error))
        fs::copy(data / part, to / part, fs::copy_options::recursive, error);
    if (error == std::errc::no_space_on_device)
      return fail(ErrorKind::full, to.string() + ": no room for a copy of the files",
                  "free space there");
    // A file that went meanwhile is as good as a manifest that changed.
    if (!error && manifest_text(data) == before) return {};
  }
  return fail(ErrorKind::timed_out,
              "the files in " + (data / "out").string() + " change faster than they are copied",
              "try again when the house lives more slowly");
}

// While somebody appends, the files of the newest day and those that go on hold what no checkpoint
// tells yet.
void leave_out(const std::optional<std::string>& newest, LiveComparison& result,
               std::vector<Difference>& found) {
  std::erase_if(found, [&](const Difference& each) {
    const bool out = newest && goes_on(each.place, *newest);
    if (out) result.left_out.push_back(each.place);
    return out;
  });
}

class LiveCompare {
 public:
  LiveCompare(const log::Log& log, const LivePlaces& live, const CompareLiveOptions& options)
      : log_(log), live_(live), options_(options) {}

  Result<LiveComparison> run() {
    if (live_.sqlite) WATTLEDGER_TRY(sqlite());
    if (live_.json) WATTLEDGER_TRY(json());
    return std::move(result_);
  }

 private:
  // Where the live one stands; nullopt when it cannot be compared, which is a difference then.
  Result<std::optional<Sequence>> standing(Projector& projector) {
    const std::string name(projector.name());
    const auto checkpoint = projector.checkpoint();
    if (!checkpoint) return Failure(checkpoint.error());
    const auto differs = [&](std::string what) {
      result_.differences.push_back({name, std::move(what)});
      return std::optional<Sequence>{};
    };
    if (!*checkpoint) return differs("nothing is there");
    if ((*checkpoint)->version != projector.version())
      return differs("built by version " + std::to_string((*checkpoint)->version) +
                     ", this program builds " + std::to_string(projector.version()));
    if (options_.reach) WATTLEDGER_TRY(options_.reach((*checkpoint)->sequence));
    if (const auto same = require_same_history(log_, **checkpoint); !same)
      return differs(same.error().what);
    result_.compared.push_back({name, **checkpoint, {}});
    return std::optional((*checkpoint)->sequence);
  }

  Result<fs::path> build(bool sqlite, Sequence through) const {
    StageOptions options;
    options.sqlite = sqlite;
    options.json = !sqlite;
    options.json_selling_files = live_.json_selling_files;
    options.schema = live_.schema;
    options.directory = options_.aside / (sqlite ? "built-sqlite" : "built-json");
    options.replace = true;
    options.through = through;
    options.progress = options_.progress;
    const auto staged = stage(log_, options);
    if (!staged) return Failure(staged.error());
    return options.directory;
  }

  // The file goes on meanwhile: its copy is what is compared.
  Result<void> sqlite() {
    const fs::path file =
        live_.sqlite_file.empty() ? live_.data / sqlite_file_name : live_.sqlite_file;
    SqliteOptions options;
    options.data = options_.aside / "live";
    options.schema = live_.schema;
    std::error_code error;
    if (fs::exists(file, error))
      WATTLEDGER_TRY(sqlite::copy_file(file, options.data / sqlite_file_name));
    const auto through = standing(*make_sqlite_projector(options));
    if (!through) return Failure(through.error());
    if (!*through) return {};
    const auto built = build(true, **through);
    if (!built) return Failure(built.error());
    return add(compare(options.data, *built, options_.limit));
  }

  // Where a day has just begun, files of the oldest go before the checkpoint tells of it: what was
  // copied then is copied again a moment later.
  Result<void> json() {
    constexpr int tries_max = 5;
    for (int tries = 1;; ++tries) {
      JsonOptions options;
      options.data = live_.written ? options_.aside / "live-files" : live_.data;
      if (live_.written) WATTLEDGER_TRY(copy_settled(live_.data, options.data));
      if (const auto there = read_manifest(options.data / "out"); there && !*there) {
        result_.differences.push_back(
            {"json", (live_.data / "out" / manifest_name).string() + " is not there"});
        return {};
      }
      options.selling_files = live_.json_selling_files;
      const auto through = standing(*make_json_projector(options));
      if (!through) return Failure(through.error());
      if (!*through) return {};
      const auto built = build(false, **through);
      if (!built) return Failure(built.error());
      const std::optional<std::string> newest = newest_day(options.data);
      if (live_.written && newest != newest_day(*built) && tries < tries_max) {
        result_.compared.pop_back();
        continue;
      }
      auto found = compare_files(options.data, *built, options_.limit);
      if (found && live_.written) leave_out(newest, result_, *found);
      return add(std::move(found));
    }
  }

  Result<void> add(Result<std::vector<Difference>> found) {
    if (!found) return Failure(found.error());
    result_.differences.insert(result_.differences.end(), found->begin(), found->end());
    return {};
  }

  const log::Log& log_;
  const LivePlaces& live_;
  const CompareLiveOptions& options_;
  LiveComparison result_;
};

}  // namespace

Result<LiveComparison> compare_live(const log::Log& log, const LivePlaces& live,
                                    const CompareLiveOptions& options) {
  auto result = LiveCompare(log, live, options).run();
  std::error_code ignored;
  fs::remove_all(options.aside, ignored);
  return result;
}

}  // namespace wattledger::projections
