#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "projections/json/day_files.hpp"
#include "projections/json/whole_files.hpp"
#include "replay/legacy_import/json_pieces.hpp"
#include "replay/legacy_import/legacy_tree.hpp"
#include "replay/legacy_import/verify.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk_bytes = 65'536;

void add(VerifyReport& report, const std::string& line) {
  ++report.differences;
  if (report.lines.size() < verify_lines_max) report.lines.push_back(line);
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

// How often each record stands in a file, with the spacing of json.dumps.
Result<std::map<std::string, std::int64_t>> records_of(const fs::path& file) {
  std::map<std::string, std::int64_t> records;
  WATTLEDGER_TRY(cut_json(file, [&](const JsonPiece& piece) -> Result<void> {
    ++records[piece.trouble.empty() ? compact_json(piece.text) : std::string(piece.text)];
    return {};
  }));
  return records;
}

Result<void> verify_records(const fs::path& original, const fs::path& rebuilt,
                            const std::string& place, VerifyReport& report) {
  const auto before = records_of(original);
  if (!before) return Failure(before.error());
  auto now = records_of(rebuilt);
  if (!now) return Failure(now.error());
  std::uint64_t missing = 0;
  for (const auto& [record, times] : *before) {
    const std::int64_t there = (*now)[record];
    if (there < times) missing += static_cast<std::uint64_t>(times - there);
  }
  if (missing != 0)
    add(report, place + ": " + std::to_string(missing) +
                    (missing == 1 ? " record is" : " records are") + " not given back");
  return {};
}

}  // namespace

Result<void> verify_files(const fs::path& original, const fs::path& rebuilt,
                          const std::string& prefix, VerifyReport& report) {
  const auto files = legacy_json_files(original);
  if (!files) return Failure(files.error());
  for (const fs::path& file : *files) {
    const std::string place = prefix + file.lexically_relative(original).generic_string();
    const fs::path there = rebuilt / place;
    std::error_code ignored;
    const bool known = projections::is_whole(place) ||
                       (prefix == "out/" && projections::is_appended(place.substr(prefix.size())));
    if (!fs::exists(there, ignored)) {
      if (known) {
        ++report.files;
        add(report, place + ": is not given back");
      } else {
        report.aside.push_back(place);
      }
      continue;
    }
    ++report.files;
    report.compared.push_back(file);
    if (same_bytes(file, there)) {
      ++report.byte_equal;
    } else {
      WATTLEDGER_TRY(verify_records(file, there, place, report));
    }
  }
  return {};
}

}  // namespace wattledger::tool
