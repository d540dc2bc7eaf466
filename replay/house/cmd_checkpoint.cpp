// wattledger log checkpoint [--out FILE]: signs what the log holds now. Writes the checkpoint to
// the log; through the daemon where one runs, else under the writer lock.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/checkpoint.hpp"
#include "replay/house/checkpoint.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/submit.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

Result<std::string> from_answer(const std::string& answer) {
  const auto json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("note") || !json["note"].is_string())
    return fail(ErrorKind::corrupt, "the daemon's answer holds no checkpoint: " + answer,
                "use the tool of the daemon's own version");
  return json["note"].get<std::string>();
}

Result<std::string> sign_locked(const Place& place) {
  const auto lock = take_lock(place);
  if (!lock) return Failure(lock.error());
  const auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  const auto key = log::SigningKey::open_or_create(log::signing_key_file(place.data));
  if (!key) return Failure(key.error());
  const auto snapshot = log->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const auto signer = log::signed_newest_checkpoint(*snapshot, *key);
  if (signer && !*signer)
    note(log::signing_key_file(place.data).string() +
         " holds another key than the one that signed the log's checkpoints so far: put that key's "
         "copy back, or keep its verifier key for those (wattledger log key gives the new one)");
  return log::make_checkpoint(*log, *lock, *key);
}

Exit run(const Invocation& invocation, const std::string& out) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto made = sign_checkpoint(*place);
  if (!made) return cannot(made.error());
  const auto checkpoint = log::read_checkpoint(made->note);
  if (!checkpoint) return cannot(checkpoint.error());
  const Json facts = {
      {"origin", checkpoint->origin},
      {"size", checkpoint->size},
      {"root", checkpoint->root.hex()},
      {"recorded_at",
       checkpoint->recorded_at ? Json(utc_text(*checkpoint->recorded_at)) : Json(nullptr)},
      {"by_daemon", made->by_daemon}};
  return hand_out(
      invocation, out,
      {"note", made->note,
       fmt::format("signed {} records, root {}", checkpoint->size, checkpoint->root.hex()),
       facts.dump()});
}

}  // namespace

Result<SignedCheckpoint> sign_checkpoint(const Place& place) {
  const auto answer = ask_daemon(place, "checkpoint", "{}");
  if (!answer) return Failure(answer.error());
  auto note = *answer ? from_answer(**answer) : sign_locked(place);
  if (!note) return Failure(note.error());
  return SignedCheckpoint{*std::move(note), answer->has_value()};
}

void add_log_checkpoint(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "checkpoint",
      "Sign what the log holds now and print the signed checkpoint. It is evidence against "
      "whoever owns this disk only once it is kept somewhere else. Writes the checkpoint to the "
      "log, and on the first time a key to keys/log.pem.",
      "wattledger log checkpoint --out /media/usb/house.note");
  const auto out = std::make_shared<std::string>();
  add_out(*command, *out, "Write the checkpoint there, off this machine if you can");
  on_call(*command, invocation, [&invocation, out] { return run(invocation, *out); });
}

}  // namespace wattledger::tool
