#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "coordinator/control/messages.hpp"
#include "events/near_match.hpp"

namespace wattledger::control {
namespace {

using nlohmann::json;

constexpr std::size_t text_bytes_max = 2'000;

// Reads an object's members one by one; the first trouble stays. A member that nobody asked for is
// the first of all troubles, for a misspelt name shows as an unknown one and a missing one.
class Members {
 public:
  explicit Members(const json& object) : object_(object) { known_.push_back("type"); }

  enum class Need { required, optional };

  void text(const std::string& name, std::string& into, Need need) {
    const json* value = find(name, need);
    if (value == nullptr) return;
    if (!value->is_string()) return trouble(name + " is no text", "write it in quotes");
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > text_bytes_max)
      return trouble(name + " is longer than 2000 bytes", "shorten it");
    if (text.empty() && need == Need::required)
      return trouble(name + " is empty", "say what it is");
    into = text;
  }

  void flag(const std::string& name, bool& into) {
    const json* value = find(name, Need::optional);
    if (value == nullptr) return;
    if (!value->is_boolean())
      return trouble(name + " is neither true nor false", "write true or false");
    into = value->get<bool>();
  }

  template <class T>
  void number(const std::string& name, T& into, T min, T max) {
    if (const auto value = integer(name, Need::required, min, max)) into = *value;
  }
  template <class T>
  void number(const std::string& name, flatbuffers::Optional<T>& into, T min, T max) {
    if (const auto value = integer(name, Need::optional, min, max)) into = *value;
  }

  // One of an enum's words.
  template <class Enum, std::size_t N>
  void word(const std::string& name, Enum& into, const Enum (&values)[N],
            const char* (*name_of)(Enum), Need need) {
    const json* value = find(name, need);
    if (value == nullptr) return;
    std::vector<std::string> words;
    for (const Enum each : values) {
      words.emplace_back(name_of(each));
      if (*value != words.back()) continue;
      into = each;
      return;
    }
    const std::string given = value->is_string() ? value->get<std::string>() : value->dump();
    trouble(name + " " + shown(given) + " is not known", near_match_remedy(given, words));
  }

  void id(const std::string& name, std::unique_ptr<fb::Id128>& into) {
    const auto id = Id128::from_hex(hex(name));
    if (id) into = std::make_unique<fb::Id128>(to_fb(*id));
    if (!id && !failed()) trouble(name + " is not 32 hex digits", "write 16 bytes in hex");
  }
  void digest(const std::string& name, std::unique_ptr<fb::Digest256>& into) {
    const auto digest = Digest::from_hex(hex(name));
    if (digest) into = std::make_unique<fb::Digest256>(to_fb(*digest));
    if (!digest && !failed()) trouble(name + " is not 64 hex digits", "write a SHA-256 in hex");
  }

  [[nodiscard]] bool has(const std::string& name) const { return object_.contains(name); }
  [[nodiscard]] bool failed() const { return trouble_.has_value(); }
  void trouble(std::string what, std::string remedy) {
    if (!trouble_) trouble_ = Error{ErrorKind::invalid_input, std::move(what), std::move(remedy)};
  }

  // The outcome, after every member was asked for.
  [[nodiscard]] Result<void> finish() const {
    for (const auto& member : object_.items()) {
      if (std::find(known_.begin(), known_.end(), member.key()) != known_.end()) continue;
      return fail(ErrorKind::invalid_input, "has no member " + shown(member.key()),
                  near_match_remedy(member.key(), known_));
    }
    if (trouble_) return Failure(*trouble_);
    return {};
  }

 private:
  const json* find(const std::string& name, Need need) {
    known_.push_back(name);
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    if (need == Need::required) trouble("needs " + name, "give it");
    return nullptr;
  }

  template <class T>
  std::optional<T> integer(const std::string& name, Need need, T min, T max) {
    const json* value = find(name, need);
    if (value == nullptr) return std::nullopt;
    const std::string range =
        "write a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    if (value->is_number_unsigned()) {
      const auto number = value->get<std::uint64_t>();
      if (std::cmp_greater_equal(number, min) && std::cmp_less_equal(number, max))
        return static_cast<T>(number);
    } else if (value->is_number_integer()) {
      const auto number = value->get<std::int64_t>();
      if (std::cmp_greater_equal(number, min) && std::cmp_less_equal(number, max))
        return static_cast<T>(number);
    } else {
      trouble(name + " is no whole number", range);
      return std::nullopt;
    }
    trouble(name + " is out of range", range);
    return std::nullopt;
  }

  std::string hex(const std::string& name) {
    std::string digits;
    text(name, digits, Need::required);
    return digits;
  }

  const json& object_;
  std::vector<std::string> known_;
  std::optional<Error> trouble_;
};

using Need = Members::Need;

constexpr auto u64_max = std::numeric_limits<std::uint64_t>::max();
constexpr auto u32_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t no_u64 = 0;

