#include "log/checkpoint.hpp"

#include "log/base64.hpp"
#include "log/lines.hpp"

namespace wattledger::log {
namespace {

constexpr std::string_view recorded_at_word = "recorded-at ";

Failure no_checkpoint(const std::string& why) {
  return fail(ErrorKind::corrupt, "not a checkpoint: " + why);
}

Result<UtcTime> parse_recorded_at(std::string_view text) {
  const auto time = parse_time(text, ZoneOffsets{});
  if (!time || utc_text(*time) != text)
    return no_checkpoint("its recorded-at is not a time in UTC as the log writes it");
  return *time;
}

}  // namespace

std::string checkpoint_origin(const Id128& log) { return "wattledger/" + log.hex(); }

std::string checkpoint_text(const Checkpoint& checkpoint) {
  std::string text = checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
                     digest_text(checkpoint.root) + "\n";
  if (checkpoint.recorded_at)
    text += std::string(recorded_at_word) + utc_text(*checkpoint.recorded_at) + "\n";
  for (const std::string& line : checkpoint.others) text += line + "\n";
  return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  Lines lines(text);
  const auto origin = lines.next();
  const auto size_line = lines.next();
  const auto root_line = lines.next();
  if (!origin || !size_line || !root_line || origin->empty())
    return no_checkpoint("it has not the three lines origin, size and root");
  const auto size = parse_decimal(*size_line);
  if (!size) return no_checkpoint("its second line is not a size");
  const auto root = parse_digest(*root_line);
  if (!root) return no_checkpoint("its third line is not a root in base64");
  Checkpoint checkpoint{std::string(*origin), *size, *root, std::nullopt, {}};
  bool first = true;
  while (const auto line = lines.next()) {
    if (line->empty()) return no_checkpoint("it has an empty line");
    if (first && line->starts_with(recorded_at_word)) {
      const auto time = parse_recorded_at(line->substr(recorded_at_word.size()));
      if (!time) return Failure(time.error());
      checkpoint.recorded_at = *time;
    } else if (line->starts_with(recorded_at_word)) {
      return no_checkpoint("recorded-at does not stand behind the root");
    } else {
      checkpoint.others.emplace_back(*line);
    }
    first = false;
  }
  if (!lines.rest().empty()) return no_checkpoint("its last line does not end");
  return checkpoint;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key) {
  const auto text = open_note(note, key);
  if (!text) return Failure(text.error());
  auto checkpoint = parse_checkpoint(*text);
  if (checkpoint && checkpoint->origin != key.name())
    return fail(ErrorKind::corrupt, "the checkpoint is of " + checkpoint->origin +
                                        ", the key that signed it of " + key.name());
  return checkpoint;
}

Result<Checkpoint> read_checkpoint(std::string_view note) {
  const auto parsed = parse_note(note);
  if (!parsed) return Failure(parsed.error());
  return parse_checkpoint(parsed->text);
}

Result<std::string> sign_checkpoint(const SigningKey& key, const Meta& meta) {
  if (meta.head.value == 0)
    return fail(ErrorKind::not_found, "the log holds no record yet: there is nothing to sign");
  const std::string origin = checkpoint_origin(meta.uuid);
  const Checkpoint checkpoint{
      origin, meta.head.value, meta.frontier.root(), meta.head_recorded_at, {}};
  return sign_note(checkpoint_text(checkpoint), origin, key);
}

}  // namespace wattledger::log
