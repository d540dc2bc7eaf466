#include "replay/audit/explain_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "coordinator/policy/planner.hpp"
#include "replay/audit/report_words.hpp"
#include "replay/display.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

std::string clock(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(11, 8);
}
std::string minute(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(11, 5);
}
std::string day_and_minute(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(0, 16);
}

std::string money(std::int64_t e8, const Explanation& explanation) {
  const double value = static_cast<double>(e8) / 1e8;
  return Wording(explanation.language)
      .quantity(
          fmt::format("{:.3f} {}", std::abs(value) < 0.0005 ? 0.0 : value, explanation.currency));
}

std::string record_text(Sequence sequence) { return std::to_string(sequence.value); }

std::string control_text(fb::ControlMode mode, const Wording& say) {
  switch (mode) {
    case fb::ControlMode::off:
      return say("off", "wyłączone");
    case fb::ControlMode::advise:
      return say("advise", "tylko rady");
    case fb::ControlMode::on:
      return say("on", "włączone");
  }
  return "?";
}

std::string trouble_text(fb::CommandTrouble trouble, const Wording& say) {
  const char* polish = "?";
  switch (trouble) {
    case fb::CommandTrouble::unknown:
      polish = "nie wiadomo, dlaczego";
      break;
    case fb::CommandTrouble::unreachable:
      polish = "falownik nieosiągalny";
      break;
    case fb::CommandTrouble::timed_out:
      polish = "brak odpowiedzi na czas";
      break;
    case fb::CommandTrouble::rejected:
      polish = "falownik odmówił";
      break;
    case fb::CommandTrouble::not_applied:
      polish = "nie zostało wykonane";
      break;
    case fb::CommandTrouble::clock_wrong:
      polish = "zły zegar falownika";
      break;
    case fb::CommandTrouble::refused_here:
      polish = "odmowa tego programu";
      break;
  }
  return say(spaced(fb::EnumNameCommandTrouble(trouble)), polish);
}

// "charge at 5000 W to 90.0 % until 02:45"
std::string mode_text(fb::InverterMode mode, const flatbuffers::Optional<std::int32_t>& power,
                      const flatbuffers::Optional<std::uint16_t>& target,
                      const flatbuffers::Optional<std::int64_t>& until,
                      const Explanation& explanation) {
  const Wording say(explanation.language);
  std::string text = mode_title(mode, say);
  if (power) text += say(" at {0}", " z mocą {0}", {power_text(number(power))});
  if (target) text += say(" to {0}", " do {0}", {say.quantity(percent_text(number(target)))});
  if (until)
    text += say(" until {0}", " do godziny {0}", {minute(utc_from_us(*until), explanation.zone)});
  return text;
}

std::string told_line(const CommandTold& command, const Explanation& explanation) {
  const Wording say(explanation.language);
  const fb::CommandIssuedT& c = command.issued;
  const std::string attempt =
      c.attempt > 1 ? say(", attempt {0}", ", próba {0}", {std::to_string(c.attempt)}) : "";
  return say("{0}  told the inverter: {1} (record {2}{3})",
             "{0}  polecenie dla falownika: {1} (wpis {2}{3})",
             {clock(command.at, explanation.zone),
              mode_text(c.mode, c.power_w, c.target_soc_bp, c.until_us, explanation),
              record_text(command.sequence), attempt});
}

void add_command(std::vector<std::string>& lines, const CommandTold& command,
                 const Explanation& explanation) {
  const Wording say(explanation.language);
  lines.push_back(told_line(command, explanation));
  if (command.confirmed) {
    const fb::CommandConfirmedT& f = command.confirmed->fact;
    lines.push_back(say("{0}  its registers read back: {1} (record {2}, {3} {3|write|writes})",
                        "{0}  odczytane rejestry mówią: {1} (wpis {2}, {3} "
                        "{3|zapis|zapisy|zapisów})",
                        {clock(command.confirmed->at, explanation.zone),
                         mode_text(f.mode, f.power_w, f.target_soc_bp, f.until_us, explanation),
                         record_text(command.confirmed->sequence), std::to_string(f.writes)}));
  }
  if (command.shown) {
    const std::int32_t power = command.shown->fact.battery_power_w.value_or(0);
    lines.push_back(say("{0}  the battery shows it: {1} W{2} (record {3})",
                        "{0}  bateria to pokazuje: {1} W{2} (wpis {3})",
                        {clock(command.shown->at, explanation.zone), std::to_string(power),
                         power < 0 ? say(" (charging)", " (ładuje się)") : "",
                         record_text(command.shown->sequence)}));
  }
  if (command.failed)
    lines.push_back(say(
        "{0}  failed: {1}{2} (record {3})", "{0}  nie udało się: {1}{2} (wpis {3})",
        {clock(command.failed->at, explanation.zone), trouble_text(command.failed->trouble, say),
         command.failed->detail.empty() ? "" : ", " + command.failed->detail,
         record_text(command.failed->sequence)}));
}