// "2025-10-26T06:00Z" or "…+02:00": a time without either would need a zone, and the log must not
// guess one.
std::optional<UtcTime> read_until(const std::string& text) {
  constexpr std::size_t date_bytes = 10;
  if (text.size() <= date_bytes || text.find_first_of("Z+-", date_bytes) == std::string::npos)
    return std::nullopt;
  const auto time = parse_time(text, ZoneOffsets());
  return time ? std::optional(*time) : std::nullopt;
}

void take_until(Members& members, fb::OverrideRequestedT& fact, UtcTime now) {
  constexpr std::chrono::days ahead_max{31};
  std::string text;
  members.text("until", text, Need::optional);
  members.number<std::int64_t>("until_us", fact.until_us, std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max());
  if (members.has("until") && members.has("until_us"))
    return members.trouble("has until and until_us", "give one of them");
  if (members.has("until") && !members.failed()) {
    const auto until = read_until(text);
    if (!until)
      return members.trouble("until " + shown(text) + " is no time with Z or an offset",
                             "write 2025-10-26T06:00Z");
    fact.until_us = to_us(*until);
  }
  if (!fact.until_us) return;
  if (*fact.until_us <= to_us(now))
    return members.trouble("until is not after now, " + utc_text(now), "give a later time");
  if (*fact.until_us > to_us(now + ahead_max))
    members.trouble("until is more than 31 days ahead", "give an earlier time");
}

