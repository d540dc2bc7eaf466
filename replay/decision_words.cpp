#include "replay/decision_words.hpp"

#include <fmt/format.h>

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::tool {
namespace {

constexpr std::string_view form = "# wattledger/decision-words@v1";

// Decimal digits of an integer with `places` behind the point, exact.
std::string decimal(std::int64_t value, int places) {
  const bool negative = value < 0;
  std::uint64_t left =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::uint64_t unit = 1;
  for (int i = 0; i < places; ++i) unit *= 10;
  return fmt::format("{}{}.{:0{}}", negative ? "-" : "", left / unit, left % unit, places);
}

class Words {
 public:
  void add(std::string_view name, const std::string& value) {
    text_ += fmt::format("# {:<16}{}\n", name, value);
  }
  template <class Optional, class Render>
  void add_if(std::string_view name, const Optional& value, Render render) {
    if (value) add(name, render(static_cast<std::int64_t>(*value)));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_ = std::string(form) + "\n";
};

std::string digest_of(const fb::Digest256* digest) {
  return digest == nullptr ? "none" : from_fb(*digest).hex();
}

}  // namespace

Result<std::string> decision_words(const log::RecordView& record) {
  const auto* fact = record.event.as<fb::DecisionMade>();
  if (fact == nullptr)
    return fail(ErrorKind::not_found,
                fmt::format("record {} is no decision, it is {}", record.sequence.value,
                            kind_name(record.event.kind())),
                "wattledger audit list shows decisions; wattledger log prove proves any record");
  const auto watts = [](std::int64_t value) { return fmt::format("{} W", value); };
  const auto percent = [](std::int64_t bp) { return decimal(bp, 2) + " %"; };
  const auto time = [](std::int64_t us) { return utc_text(utc_from_us(us)); };
  const auto price = [](std::int64_t e8) { return decimal(e8, 8) + " per kWh"; };
  const auto money = [](std::int64_t e8) { return decimal(e8, 8); };
  Words words;
  words.add("decision", fmt::format("record {}", record.sequence.value));
  words.add("decided at", utc_text(record.event.occurred_at()));
  words.add("recorded at", utc_text(record.recorded_at));
  words.add("action", fb::EnumNameAction(fact->action()));
  words.add_if("power", fact->power_w(), watts);
  words.add_if("target charge", fact->target_soc_bp(), percent);
  words.add_if("until", fact->until_us(), time);
  words.add("rule", fb::EnumNameRule(fact->rule()));
  words.add_if("price", fact->price_e8(), price);
  words.add_if("expected cost", fact->expected_cost_e8(), money);
  words.add_if("expected saving", fact->expected_saving_e8(), money);
  words.add("control", fb::EnumNameControlMode(fact->control_mode()));
  words.add("based on", fmt::format("records 1 to {}", fact->based_on()));
  words.add("policy", digest_of(fact->policy_digest()));
  words.add("state", digest_of(fact->state_digest()));
  words.add("engine revision", std::to_string(fact->engine_revision()));
  return words.take();
}

std::string_view leading_words(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] == '#') {
    const std::size_t line = text.find('\n', end);
    if (line == std::string_view::npos) return text;
    end = line + 1;
  }
  return text.substr(0, end);
}

Result<void> check_words(std::string_view words, const log::RecordView& record) {
  if (words.empty()) return {};
  constexpr const char* remedy =
      "believe what log check-proof shows of the record, not the file's words";
  const auto right = decision_words(record);
  if (!right)
    return fail(ErrorKind::corrupt, "its words are of a decision, " + right.error().what, remedy);
  if (words == *right) return {};
  const bool known = words.substr(0, words.find('\n')) == form;
  return fail(ErrorKind::corrupt,
              known ? "its words are not what its record says"
                    : "its words are of a form that this program does not know",
              remedy);
}

}  // namespace wattledger::tool
