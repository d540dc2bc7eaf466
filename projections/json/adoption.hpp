// Files built aside take the place of the live ones: announced in the live manifest, moved one by
// one, the new manifest last. A crash in between is carried on from, since the announcement names
// where the rest lies.
#pragma once

#include <filesystem>
#include <optional>

#include "projections/json/manifest.hpp"

namespace wattledger::projections {

// The manifest that counts under `out`: the one there, or the staged one of an adoption that was
// cut short (`adopting` set then). Without any: nullopt if `out` holds no legacy files, else
// `foreign`.
[[nodiscard]] Result<std::optional<Manifest>> standing_manifest(const std::filesystem::path& out);
// Every file is there and as long as recorded, or longer.
Result<void> check_files(const std::filesystem::path& out, const Manifest& manifest);

// `staged` and `before` have the layout of <data>. A live manifest that cannot be read is no
// obstacle: this is its remedy.
Result<void> adopt_files(const std::filesystem::path& out, const std::filesystem::path& staged,
                         const std::filesystem::path& before);
// Carries on with an adoption that was announced under `out`.
Result<void> finish_adoption(const std::filesystem::path& out);

}  // namespace wattledger::projections
