#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "projections/fold/python_json.hpp"
#include "projections/json/whole_files.hpp"
#include "replay/legacy_import/collect.hpp"
#include "replay/legacy_import/json_pieces.hpp"
#include "replay/legacy_import/legacy_tree.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using fb::LegacyForm;

// One file, record by record.
class FileReader {
 public:
  FileReader(const fs::path& file, std::string place, Collector& collector)
      : file_(file), place_(std::move(place)), collector_(collector) {}

  Result<void> read() {
    collector_.begin(place_);
    WATTLEDGER_TRY(cut_json(file_, [&](const JsonPiece& piece) { return take(piece); }));
    return is_document_ ? take_document() : Result<void>();
  }

 private:
  Result<void> take(const JsonPiece& piece) {
    if (is_document_) return {};
    // The file of an array of something else than records is a document: it is read as a whole.
    if (piece.form == LegacyForm::element && first_ && !is_record(piece.text)) {
      is_document_ = true;
      return {};
    }
    first_ = false;
    if (!piece.trouble.empty()) return refuse(piece, piece.trouble);
    auto object = read_object(piece.text);
    if (!object) return refuse(piece, object.error().what);
    const auto family = family_of(object->fields);
    if (!family) {
      if (piece.form != LegacyForm::document)
        return refuse(piece, "is no record that the older system wrote");
      is_document_ = true;
      return {};
    }
    SourceRecord record;
    record.family = *family;
    record.form = piece.form;
    record.place = place_;
    if (piece.form != LegacyForm::document) record.position = piece.position;
    record.line = piece.line;
    record.broken = object->broken;
    if (!comes_back(piece, *object)) record.whole = std::string(piece.text);
    record.fields = std::move(object->fields);
    return collector_.take(std::move(record));
  }

  // Whether the fields give back the text. An element's own spacing is not kept: its file's is.
  static bool comes_back(const JsonPiece& piece, const JsonObject& object) {
    if (!object.plain) return false;
    if (piece.form == LegacyForm::element) return true;
    const std::string text = fold::object_text(object.fields);
    return piece.text == (piece.form == LegacyForm::line ? text : fold::python_indented(text));
  }

  static bool is_record(std::string_view text) {
    if (text.empty() || text.front() != '{') return text.empty();
    const auto object = read_object(text);
    // What cannot be read is no reason to take the rest for something else.
    return !object || family_of(object->fields).has_value();
  }

  Result<void> refuse(const JsonPiece& piece, const std::string& why) {
    collector_.count();
    collector_.reject(piece.line, why);
    return {};
  }

  Result<void> take_document() {
    if (!projections::is_whole(place_)) {
      collector_.leave_aside();
      return {};
    }
    std::error_code failed;
    const auto bytes = fs::file_size(file_, failed);
    JsonPiece all;
    if (failed || bytes > legacy_record_bytes_max)
      return refuse(all, "is longer than " + std::to_string(legacy_record_bytes_max) +
                             " bytes, which one event cannot hold");
    std::ifstream in(file_, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return refuse(all, "cannot be read");
    SourceRecord record;
    record.place = place_;
    record.whole = text.str();
    if (const auto valid = check_json(*record.whole); !valid)
      return refuse(all, valid.error().what);
    return collector_.take(std::move(record));
  }

  fs::path file_;
  std::string place_;
  Collector& collector_;
  bool first_ = true, is_document_ = false;
};

bool is_json(const fs::path& file) { return file.extension() == ".json"; }

}  // namespace

Result<std::vector<fs::path>> legacy_json_files(const fs::path& root) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator each(root, failed), end; !failed && each != end;
       each.increment(failed)) {
    std::error_code ignored;
    if (each->is_regular_file(ignored) && is_json(each->path()) &&
        each->path().filename().string().front() != '.')
      files.push_back(each->path());
  }
  if (failed)
    return fail(ErrorKind::io, root.string() + " cannot be listed: " + failed.message(),
                "give this user the right to read it");
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> read_legacy_files(const fs::path& root, const std::string& prefix,
                               Collector& collector) {
  const auto files = legacy_json_files(root);
  if (!files) return Failure(files.error());
  for (const fs::path& file : *files) {
    const std::string place = prefix + file.lexically_relative(root).generic_string();
    const auto read = FileReader(file, place, collector).read();
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