// A cost and what it would have been, or less than that where the counters cannot tell it.
std::string money_line(const Explanation& explanation) {
  const Wording say(explanation.language);
  const Metering& metering = explanation.told.metering;
  const std::int64_t saved = *metering.saved_e8();
  const bool stored = saved < 0 && metering.sums.charge_mwh > metering.sums.discharge_mwh;
  const std::string much = money(std::abs(saved), explanation);
  const std::string than = saved >= 0 ? say("{0} saved", "oszczędzono {0}", {much})
                           : stored   ? say("{0} more, now in the battery",
                                            "o {0} więcej, co jest teraz w baterii", {much})
                                      : say("{0} more", "o {0} więcej", {much});
  std::string line = say("It cost {0}; without a battery it would have been {1}: {2}.",
                         "Kosztowało to {0}; bez baterii byłoby {1}: {2}.",
                         {money(*metering.paid_e8(), explanation),
                          money(metering.without_battery_e8, explanation), than});
  if (saved != 0 && std::abs(saved) < metering.saved_error_e8())
    line += say(" So little is less than the counters can tell, which move by {0}.",
                " To mniej, niż widać po licznikach, które zmieniają się co {0}.",
                {say.quantity("0.1 kWh")});
  return line;
}

std::string next_line(const Explanation& explanation) {
  const Wording say(explanation.language);
  const FollowedDecision& told = explanation.told;
  if (told.next)
    return say("The next decision is {0}, at {1}.", "Następna decyzja to {0}, o {1}.",
               {record_text(*told.next), clock(told.next_at, explanation.zone)});
  if (told.is_newest)
    return say("No other decision has followed it yet.", "Jak dotąd nie było po niej innej.");
  return say("No other decision followed within {0}.", "W ciągu {0} nie było innej decyzji.",
             {short_duration(in_force_max)});
}

std::string answer_text(Answer answer, const Wording& say) {
  const char* polish = "?";
  switch (answer) {
    case Answer::identical:
      polish = "identyczna";
      break;
    case Answer::differs:
      polish = "inna";
      break;
    case Answer::other_revision:
      polish = "innej wersji silnika";
      break;
    case Answer::not_reproducible:
      polish = "nie do odtworzenia";
      break;
  }
  return say(spaced(answer_name(answer)), polish);
}

std::string forbidden_text(std::string_view why, const Wording& say) {
  if (why == forbidden_selling_off) return say(why, "sprzedaż jest wyłączona");
  if (why == forbidden_price) return say(why, "oddana kWh przynosi mniej, niż trzeba");
  for (int i = 0; i <= static_cast<int>(policy::PlanObstacle::numbers); ++i)
    if (const auto obstacle = static_cast<policy::PlanObstacle>(i);
        why == policy::name_of(obstacle))
      return say(spaced(why), obstacle_text(i, fold::Language::polish));
  return spaced(why);
}

}  // namespace

std::string rule_title(fb::Rule rule, fold::Language language) {
  return language == fold::Language::polish ? ReportWords(language).rule(rule)
                                            : spaced(fb::EnumNameRule(rule));
}

std::string action_title(fb::Action action, fold::Language language) {
  return language == fold::Language::polish ? ReportWords(language).action(action)
                                            : spaced(fb::EnumNameAction(action));
}

std::string mode_title(fb::InverterMode mode, const Wording& say) {
  const char* polish = "?";
  switch (mode) {
    case fb::InverterMode::unknown:
      polish = "nieznany";
      break;
    case fb::InverterMode::general:
      polish = "zwykły";
      break;
    case fb::InverterMode::charge:
      polish = "ładowanie";
      break;
    case fb::InverterMode::hold:
      polish = "trzymanie";
      break;
    case fb::InverterMode::discharge:
      polish = "rozładowanie";
      break;
    case fb::InverterMode::other:
      polish = "inny";
      break;
  }
  return say(fb::EnumNameInverterMode(mode), polish);
}

