// Why one decision was made, as plain values: what it knew, which rules were tried, what it
// planned, what else was open, what was commanded and what came of it, and whether it can be made
// again. Gathered here; told by explain_text(), explain_json() and explain_html().
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "projections/fold/language.hpp"
#include "projections/fold_cache.hpp"
#include "replay/audit/alternatives.hpp"
#include "replay/audit/chart.hpp"
#include "replay/audit/outcome.hpp"
#include "replay/audit/remake.hpp"

namespace wattledger::tool {

// A later record says that this field was wrong.
struct CorrectionShown {
  Sequence corrects, by;
  std::string field, recorded, corrected, reason;
  bool superseded = false;  // a later correction says something else
};

// Something that the decision knew.
struct FactShown {
  std::string name;   // "reading", "prices"; in every language
  std::string title;  // … as the reader's language has it
  Sequence sequence;  // 0: not found within facts_search_records_max
  std::optional<std::chrono::seconds> age;
  std::string words;
};

struct RuleShown {
  const fb::TriedRuleT* tried = nullptr;  // of Explanation::told
  std::string words;
};

struct PlanShown {
  Sequence sequence;
  fb::PlanAdoptedT plan;
};

struct Explanation {
  FollowedDecision told;
  std::string sentence;
  fold::Language language = fold::Language::english;
  ZoneOffsets zone;
  std::string currency = "PLN";
  std::string policy;         // its name
  std::string policy_digest;  // hex
  std::uint32_t engine_revision_here = 0;
  std::vector<FactShown> facts;
  std::vector<RuleShown> rules;
  std::optional<PlanShown> plan;
  std::optional<Alternatives> alternatives;
  std::optional<Remade> remade;              // not of an imported one
  std::vector<CorrectionShown> corrections;  // of the facts and of the decision
  Sequence corrections_through;              // the last record that was looked at for them
  std::string overridden_by;                 // the owner's words, where a wish was in force
};

// A record that is no decision.
struct NoDecision {
  Sequence sequence;
  UtcTime at;
  std::string kind, json;
  std::optional<FollowedDecision> before, after;  // the nearest decisions
};

// How far back from the decision prices and the like are looked for: two days and more of a log
// with a reading a minute.
inline constexpr std::uint64_t facts_search_records_max = 8'192;
// How far behind it corrections are where the cache has no index of them, unless all are asked for:
// a month.
inline constexpr std::uint64_t corrections_search_records_max = 50'000;

struct ExplainWish {
  bool all_corrections = false;  // by the log alone, whatever the cache's index says
  fold::Language language = fold::Language::english;
};

// Errors are those of reading the log.
[[nodiscard]] Result<std::variant<Explanation, NoDecision>> explain(
    const log::Snapshot& snapshot, const projections::FoldCache& cache, Sequence sequence,
    const ExplainWish& wish);

// The decision in force at `time`: the newest before it, not older than in_force_max. not_found,
// naming the nearest.
[[nodiscard]] Result<Sequence> in_force_at(const log::Snapshot& snapshot, UtcTime time,
                                           const ZoneOffsets& zone);

// The plan's price, SOC and power over its slots.
[[nodiscard]] Chart chart_of(const Explanation& explanation);

struct TextForm {
  std::size_t columns = 80;
  bool colour = false;
};
[[nodiscard]] std::string explain_text(const Explanation& explanation, const TextForm& form);
[[nodiscard]] std::string explain_json(const Explanation& explanation);
[[nodiscard]] std::string explain_html(const Explanation& explanation);

}  // namespace wattledger::tool