Result<void> read(Members& members, fb::OverrideRequestedT& fact, UtcTime now) {
  members.flag("automatic", fact.automatic);
  members.word("action", fact.action, fb::EnumValuesAction(), fb::EnumNameAction,
               fact.automatic ? Need::optional : Need::required);
  take_until(members, fact, now);
  members.number<std::uint16_t>("target_soc_bp", fact.target_soc_bp, 0, 10'000);
  members.number<std::int32_t>("power_w", fact.power_w, 1, 1'000'000);
  members.text("reason", fact.reason, Need::optional);
  if (fact.automatic && (fact.action != fb::Action::self_use || fact.until_us ||
                         fact.target_soc_bp || fact.power_w)) {
    members.trouble("is automatic and asks for something too",
                    "leave action, until, target_soc_bp and power_w out");
  }
  return members.finish();
}

Result<void> read(Members& members, fb::FaultClearedT& fact, UtcTime) {
  members.word("fault", fact.fault, fb::EnumValuesFault(), fb::EnumNameFault, Need::required);
  if (fact.fault == fb::Fault::unknown)
    members.trouble("fault is unknown", "name the fault that is latched");
  members.number("raised", fact.raised, no_u64 + 1, u64_max);
  members.text("reason", fact.reason, Need::optional);
  return members.finish();
}

Result<void> read(Members& members, fb::CorrectionRecordedT& fact, UtcTime) {
  members.number("corrects", fact.corrects, no_u64 + 1, u64_max);
  members.text("field", fact.field, Need::required);
  members.text("value", fact.value, Need::required);
  members.text("previous", fact.previous, Need::optional);
  members.text("reason", fact.reason, Need::required);
  return members.finish();
}

Result<void> read(Members& members, fb::ProjectionRebuiltT& fact, UtcTime) {
  members.text("projection", fact.projection, Need::required);
  members.number("version", fact.version, std::uint32_t{0}, u32_max);
  members.number("schema_version", fact.schema_version, std::uint32_t{0}, u32_max);
  members.number("up_to", fact.up_to, no_u64, u64_max);
  members.number("rows", fact.rows, no_u64, u64_max);
  members.number("took_ms", fact.took_ms, no_u64, u64_max);
  members.text("reason", fact.reason, Need::optional);
  return members.finish();
}

void take_result(Members& members, fb::Result& into) {
  members.word("result", into, fb::EnumValuesResult(), fb::EnumNameResult, Need::required);
}

Result<void> read(Members& members, fb::BackupTakenT& fact, UtcTime) {
  members.text("backup", fact.backup, Need::required);
  members.number("tree_size", fact.tree_size, no_u64, u64_max);
  members.digest("root", fact.root);
  members.number("bytes", fact.bytes, no_u64, u64_max);
  members.flag("encrypted", fact.encrypted);
  members.flag("incremental", fact.incremental);
  take_result(members, fact.result);
  members.text("detail", fact.detail, Need::optional);
  return members.finish();
}

Result<void> read(Members& members, fb::BackupDrilledT& fact, UtcTime) {
  members.text("backup", fact.backup, Need::required);
  take_result(members, fact.result);
  members.number("took_ms", fact.took_ms, no_u64, u64_max);
  members.number("differences", fact.differences, no_u64, u64_max);
  members.text("detail", fact.detail, Need::optional);
  return members.finish();
}

constexpr std::int64_t last_us = 253'402'300'799'000'000;  // of the year 9999

Result<void> read(Members& members, fb::ReportMadeT& fact, UtcTime) {
  members.text("report", fact.report, Need::required);
  members.number("from_us", fact.from_us, std::int64_t{0}, last_us);
  members.number("to_us", fact.to_us, std::int64_t{0}, last_us);
  members.number("up_to", fact.up_to, no_u64, u64_max);
  members.text("language", fact.language, Need::optional);
  members.number("bytes", fact.bytes, no_u64, u64_max);
  members.digest("digest", fact.digest);
  return members.finish();
}

Result<void> read(Members& members, fb::ChangeStartedT& fact, UtcTime) {
  members.id("change", fact.change);
  members.text("verb", fact.verb, Need::required);
  members.text("arguments", fact.arguments, Need::optional);
  return members.finish();
}

Result<void> read(Members& members, fb::ChangeFinishedT& fact, UtcTime) {
  members.id("change", fact.change);
  members.number("started", fact.started, no_u64 + 1, u64_max);
  take_result(members, fact.result);
  members.text("detail", fact.detail, Need::optional);
  return members.finish();
}

// What the verb `append` may add, and who says it.
struct Appendable {
  Kind kind;
  fb::Source source;
  Result<void> (*fill)(Members&, fb::EventT&, UtcTime now);
};

template <class FactT>
Result<void> fill(Members& members, fb::EventT& event, UtcTime now) {
  FactT fact;
  WATTLEDGER_TRY(read(members, fact, now));
  event.fact.Set(std::move(fact));
  return {};
}

constexpr Appendable appendables[] = {
    {Kind::OverrideRequested, fb::Source::owner, fill<fb::OverrideRequestedT>},
    {Kind::FaultCleared, fb::Source::owner, fill<fb::FaultClearedT>},
    {Kind::CorrectionRecorded, fb::Source::owner, fill<fb::CorrectionRecordedT>},
    {Kind::ProjectionRebuilt, fb::Source::tool, fill<fb::ProjectionRebuiltT>},
    {Kind::ChangeStarted, fb::Source::tool, fill<fb::ChangeStartedT>},
    {Kind::ChangeFinished, fb::Source::tool, fill<fb::ChangeFinishedT>},
    {Kind::BackupTaken, fb::Source::tool, fill<fb::BackupTakenT>},
    {Kind::BackupDrilled, fb::Source::tool, fill<fb::BackupDrilledT>},
    {Kind::ReportMade, fb::Source::tool, fill<fb::ReportMadeT>},
};

Failure not_appendable(const std::string& type) {
  std::vector<std::string> names;
  for (const Appendable& each : appendables) names.emplace_back(kind_name(each.kind));
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  if (kind_from_name(type) != Kind::NONE) {
    return fail(ErrorKind::invalid_input, "append: " + type + " is the daemon's own to state",
                "allowed are " + all);
  }
  const std::string near = near_match(type, names);
  return fail(ErrorKind::invalid_input, "append: " + shown(type) + " is no kind of event",
              near.empty() ? "allowed are " + all : "did you mean \"" + near + "\"?");
}

Result<fb::EventT> make_event(const json& object, const Request& request, UtcTime now) {
  const auto type = object.find("type");
  if (type == object.end() || !type->is_string()) {
    return fail(ErrorKind::invalid_input, "append: the event has no type",
                "write {\"event\":{\"type\":\"OverrideRequested\",…}}");
  }
  const auto& name = type->get_ref<const std::string&>();
  const auto found =
      std::find_if(std::begin(appendables), std::end(appendables),
                   [&](const Appendable& each) { return kind_name(each.kind) == name; });
  if (found == std::end(appendables)) return not_appendable(name);
  fb::EventT event;
  Members members(object);
  if (const auto filled = found->fill(members, event, now); !filled) {
    return fail(filled.error().kind, "append: " + name + " " + filled.error().what,
                filled.error().remedy);
  }
  event.occurred_at_us = to_us(now);
  event.source = found->source;
  event.source_name = request.source;
  event.correlation = std::make_unique<fb::Id128>(to_fb(request.id));
  return event;
}

}  // namespace

Result<fb::EventT> event_from_args(const std::string& args_json, const Request& request,
                                   UtcTime now) {
  WATTLEDGER_TRY(check_object(args_json, "append: args"));
  const json args = json::parse(args_json, nullptr, false);
  const std::string remedy = "write {\"event\":{\"type\":\"OverrideRequested\",…}}";
  for (const auto& member : args.items()) {
    if (member.key() == "event") continue;
    return fail(ErrorKind::invalid_input, "append: args have no member " + shown(member.key()),
                remedy);
  }
  const auto event = args.find("event");
  if (event == args.end() || !event->is_object()) {
    return fail(ErrorKind::invalid_input, "append: args hold no event", remedy);
  }
  return make_event(*event, request, now);
}

}  // namespace wattledger::control
