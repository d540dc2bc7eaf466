// wattledger audit report --month 2025-11 [--out FILE] [--policy NAME|FILE] [--no-record]
// [--force]: a month as one page to look at, print or send. Writes a file, and records in the log
// that it was made.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "replay/audit/commands.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/report.hpp"
#include "replay/audit/way_asked.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"
#include "replay/reading_on.hpp"
#include "replay/text_file.hpp"
#include "replay/trust.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t page_bytes_max = std::size_t{32} << 20U;

struct Wish {
  std::string month, out;
  std::string policy = "tiered";
  bool no_record = false, force = false;
};

// A file that is no report of this month is somebody else's.
Result<void> may_replace(const std::string& file, const Month& month) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) return {};
  const auto text = read_text_file(file, page_bytes_max);
  if (text && text->substr(0, 1'024).find(report_mark(month)) != std::string::npos) return {};
  return fail(ErrorKind::conflict, file + " is there and is no report of " + month.text(),
              "choose another --out, or replace it with --force");
}

Json event_of(const Report& report, const std::string& page, fold::Language language) {
  return {{"type", "ReportMade"},
          {"report", "month " + report.month.text()},
          {"from_us", to_us(report.period.from)},
          {"to_us", to_us(report.period.to)},
          {"up_to", report.head.value},
          {"language", fold::language_code(language)},
          {"bytes", page.size()},
          {"digest", fold::text_digest(page).hex()}};
}

// Nothing where it was not wished, or where the log cannot be written to: the page stands anyhow.
std::optional<Sequence> recorded(const Place& place, const Wish& wish, const Json& event,
                                 const ReportRecorder& record) {
  if (wish.no_record) return std::nullopt;
  const auto sequence = record(place, event.dump());
  if (sequence) return *sequence;
  note("the report is made, but not recorded in the log: " + sequence.error().line());
  return std::nullopt;
}

void tell(const Invocation& invocation, const std::string& file, Json event,
          const std::optional<Sequence>& sequence) {
  if (invocation.format == Format::json) {
    event.erase("type");
    event["file"] = file;
    event["recorded"] = sequence ? Json(sequence->value) : Json(nullptr);
    say(event.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("wrote {}: {}, sha256 {}{}", file,
                  bytes_text(event["bytes"].get<std::uint64_t>()),
                  event["digest"].get<std::string>(),
                  sequence ? fmt::format("; recorded as {}", sequence->value) : ""));
}

Result<Report> report_of(const Invocation& invocation, const Place& place, const OpenLog& open,
                         const Month& month, const WayAsked& other) {
  ReportWish wish;
  wish.month = month;
  wish.other = other;
  wish.key = own_key(place, open.snapshot.meta());
  wish.jobs = std::clamp(std::thread::hardware_concurrency(), 1U, jobs_max);
  Progress progress(invocation, "reading the month");
  return make_report(open.log, open.snapshot, projections::FoldCache(place.data / "cache"), wish,
                     [&](Sequence done, Sequence all) { progress.at(done.value, all.value); });
}

Exit run(const Invocation& invocation, const Wish& wish, const ReportRecorder& record) {
  const auto month = parse_month(wish.month);
  if (!month) return usage(month.error().what, month.error().remedy);
  if (wish.policy == recorded_word)
    return usage("what was recorded stands in the report anyhow", "name another --policy");
  const auto other = parse_way(wish.policy);
  if (!other) return usage(other.error().what, other.error().remedy);
  const bool to_stdout = wish.out == "-";
  const std::string file = wish.out.empty() ? "wattledger-" + month->text() + ".html" : wish.out;
  if (!to_stdout && !wish.force)
    if (const auto may = may_replace(file, *month); !may) return cannot(may.error());
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  std::string page;
  Json event;
  {
    const auto open = open_log(*place);
    if (!open) return cannot(open.error());
    const auto report = report_of(invocation, *place, *open, *month, *other);
    if (!report) return cannot(report.error());
    page = report_html(*report, invocation.language);
    event = event_of(*report, page, invocation.language);
  }
  if (to_stdout) {
    page.pop_back();  // say()'s
    say(page);
  } else if (const auto written = write_text_file(file, page); !written) {
    return cannot(written.error());
  }
  const auto sequence = recorded(*place, wish, event, record);
  if (!to_stdout)
    tell(invocation, file, std::move(event), sequence);
  else if (sequence)
    note(fmt::format("recorded as {}", sequence->value));
  return tell_damage();
}

}  // namespace

void add_audit_report(CLI::App& audit, Invocation& invocation, ReportRecorder record) {
  CLI::App* command = add_command(
      audit, "report",
      "Write a month as one page: what it came to, savings per day, charts of price, charge, power "
      "and decisions, what other ways would have cost, charges and sales, faults, and whether the "
      "log holds. No script, nothing from elsewhere; in English or Polish (--language). Writes the "
      "file, and an event with its digest.",
      "wattledger audit report --month 2025-11\n"
      "  wattledger --language pl audit report --month 2025-11 --out listopad.html");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--month", wish->month, "The calendar month, in the house's time")
      .type_name("YYYY-MM")
      .required();
  add_out(*command, wish->out, "Write there (wattledger-YYYY-MM.html if left out; - for stdout)");
  add_text(*command, "--policy", wish->policy,
           "What the month is compared with, as in what-if (tiered if left out)")
      .type_name("FILE|NAME");
  add_flag(*command, "--no-record", wish->no_record, "Record no event in the log");
  add_flag(*command, "--force", wish->force, "Replace a file that is no report of this month");
  on_call(*command, invocation, [&invocation, wish, record = std::move(record)] {
    return run(invocation, *wish, record);
  });
}

}  // namespace wattledger::tool
