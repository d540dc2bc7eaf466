#include "projections/json/json_projector.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "projections/fold/python_json.hpp"
#include "projections/json/adoption.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/documents.hpp"
#include "projections/json/manifest.hpp"
#include "projections/json/posix_file.hpp"
#include "projections/json/whole_files.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

// Raised when the files change for the same rows; twice the number, and one more with files of
// sales.
constexpr std::uint32_t files_version = 1;
// Three families make three files a day; a catch-up over many days closes what it has passed.
constexpr std::size_t open_files_max = 9;

constexpr std::string_view out_prefix = "out/";

// What one apply() writes: text at the end of files, by name under out/; whole files; and what
// documents remember then.
struct Pending {
  std::map<std::string, std::string> appended;
  FileChanges changes;
  DocumentsState documents;
};

// What the open target looks like: `settled` is what the manifest on disk says, the rest runs ahead
// of it.
struct Live {
  Manifest settled;
  std::optional<Checkpoint> position;
  std::map<std::string, DayFile> files;
  DocumentsState documents;
  std::set<std::string> unsynced;  // whole files
  std::string newest_day;
  std::string imported_day;    // the newest of imported rows
  std::string dropped_before;  // no event file of an earlier day is left
  std::string last_day;        // after a clock set back: no file of a later day stays
  std::optional<UtcTime> newest_at;
  std::optional<UtcTime> settled_at;
  bool manifest_there = false;  // whole files are ours by it
  bool directories_changed = false;
};

// The day in the name of the file that an imported row is for; empty: it has none.
std::string imported_day(const fold::LegacyRow& row) {
  const auto* imported = std::get_if<fold::ImportedRow>(&row.row);
  if (imported == nullptr || imported->record.form == fb::LegacyForm::row) return {};
  const std::string& place = imported->record.place;
  if (const auto day = event_day(place)) return *day;
  return place.starts_with(out_prefix) ? day_of(place.substr(out_prefix.size())).value_or("")
                                       : std::string();
}

void add_elements(std::string& elements, std::string_view more) {
  if (!elements.empty()) elements += ",\n";
  elements += more;
}

// A record of a file as it stood, to the end of its file or as a file of its own. A name from an
// event is followed only to where our own files can be.
void add_imported(const fold::LegacyRecord& record, Pending& pending) {
  const auto text = [&] { return record.whole ? *record.whole : fold::object_text(record.fields); };
  if (record.form == fb::LegacyForm::row) return;
  if (record.form == fb::LegacyForm::document) {
    if (!is_whole(record.place)) return;
    pending.changes.whole[record.place] =
        record.whole ? *record.whole : fold::python_indented(text());
    return;
  }
  if (!record.place.starts_with(out_prefix)) return;
  const std::string name = record.place.substr(out_prefix.size());
  if (!is_appended(name) || is_array(name) != (record.form == fb::LegacyForm::element)) return;
  std::string& rows = pending.appended[name];
  if (record.form == fb::LegacyForm::line) {
    rows += text() + "\n";
  } else {
    add_elements(rows, "  " + (record.whole ? *record.whole : fold::python_indented(text(), 1)));
  }
}

class JsonProjector final : public Projector {
 public:
  explicit JsonProjector(JsonOptions options)
      : options_(std::move(options)), out_(options_.data / "out") {}

  [[nodiscard]] std::string_view name() const override { return "json"; }
  [[nodiscard]] std::uint32_t version() const override {
    return fold::legacy_rows_version * 100 + files_version * 2 + (options_.selling_files ? 1 : 0);
  }

  [[nodiscard]] fold::RowTexts texts() const override {
    return {UtcTime::max(), options_.rows_from};
  }

  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() override {
    if (live_) return live_->position;
    const auto manifest = standing_manifest(out_);
    if (!manifest) return Failure(manifest.error());
    if (!*manifest) return std::optional<Checkpoint>();
    if (!(*manifest)->adopting) WATTLEDGER_TRY(check_files(out_, **manifest));
    return (*manifest)->checkpoint;
  }

