#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/legacy_import/legacy_database.hpp"
#include "replay/legacy_import/verify.hpp"

namespace wattledger::tool {
namespace {

using projections::sqlite::Access;
using projections::sqlite::Connection;
using projections::sqlite::Statement;

struct Key {
  std::string_view table;
  std::array<const char*, 4> columns;  // nullptr: none
};
// What names a row in the older system's schema; a forecast's may hold NULL.
constexpr std::array<Key, 8> keys = {{
    {"energy_data", {"timestamp"}},
    {"system_state", {"id"}},
    {"coordinator_decisions", {"id"}},
    {"charging_sessions", {"session_id"}},
    {"battery_selling_sessions", {"session_id"}},
    {"weather_data", {"timestamp"}},
    {"price_forecasts", {"forecast_date", "hour", "source", "timestamp"}},
    {"pv_forecasts", {"forecast_date", "hour", "source", "timestamp"}},
}};

int column_of(const Statement& row, std::string_view name) {
  for (int i = 0; i < row.columns(); ++i)
    if (row.column_name(i) == name) return i;
  return -1;
}

// The columns that the other has not the same, and "timestamp is … and …" for each.
struct Difference {
  std::vector<std::string> columns;
  std::string text;
};

Difference difference(const Statement& original, const Statement& rebuilt) {
  Difference differs;
  auto& text = differs.text;
  for (int i = 0; i < original.columns(); ++i) {
    const int there = column_of(rebuilt, original.column_name(i));
    const std::string is = column_text(original, i);
    const std::string now = there < 0 ? "no column" : column_text(rebuilt, there);
    if (is == now || (there < 0 && is == "null")) continue;
    differs.columns.emplace_back(original.column_name(i));
    if (!text.empty()) text += ", ";
    text += std::string(original.column_name(i)) + " is " + is + " in the original and " + now;
  }
  return differs;
}

class TableVerifier {
 public:
  TableVerifier(const Key& key, Statement original, Statement lookup, const Within& within,
                VerifyReport& report)
      : key_(key),
        original_(std::move(original)),
        lookup_(std::move(lookup)),
        within_(within),
        report_(report),
        table_(report.tables[std::string(key.table)]) {}

  Result<void> run() {
    while (true) {
      const auto row = original_.step();
      if (!row && row.error().kind == ErrorKind::locked) return Failure(row.error());
      if (!row)
        add_difference(report_, std::string(key_.table) + ": what stands behind row " +
                                    std::to_string(table_.rows) +
                                    " of those compared cannot be read");
      if (!row || !*row) return {};
      if (!is_within()) continue;
      ++table_.rows;
      WATTLEDGER_TRY(look_up());
    }
  }

 private:
  [[nodiscard]] bool is_within() const {
    const int at = std::max(column_of(original_, "timestamp"), column_of(original_, "start_time"));
    return at < 0 || within_.holds(original_.text(at));
  }

  // A key with NULL in it may stand for several rows: one that is equal is enough.
  Result<void> look_up() {
    std::string name;
    int position = 0;
    for (const char* column : key_.columns) {
      if (column == nullptr) continue;
      const int at = column_of(original_, column);
      bind_column(lookup_, ++position, original_, at);
      name += std::string(name.empty() ? "" : " ") + column_text(original_, at);
    }
    std::optional<Difference> differs;
    while (true) {
      const auto row = lookup_.step();
      if (!row) return Failure(row.error());
      if (!*row) break;
      differs = difference(original_, lookup_);
      if (differs->columns.empty()) break;
    }
    lookup_.reset();
    if (differs && differs->columns.empty()) return {};
    ++(differs ? table_.differing : table_.missing);
    if (differs)
      for (const std::string& column : differs->columns) ++table_.columns[column];
    add_difference(report_, std::string(key_.table) + " " + name + ": " +
                                (differs ? differs->text : "is not there"));
    return {};
  }

  const Key& key_;
  Statement original_, lookup_;
  const Within& within_;
  VerifyReport& report_;
  ComparedTable& table_;
};

Result<void> verify_table(const Key& key, Connection& original, Connection& rebuilt,
                          const Within& within, VerifyReport& report) {
  const std::string table(key.table);
  const auto there = has_table(original, table);
  if (!there) return Failure(there.error());
  if (!*there) return {};
  std::string where;
  for (const char* column : key.columns)
    if (column != nullptr) where += (where.empty() ? "" : " AND ") + std::string(column) + " IS ?";
  auto rows = original.prepare("SELECT * FROM " + table + " ORDER BY rowid");
  if (!rows) return Failure(rows.error());
  auto lookup = rebuilt.prepare("SELECT * FROM " + table + " WHERE " + where);
  if (!lookup) return Failure(lookup.error());
  return TableVerifier(key, std::move(*rows), std::move(*lookup), within, report).run();
}

}  // namespace

Result<void> verify_tables(const std::filesystem::path& original,
                           const std::filesystem::path& rebuilt, const std::filesystem::path& aside,
                           const Within& within, VerifyReport& report) {
  auto from = open_legacy_database(original, aside);
  const auto looked = from ? from->integer("SELECT count(*) FROM sqlite_master")
                           : Result<std::int64_t>(Failure(from.error()));
  if (!looked) {
    if (looked.error().kind == ErrorKind::locked) return Failure(looked.error());
    add_difference(report, original.string() + " cannot be read as a database");
    return {};
  }
  auto to = Connection::open(rebuilt, Access::read_only);
  if (!to) return Failure(to.error());
  for (const Key& key : keys) WATTLEDGER_TRY(verify_table(key, *from, *to, within, report));
  return {};
}

}  // namespace wattledger::tool
