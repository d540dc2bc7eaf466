#include "log/cold_segment.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "log/archive.hpp"
#include "log/disk_file.hpp"
#include "log/segment.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* format_name = "wattledger-cold-segment";

std::string render(const ColdSegment& cold) {
  return Json{{"format", format_name},
              {"version", 1},
              {"first", cold.records.first.value},
              {"last", cold.records.last.value},
              {"bytes", cold.bytes},
              {"sha256", cold.digest.hex()},
              {"recorded_from", utc_text(cold.recorded_from)},
              {"recorded_to", utc_text(cold.recorded_to)},
              {"place", cold.place},
              {"sent_at", utc_text(cold.sent_at)}}
             .dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

UtcTime time_of(const Json& json, const char* name) {
  return parse_time(json.at(name).get<std::string>(), {}).value();
}

Result<ColdSegment> read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != format_name || json.at("version") != 1)
      return fail(ErrorKind::newer, file.string() + " is of a later wattledger",
                  "use the version that wrote it");
    ColdSegment cold;
    cold.records = {Sequence{json.at("first").get<std::uint64_t>()},
                    Sequence{json.at("last").get<std::uint64_t>()}};
    cold.bytes = json.at("bytes").get<std::uint64_t>();
    cold.digest = Digest::from_hex(json.at("sha256").get<std::string>()).value();
    cold.recorded_from = time_of(json, "recorded_from");
    cold.recorded_to = time_of(json, "recorded_to");
    cold.place = json.at("place").get<std::string>();
    cold.sent_at = time_of(json, "sent_at");
    if (file.filename() == cold.name() + cold_ending) return cold;
  } catch (const std::exception&) {  // nlohmann's, and of what is not there
  }
  return fail(ErrorKind::corrupt, file.string() + " is not what was written there",
              "bring it back from a backup of the data directory; the segment itself is with the "
              "remote");
}

}  // namespace

std::string ColdSegment::name() const { return segment_name(records.first, records.last); }

Result<ColdSegment> describe_segment(const fs::path& log_directory, const SequenceRange& records,
                                     const std::string& place, UtcTime sent_at) {
  ColdSegment cold;
  cold.records = records;
  cold.place = place;
  cold.sent_at = sent_at;
  const fs::path path = log_directory / segments_directory / cold.name();
  const auto file = DiskFile::open(path);
  if (!file) return Failure(file.error());
  const auto digest = file->digest();
  if (!digest) return Failure(digest.error());
  const auto segment = SegmentReader::open(path);
  if (!segment) return Failure(segment.error());
  WATTLEDGER_TRY(segment->verify());
  cold.bytes = segment->file_bytes();
  cold.digest = *digest;
  cold.recorded_from = segment->manifest().recorded_from;
  cold.recorded_to = segment->manifest().recorded_to;
  return cold;
}

Result<void> require_same_segment(const ColdSegment& cold, const fs::path& path) {
  const auto file = DiskFile::open(path);
  if (!file) return Failure(file.error());
  const auto size = file->size();
  if (!size) return Failure(size.error());
  const auto digest = file->digest();
  if (!digest) return Failure(digest.error());
  if (*size == cold.bytes && *digest == cold.digest) return {};
  return fail(ErrorKind::corrupt,
              cold.place + "/" + cold.name() + " is not the file that was sent there",
              "take the segment from a backup");
}

Result<void> write_cold(const fs::path& log_directory, const ColdSegment& cold) {
  const fs::path directory = log_directory / segments_directory;
  const fs::path path = directory / (cold.name() + cold_ending);
  const fs::path aside = path.string() + ".new";
  std::error_code ignored;
  fs::remove(aside, ignored);
  {
    auto file = DiskFile::create(aside);
    if (!file) return Failure(file.error());
    const std::string text = render(cold);
    WATTLEDGER_TRY(file->append(std::as_bytes(std::span(text))));
    WATTLEDGER_TRY(file->sync());
  }
  WATTLEDGER_TRY(rename_file(aside, path));
  return sync_directory(directory);
}

Result<std::vector<ColdSegment>> list_cold(const fs::path& log_directory) {
  const fs::path directory = log_directory / segments_directory;
  std::vector<ColdSegment> found;
  std::error_code error;
  if (!fs::exists(directory, error)) return found;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().extension() != cold_ending) continue;
    auto cold = read(at->path());
    if (!cold) return Failure(cold.error());
    found.push_back(*std::move(cold));
  }
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be listed: " + error.message(),
                "check the disk and its permissions");
  std::sort(found.begin(), found.end(), [](const ColdSegment& a, const ColdSegment& b) {
    return a.records.first < b.records.first;
  });
  return found;
}

std::optional<ColdSegment> cold_segment_of(const Snapshot& snapshot, Sequence sequence) {
  if (!snapshot.missing(sequence)) return std::nullopt;
  const auto all = list_cold(snapshot.impl().environment->directory());
  if (!all) return std::nullopt;
  for (const ColdSegment& each : *all)
    if (each.records.first <= sequence && sequence <= each.records.last) return each;
  return std::nullopt;
}

}  // namespace wattledger::log