  Result<void> apply(const std::optional<Checkpoint>& before, const Checkpoint& after,
                     std::span<const fold::LegacyRow> rows) override {
    WATTLEDGER_TRY(enter());
    if (auto there = require_in_place(before.has_value()); !there) {
      live_.reset();
      return there;
    }
    if (before != live_->position)
      return fail(ErrorKind::conflict,
                  "the JSON files in " + out_.string() + " stand at record " +
                      std::to_string(live_->position ? live_->position->sequence.value : 0) +
                      ", not at " + std::to_string(before ? before->sequence.value : 0),
                  "another program feeds them: stop it, then start again");
    const bool set_back = is_clock_set_back(rows);
    if (set_back) WATTLEDGER_TRY(go_back(day_.of(rows.front().local)));
    WATTLEDGER_TRY(keep_imported(rows));
    const std::string newest_before = live_->newest_day;
    Pending pending = sort_rows(rows);
    if (auto written = write(pending); !written) {
      if (live_) live_->newest_day = newest_before;
      return written;
    }
    live_->documents = std::move(pending.documents);
    live_->position = after;
    for (const fold::LegacyRow& row : rows)
      if (in_day_files(row)) live_->newest_at = std::max(live_->newest_at.value_or(row.at), row.at);
    if (!live_->settled_at) live_->settled_at = live_->newest_at;
    if (set_back) return settle();
    if (options_.staging) return drop_expired();
    return wants_settling() ? settle() : Result<void>();
  }

  Result<void> settle() override {
    if (!live_) {
      // Killed between the manifest and the removal of what expired with it, and no row since.
      const auto manifest = standing_manifest(out_);
      if (!manifest) return Failure(manifest.error());
      if (!*manifest || (*manifest)->adopting || (*manifest)->expired.empty()) return {};
      WATTLEDGER_TRY(enter());
    }
    auto done = settle_live();
    if (done) live_->last_day.clear();
    // The manifest on disk may be the old one or the new one: look again before the next row.
    if (!done) live_.reset();
    return done;
  }

  Result<void> adopt(const fs::path& staged, const fs::path& before) override {
    // Damaged live files must not stand in the way of what replaces them; their copy is only as
    // good as they are.
    static_cast<void>(enter());  // what a crash left beyond the manifest is no part of the copy
    static_cast<void>(settle());
    live_.reset();
    return adopt_files(out_, staged, before);
  }

 private:
  // Opens the target for writing: carries on with an adoption, undoes what lies beyond the
  // manifest.
  Result<void> enter() {
    if (live_) return {};
    auto manifest = standing_manifest(out_);
    if (!manifest) return Failure(manifest.error());
    if (*manifest && (*manifest)->adopting) {
      WATTLEDGER_TRY(finish_adoption(out_));
      manifest = read_manifest(out_);
      if (!manifest) return Failure(manifest.error());
    }
    Live live;
    if (*manifest) {
      live.settled = std::move(**manifest);
      live.manifest_there = true;
      WATTLEDGER_TRY(undo_unsettled(live));
    }
    live_ = std::move(live);
    return {};
  }

  // Files that were removed under us would begin anew, with what comes alone, and without a
  // manifest be nobody's.
  [[nodiscard]] Result<void> require_in_place(bool begun) const {
    std::error_code error;
    const bool there = live_->manifest_there ? fs::exists(out_ / manifest_name, error)
                                             : !begun || live_->position.has_value();
    if (there) return {};
    return fail(ErrorKind::not_found,
                "the files in " + out_.string() + " were removed while they were being written",
                rebuild_remedy);
  }

  Result<void> undo_unsettled(Live& live) {
    WATTLEDGER_TRY(check_files(out_, live.settled));
    for (const auto& [name, length] : live.settled.files) {
      DayFile file(out_ / name, name, length);
      WATTLEDGER_TRY(file.undo(length));
      file.close();
      if (length != 0) live.files.emplace(name, std::move(file));
    }
    for (const std::string& name : live.settled.expired) WATTLEDGER_TRY(remove_file(out_ / name));
    try {
      if (!live.settled.documents.empty()) live.documents = read_documents(live.settled.documents);
    } catch (const std::exception& error) {
      return fail(ErrorKind::corrupt,
                  "the manifest in " + out_.string() + " cannot be read (" + error.what() + ")",
                  rebuild_remedy);
    }
    live.position = live.settled.checkpoint;
    live.newest_day = live.settled.newest_day;
    live.imported_day = live.settled.imported_day;
    return {};
  }

  // The first day that is kept; empty keeps all.
  [[nodiscard]] std::string first_day_kept() const {
    return options_.keep_all ? std::string() : earlier_day(live_->newest_day, json_days_kept);
  }
  [[nodiscard]] bool is_expired(const std::string& name) const {
    const auto day = day_of(name);
    return day && *day > live_->imported_day &&
           (*day < first_day_kept() || (!live_->last_day.empty() && *day > live_->last_day));
  }

