#include "replay/legacy_import/collect.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr UtcTime first_believed = utc_from_us(946'684'800'000'000);  // 2000-01-01

bool has_offset(std::string_view text) {
  return text.size() > 10 &&
         (text.back() == 'Z' || text.substr(10).find_first_of("+-") != std::string_view::npos);
}

std::chrono::microseconds apart(UtcTime a, UtcTime b) { return a < b ? b - a : a - b; }

// A row says in UTC when it was written; believed if that is near its time, whatever the zone.
std::optional<UtcTime> written_at(const SourceRecord& record) {
  if (record.form != fb::LegacyForm::row) return std::nullopt;
  const auto created = parse_time(text_of(record.fields, "created_at").value_or(""), {});
  const auto local = parse_time(time_text_of(record), {});
  if (!created || !local || apart(*created, *local) > std::chrono::hours(15)) return std::nullopt;
  return *created;
}

bool is_session(Family family) {
  return family == Family::charging_session || family == Family::selling_session;
}

Result<std::optional<LocalTime>> local_argument(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<LocalTime>();
  const auto time = parse_time(text, ZoneOffsets());
  if (!time)
    return fail(ErrorKind::invalid_input, std::string(option) + ": " + time.error().what,
                "write a local date or time, such as 2025-12-04");
  return std::optional(LocalTime(time->time_since_epoch()));
}

}  // namespace

Result<LocalTime> local_time(std::string_view text, const ZoneOffsets& zone) {
  const auto at = parse_time(text, has_offset(text) ? zone : ZoneOffsets());
  if (!at) return Failure(at.error());
  return has_offset(text) ? zone.to_local(*at) : LocalTime(at->time_since_epoch());
}

Result<LocalRange> local_range(const std::string& since, const std::string& until) {
  const auto first = local_argument(since, "--since");
  if (!first) return Failure(first.error());
  const auto end = local_argument(until, "--until");
  if (!end) return Failure(end.error());
  if (*first && *end && **first >= **end)
    return fail(ErrorKind::invalid_input, "--since is not before --until", "swap the two");
  return LocalRange{*first, *end};
}

Result<void> require_source(const fs::path& path, bool directory) {
  std::error_code ignored;
  const bool there =
      directory ? fs::is_directory(path, ignored) : fs::is_regular_file(path, ignored);
  if (there && ::access(path.c_str(), directory ? R_OK | X_OK : R_OK) != 0)
    return fail(ErrorKind::io, path.string() + " cannot be read: " + std::strerror(errno),
                "give this user the right to read it");
  if (there) return {};
  return fail(ErrorKind::not_found,
              path.string() + (directory ? " is no directory" : " is no file"),
              directory ? "check --out and --state" : "check --db");
}

void Collector::begin(std::string source) {
  source_ = std::move(source);
  before_.reset();
  second_pass_ = false;
  findings_.of(source_);
}

void Collector::reject(std::uint64_t at, std::string what) {
  findings_.reject(source_, at, std::move(what));
}
void Collector::doubt(std::uint64_t at, std::string what) {
  findings_.doubt(source_, at, std::move(what));
}

Result<Collector::Placed> Collector::place_in_time(const SourceRecord& record) {
  const std::string_view text = time_text_of(record);
  const ZoneOffsets& zone = sources_.zone;
  if (has_offset(text)) {
    const auto at = parse_time(text, zone);
    if (!at) return Failure(at.error());
    return Placed{*at, zone.to_local(*at)};
  }
  const auto read = parse_time(text, ZoneOffsets());
  if (!read) return Failure(read.error());
  Placed placed;
  placed.local = LocalTime(read->time_since_epoch());
  const UtcTime first = zone.to_utc(placed.local);
  const UtcTime second = zone.to_utc(placed.local, true);
  const bool repeated = first != second;
  const auto written = repeated ? written_at(record) : std::nullopt;
  if (!repeated) {
    second_pass_ = false;
  } else if (written) {
    second_pass_ = apart(*written, second) < apart(*written, first);
  } else if (record.form == fb::LegacyForm::document) {
    placed.uncertain = true;  // a file for itself has no neighbours
  } else if (before_ && placed.local < *before_) {
    second_pass_ = second_pass_ || before_repeated_;
    placed.uncertain = !second_pass_;  // out of order
  }
  before_ = placed.local;
  before_repeated_ = repeated;
  placed.at = second_pass_ ? second : first;
  placed.in_gap = zone.to_local(placed.at) != placed.local;
  return placed;
}

Result<void> Collector::take(SourceRecord record) {
  const std::uint64_t at = where(record);
  StagedRecord staged;
  std::string local;
  bool in_gap = false;
  const std::string_view text = time_text_of(record);
  const bool timed = record.family != Family::summary && record.family != Family::document;
  if (timed) {
    const auto placed = place_in_time(record);
    if (placed && !sources_.range.contains(placed->local)) return {};
    count();
    if (!placed) {
      reject(at, text.empty() ? "has no time" : "\"" + std::string(text) + "\" is no time");
      return {};
    }
    const bool planned = placed->at > sources_.now && is_session(record.family);
    if (placed->at < first_believed || (placed->at > sources_.now && !planned)) {
      reject(at, "\"" + std::string(text) + "\" lies " +
                     (placed->at > sources_.now ? "in the future" : "before the year 2000"));
      return {};
    }
    in_gap = placed->in_gap;
    if (in_gap) doubt(at, "\"" + std::string(text) + "\" was skipped when the clocks went forward");
    if (!planned) staged.at = placed->at;
    staged.time_uncertain = placed->uncertain;
    local = iso_text(placed->local);
  } else {
    count();
  }
  if (!find_home(record, local)) {
    reject(at, "no file of the older system holds such a record by itself");
    return {};
  }
  if (record.broken) doubt(at, "holds NaN or Infinity: kept as it stood, unknown to the event");
  staged.key = key_of(record);
  if (in_gap) staged.key += local;  // another record stands at that instant
  staged.source = source_;
  staged.record = std::move(record);
  return staged_.add(staged);
}

Result<void> collect(const LegacySources& sources, StagedRecords& staged, Findings& findings) {
  Collector collector(sources, staged, findings);
  if (!sources.database.empty()) {
    WATTLEDGER_TRY(require_source(sources.database, false));
    WATTLEDGER_TRY(read_legacy_tables(sources.database, sources.aside, collector));
  }
  if (!sources.out.empty()) {
    WATTLEDGER_TRY(require_source(sources.out, true));
    WATTLEDGER_TRY(read_legacy_files(sources.out, "out/", collector));
  }
  if (!sources.state.empty()) {
    WATTLEDGER_TRY(require_source(sources.state, true));
    WATTLEDGER_TRY(read_legacy_files(sources.state, "data/", collector));
  }
  return staged.finish();
}

}  // namespace wattledger::tool
