#include "replay/audit/explain_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "replay/audit/rule_words.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

std::string clock(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(11, 8);
}
std::string minute(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(11, 5);
}

std::string money(std::int64_t e8, const std::string& currency) {
  const double value = static_cast<double>(e8) / 1e8;
  return fmt::format("{:.3f} {}", std::abs(value) < 0.0005 ? 0.0 : value, currency);
}

// "charge at 5000 W to 90.0 % until 02:45"
std::string mode_text(fb::InverterMode mode, const flatbuffers::Optional<std::int32_t>& power,
                      const flatbuffers::Optional<std::uint16_t>& target,
                      const flatbuffers::Optional<std::int64_t>& until, const ZoneOffsets& zone) {
  std::string text = fb::EnumNameInverterMode(mode);
  if (power) text += " at " + power_text(number(power));
  if (target) text += " to " + percent_text(number(target));
  if (until) text += " until " + minute(utc_from_us(*until), zone);
  return text;
}

void add_command(std::vector<std::string>& lines, const CommandTold& command,
                 const ZoneOffsets& zone) {
  const fb::CommandIssuedT& c = command.issued;
  std::string told = fmt::format("{}  told the inverter: {} (record {}", clock(command.at, zone),
                                 mode_text(c.mode, c.power_w, c.target_soc_bp, c.until_us, zone),
                                 command.sequence.value);
  lines.push_back(told + (c.attempt > 1 ? fmt::format(", attempt {})", c.attempt) : ")"));
  if (command.confirmed) {
    const fb::CommandConfirmedT& f = command.confirmed->fact;
    lines.push_back(fmt::format("{}  its registers read back: {} (record {}, {} writes)",
                                clock(command.confirmed->at, zone),
                                mode_text(f.mode, f.power_w, f.target_soc_bp, f.until_us, zone),
                                command.confirmed->sequence.value, f.writes));
  }
  if (command.shown)
    lines.push_back(
        fmt::format("{}  the battery shows it: {} W{} (record {})", clock(command.shown->at, zone),
                    command.shown->fact.battery_power_w.value_or(0),
                    command.shown->fact.battery_power_w.value_or(0) < 0 ? " (charging)" : "",
                    command.shown->sequence.value));
  if (command.failed)
    lines.push_back(fmt::format("{}  failed: {}{} (record {})", clock(command.failed->at, zone),
                                spaced(fb::EnumNameCommandTrouble(command.failed->trouble)),
                                command.failed->detail.empty() ? "" : ", " + command.failed->detail,
                                command.failed->sequence.value));
}

}  // namespace

std::string title_of(const Explanation& explanation) {
  const FollowedDecision& told = explanation.told;
  const std::string title =
      fmt::format("Decision {} of {}", told.sequence.value, local_text(told.at, explanation.zone));
  if (told.is_imported) return title + ", imported";
  return title + ", control " + fb::EnumNameControlMode(told.decision.control_mode);
}

std::vector<std::string> notice_lines(const Explanation& explanation) {
  std::vector<std::string> lines;
  if (!explanation.overridden_by.empty())
    lines.push_back("The owner's wish was in force: " + explanation.overridden_by + ".");
  if (explanation.told.is_imported)
    lines.push_back(
        "It was made by the older system and imported. What it rested on was never recorded, so it "
        "cannot be explained further or made again.");
  for (const CorrectionShown& each : explanation.corrections)
    lines.push_back(correction_line(each));
  return lines;
}

std::vector<std::string> command_lines(const Explanation& explanation) {
  const FollowedDecision& told = explanation.told;
  std::vector<std::string> lines;
  for (const CommandTold& each : told.commands) add_command(lines, each, explanation.zone);
  switch (told.fate) {
    case Fate::confirmed:
    case Fate::failed:
    case Fate::imported:
      break;
    case Fate::superseded:
      lines.emplace_back("There was no answer before the next decision.");
      break;
    case Fate::waiting:
      lines.emplace_back(told.commands.empty()
                             ? "Nothing yet: the inverter had not taken the command before."
                             : "There is no answer yet.");
      break;
    case Fate::nothing_to_do:
      lines.emplace_back("Nothing: the inverter did so already.");
      break;
    case Fate::advised:
      lines.push_back(fmt::format("Nothing: control was {}, so this is what it would have done.",
                                  fb::EnumNameControlMode(told.decision.control_mode)));
      break;
  }
  return lines;
}