std::string heading_of(Section section, const Explanation& explanation) {
  const Wording say(explanation.language);
  switch (section) {
    case Section::facts:
      return say("It knew (record, age)", "Co było wiadomo (wpis, wiek)");
    case Section::rules:
      return say("Rules, in the order they were tried", "Reguły, w kolejności sprawdzania");
    case Section::alternatives:
      return say("What else could have been done, and what it would cost from then on",
                 "Co jeszcze można było zrobić i ile by to odtąd kosztowało");
    case Section::commands:
      return say("Commanded", "Polecono falownikowi");
    case Section::happened:
      return say("What then happened", "Co stało się potem");
    case Section::proof:
      return say("Can it be made again?", "Czy da się ją odtworzyć?");
  }
  return "";
}

std::string title_of(const Explanation& explanation) {
  const Wording say(explanation.language);
  const FollowedDecision& told = explanation.told;
  const std::string title =
      say("Decision {0} of {1}", "Decyzja {0} z {1}",
          {record_text(told.sequence), local_text(told.at, explanation.zone)});
  if (told.is_imported) return title + say(", imported", ", zaimportowana");
  return title +
         say(", control {0}", ", sterowanie {0}", {control_text(told.decision.control_mode, say)});
}

std::vector<std::string> notice_lines(const Explanation& explanation) {
  const Wording say(explanation.language);
  std::vector<std::string> lines;
  if (!explanation.overridden_by.empty())
    lines.push_back(say("The owner's wish was in force: {0}.",
                        "Obowiązywało życzenie właściciela: {0}.", {explanation.overridden_by}));
  if (explanation.told.is_imported)
    lines.push_back(
        say("It was made by the older system and imported. What it rested on was never recorded, "
            "so it cannot be explained further or made again.",
            "Podjął ją starszy system i została zaimportowana. Nie zapisano, na czym się opierała, "
            "więc nie można jej dalej wyjaśnić ani odtworzyć."));
  for (const CorrectionShown& each : explanation.corrections)
    lines.push_back(correction_line(each, say));
  return lines;
}

std::vector<std::string> command_lines(const Explanation& explanation) {
  const Wording say(explanation.language);
  const FollowedDecision& told = explanation.told;
  std::vector<std::string> lines;
  for (const CommandTold& each : told.commands) add_command(lines, each, explanation);
  switch (told.fate) {
    case Fate::confirmed:
    case Fate::failed:
    case Fate::imported:
      break;
    case Fate::superseded:
      lines.push_back(say("There was no answer before the next decision.",
                          "Przed następną decyzją nie było odpowiedzi."));
      break;
    case Fate::waiting:
      lines.push_back(told.commands.empty()
                          ? say("Nothing yet: the inverter had not taken the command before.",
                                "Jeszcze nic: falownik nie przyjął poprzedniego polecenia.")
                          : say("There is no answer yet.", "Nie ma jeszcze odpowiedzi."));
      break;
    case Fate::nothing_to_do:
      lines.push_back(
          say("Nothing: the inverter did so already.", "Nic: falownik już tak pracował."));
      break;
    case Fate::not_yet_known:
      lines.push_back(say("Nothing so far; the decision is still in force.",
                          "Na razie nic; decyzja wciąż obowiązuje."));
      break;
    case Fate::advised:
      lines.push_back(say("Nothing: control was {0}, so this is what it would have done.",
                          "Nic: sterowanie było {0}, więc tylko tak by postąpiono.",
                          {control_text(told.decision.control_mode, say)}));
      break;
  }
  return lines;
}

