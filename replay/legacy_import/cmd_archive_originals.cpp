// wattledger import archive-originals [--db FILE] [--out DIR] [--state DIR] --into DIR: moves what
// the log gives back into a dated folder. Deletes nothing, and moves nothing when anything differs.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "replay/display.hpp"
#include "replay/legacy_import/commands.hpp"
#include "replay/legacy_import/verify.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Wish {
  Originals originals;
  std::string into;
};

struct Move {
  fs::path from, to;
  std::uint64_t bytes = 0;
  std::string sha256;
};

using Hash = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Result<Move> planned(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  const Hash hash(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!in || !hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1)
    return fail(ErrorKind::io, from.string() + " cannot be read",
                "give this user the right to read it");
  Move move{from, to, 0, {}};
  std::string chunk(std::size_t{1} << 20U, '\0');
  while (in) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    EVP_DigestUpdate(hash.get(), chunk.data(), got);
    move.bytes += got;
  }
  Digest digest;
  EVP_DigestFinal_ex(hash.get(), digest.bytes.data(), nullptr);
  move.sha256 = digest.hex();
  return move;
}

// The files compared, each at its place below `folder`; the database with what stands beside it.
Result<std::vector<Move>> plan(const Wish& wish, const VerifyReport& report,
                               const fs::path& folder) {
  std::vector<Move> moves;
  const auto add = [&](const fs::path& from, const fs::path& to) -> Result<void> {
    auto move = planned(from, to);
    if (!move) return Failure(move.error());
    moves.push_back(*std::move(move));
    return {};
  };
  std::error_code ignored;
  if (!wish.originals.database.empty())
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      const fs::path file = wish.originals.database + suffix;
      if (fs::exists(file, ignored)) WATTLEDGER_TRY(add(file, folder / file.filename()));
    }
  for (const Compared& each : report.compared) WATTLEDGER_TRY(add(each.file, folder / each.place));
  return moves;
}

std::string manifest_of(const std::vector<Move>& moves, const fs::path& folder) {
  Json json = {{"archived_at", utc_text(clock_now())}, {"files", Json::array()}};
  for (const Move& move : moves)
    json["files"].push_back({{"name", move.to.lexically_relative(folder).generic_string()},
                             {"from", fs::absolute(move.from).lexically_normal().string()},
                             {"bytes", move.bytes},
                             {"sha256", move.sha256}});
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Only moves are made, which cannot leave a file system.
Result<void> require_one_file_system(const std::vector<Move>& moves, const fs::path& into) {
  struct stat target {};
  if (::stat(into.c_str(), &target) != 0)
    return fail(ErrorKind::not_found,
                into.string() + " cannot be looked at: " + std::strerror(errno),
                "make it first, or name another folder with --into");
  for (const Move& move : moves) {
    struct stat source {};
    if (::stat(move.from.c_str(), &source) == 0 && source.st_dev != target.st_dev)
      return fail(ErrorKind::unsupported,
                  into.string() + " is on another file system than " + move.from.string() +
                      ", and this moves only",
                  "name a folder beside the originals with --into");
  }
  return {};
}

Result<void> carry_out(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    std::error_code failed;
    fs::create_directories(move.to.parent_path(), failed);
    if (!failed) fs::rename(move.from, move.to, failed);
    if (failed)
      return fail(ErrorKind::io, move.from.string() + " cannot be moved: " + failed.message(),
                  "what was moved before it is where the manifest says; try again for the rest");
  }
  return {};
}

Exit run(const Invocation& invocation, const Wish& wish) {
  if (wish.originals.empty())
    return usage("nothing to archive was named",
                 "give --db FILE, --out DIR, --state DIR, or several");
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto report = verify_originals(invocation, *place, wish.originals);
  if (!report) return cannot(report.error());
  if (report->differences != 0) {
    note(
        fmt::format("the log does not give everything back ({} differences): nothing was moved; "
                    "wattledger import verify names them",
                    report->differences));
    return Exit::findings;
  }
  const std::string name = "originals-" + date_text(LocalTime(clock_now().time_since_epoch()));
  fs::path folder = fs::path(wish.into) / name;
  std::error_code ignored;
  for (int again = 2; fs::exists(folder, ignored); ++again)
    folder = fs::path(wish.into) / fmt::format("{}-{}", name, again);
  const auto moves = plan(wish, *report, folder);
  if (!moves) return cannot(moves.error());
  fs::create_directories(wish.into, ignored);
  if (const auto able = require_one_file_system(*moves, wish.into); !able)
    return cannot(able.error());
  fs::create_directories(folder, ignored);
  if (const auto written = write_text_file(folder / "manifest.json", manifest_of(*moves, folder));
      !written)
    return cannot(written.error());
  if (const auto moved = carry_out(*moves); !moved) return cannot(moved.error());
  if (invocation.format == Format::json) {
    say(Json({{"folder", folder.string()}, {"files", moves->size()}}).dump());
  } else {
    say(fmt::format("{} moved to {}; manifest.json there has each with its SHA-256{}",
                    moves->size() == 1 ? "1 file" : std::to_string(moves->size()) + " files",
                    folder.string(),
                    report->aside.empty() ? "" : "; what is none of the older system's stays"));
  }
  return Exit::done;
}

}  // namespace

void add_import_archive_originals(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "archive-originals",
      "Move an older installation's database and JSON files, after import verify has found no "
      "difference, into a dated folder with a manifest. Deletes nothing.",
      "wattledger import archive-originals --db data/goodwe_energy.db --out out --state data "
      "--into "
      "archive");
  const auto wish = std::make_shared<Wish>();
  add_originals(*command, wish->originals);
  add_text(*command, "--into", wish->into,
           "Where the dated folder is made; on the same file system")
      .type_name("DIR")
      .required();
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
