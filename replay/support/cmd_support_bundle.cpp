// wattledger support-bundle [--out FILE] [--key FILE]: what whoever helps needs to see, without
// what tells whose house it is. Read-only.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "replay/display.hpp"
#include "replay/support/bundle.hpp"
#include "replay/support/commands.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::string out, key;
};

// A key of this bundle alone, unless one is given.
Result<std::string> key_of(const Wish& wish) {
  constexpr std::size_t bytes_min = 16;
  constexpr std::size_t bytes_max = 4096;
  if (wish.key.empty()) return random_id().hex() + random_id().hex();
  auto key = read_regular_file(wish.key, bytes_max);
  if (!key) return Failure(key.error());
  if (key->size() < bytes_min)
    return fail(ErrorKind::invalid_input, wish.key + " is too short for a key",
                "make one: head -c 32 /dev/urandom > FILE");
  return *std::move(key);
}

// "wattledger-support-20261129T1712Z.tar.zst"
std::string usual_name(UtcTime made) {
  std::string text = utc_text(made).substr(0, 16);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return "wattledger-support-" + text + "Z.tar.zst";
}

void print(const Invocation& invocation, const SupportBundle& bundle, const std::string& out,
           std::size_t bytes) {
  if (invocation.format == Format::json) {
    Json json = {{"out", out}, {"bytes", bytes}, {"files", Json::array()}};
    for (const TarMember& member : bundle.members)
      json["files"].push_back({{"name", member.name}, {"bytes", member.text.size()}});
    json["left_out"] = bundle.left_out;
    return say(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  for (const TarMember& member : bundle.members)
    say(fmt::format("{:>10}  {}", bytes_text(member.text.size()), member.name));
  for (const std::string& each : bundle.left_out) say("  left out  " + each);
  say(fmt::format("{} ({}): look at it before you send it: tar --zstd -xf {}", out,
                  bytes_text(bytes), out));
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto key = key_of(wish);
  if (!key) return cannot(key.error());
  auto place = find_place(invocation);
  std::optional<Error> config_error;
  if (!place && !invocation.config.empty()) {
    config_error = place.error();
    Invocation without = invocation;
    without.config.clear();
    place = find_place(without);
  }
  if (!place && config_error)
    return cannot({config_error->kind, config_error->what,
                   config_error->remedy +
                       "; or give --data DIR too: what stands there is packed without it"});
  if (!place) return cannot(place.error());
  const SupportBundle bundle = make_support_bundle(*place, *key, invocation.config, config_error);
  const auto bytes = packed(tar_of(bundle.members, to_us(bundle.made) / 1'000'000));
  if (!bytes) return cannot(bytes.error());
  const std::string out = wish.out.empty() ? usual_name(bundle.made) : wish.out;
  if (const auto written = write_new_private(out, *bytes); !written) return cannot(written.error());
  print(invocation, bundle, out, bytes->size());
  return Exit::done;
}

}  // namespace

void add_support_bundle(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "support-bundle",
      "Pack what whoever helps needs to see: text logs, what the configuration sets, health, "
      "versions, log stat, the last day of events. Serial numbers, places, hosts, users, paths and "
      "ids are replaced by pseudonyms; secrets are not in it. Says what it took. Read-only.",
      "wattledger --config /etc/wattledger/house.yaml support-bundle");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--out", wish->out,
           "Where it goes, a new file (wattledger-support-TIME.tar.zst)")
      .type_name("FILE");
  add_text(*command, "--key", wish->key,
           "A file that makes the pseudonyms, to have the same in a later bundle; keep it to "
           "yourself (else each bundle has its own)")
      .type_name("FILE");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