  // A clock that is set back to a day before the newest. With everything kept no day counts more
  // than another.
  [[nodiscard]] bool is_clock_set_back(std::span<const fold::LegacyRow> rows) {
    return !options_.keep_all && rows.size() == 1 &&
           std::holds_alternative<fold::ClockSetRow>(rows.front().row) &&
           day_.of(rows.front().local) < live_->newest_day;
  }
  // What the clock ahead has put out of reach goes first, as where the files were settled
  // meanwhile; then what lies ahead of it now.
  Result<void> go_back(const std::string& day) {
    WATTLEDGER_TRY(settle());
    live_->newest_day = live_->last_day = day;
    live_->newest_at = live_->settled_at = std::nullopt;
    live_->dropped_before.clear();
    return {};
  }

  // Files of days with imported rows are kept from now on: what has expired by now goes first, as
  // where the files were settled meanwhile.
  Result<void> keep_imported(std::span<const fold::LegacyRow> rows) {
    std::string newest = live_->imported_day;
    for (const fold::LegacyRow& row : rows) newest = std::max(newest, imported_day(row));
    if (newest == live_->imported_day) return {};
    if (!live_->newest_day.empty()) {
      live_->dropped_before.clear();
      WATTLEDGER_TRY(settle());
      WATTLEDGER_TRY(enter());
    }
    live_->imported_day = std::move(newest);
    return {};
  }

  // Which text goes into which file. A row of a day already out of reach is left out, in a rebuild
  // as in a live run.
  Pending sort_rows(std::span<const fold::LegacyRow> rows) {
    bool live_seen = !live_->newest_day.empty();
    for (const fold::LegacyRow& row : rows)
      if (in_day_files(row)) live_->newest_day = std::max(live_->newest_day, day_.of(row.local));
    const std::string first = first_day_kept();
    Pending pending;
    pending.documents = live_->documents;
    for (const fold::LegacyRow& row : rows) {
      if (const auto* imported = std::get_if<fold::ImportedRow>(&row.row)) {
        // Behind live rows these are the live ones', which an import knows nothing of.
        const bool of_now = imported->record.place.starts_with("data/");
        if (!of_now || !live_seen) add_imported(imported->record, pending);
        continue;
      }
      live_seen = live_seen || in_day_files(row);
      const bool written = row.at >= options_.rows_from;
      if (written || !std::holds_alternative<fold::FileRow>(row.row))
        take_row(pending.documents, row, pending.changes);
      if (!in_day_files(row) || !written) continue;
      const std::string& day = day_.of(row.local);
      if (day < first && day > live_->imported_day) continue;
      add_row(pending.appended[file_name(row, day)], row);
      add_event_file(row, options_.selling_files, pending.changes);
    }
    for (const auto& [name, text] : pending.changes.elements)
      add_elements(pending.appended[name.substr(out_prefix.size())], text);
    return pending;
  }

  // Whole files last: a call that failed is made again, and writes them again.
  Result<void> write(const Pending& pending) {
    WATTLEDGER_TRY(write_rows(pending.appended));
    if (!pending.changes.whole.empty() && !live_->manifest_there && !options_.staging) {
      WATTLEDGER_TRY(make_directory(out_));
      WATTLEDGER_TRY(write_manifest(out_, live_->settled));
      live_->manifest_there = true;
    }
    for (const auto& [name, text] : pending.changes.whole) {
      const auto done =
          text ? write_whole(options_.data, name, *text) : remove_file(options_.data / name);
      if (!done) {
        take_back();
        return done;
      }
      live_->unsynced.insert(name);
    }
    return {};
  }

  Result<void> write_rows(const std::map<std::string, std::string>& appended) {
    WATTLEDGER_TRY(announce(appended));
    lengths_before_.clear();
    for (const auto& [name, text] : appended) {
      close_some();
      DayFile& file = live_->files.try_emplace(name, out_ / name, name, 0).first->second;
      lengths_before_.emplace_back(&file, file.length());
      auto written = file.append(text);
      if (written) continue;
      take_back();
      return written;
    }
    return {};
  }

  // A failed call leaves the files as they were; if even that fails, the next call begins at the
  // manifest.
  void take_back() {
    bool undone = true;
    for (const auto& [file, length] : lengths_before_)
      if (!file->undo(length)) undone = false;
    if (!undone) {
      live_.reset();
      return;
    }
    for (auto each = live_->files.begin(); each != live_->files.end();)
      each = each->second.length() == 0 ? live_->files.erase(each) : std::next(each);
  }

