#include "replay/rebuild/undo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Kept = std::vector<projections::StagedProjection>;

fs::path kept_in(const Place& place) { return place.data / "staging" / "before"; }

Result<Kept> kept(const Place& place) {
  std::error_code error;
  if (fs::is_directory(kept_in(place), error)) {
    auto found = projections::staged_in(kept_in(place));
    if (!found || !found->empty()) return found;
  }
  return fail(ErrorKind::not_found, "no copy is kept in " + kept_in(place).string(),
              "an undo needs a replay before it");
}

void summarise(const Invocation& invocation, const Kept& back, const std::string& by) {
  using Json = nlohmann::ordered_json;
  if (invocation.format != Format::json) {
    for (const auto& each : back)
      say(fmt::format("{} version {} is back as of record {} and goes on from there; adopted by {}",
                      each.name, each.checkpoint.version, each.checkpoint.sequence.value, by));
    return;
  }
  Json result = {{"adopted_by", by}, {"projections", Json::array()}};
  for (const auto& each : back)
    result["projections"].push_back({{"name", each.name},
                                     {"version", each.checkpoint.version},
                                     {"sequence", each.checkpoint.sequence.value}});
  say(result.dump());
}

}  // namespace

Result<std::string> undoable(const Place& place) {
  const auto found = kept(place);
  if (!found) return Failure(found.error());
  std::string text;
  for (const auto& each : *found)
    text += fmt::format("{}{} version {} as of record {}", text.empty() ? "" : ", ", each.name,
                        each.checkpoint.version, each.checkpoint.sequence.value);
  return text;
}

Exit undo(const Invocation& invocation, const Place& place, const Owner& owner) {
  const auto back = kept(place);
  if (!back) return cannot(back.error());
  projections::StageReport report;
  report.projections = *back;
  report.reason = "undone";
  // The adoption keeps what is live where this copy stands.
  const fs::path aside = place.data / "staging" / fmt::format("undo-{}", ::getpid());
  std::error_code error;
  fs::rename(kept_in(place), aside, error);
  if (error)
    return cannot({ErrorKind::io,
                   kept_in(place).string() + " cannot be renamed: " + error.message(),
                   "check the owner and permissions of " + aside.parent_path().string()});
  const auto by = owner.adopt(place, aside, report);
  if (!by) {
    // Nothing was replaced, or it is not known what was: the copy is kept either way.
    Error failed = by.error();
    const bool free = !fs::exists(kept_in(place), error);
    if (free) fs::rename(aside, kept_in(place), error);
    if (!free || error) failed.what += "; the copy is left in " + aside.string();
    return cannot(failed);
  }
  fs::remove_all(aside, error);
  summarise(invocation, *back, *by);
  return Exit::done;
}

}  // namespace wattledger::tool
