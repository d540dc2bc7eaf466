#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "projections/fold/json_scan.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/whole_files.hpp"
#include "replay/legacy_import/json_pieces.hpp"
#include "replay/legacy_import/legacy_tree.hpp"
#include "replay/legacy_import/source_record.hpp"
#include "replay/legacy_import/staged_records.hpp"
#include "replay/legacy_import/verify.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk_bytes = 65'536;

// How often each record stands in a file, by its digest with the spacing of json.dumps.
using Records = std::map<Id128, std::int64_t>;

bool is_within(const JsonPiece& piece, const Within& within) {
  if (within.range.is_all() || !piece.trouble.empty()) return true;
  const auto object = read_object(piece.text);
  const auto family = object ? family_of(object->fields) : std::nullopt;
  if (!family) return true;
  SourceRecord record;
  record.family = *family;
  record.fields = object->fields;
  return within.holds(time_text_of(record));
}

Result<Records> records_of(const fs::path& file, const Within& within) {
  Records records;
  WATTLEDGER_TRY(cut_json(file, [&](const JsonPiece& piece) -> Result<void> {
    if (is_within(piece, within))
      ++records[digest_of_text(piece.trouble.empty() ? fold::compact_json(piece.text)
                                                     : std::string(piece.text))];
    return {};
  }));
  return records;
}

// Whether both hold the same bytes; false too when one cannot be read.
bool same_bytes(const fs::path& a, const fs::path& b) {
  std::ifstream first(a, std::ios::binary);
  std::ifstream second(b, std::ios::binary);
  std::string left(chunk_bytes, '\0');
  std::string right(chunk_bytes, '\0');
  while (first && second) {
    first.read(left.data(), static_cast<std::streamsize>(left.size()));
    second.read(right.data(), static_cast<std::streamsize>(right.size()));
    const auto got = first.gcount();
    if (got != second.gcount() || left.compare(0, static_cast<std::size_t>(got), right, 0,
                                               static_cast<std::size_t>(got)) != 0)
      return false;
  }
  return first.eof() && second.eof();
}

class FileVerifier {
 public:
  FileVerifier(const fs::path& rebuilt, const Within& within, VerifyReport& report)
      : rebuilt_(rebuilt), within_(within), report_(report) {}

  // Its own name, else wherever its records went.
  Result<void> look(const fs::path& file, const std::string& place) {
    const bool own = projections::is_whole(place) ||
                     (place.starts_with("out/") && projections::is_appended(place.substr(4)));
    if (!own) return look_elsewhere(file, place);
    const fs::path there = rebuilt_ / place;
    std::error_code ignored;
    report_.compared.push_back({file, place});
    ++report_.files;
    if (!fs::exists(there, ignored)) return look_for_nothing(file, place);
    if (same_bytes(file, there)) {
      ++report_.byte_equal;
      return {};
    }
    const auto before = records_of(file, within_);
    if (!before) return Failure(before.error());
    const auto now = records_of(there, {});
    if (!now) return Failure(now.error());
    std::uint64_t missing = 0;
    for (const auto& [record, times] : *before) missing += lacking(*now, record, times);
    tell(place, missing);
    return {};
  }

 private:
  static std::uint64_t lacking(const Records& records, const Id128& record, std::int64_t times) {
    const auto found = records.find(record);
    const std::int64_t there = found == records.end() ? 0 : found->second;
    return there < times ? static_cast<std::uint64_t>(times - there) : 0;
  }

  void tell(const std::string& place, std::uint64_t missing) {
    if (missing == 0) return;
    add_difference(report_, place + ": " + std::to_string(missing) +
                                (missing == 1 ? " record is" : " records are") + " not given back");
  }

  // An array without elements has no file when it is given back.
  Result<void> look_for_nothing(const fs::path& file, const std::string& place) {
    const auto records = records_of(file, within_);
    if (!records) return Failure(records.error());
    std::error_code ignored;
    const bool nothing =
        records->empty() && (!within_.range.is_all() || fs::file_size(file, ignored) != 0);
    tell(place, nothing ? 0 : std::max<std::uint64_t>(1, records->size()));
    return {};
  }

  // A file of another name: each of its records stands in the file of its day.
  Result<void> look_elsewhere(const fs::path& file, const std::string& place) {
    std::uint64_t known = 0;
    std::uint64_t missing = 0;
    WATTLEDGER_TRY(cut_json(file, [&](const JsonPiece& piece) -> Result<void> {
      const auto object =
          piece.trouble.empty() ? read_object(piece.text) : Result<JsonObject>(JsonObject{});
      const auto family = object ? family_of(object->fields) : std::nullopt;
      if (!family) return {};
      ++known;
      if (!is_within(piece, within_)) return {};
      SourceRecord record;
      record.family = *family;
      record.form = piece.form;
      record.place = place;
      record.fields = object->fields;
      const auto local = parse_time(time_text_of(record), {});
      if (!local || !find_home(record, iso_text(LocalTime(local->time_since_epoch())))) {
        ++missing;
        return {};
      }
      const auto home = at_home(record.place);
      if (!home) return Failure(home.error());
      missing += lacking(**home, digest_of_text(fold::compact_json(piece.text)), 1);
      return {};
    }));
    if (known == 0) {
      report_.aside.push_back(place);
    } else {
      ++report_.files;
      report_.compared.push_back({file, place});
      tell(place, missing);
    }
    return {};
  }

  Result<const Records*> at_home(const std::string& place) {
    if (home_ != place) {
      std::error_code ignored;
      Result<Records> read = fs::exists(rebuilt_ / place, ignored)
                                 ? records_of(rebuilt_ / place, {})
                                 : Result<Records>(Records{});
      if (!read) return Failure(read.error());
      home_ = place;
      home_records_ = *std::move(read);
    }
    return &home_records_;
  }

  fs::path rebuilt_;
  const Within& within_;
  VerifyReport& report_;
  std::string home_;
  Records home_records_;
};

}  // namespace

Result<void> verify_files(const fs::path& original, const fs::path& rebuilt,
                          const std::string& prefix, const Within& within, VerifyReport& report) {
  const auto tree = legacy_tree(original);
  if (!tree) return Failure(tree.error());
  for (const std::string& folder : tree->unread) add_difference(report, folder);
  FileVerifier verifier(rebuilt, within, report);
  for (const fs::path& file : tree->files) {
    const auto looked =
        verifier.look(file, prefix + file.lexically_relative(original).generic_string());
    if (looked) continue;
    // An original that cannot be read is one that nobody can say is given back.
    if (looked.error().kind != ErrorKind::io || !looked.error().what.starts_with(file.string()))
      return looked;
    add_difference(report, looked.error().what);
  }
  return {};
}

}  // namespace wattledger::tool
