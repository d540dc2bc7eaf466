#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "projections/fold/json_scan.hpp"
#include "projections/fold/python_json.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/manifest.hpp"
#include "projections/json/whole_files.hpp"
#include "replay/legacy_import/collect.hpp"
#include "replay/legacy_import/json_pieces.hpp"
#include "replay/legacy_import/legacy_tree.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using fb::LegacyForm;

// Folders deeper than this are none of that system's.
constexpr int depth_max = 8;

// Whether the fields give back the text. An element's own spacing is not kept: its file's is.
bool comes_back(const JsonPiece& piece, const JsonObject& object) {
  if (!object.plain) return false;
  if (piece.form == LegacyForm::element) return true;
  const std::string text = fold::object_text(object.fields);
  return piece.text == (piece.form == LegacyForm::line ? text : fold::python_indented(text));
}

SourceRecord record_of(const JsonPiece& piece, const std::string& place, Family family,
                       JsonObject object) {
  SourceRecord record;
  record.family = family;
  record.form = piece.form;
  record.place = place;
  if (piece.form != LegacyForm::document) record.position = piece.position;
  record.line = piece.line;
  record.broken = object.broken;
  if (!comes_back(piece, object)) record.whole = std::string(piece.text);
  record.fields = std::move(object.fields);
  return record;
}

bool holds_lines(std::string_view place) {
  constexpr std::string_view out = "out/";
  if (!place.starts_with(out)) return false;
  const std::string_view name = place.substr(out.size());
  return projections::is_appended(name) && !projections::is_array(name);
}

// One file, record by record.
class FileReader {
 public:
  FileReader(const fs::path& file, const std::string& place, Collector& collector)
      : file_(file), place_(place), collector_(collector), lines_(holds_lines(place)) {}

  Result<void> read() {
    collector_.begin(place_);
    if (projections::is_whole(place_)) return take_document();
    WATTLEDGER_TRY(cut_json(file_, [&](const JsonPiece& piece) { return take(piece); }));
    std::error_code ignored;
    if (!seen_ && has_legacy_name(place_) && fs::file_size(file_, ignored) == 0)
      return refuse({}, "is empty");
    if (aside_) collector_.leave_aside();
    return {};
  }

 private:
  Result<void> take(JsonPiece piece) {
    if (aside_) return {};
    // A file of lines with one line that nothing ends.
    if (lines_ && piece.form == LegacyForm::document && piece.text.find('\n') == std::string::npos)
      piece.form = LegacyForm::line;
    auto object = piece.trouble.empty()
                      ? read_object(piece.text)
                      : Result<JsonObject>(fail(ErrorKind::invalid_input, piece.trouble));
    const auto family = object ? family_of(object->fields) : std::nullopt;
    const bool first = !std::exchange(seen_, true);
    if (first && !family && !has_legacy_name(place_)) {
      aside_ = true;
      return {};
    }
    if (!object) return refuse(piece, object.error().what);
    if (!family) return refuse(piece, "is no record that the older system wrote");
    return collector_.take(record_of(piece, place_, *family, *std::move(object)));
  }

  Result<void> refuse(const JsonPiece& piece, const std::string& why) {
    collector_.count();
    collector_.reject(piece.line, why);
    return {};
  }

  // A file that holds one record, or what is kept as it is.
  Result<void> take_document() {
    std::error_code failed;
    JsonPiece all;
    if (fs::file_size(file_, failed) > legacy_record_bytes_max || failed)
      return refuse(all, "is longer than " + std::to_string(legacy_record_bytes_max) +
                             " bytes, which one event cannot hold");
    std::ifstream in(file_, std::ios::binary);
    std::stringstream stream;
    stream << in.rdbuf();
    const std::string text = stream.str();
    if (!in || text.empty()) return refuse(all, text.empty() ? "is empty" : "cannot be read");
    if (const auto valid = check_json(text); !valid) return refuse(all, valid.error().what);
    all.text = text;
    auto object = read_object(text);
    const auto family = object ? family_of(object->fields) : std::nullopt;
    if (family) return collector_.take(record_of(all, place_, *family, *std::move(object)));
    SourceRecord record;
    record.place = place_;
    record.whole = text;
    return collector_.take(std::move(record));
  }

  fs::path file_;
  std::string place_;
  Collector& collector_;
  bool lines_;
  bool seen_ = false, aside_ = false;
};

// Every folder once, whatever links lead to it.
class Walk {
 public:
  LegacyTree tree;

  void into(const fs::path& folder, int depth) {
    std::error_code failed;
    const fs::path true_path = fs::canonical(folder, failed);
    if (failed || depth > depth_max || !seen_.insert(true_path).second) {
      if (failed) tree.unread.push_back(folder.string() + ": " + failed.message());
      return;
    }
    for (fs::directory_iterator each(folder, failed), end; !failed && each != end;
         each.increment(failed)) {
      std::error_code ignored;
      const fs::path path = each->path();
      if (path.filename().string().front() == '.') continue;
      if (each->is_directory(ignored)) {
        into(path, depth + 1);
      } else if (each->is_regular_file(ignored) && path.extension() == ".json") {
        tree.files.push_back(path);
      }
    }
    if (failed) tree.unread.push_back(folder.string() + ": " + failed.message());
  }

 private:
  std::set<fs::path> seen_;
};

}  // namespace

Result<LegacyTree> legacy_tree(const fs::path& root) {
  std::error_code ignored;
  for (const fs::path& ours :
       {root / projections::manifest_name, root.parent_path() / "out" / projections::manifest_name})
    if (fs::exists(ours, ignored))
      return fail(ErrorKind::foreign,
                  root.string() + " is what a wattledger writes, not an older system's",
                  "name the older system's own folder, or a copy of it");
  Walk walk;
  walk.into(root, 0);
  std::sort(walk.tree.files.begin(), walk.tree.files.end());
  return std::move(walk.tree);
}

Result<void> read_legacy_files(const fs::path& root, const std::string& prefix,
                               Collector& collector) {
  const auto tree = legacy_tree(root);
  if (!tree) return Failure(tree.error());
  for (const std::string& folder : tree->unread) {
    collector.begin(prefix);
    collector.count();
    collector.reject(0, folder);
  }
  for (const fs::path& file : tree->files) {
    const std::string place = prefix + file.lexically_relative(root).generic_string();
    FileReader reader(file, place, collector);
    const auto read = reader.read();
    if (read) continue;
    // Our own side failed unless it is the file that cannot be read.
    if (read.error().kind != ErrorKind::io || !read.error().what.starts_with(file.string()))
      return read;
    collector.count();
    collector.reject(0, read.error().what);
  }
  return {};
}

}  // namespace wattledger::tool
