#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <system_error>

#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_projector.hpp"

namespace wattledger::projections {
namespace {

constexpr std::array<const char*, 2> trees{"out",
                                           "data"};  // of JSON files, in the layout of <data>

// Files below `root`/`tree`, named from `root`; hidden ones left out.
Result<std::set<std::string>> files_below(const std::filesystem::path& root, const char* tree) {
  std::set<std::string> names;
  std::error_code error;
  if (!std::filesystem::exists(root / tree, error)) return names;
  std::filesystem::recursive_directory_iterator entry(root / tree, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored) || entry->path().filename().string().front() == '.')
      continue;
    names.insert(entry->path().lexically_relative(root).generic_string());
  }
  if (error)
    return fail(ErrorKind::io, (root / tree).string() + " cannot be read: " + error.message());
  return names;
}

// The first byte in which two files differ; nullopt when they are equal.
Result<std::optional<std::uint64_t>> first_difference(const std::filesystem::path& a,
                                                      const std::filesystem::path& b) {
  std::ifstream first(a, std::ios::binary), second(b, std::ios::binary);
  if (!first) return fail(ErrorKind::io, a.string() + " cannot be read");
  if (!second) return fail(ErrorKind::io, b.string() + " cannot be read");
  std::array<char, 65'536> x{}, y{};
  std::uint64_t offset = 0;
  while (true) {
    first.read(x.data(), x.size());
    second.read(y.data(), y.size());
    const auto common = std::min(first.gcount(), second.gcount());
    const auto parted = std::mismatch(x.begin(), x.begin() + common, y.begin());
    const auto equal = static_cast<std::uint64_t>(parted.first - x.begin());
    if (parted.first != x.begin() + common || first.gcount() != second.gcount())
      return std::optional(offset + equal);
    if (common == 0) return std::optional<std::uint64_t>{};
    offset += static_cast<std::uint64_t>(common);
  }
}

Result<void> compare_tree(const std::filesystem::path& a, const std::filesystem::path& b,
                          const char* tree, std::size_t limit, std::vector<Difference>& found) {
  const auto in_a = files_below(a, tree);
  if (!in_a) return Failure(in_a.error());
  const auto in_b = files_below(b, tree);
  if (!in_b) return Failure(in_b.error());
  std::set<std::string> names = *in_a;
  names.insert(in_b->begin(), in_b->end());
  for (const std::string& name : names) {
    if (found.size() >= limit) return {};
    if (in_a->count(name) != in_b->count(name)) {
      found.push_back({name, in_a->count(name) != 0 ? "only in the first" : "only in the second"});
      continue;
    }
    const auto parted = first_difference(a / name, b / name);
    if (!parted) return Failure(parted.error());
    if (*parted) found.push_back({name, "different from byte " + std::to_string(**parted) + " on"});
  }
  return {};
}

Result<void> compare_sqlite(const std::filesystem::path& a, const std::filesystem::path& b,
                            std::size_t limit, std::vector<Difference>& found) {
  std::error_code error;
  const bool in_a = std::filesystem::exists(a / sqlite_file_name, error);
  const bool in_b = std::filesystem::exists(b / sqlite_file_name, error);
  if (in_a != in_b)
    found.push_back({sqlite_file_name, in_a ? "only in the first" : "only in the second"});
  if (!in_a || !in_b) return {};
  const auto differences = sqlite::compare_files(a / sqlite_file_name, b / sqlite_file_name, limit);
  if (!differences) return Failure(differences.error());
  for (const sqlite::FileDifference& each : *differences) found.push_back({each.place, each.what});
  return {};
}

}  // namespace

Result<std::vector<Difference>> compare(const std::filesystem::path& a,
                                        const std::filesystem::path& b, std::size_t limit) {
  for (const std::filesystem::path& directory : {a, b}) {
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error))
      return fail(ErrorKind::not_found, directory.string() + " is not a directory");
  }
  std::vector<Difference> found;
  WATTLEDGER_TRY(compare_sqlite(a, b, limit, found));
  const auto files = compare_files(a, b, limit - std::min(limit, found.size()));
  if (!files) return files;
  found.insert(found.end(), files->begin(), files->end());
  return found;
}

Result<std::vector<Difference>> compare_files(const std::filesystem::path& a,
                                              const std::filesystem::path& b, std::size_t limit) {
  std::vector<Difference> found;
  for (const char* tree : trees) WATTLEDGER_TRY(compare_tree(a, b, tree, limit, found));
  return found;
}

}  // namespace wattledger::projections
