#include "tests/loss/lost_house.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace wattledger::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* heading = "## When something is lost or broken";

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const auto first = cell.find_first_not_of(' ');
    const auto last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

// Not every name in backticks is one to type.
bool is_command(const std::string& text) {
  const std::string program = text.substr(0, text.find(' '));
  return text.size() > program.size() &&
         (program == "wattledger" || program == "mv" || program == "cp");
}

std::vector<std::string> in_backticks(const std::string& cell) {
  std::vector<std::string> found;
  for (std::size_t from = cell.find('`'); from != std::string::npos;) {
    const std::size_t to = cell.find('`', from + 1);
    REQUIRE_MESSAGE(to != std::string::npos, cell);
    found.push_back(cell.substr(from + 1, to - from - 1));
    from = cell.find('`', to + 1);
  }
  return found;
}

std::vector<std::vector<std::string>> table_of_readme() {
  std::ifstream readme(WATTLEDGER_README);
  std::vector<std::vector<std::string>> rows;
  bool here = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.rfind("## ", 0) == 0) here = line == heading;
    if (here && line.rfind("| ", 0) == 0) rows.push_back(cells_of(line));
  }
  REQUIRE_MESSAGE(rows.size() > 1, "README.md has no table under " << heading);
  rows.erase(rows.begin());  // its head
  return rows;
}

// The houses that have lived once, by their days.
const fs::path& lived(int days) {
  static const MemoryDirectory home;
  static std::map<int, fs::path> all;
  const auto [place, fresh] = all.try_emplace(days, home / std::to_string(days));
  if (fresh) {
    const Ran ran =
        run(WATTLEDGERD, {"--simulate", std::to_string(days), "--data", place->second.string()});
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
  }
  return place->second;
}

std::string replaced(std::string word, const std::map<std::string, std::string>& names) {
  for (const auto& [name, value] : names)
    for (std::size_t at = word.find(name); at != std::string::npos;
         at = word.find(name, at + value.size()))
      word.replace(at, name.size(), value);
  return word;
}

Ran typed(const std::string& command, const fs::path& in,
          const std::map<std::string, std::string>& names) {
  std::istringstream words(command);
  std::string program;
  words >> program;
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(replaced(word, names));
  if (program == "wattledger") return run(WATTLEDGER_TOOL, arguments, in);
  arguments.insert(arguments.begin(), program);
  return run("/usr/bin/env", arguments, in);
}

}  // namespace

bool contains(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

std::string bytes_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, std::size_t offset, const std::string& bytes) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(offset))
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()))
      .flush();
  REQUIRE_MESSAGE(out.good(), file.string());
}

Row::Row(const std::string& happened) {
  for (const auto& cells : table_of_readme()) {
    if (cells.at(0) != happened) continue;
    REQUIRE(cells.size() >= 4);
    says = in_backticks(cells[1]);
    for (std::string& text : in_backticks(cells[2]))
      if (is_command(text)) types.push_back(std::move(text));
    lost = cells[3];
    return;
  }
  FAIL("README.md has no row \"" << happened << "\"");
}

std::vector<std::string> rows_of_readme() {
  std::vector<std::string> rows;
  for (const auto& cells : table_of_readme()) rows.push_back(cells.at(0));
  return rows;
}

LostHouse::LostHouse(int days) {
  fs::copy(lived(days), data_, fs::copy_options::recursive);
  fs::permissions(data_ / "keys", fs::perms::owner_all);
  fs::permissions(data_ / "keys" / "log.pem", fs::perms::owner_read | fs::perms::owner_write);
}

Ran tool(const fs::path& data, const std::vector<std::string>& words) {
  std::vector<std::string> all = {"--data", data.string()};
  all.insert(all.end(), words.begin(), words.end());
  return run(WATTLEDGER_TOOL, all);
}

Ran mend(const fs::path& data, const Row& row, const std::string& said, const Names& names) {
  for (const std::string& words : row.says) CHECK_MESSAGE(contains(said, words), said);
  REQUIRE_FALSE(row.types.empty());
  Ran last{};
  for (const std::string& command : row.types) {
    CAPTURE(command);
    last = typed(command, data, names);
    CHECK_MESSAGE((last.code == 0 || last.code == 1), last.err);
  }
  return last;
}

void require_live_is_the_log(const fs::path& data) {
  const Ran log = tool(data, {"log", "verify", "--deep"});
  CHECK_MESSAGE(log.code == 0, log.out, log.err);
  const Ran compared = tool(data, {"replay", "--dry-run", "--diff"});
  CHECK_MESSAGE(compared.code == 0, compared.out, compared.err);
  for (const char* words : {"sqlite compared", "json compared", "no differences"})
    CHECK_MESSAGE(contains(compared.out, words), compared.out);
}

void require_whole(const fs::path& data) {
  require_live_is_the_log(data);
  const Ran verified = tool(data, {"audit", "verify"});
  CHECK_MESSAGE(verified.code == 0, verified.out, verified.err);
}

std::uint64_t head_of(const fs::path& data) {
  const Ran stat = tool(data, {"--format", "json", "log", "stat"});
  const auto told = nlohmann::json::parse(stat.out, nullptr, /*allow_exceptions=*/false);
  REQUIRE_MESSAGE(!told.is_discarded(), stat.out, stat.err);
  return told.at("head").get<std::uint64_t>();
}

Ran LostHouse::lives_on(int days_in_all) const {
  return run(WATTLEDGERD, {"--simulate", std::to_string(days_in_all), "--data", data_.string()});
}

std::string LostHouse::backed_up() const {
  const Ran made = tool({"--format", "json", "backup", "create"});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  return nlohmann::json::parse(made.out).at("id").get<std::string>();
}

}  // namespace wattledger::testing
