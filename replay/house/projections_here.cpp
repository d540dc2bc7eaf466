#include "replay/house/projections_here.hpp"

#include "projections/json/json_projector.hpp"
#include "projections/sqlite/sqlite_projector.hpp"

namespace wattledger::tool {
namespace {

using projections::TargetStanding;

std::unique_ptr<projections::Projector> json_here(const projections::LiveOptions& live) {
  projections::JsonOptions options;
  options.data = live.data;
  options.selling_files = live.json_selling_files;
  return projections::make_json_projector(options);
}

std::unique_ptr<projections::Projector> sqlite_here(const projections::LiveOptions& live) {
  projections::SqliteOptions options;
  options.data = live.data;
  options.file = live.sqlite_file;
  options.schema = live.sqlite_schema;
  return projections::make_sqlite_projector(options);
}

// By the checkpoint alone: whether the log's root there is the same, only its owner checks, for it
// costs a read of the log.
TargetStanding standing_of(const projections::Checkpoint& checkpoint, std::uint32_t version,
                           const log::Meta& meta) {
  if (checkpoint.log != meta.uuid) return TargetStanding::other_log;
  if (checkpoint.version != version) return TargetStanding::other_version;
  if (checkpoint.sequence > meta.head) return TargetStanding::ahead_of_log;
  return checkpoint.sequence == meta.head ? TargetStanding::current : TargetStanding::behind;
}

ProjectionHere look(projections::Projector& projector, const log::Meta& meta) {
  ProjectionHere status;
  status.name = std::string(projector.name());
  status.wanted = projector.version();
  const auto checkpoint = projector.checkpoint();
  if (!checkpoint) {
    const bool foreign = checkpoint.error().kind == ErrorKind::foreign;
    status.standing =
        foreign ? std::string(projections::standing_name(TargetStanding::foreign)) : "unreadable";
    status.message = checkpoint.error().line();
    return status;
  }
  TargetStanding standing = TargetStanding::empty;
  if (*checkpoint) {
    standing = standing_of(**checkpoint, projector.version(), meta);
    status.sequence = (*checkpoint)->sequence;
    status.version = (*checkpoint)->version;
  }
  status.standing = std::string(projections::standing_name(standing));
  return status;
}

}  // namespace

projections::LiveOptions live_options(const Place& place) {
  projections::LiveOptions options;
  options.data = place.data;
  if (place.config) {
    options.sqlite = place.config->sqlite.enabled;
    options.sqlite_file = place.config->sqlite.path;
    options.sqlite_schema = place.config->sqlite.schema;
    options.json = place.config->json.enabled;
    options.json_selling_files = !options.sqlite;
    return options;
  }
  if (const auto files = json_here(options)->checkpoint(); files && *files) {
    options.json = true;
    options.json_selling_files = projections::json_selling_files_of((*files)->version);
  }
  if (const auto tables = sqlite_here(options)->checkpoint(); tables && *tables)
    options.sqlite_schema = projections::sqlite_schema_of((*tables)->version);
  return options;
}

std::vector<control::ProjectionStatus> projection_status(const Place& place,
                                                         const log::Meta& meta) {
  std::vector<control::ProjectionStatus> result;
  for (ProjectionHere& each : projections_here(place, meta))
    result.push_back(
        {std::move(each.name), std::move(each.standing), each.sequence, std::move(each.message)});
  return result;
}

std::vector<ProjectionHere> projections_here(const Place& place, const log::Meta& meta) {
  const projections::LiveOptions options = live_options(place);
  std::vector<ProjectionHere> result;
  if (options.sqlite) result.push_back(look(*sqlite_here(options), meta));
  if (options.json) result.push_back(look(*json_here(options), meta));
  return result;
}

}  // namespace wattledger::tool