  // New files stand in the manifest, with length 0, before they exist: so a crash leaves nothing
  // that nobody owns.
  Result<void> announce(const std::map<std::string, std::string>& appended) {
    std::vector<std::string> fresh;
    for (const auto& [name, text] : appended)
      if (live_->files.count(name) == 0) fresh.push_back(name);
    if (fresh.empty()) return {};
    live_->directories_changed = true;
    for (const std::string& name : fresh) {
      WATTLEDGER_TRY(make_directory((out_ / name).parent_path()));
      const auto length = file_length(out_ / name);
      if (!length) return Failure(length.error());
      if (*length)
        return fail(ErrorKind::foreign,
                    (out_ / name).string() + " was not written by this wattledger",
                    "move it away; what it should hold is written from the log");
    }
    if (options_.staging) return {};
    Manifest announced = live_->settled;
    for (const std::string& name : fresh) announced.files.emplace(name, 0);
    if (announced.files == live_->settled.files) return {};
    WATTLEDGER_TRY(write_manifest(out_, announced));
    live_->manifest_there = true;
    live_->settled = std::move(announced);
    return {};
  }

  void close_some() {
    std::size_t open = 0;
    for (const auto& [name, file] : live_->files) open += file.is_open() ? 1U : 0U;
    if (open < open_files_max) return;
    for (auto& [name, file] : live_->files) file.close();
  }

  [[nodiscard]] bool wants_settling() const {
    if (live_->newest_day != live_->settled.newest_day && !live_->settled.newest_day.empty())
      return true;
    return live_->newest_at && *live_->newest_at - *live_->settled_at >= options_.settle_every;
  }

  Result<void> settle_live() {
    if (!live_->position) return {};
    WATTLEDGER_TRY(require_in_place(/*begun=*/false));
    WATTLEDGER_TRY(sync_files());
    WATTLEDGER_TRY(drop_event_files());
    Manifest next;
    next.checkpoint = live_->position;
    next.newest_day = live_->newest_day;
    next.imported_day = live_->imported_day;
    next.documents = documents_text(live_->documents);
    if (options_.staging) {
      auto names = whole_names(options_.data);
      if (!names) return Failure(names.error());
      next.whole = std::move(*names);
    }
    for (const auto& [name, file] : live_->files) {
      if (is_expired(name)) {
        next.expired.push_back(name);
      } else {
        next.files.emplace(name, file.length());
      }
    }
    live_->settled_at = live_->newest_at;
    const Manifest& now = live_->settled;
    if (next.checkpoint == now.checkpoint && next.files == now.files && next.expired.empty() &&
        now.expired.empty())
      return {};
    WATTLEDGER_TRY(make_directory(out_));  // a log without rows yet has a checkpoint too
    WATTLEDGER_TRY(write_manifest(out_, next));
    live_->manifest_there = true;
    if (!next.expired.empty()) {
      WATTLEDGER_TRY(drop_expired());
      next.expired.clear();
      WATTLEDGER_TRY(write_manifest(out_, next));
    }
    live_->settled = std::move(next);
    return {};
  }

  Result<void> sync_files() {
    std::set<fs::path> directories;
    for (auto& [name, file] : live_->files) {
      if (live_->directories_changed) directories.insert((out_ / name).parent_path());
      if (file.is_dirty() && !is_expired(name)) WATTLEDGER_TRY(file.sync());
    }
    WATTLEDGER_TRY(sync_whole(options_.data, live_->unsynced));
    live_->unsynced.clear();
    for (const fs::path& directory : directories) WATTLEDGER_TRY(sync_directory(directory));
    live_->directories_changed = false;
    return {};
  }

  // Once a day is enough.
  Result<void> drop_event_files() {
    const std::string first = first_day_kept();
    if (first == live_->dropped_before && live_->last_day.empty()) return {};
    WATTLEDGER_TRY(
        projections::drop_event_files(options_.data, first, live_->last_day, live_->imported_day));
    live_->dropped_before = first;
    return {};
  }

  Result<void> drop_expired() {
    for (auto each = live_->files.begin(); each != live_->files.end();) {
      if (is_expired(each->first)) {
        WATTLEDGER_TRY(remove_file(out_ / each->first));
        each = live_->files.erase(each);
      } else {
        ++each;
      }
    }
    return {};
  }

  JsonOptions options_;
  fs::path out_;
  std::optional<Live> live_;
  // Of the files that the call at hand has written to.
  std::vector<std::pair<DayFile*, std::uint64_t>> lengths_before_;
  DayText day_;
};

}  // namespace

std::unique_ptr<Projector> make_json_projector(const JsonOptions& options) {
  return std::make_unique<JsonProjector>(options);
}

}  // namespace wattledger::projections
