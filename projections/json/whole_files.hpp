// The legacy files that are written whole: a state or a decision each, and the documents
// (documents.hpp). They are ours by their names in a directory that has our manifest; a rename
// gives a reader the old file or the new one. After a crash the rows behind the manifest's
// checkpoint come again and write them again.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "projections/json/documents.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

// Names are under <data>, '/' between the parts.
[[nodiscard]] bool is_whole(std::string_view name);
// The day of a file that holds one state or one decision, "YYYY-MM-DD"; nullopt for all others,
// which are kept for ever.
[[nodiscard]] std::optional<std::string> event_day(std::string_view name);

// The file that a state or a decision has for itself, if it has one. Sales have theirs only with
// `selling`.
void add_event_file(const fold::LegacyRow& row, bool selling, FileChanges& changes);

// All of ours that are there, sorted.
[[nodiscard]] Result<std::vector<std::string>> whole_names(const std::filesystem::path& data);

// Not durable before sync_whole().
Result<void> write_whole(const std::filesystem::path& data, const std::string& name,
                         const std::string& text);
Result<void> sync_whole(const std::filesystem::path& data, const std::set<std::string>& names);
// Removes event files of days before `first_day`, and of days after `last_day` unless it is empty;
// none of a day up to `kept_to`.
Result<void> drop_event_files(const std::filesystem::path& data, std::string_view first_day,
                              std::string_view last_day, std::string_view kept_to);

}  // namespace wattledger::projections
