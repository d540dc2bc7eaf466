#include "replay/legacy_import/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "projections/fold/python_json.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// Single event files are thousands: their folder is one line.
std::string group_of(const std::string& source) {
  std::string name = source;
  for (char& c : name)
    if (c >= '0' && c <= '9') c = '0';
  const std::size_t digits = name.find('0');
  if (digits == std::string::npos) return source;
  return source.substr(0, digits) + "*" + source.substr(source.rfind('.'));
}

struct Group {
  Counts counts;
  std::uint64_t files = 0;
};

std::map<std::string, Group> grouped(const Findings& findings) {
  std::map<std::string, Group> groups;
  for (const auto& [source, counts] : findings.counts()) {
    const bool file = source.find('/') != std::string::npos;
    if (counts.found == 0 && (!file || counts.rejected == 0)) continue;
    Group& group = groups[file ? group_of(source) : source];
    group.counts += counts;
    ++group.files;
  }
  return groups;
}

std::string name_of(const std::string& name, const Group& group) {
  return group.files > 1 ? fmt::format("{} ({} files)", name, group.files) : name;
}

std::string summary(const ReportHead& head, const ImportResult& result) {
  const Counts all = result.findings.total();
  std::string text = fmt::format(
      "{} found: {} {}, {} merged into them, {} there already, {} rejected",
      all.found == 1 ? "1 record" : std::to_string(all.found) + " records", all.imported,
      head.dry_run ? "would become events" : "became events", all.merged, all.there, all.rejected);
  if (all.whole != 0) text += fmt::format("; {} of them kept whole, as text", all.whole);
  return text;
}

std::string zone_text(const ReportHead& head) {
  return "local times were read as those of " + head.zone +
         (head.period.empty() ? "" : ": " + head.period);
}

std::string batch_text(const ReportHead& head, const ImportResult& result) {
  if (!result.first) return "nothing was new: the log is as it was";
  return fmt::format("records {} to {} of the log{}", result.first->value, result.last->value,
                     head.rebuilt ? "; tables and files are rebuilt from it" : "");
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

Json to_json(const Counts& counts) {
  return {{"found", counts.found},      {"imported", counts.imported},
          {"merged", counts.merged},    {"already_there", counts.there},
          {"kept_whole", counts.whole}, {"rejected", counts.rejected}};
}

}  // namespace

std::string report_text(const ReportHead& head, const ImportResult& result) {
  const Findings& findings = result.findings;
  std::string out = fmt::format("{:>9} {:>9} {:>9} {:>9} {:>9}  from\n", "found", "imported",
                                "merged", "there", "rejected");
  for (const auto& [name, group] : grouped(findings))
    out += fmt::format("{:>9} {:>9} {:>9} {:>9} {:>9}  {}\n", group.counts.found,
                       group.counts.imported, group.counts.merged, group.counts.there,
                       group.counts.rejected, name_of(name, group));
  for (const Finding& finding : findings.findings())
    out += fmt::format("{}  {}\n", finding.rejected ? "rejected" : "doubtful", finding.line());
  if (findings.untold() != 0) out += fmt::format("… and {} more of these\n", findings.untold());
  for (const std::string& file : findings.aside())
    out += fmt::format("left aside  {}: nothing of the older system's\n", file);
  out += zone_text(head) + "\n" + summary(head, result) + "\n";
  if (result.overlaps_live)
    out += "some of it is of times that this log had recorded itself: both are kept\n";
  if (!head.dry_run) out += batch_text(head, result) + "\n";
  return out;
}

std::string report_json(const ReportHead& head, const ImportResult& result) {
  Json json = {{"origin", head.origin},
               {"dry_run", head.dry_run},
               {"rebuilt", head.rebuilt},
               {"zone", head.zone},
               {"period", head.period},
               {"total", to_json(result.findings.total())},
               {"sources", Json::object()},
               {"findings", Json::array()},
               {"rejected", result.findings.rejected()},
               {"doubtful", result.findings.doubtful()},
               {"left_aside", result.findings.aside()},
               {"overlaps_live", result.overlaps_live},
               {"first", result.first ? Json(result.first->value) : Json()},
               {"last", result.last ? Json(result.last->value) : Json()}};
  for (const auto& [source, counts] : result.findings.counts())
    if (counts.found != 0) json["sources"][source] = to_json(counts);
  for (const Finding& finding : result.findings.findings())
    json["findings"].push_back({{"place", finding.place},
                                {"at", finding.at},
                                {"what", finding.what},
                                {"rejected", finding.rejected}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string report_html(const ReportHead& head, const ImportResult& result) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>wattledger "
      "import</title>\n"
      "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
      "table{border-collapse:collapse;width:100%}td,th{padding:.2em .6em;text-align:right;"
      "border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}"
      ".rejected{color:#a00}</style>\n<h1>Import of " +
      escaped(head.origin) + "</h1>\n<p>" + escaped(summary(head, result)) + ".</p>\n<p>" +
      escaped(zone_text(head)) + ".</p>\n";
  if (!head.dry_run) out += "<p>" + escaped(batch_text(head, result)) + ".</p>\n";
  out +=
      "<table><tr><th>from<th>found<th>imported<th>merged<th>there already<th>kept "
      "whole<th>rejected</tr>\n";
  for (const auto& [name, group] : grouped(result.findings)) {
    const Counts& c = group.counts;
    out += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>\n",
                       escaped(name_of(name, group)), c.found, c.imported, c.merged, c.there,
                       c.whole, c.rejected);
  }
  out += "</table>\n";
  out += "<h2>Findings</h2>\n<ul>\n";
  for (const Finding& finding : result.findings.findings())
    out += fmt::format("<li{}>{}</li>\n", finding.rejected ? " class=\"rejected\"" : "",
                       escaped(fold::valid_utf8(finding.line())));
  if (result.findings.untold() != 0)
    out += fmt::format("<li>… and {} more of these</li>\n", result.findings.untold());
  for (const std::string& file : result.findings.aside())
    out += fmt::format("<li>left aside: {}, nothing of the older system's</li>\n", escaped(file));
  if (result.findings.findings().empty() && result.findings.aside().empty())
    out += "<li>none</li>\n";
  out += "</ul>\n";
  return out + "</html>\n";
}

}  // namespace wattledger::tool
