// The parts of an explanation as sentences and cells, the same on a terminal and on a page.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "replay/audit/explain.hpp"
#include "replay/wording.hpp"

namespace wattledger::tool {

enum class Section { facts, rules, alternatives, commands, happened, proof };
[[nodiscard]] std::string heading_of(Section section, const Explanation& explanation);
// "cheapest slots", "najtańsze okresy"; "self use", "autokonsumpcja"; "general", "zwykły"
[[nodiscard]] std::string rule_title(fb::Rule rule, fold::Language language);
[[nodiscard]] std::string action_title(fb::Action action, fold::Language language);
[[nodiscard]] std::string mode_title(fb::InverterMode mode, const Wording& say);
// "Decision 7 of 2025-10-01 02:01:00+02:00, control on"
[[nodiscard]] std::string title_of(const Explanation& explanation);
// What stands above all else: an owner's wish in force, an import.
[[nodiscard]] std::vector<std::string> notice_lines(const Explanation& explanation);
[[nodiscard]] std::vector<std::string> command_lines(const Explanation& explanation);
[[nodiscard]] std::vector<std::string> happened_lines(const Explanation& explanation);
[[nodiscard]] std::vector<std::string> proof_lines(const Explanation& explanation);
[[nodiscard]] std::string plan_line(const Explanation& explanation);
// What the letters below the plan's chart mean.
[[nodiscard]] std::string plan_legend(const Explanation& explanation);
[[nodiscard]] std::string correction_line(const CorrectionShown& correction, const Wording& say);

// Action, cost of the slot, cost to the horizon's end, charge at the slot's end, remark.
using AlternativeCells = std::array<std::string, 5>;
[[nodiscard]] AlternativeCells alternative_heading(const Explanation& explanation);
[[nodiscard]] std::vector<AlternativeCells> alternative_rows(const Explanation& explanation);
// What the numbers mean.
[[nodiscard]] std::string alternative_remark(const Explanation& explanation);

[[nodiscard]] std::string age_text(const FactShown& fact);

}  // namespace wattledger::tool
