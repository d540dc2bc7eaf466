// wattledger import verify [--db FILE] [--out DIR] [--state DIR]: whether a replay of the log gives
// the originals back. Builds aside; writes nothing that stays.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "replay/legacy_import/commands.hpp"
#include "replay/legacy_import/verify.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t rows_of(const VerifyReport& report) {
  std::uint64_t rows = 0;
  for (const auto& [table, compared] : report.tables) rows += compared.rows;
  return rows;
}

Json tables_json(const VerifyReport& report) {
  Json tables = Json::object();
  for (const auto& [table, compared] : report.tables) {
    tables[table] = {{"rows", compared.rows},
                     {"differing", compared.differing},
                     {"missing", compared.missing},
                     {"columns", Json::object()}};
    for (const auto& [column, times] : compared.columns) tables[table]["columns"][column] = times;
  }
  return tables;
}

// "energy_data  288 rows, 3 differ (price_pln 3), 1 missing"; tables without rows are left out
void tell_tables(const VerifyReport& report) {
  std::size_t width = 0;
  for (const auto& [table, compared] : report.tables) width = std::max(width, table.size());
  for (const auto& [table, compared] : report.tables) {
    if (compared.rows == 0) continue;
    std::string columns;
    for (const auto& [column, times] : compared.columns)
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column, times);
    say(fmt::format(
        "{:{}}  {} rows{}{}", table, width, compared.rows,
        compared.differing == 0 ? "" : fmt::format(", {} differ ({})", compared.differing, columns),
        compared.missing == 0 ? "" : fmt::format(", {} missing", compared.missing)));
  }
}

void tell(const Invocation& invocation, const VerifyReport& report) {
  if (invocation.format == Format::json) {
    say(Json({{"rows", rows_of(report)},
              {"tables", tables_json(report)},
              {"files", report.files},
              {"byte_equal", report.byte_equal},
              {"differences", report.differences},
              {"lines", report.lines},
              {"left_aside", report.aside}})
            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  tell_tables(report);
  for (const std::string& line : report.lines) say(line);
  if (report.differences > report.lines.size())
    say(fmt::format("… and {} more", report.differences - report.lines.size()));
  for (const std::string& file : report.aside)
    say("left aside  " + file + ": nothing of the older system's");
  say(fmt::format("{} rows and {} files compared, {} of the files byte by byte the same; {}",
                  rows_of(report), report.files, report.byte_equal,
                  report.differences == 0   ? "no differences"
                  : report.differences == 1 ? "1 difference"
                                            : std::to_string(report.differences) + " differences"));
}

Exit run(const Invocation& invocation, const Originals& originals) {
  if (originals.empty())
    return usage("nothing to compare with was named",
                 "give --db FILE, --out DIR, --state DIR, or several");
  if (const auto range = local_range(originals.since, originals.until); !range)
    return usage(range.error().what, range.error().remedy);
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto report = verify_originals(invocation, *place, originals);
  if (!report) return cannot(report.error());
  tell(invocation, *report);
  return report->differences == 0 ? Exit::done : Exit::findings;
}

}  // namespace

void add_import_verify(CLI::App& parent, Invocation& invocation) {
  CLI::App* command =
      add_command(parent, "verify",
                  "Replay the log to the older system's newest shape, aside, and compare with its "
                  "originals: each "
                  "row in every column, each file byte by byte, else record by record. Exit code 1 "
                  "when something "
                  "differs.",
                  "wattledger import verify --db data/goodwe_energy.db --out out --state data");
  const auto wish = std::make_shared<Originals>();
  add_originals(*command, *wish);
  add_range(*command, *wish);
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