std::vector<std::string> happened_lines(const Explanation& explanation) {
  const Wording say(explanation.language);
  const FollowedDecision& told = explanation.told;
  const Metering& metering = told.metering;
  if (told.is_imported) return {};
  std::vector<std::string> lines;
  lines.push_back(next_line(explanation));
  if (!metering.from || !metering.to || metering.sums.covered_s == 0) {
    lines.push_back(say("No readings tell what the meter counted meanwhile.",
                        "Żadne odczyty nie mówią, co w tym czasie naliczył licznik."));
    return lines;
  }
  const fold::EnergySums& s = metering.sums;
  const auto kwh = [&](std::int64_t mwh) { return say.quantity(energy_text(mwh)); };
  const auto soc = [&](const std::optional<std::int64_t>& bp) {
    return say.quantity(percent_text(bp));
  };
  lines.push_back(
      say("By the meter, {0} to {1}: {2} bought, {3} fed in; the sun gave {4}, the house took {5}.",
          "Według licznika, od {0} do {1}: kupiono {2}, oddano {3}; słońce dało {4}, dom pobrał "
          "{5}.",
          {clock(*metering.from, explanation.zone), clock(*metering.to, explanation.zone),
           kwh(s.import_mwh), kwh(s.export_mwh), kwh(s.pv_mwh), kwh(s.load_mwh)}));
  lines.push_back(say("The battery took in {0} and gave {1}; it went from {2} to {3}.",
                      "Bateria przyjęła {0} i oddała {1}; jej stan zmienił się z {2} na {3}.",
                      {kwh(s.charge_mwh), kwh(s.discharge_mwh), soc(metering.soc_from_bp),
                       soc(metering.soc_to_bp)}));
  if (!metering.paid_e8()) {
    lines.push_back(say("What that cost is not known: no price of the time is.",
                        "Nie wiadomo, ile to kosztowało: żadna cena z tej pory nie jest znana."));
    return lines;
  }
  lines.push_back(money_line(explanation));
  // Not for the seconds beside a slot.
  if (s.priced_s * 10 < s.covered_s * 9)
    lines.push_back(say("Of {0} metered, the price of {1} is known.",
                        "Ze zmierzonych {0} cena jest znana dla {1}.",
                        {duration_text(std::chrono::seconds(s.covered_s)),
                         duration_text(std::chrono::seconds(s.priced_s))}));
  return lines;
}

std::vector<std::string> proof_lines(const Explanation& explanation) {
  const Wording say(explanation.language);
  const FollowedDecision& told = explanation.told;
  std::vector<std::string> lines;
  if (told.is_imported) return lines;
  const std::string none = say("none", "brak");
  lines.push_back(say("Policy {0}, digest {1}", "Polityka {0}, skrót {1}",
                      {explanation.policy.empty() ? none : explanation.policy,
                       explanation.policy_digest.empty() ? none : explanation.policy_digest}));
  lines.push_back(say(
      "Engine revision {0} (this program's is {1}); based on record {2}",
      "Wersja silnika {0} (tego programu: {1}); oparta na wpisie {2}",
      {std::to_string(told.decision.engine_revision),
       std::to_string(explanation.engine_revision_here), std::to_string(told.decision.based_on)}));
  if (explanation.remade) {
    std::string answer = answer_text(explanation.remade->answer, say);
    if (!explanation.remade->why.empty()) answer += ": " + explanation.remade->why;
    lines.push_back(say("Made again now: {0}", "Odtworzona teraz: {0}", {answer}));
    for (const FieldDifference& each : explanation.remade->differences)
      lines.push_back(say("  {0}: recorded {1}, made again {2}",
                          "  {0}: zapisano {1}, odtworzono {2}",
                          {each.field, each.recorded, each.remade}));
  }
  lines.push_back(say("Corrections were looked for up to record {0}.",
                      "Korekt szukano do wpisu {0}.",
                      {record_text(explanation.corrections_through)}));
  return lines;
}

std::string plan_line(const Explanation& explanation) {
  const Wording say(explanation.language);
  const fb::PlanAdoptedT& plan = explanation.plan->plan;
  const UtcTime start = utc_from_us(plan.start_us);
  const UtcTime end =
      start + std::chrono::seconds(plan.step_s) * static_cast<std::int64_t>(plan.actions.size());
  std::string line =
      say("The plan (record {0}), from {1} to {2}", "Plan (wpis {0}), od {1} do {2}",
          {record_text(explanation.plan->sequence), day_and_minute(start, explanation.zone),
           day_and_minute(end, explanation.zone)});
  if (plan.expected_cost_e8)
    line += say(": in all it was to cost {0}", ": w całości miał kosztować {0}",
                {money(*plan.expected_cost_e8, explanation)});
  if (plan.expected_saving_e8)
    line += say(", {0} less than serving the house alone", ", o {0} mniej niż samo zasilanie domu",
                {money(*plan.expected_saving_e8, explanation)});
  return line;
}

