#include "coordinator/sources/parse/operator_answer.hpp"

#include "coordinator/sources/parse/remarks.hpp"

namespace wattledger::sources {
namespace {

// {"error": {"code", "message", "status"}} or a word.
std::string words_of(const Json& error) {
  std::string words = on_one_line(error.scalar("message"));
  if (words.empty()) words = on_one_line(error.text);
  const std::string code = on_one_line(error.scalar("code"), 40);
  if (words.empty()) return code.empty() ? "an error without words" : code;
  return code.empty() ? words : words + " (" + code + ")";
}

}  // namespace

Result<const Json*> operator_records(const Json& answer, const AnswerDoor& door) {
  if (const Json* error = answer.find("error"); error != nullptr) {
    return fail(ErrorKind::rejected, door.subject + ": the operator answers: " + words_of(*error),
                "correct the address that was asked");
  }
  if (const Json* records = answer.list("value"); records != nullptr) return records;
  return fail(ErrorKind::invalid_input, door.subject + ": the JSON has no list \"value\"",
              door.remedy);
}

std::string operator_next_page(const Json& answer) {
  constexpr std::size_t address_max = 4'000;
  const std::string_view address = answer.scalar("nextLink");
  return address.size() > address_max ? std::string() : on_one_line(address, address_max);
}

std::optional<UtcTime> utc_field(const Json& record, std::string_view name) {
  const auto time = parse_time(record.scalar(name), ZoneOffsets());
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<UtcTime> publication(const Json& record, const ZoneOffsets& zone) {
  if (const auto utc = utc_field(record, "publication_ts_utc")) return utc;
  const auto local = parse_time(record.scalar("publication_ts"), zone);
  return local ? std::optional(*local) : std::nullopt;
}

}  // namespace wattledger::sources
