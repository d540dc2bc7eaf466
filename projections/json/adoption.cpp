#include "projections/json/adoption.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include "projections/json/day_files.hpp"
#include "projections/json/posix_file.hpp"
#include "projections/json/whole_files.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

// Of a manifest, by name under <data>: those that are appended to and those written whole.
Names names_of(const Manifest& manifest) {
  Names names(manifest.whole.begin(), manifest.whole.end());
  for (const auto& [name, length] : manifest.files) names.insert("out/" + name);
  return names;
}

std::set<fs::path> directories_of(const fs::path& data, const Names& names) {
  std::set<fs::path> directories{data / "out"};
  for (const std::string& name : names) directories.insert((data / name).parent_path());
  return directories;
}

Result<void> make_directories(const fs::path& data, const Names& names) {
  for (const fs::path& directory : directories_of(data, names))
    WATTLEDGER_TRY(make_directory(directory));
  return {};
}

Result<void> sync_directories(const fs::path& data, const Names& names) {
  for (const fs::path& directory : directories_of(data, names)) {
    std::error_code code;
    if (fs::is_directory(directory, code)) WATTLEDGER_TRY(sync_directory(directory));
  }
  return {};
}

// Legacy names under <data> that somebody's files have.
Result<std::vector<std::string>> all_legacy_names(const fs::path& out) {
  auto names = legacy_names(out);
  if (!names) return names;
  for (std::string& name : *names) name = "out/" + name;
  const auto whole = whole_names(out.parent_path());
  if (!whole) return whole;
  names->insert(names->end(), whole->begin(), whole->end());
  for (const std::string& name : appended_without_day()) {
    const auto length = file_length(out / name);
    if (!length) return Failure(length.error());
    if (*length) names->push_back("out/" + name);
  }
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  return names;
}

// What the staged directory holds, settled and complete.
Result<Manifest> complete_manifest(const fs::path& staged) {
  const fs::path out = staged / "out";
  auto manifest = read_manifest(out);
  if (!manifest) return Failure(manifest.error());
  if (!*manifest || !(*manifest)->checkpoint || (*manifest)->adopting)
    return fail(ErrorKind::invalid_input,
                "no finished build of the JSON files in " + staged.string(), rebuild_remedy);
  for (const auto& [name, recorded] : (*manifest)->files) {
    const auto length = file_length(out / name);
    if (!length) return Failure(length.error());
    if (*length != recorded)
      return fail(ErrorKind::corrupt,
                  (out / name).string() + " is not as long as its manifest says", rebuild_remedy);
  }
  for (const std::string& name : (*manifest)->whole) {
    const auto length = file_length(staged / name);
    if (!length) return Failure(length.error());
    if (!*length)
      return fail(ErrorKind::corrupt, (staged / name).string() + " is missing", rebuild_remedy);
  }
  return std::move(**manifest);
}

struct Owned {
  Manifest manifest;
  bool readable = true;
};

// Ours under `out` as far as can be told: by the manifest and the names of what is written whole,
// and by name alone where the manifest is unreadable or half replaced.
Result<Owned> owned_files(const fs::path& out) {
  auto manifest = read_manifest(out);
  if (manifest && !*manifest) {
    const auto names = all_legacy_names(out);
    if (!names) return Failure(names.error());
    if (!names->empty()) return Failure(standing_manifest(out).error());
    return Owned{};
  }
  if (!manifest && manifest.error().kind != ErrorKind::corrupt) return Failure(manifest.error());
  Owned owned{manifest ? std::move(**manifest) : Manifest(), bool(manifest)};
  auto whole = whole_names(out.parent_path());
  if (!whole) return Failure(whole.error());
  owned.manifest.whole = std::move(*whole);
  if (manifest && !owned.manifest.adopting) return owned;
  owned.readable = false;
  const auto names = legacy_names(out);
  if (!names) return Failure(names.error());
  for (const std::string& name : *names)
    if (is_appended(name)) owned.manifest.files.emplace(name, 0);
  for (const std::string& name : appended_without_day()) owned.manifest.files.emplace(name, 0);
  return owned;
}

// With the list of what is written whole in its manifest, so that the copy can be adopted again.
Result<void> copy_aside(const fs::path& out, const Owned& owned, const fs::path& before) {
  const fs::path data = out.parent_path();
  const Names names = names_of(owned.manifest);
  WATTLEDGER_TRY(make_directories(before, names));
  for (const std::string& name : names) {
    const auto length = file_length(data / name);
    if (!length) return Failure(length.error());
    if (*length) WATTLEDGER_TRY(copy_unsynced(data / name, before / name));
  }
  // Thousands of small files: one sync for all.
  WATTLEDGER_TRY(sync_file_system(before));
  const auto manifest = file_length(out / manifest_name);
  if (!manifest) return Failure(manifest.error());
  if (owned.readable && *manifest)
    WATTLEDGER_TRY(write_manifest(before / "out", owned.manifest));
  else if (*manifest)
    WATTLEDGER_TRY(duplicate_file(out / manifest_name, before / "out" / manifest_name));
  return sync_directories(before, names);
}