std::string plan_legend(const Explanation& explanation) {
  return Wording(explanation.language)(
      "C charge, H hold, S sell, . left to the house; the battery's power is drawn by its size",
      "C ładowanie, H trzymanie, S sprzedaż, . zostawione domowi; moc baterii narysowano według "
      "wielkości");
}

std::string correction_line(const CorrectionShown& correction, const Wording& say) {
  if (correction.superseded)
    return say(
        "Once corrected: {0} of record {1} to {2} (record {3}{4}); a later one stands.",
        "Skorygowano najpierw: {0} wpisu {1} na {2} (wpis {3}{4}); obowiązuje późniejsza.",
        {correction.field, record_text(correction.corrects), correction.corrected,
         record_text(correction.by), correction.reason.empty() ? "" : ": " + correction.reason});
  return say("Corrected since: {0} of record {1} was recorded as {2}, and is {3} (record {4}{5}).",
             "Skorygowano później: {0} wpisu {1} zapisano jako {2}, a jest {3} (wpis {4}{5}).",
             {correction.field, record_text(correction.corrects), correction.recorded,
              correction.corrected, record_text(correction.by),
              correction.reason.empty() ? "" : ": " + correction.reason});
}

AlternativeCells alternative_heading(const Explanation& explanation) {
  const Wording say(explanation.language);
  const Alternatives& all = *explanation.alternatives;
  return {say("action", "działanie"),
          say("cost to {0}", "koszt do {0}", {minute(all.slot_end, explanation.zone)}),
          all.planned ? say("to {0}", "do {0}", {day_and_minute(all.horizon_end, explanation.zone)})
                      : "",
          say("charge then", "stan wtedy"), ""};
}

std::vector<AlternativeCells> alternative_rows(const Explanation& explanation) {
  const Wording say(explanation.language);
  const Alternatives& all = *explanation.alternatives;
  std::optional<std::int64_t> best;
  for (const Alternative& each : all.each)
    if (each.horizon_cost)
      best = best ? std::min(*best, each.horizon_cost->count()) : each.horizon_cost->count();
  std::vector<AlternativeCells> rows;
  for (const Alternative& each : all.each) {
    AlternativeCells cells = {action_title(each.action, explanation.language), "-", "-", "-", ""};
    if (each.slot_cost) cells[1] = money(each.slot_cost->count(), explanation);
    if (each.horizon_cost) cells[2] = money(each.horizon_cost->count(), explanation);
    if (!all.planned) cells[2].clear();
    if (each.soc_end) cells[3] = say.quantity(percent_text(each.soc_end->count()));
    std::vector<std::string> remarks;
    if (each.chosen) remarks.push_back(say("decided", "zdecydowano"));
    if (each.horizon_cost && best && each.horizon_cost->count() > *best)
      remarks.push_back(say("{0} dearer", "drożej o {0}",
                            {money(each.horizon_cost->count() - *best, explanation)}));
    if (!each.forbidden.empty())
      remarks.push_back(
          say("not open: {0}", "niemożliwe: {0}", {forbidden_text(each.forbidden, say)}));
    for (const std::string& remark : remarks) cells[4] += (cells[4].empty() ? "" : ", ") + remark;
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::string alternative_remark(const Explanation& explanation) {
  const Wording say(explanation.language);
  if (!explanation.alternatives->planned)
    return say(
        "By the forecasts of then, with the battery's wear, in this slot alone: what the "
        "battery then holds differs.",
        "Według ówczesnych prognoz, ze zużyciem baterii, tylko w tym okresie: w baterii "
        "zostaje potem różnie.");
  std::string text =
      say("By the forecasts of then, with the battery's wear; the second sum goes on at its best, "
          "and takes off what is stored at the end.",
          "Według ówczesnych prognoz, ze zużyciem baterii; druga suma to dalszy ciąg najlepszy z "
          "możliwych, pomniejszony o wartość tego, co zostaje w baterii.");
  if (explanation.plan)
    text += say(
        " Compare them with each other, not with the plan's own sum, which begins at {0} and is of "
        "a course that changes the mode less often.",
        " Porównuj je między sobą, nie z sumą planu, która liczy się od {0} i dotyczy przebiegu o "
        "rzadszych zmianach trybu.",
        {minute(utc_from_us(explanation.plan->plan.start_us), explanation.zone)});
  return text;
}

std::string age_text(const FactShown& fact) {
  if (!fact.age) return "-";
  return short_duration(*fact.age);
}

}  // namespace wattledger::tool
