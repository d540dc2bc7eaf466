// wattledger log key [--out FILE]: the public key by which others check this log's checkpoints.
#include <nlohmann/json.hpp>

#include "log/checkpoint.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

Exit run(const Invocation& invocation, const std::string& out) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto key = log::SigningKey::open(log::signing_key_file(place->data));
  if (!key) return cannot(key.error());
  const std::string origin = log::checkpoint_origin(open->snapshot.meta().uuid);
  const std::string text = log::VerifierKey(origin, key->public_key()).text();
  return hand_out(invocation, out,
                  {"key", text + "\n", "the log's public key",
                   nlohmann::ordered_json{{"origin", origin}}.dump()});
}

}  // namespace

void add_log_key(CLI::App& log, Invocation& invocation) {
  CLI::App* command =
      add_command(log, "key",
                  "Print the log's public key: give it to whoever is to check checkpoints and "
                  "proofs. The private one stays in keys/log.pem of the data directory. Read-only.",
                  "wattledger log key --out house.vkey");
  const auto out = std::make_shared<std::string>();
  add_out(*command, *out, "Write the key there instead");
  on_call(*command, invocation, [&invocation, out] { return run(invocation, *out); });
}

}  // namespace wattledger::tool