// What neither the new set nor its list of whole files has.
Result<void> remove_others(const fs::path& out, const Manifest& announced, const Manifest& next) {
  const fs::path data = out.parent_path();
  const Names kept = names_of(next);
  Names old = names_of(announced);
  for (const std::string& name : announced.expired) old.insert("out/" + name);
  const auto whole = whole_names(data);
  if (!whole) return Failure(whole.error());
  old.insert(whole->begin(), whole->end());
  for (const std::string& name : old)
    if (kept.count(name) == 0) WATTLEDGER_TRY(remove_file(data / name));
  return {};
}

}  // namespace

Result<std::optional<Manifest>> standing_manifest(const fs::path& out) {
  auto live = read_manifest(out);
  if (!live) return live;
  if (!*live) {
    const auto names = all_legacy_names(out);
    if (!names) return Failure(names.error());
    if (names->empty()) return std::optional<Manifest>();
    const bool all_beside = std::none_of(names->begin(), names->end(), [](const std::string& name) {
      return name.starts_with("out/");
    });
    return fail(
        ErrorKind::foreign,
        (out.parent_path() / names->front()).string() + " was not written by this wattledger (" +
            std::to_string(names->size()) + " such files, no manifest)",
        (all_beside ? "where out/ was deleted by hand, delete data/ too: the log gives both "
                      "again; else "
                    : std::string()) +
            "take them over with 'wattledger import legacy', move them away with "
            "'wattledger import archive-originals', then replay; or give another data "
            "directory");
  }
  if (!(*live)->adopting) return live;
  const std::string staged = *(*live)->adopting;
  auto next = read_manifest(fs::path(staged) / "out");
  if (!next) return next;
  if (!*next)
    return fail(ErrorKind::corrupt,
                "the take-over of " + staged + " by " + out.string() +
                    " was cut short and the rest is gone",
                rebuild_remedy);
  (*next)->adopting = staged;
  return next;
}

Result<void> check_files(const fs::path& out, const Manifest& manifest) {
  for (const auto& [name, recorded] : manifest.files) {
    if (recorded == 0) continue;
    const auto length = file_length(out / name);
    if (!length) return Failure(length.error());
    if (!*length)
      return fail(ErrorKind::corrupt, (out / name).string() + " is missing", rebuild_remedy);
    if (**length < recorded)
      return fail(ErrorKind::corrupt,
                  (out / name).string() + " is shorter than recorded (" + std::to_string(**length) +
                      " of " + std::to_string(recorded) + " bytes)",
                  rebuild_remedy);
  }
  return {};
}

Result<void> adopt_files(const fs::path& out, const fs::path& staged, const fs::path& before) {
  auto next = complete_manifest(staged);
  if (!next) return Failure(next.error());
  auto owned = owned_files(out);
  if (!owned) return Failure(owned.error());
  WATTLEDGER_TRY(make_directory(out));
  WATTLEDGER_TRY(copy_aside(out, *owned, before));
  std::error_code code;
  const fs::path absolute = fs::absolute(staged, code);
  if (code)
    return fail(ErrorKind::io, "cannot tell where " + staged.string() + " is: " + code.message());
  owned->manifest.adopting = absolute.string();
  owned->manifest.whole.clear();
  WATTLEDGER_TRY(write_manifest(out, owned->manifest));
  return finish_adoption(out);
}

Result<void> finish_adoption(const fs::path& out) {
  auto announced = read_manifest(out);
  if (!announced) return Failure(announced.error());
  auto next = standing_manifest(out);
  if (!next) return Failure(next.error());
  if (!*next || !(*next)->adopting) return {};
  const fs::path from = fs::path(*(*next)->adopting);
  const fs::path data = out.parent_path();
  const Names names = names_of(**next);
  WATTLEDGER_TRY(make_directories(data, names));
  for (const std::string& name : names) {
    const auto staged = file_length(from / name);
    if (!staged) return Failure(staged.error());
    if (*staged)
      WATTLEDGER_TRY(move_file(from / name, data / name));  // else it was moved before a crash
  }
  WATTLEDGER_TRY(remove_others(out, **announced, **next));
  WATTLEDGER_TRY(sync_directories(data, names));
  Manifest live = std::move(**next);
  live.adopting.reset();
  live.expired.clear();
  live.whole.clear();
  WATTLEDGER_TRY(check_files(out, live));
  WATTLEDGER_TRY(write_manifest(out, live));
  return remove_file(from / "out" / manifest_name);
}

}  // namespace wattledger::projections
