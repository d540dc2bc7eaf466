#include "projections/json/adoption.hpp"

#include <system_error>

#include "projections/json/day_files.hpp"
#include "projections/json/posix_file.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

Result<void> make_directories(const fs::path& out) {
  WATTLEDGER_TRY(make_directory(out));
  return make_directory(out / "energy_data");
}

Result<void> sync_directories(const fs::path& out) {
  WATTLEDGER_TRY(sync_directory(out));
  return sync_directory(out / "energy_data");
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
  return std::move(**manifest);
}

// Ours under `out` as far as can be told: by the manifest, and by name where that is unreadable or
// half replaced.
Result<Manifest> owned_manifest(const fs::path& out) {
  auto manifest = read_manifest(out);
  if (manifest && !*manifest) {
    const auto names = legacy_names(out);
    if (!names) return Failure(names.error());
    if (!names->empty()) return Failure(standing_manifest(out).error());
    return Manifest();
  }
  if (!manifest && manifest.error().kind != ErrorKind::corrupt) return Failure(manifest.error());
  Manifest owned = manifest ? std::move(**manifest) : Manifest();
  if (manifest && !owned.adopting) return owned;
  const auto names = legacy_names(out);
  if (!names) return Failure(names.error());
  for (const std::string& name : *names)
    if (day_of(name)) owned.files.emplace(name, 0);
  return owned;
}

Result<void> copy_aside(const fs::path& out, const Manifest& owned, const fs::path& aside) {
  WATTLEDGER_TRY(make_directories(aside));
  for (const auto& [name, recorded] : owned.files) {
    const auto length = file_length(out / name);
    if (!length) return Failure(length.error());
    if (*length) WATTLEDGER_TRY(duplicate_file(out / name, aside / name));
  }
  const auto manifest = file_length(out / manifest_name);
  if (!manifest) return Failure(manifest.error());
  if (*manifest) WATTLEDGER_TRY(duplicate_file(out / manifest_name, aside / manifest_name));
  return sync_directories(aside);
}

}  // namespace

Result<std::optional<Manifest>> standing_manifest(const fs::path& out) {
  auto live = read_manifest(out);
  if (!live) return live;
  if (!*live) {
    const auto names = legacy_names(out);
    if (!names) return Failure(names.error());
    if (names->empty()) return std::optional<Manifest>();
    return fail(ErrorKind::foreign,
                (out / names->front()).string() + " was not written by this wattledger (" +
                    std::to_string(names->size()) + " such files, no manifest)",
                "take them over with 'wattledger import legacy', or give another data directory");
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
  auto owned = owned_manifest(out);
  if (!owned) return Failure(owned.error());
  WATTLEDGER_TRY(make_directories(out));
  WATTLEDGER_TRY(copy_aside(out, *owned, before / "out"));
  std::error_code code;
  const fs::path absolute = fs::absolute(staged, code);
  if (code)
    return fail(ErrorKind::io, "cannot tell where " + staged.string() + " is: " + code.message());
  owned->adopting = absolute.string();
  WATTLEDGER_TRY(write_manifest(out, *owned));
  return finish_adoption(out);
}

Result<void> finish_adoption(const fs::path& out) {
  auto announced = read_manifest(out);
  if (!announced) return Failure(announced.error());
  auto next = standing_manifest(out);
  if (!next) return Failure(next.error());
  if (!*next || !(*next)->adopting) return {};
  const fs::path from = fs::path(*(*next)->adopting) / "out";
  for (const auto& [name, recorded] : (*next)->files) {
    const auto staged = file_length(from / name);
    if (!staged) return Failure(staged.error());
    if (*staged)
      WATTLEDGER_TRY(move_file(from / name, out / name));  // else it was moved before a crash
  }
  for (const auto& [name, recorded] : (*announced)->files)
    if ((*next)->files.count(name) == 0) WATTLEDGER_TRY(remove_file(out / name));
  for (const std::string& name : (*announced)->expired)
    if ((*next)->files.count(name) == 0) WATTLEDGER_TRY(remove_file(out / name));
  WATTLEDGER_TRY(sync_directories(out));
  Manifest live = std::move(**next);
  live.adopting.reset();
  live.expired.clear();
  WATTLEDGER_TRY(check_files(out, live));
  WATTLEDGER_TRY(write_manifest(out, live));
  return remove_file(from / manifest_name);
}

}  // namespace wattledger::projections