std::vector<std::string> happened_lines(const Explanation& explanation) {
  const FollowedDecision& told = explanation.told;
  const Metering& metering = told.metering;
  if (told.is_imported) return {};
  std::vector<std::string> lines;
  lines.push_back(told.next ? fmt::format("The next decision is {}, at {}.", told.next->value,
                                          clock(told.next_at, explanation.zone))
                            : fmt::format("No other decision followed within {}.",
                                          short_duration(in_force_max)));
  if (!metering.from || !metering.to || metering.sums.covered_s == 0) {
    lines.emplace_back("No readings tell what the meter counted meanwhile.");
    return lines;
  }
  const fold::EnergySums& s = metering.sums;
  const auto kwh = [](std::int64_t mwh) { return energy_text(mwh); };
  lines.push_back(fmt::format(
      "By the meter, {} to {}: {} bought, {} fed in; the sun gave {}, the house took {}.",
      clock(*metering.from, explanation.zone), clock(*metering.to, explanation.zone),
      kwh(s.import_mwh), kwh(s.export_mwh), kwh(s.pv_mwh), kwh(s.load_mwh)));
  lines.push_back(fmt::format(
      "The battery took in {} and gave {}; it went from {} to {}.", kwh(s.charge_mwh),
      kwh(s.discharge_mwh), percent_text(metering.soc_from_bp), percent_text(metering.soc_to_bp)));
  if (!metering.paid_e8()) {
    lines.emplace_back("What that cost is not known: no price of the time is.");
    return lines;
  }
  const std::int64_t saved = *metering.saved_e8();
  const bool stored = saved < 0 && s.charge_mwh > s.discharge_mwh;
  lines.push_back(fmt::format("It cost {}; without a battery it would have been {}: {} {}.",
                              money(*metering.paid_e8(), explanation.currency),
                              money(metering.without_battery_e8, explanation.currency),
                              money(std::abs(saved), explanation.currency),
                              saved >= 0 ? "saved"
                              : stored   ? "more, now in the battery"
                                         : "more"));
  // Not for the seconds beside a slot.
  if (s.priced_s * 10 < s.covered_s * 9)
    lines.push_back(fmt::format("Of {} metered, the price of {} is known.",
                                duration_text(std::chrono::seconds(s.covered_s)),
                                duration_text(std::chrono::seconds(s.priced_s))));
  return lines;
}

std::vector<std::string> proof_lines(const Explanation& explanation) {
  const FollowedDecision& told = explanation.told;
  std::vector<std::string> lines;
  if (told.is_imported) return lines;
  lines.push_back(
      fmt::format("Policy {}, digest {}", explanation.policy.empty() ? "none" : explanation.policy,
                  explanation.policy_digest.empty() ? "none" : explanation.policy_digest));
  lines.push_back(fmt::format("Engine revision {} (this program's is {}); based on record {}",
                              told.decision.engine_revision, explanation.engine_revision_here,
                              told.decision.based_on));
  if (explanation.remade) {
    std::string answer = spaced(answer_name(explanation.remade->answer));
    if (!explanation.remade->why.empty()) answer += ": " + explanation.remade->why;
    lines.push_back("Made again now: " + answer);
    for (const FieldDifference& each : explanation.remade->differences)
      lines.push_back(
          fmt::format("  {}: recorded {}, made again {}", each.field, each.recorded, each.remade));
  }
  lines.push_back(fmt::format("Corrections were looked for up to record {}.",
                              explanation.corrections_through.value));
  return lines;
}

std::string plan_line(const Explanation& explanation) {
  const fb::PlanAdoptedT& plan = explanation.plan->plan;
  std::string line = fmt::format("The plan (record {})", explanation.plan->sequence.value);
  if (plan.expected_cost_e8)
    line += ": it was to cost " + money(*plan.expected_cost_e8, explanation.currency);
  if (plan.expected_saving_e8)
    line += fmt::format(", {} less than serving the house alone",
                        money(*plan.expected_saving_e8, explanation.currency));
  return line;
}

std::string correction_line(const CorrectionShown& correction) {
  return fmt::format(
      "Corrected since: {} of record {} was recorded as {}, and is {} (record {}{}).",
      correction.field, correction.corrects.value, correction.recorded, correction.corrected,
      correction.by.value, correction.reason.empty() ? "" : ": " + correction.reason);
}

AlternativeCells alternative_heading(const Explanation& explanation) {
  const Alternatives& all = *explanation.alternatives;
  return {"action", "to " + minute(all.slot_end, explanation.zone),
          all.planned ? "to " + local_text(all.horizon_end, explanation.zone).substr(0, 16) : "",
          "charge then", ""};
}

std::vector<AlternativeCells> alternative_rows(const Explanation& explanation) {
  const Alternatives& all = *explanation.alternatives;
  std::optional<std::int64_t> best;
  for (const Alternative& each : all.each)
    if (each.horizon_cost)
      best = best ? std::min(*best, each.horizon_cost->count()) : each.horizon_cost->count();
  std::vector<AlternativeCells> rows;
  for (const Alternative& each : all.each) {
    AlternativeCells cells = {spaced(fb::EnumNameAction(each.action)), "-", "-", "-", ""};
    if (each.slot_cost) cells[1] = money(each.slot_cost->count(), explanation.currency);
    if (each.horizon_cost) cells[2] = money(each.horizon_cost->count(), explanation.currency);
    if (!all.planned) cells[2].clear();
    if (each.soc_end) cells[3] = percent_text(each.soc_end->count());
    if (each.chosen) cells[4] = "decided";
    if (each.horizon_cost && best && each.horizon_cost->count() > *best)
      cells[4] += (cells[4].empty() ? "" : ", ") +
                  money(each.horizon_cost->count() - *best, explanation.currency) + " dearer";
    if (!each.forbidden.empty())
      cells[4] +=
          (cells[4].empty() ? "" : ", ") + std::string("not open: ") + spaced(each.forbidden);
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::string alternative_remark(const Explanation& explanation) {
  return explanation.alternatives->planned
             ? "By the forecasts of then, with the battery's wear; the second sum goes on at its "
               "best, and takes off what is stored at the end."
             : "By the forecasts of then, with the battery's wear, in this slot alone: what the "
               "battery then holds differs.";
}

std::string age_text(const FactShown& fact) {
  if (!fact.age) return "-";
  return short_duration(*fact.age);
}

}  // namespace wattledger::tool
