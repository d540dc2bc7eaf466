#include "replay/inverter/steered_unit.hpp"

#include <unistd.h>

#include <iostream>

#include "coordinator/inverter/register_map.hpp"
#include "replay/inverter/write_text.hpp"

namespace wattledger::tool {
namespace {

// done: go on.
Exit agree(const std::string& what, bool yes) {
  if (yes) return Exit::done;
  if (::isatty(STDIN_FILENO) != 1)
    return usage("this would " + what + ", and nobody is at the terminal to agree", "add --yes");
  std::fflush(stdout);
  std::fprintf(stderr, "%c%s? [y/N] ", std::toupper(static_cast<unsigned char>(what[0])),
               what.c_str() + 1);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Exit::done;
  return usage("not agreed, nothing was written", {});
}

}  // namespace

Exit refused(const Error& error) {
  return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
}

void add_unit(CLI::App& command, UnitWish& wish) {
  add_address(command, wish.address);
  add_flag(command, "--direct", wish.direct, "Write to the inverter even if a daemon polls it");
  add_flag(command, "--yes", wish.yes, "Agree beforehand to what is written");
}

Error daemon_polls(const std::string& what) {
  return {ErrorKind::locked,
          "wattledgerd polls this inverter, many dongles serve one client, and " + what +
              " is nothing that an override can say",
          "stop the daemon first, or give --direct to write beside it"};
}

Result<void> SteeredUnit::look() {
  const auto device = reader_.identify();
  if (!device) return Failure(device.error());
  device_ = *device;
  const auto controls = registers_.read(reader_.platform());
  if (!controls) return Failure(controls.error());
  controls_ = *controls;
  return {};
}

Result<LocalTime> SteeredUnit::clock() {
  constexpr inverter::Register entry = inverter::row(inverter::Block::settings, "time");
  std::array<std::uint16_t, 3> words{};
  WATTLEDGER_TRY(link_.read(entry.address, words));
  return inverter::decode_clock(words);
}

Result<std::optional<std::uint16_t>> SteeredUnit::word(std::uint16_t address) {
  std::uint16_t found = 0;
  const auto read = link_.read(address, std::span(&found, 1));
  if (read) return std::optional(found);
  if (read.error().kind == ErrorKind::unsupported) return std::nullopt;
  return Failure(read.error());
}

Exit SteeredUnit::carry_out(const Invocation& invocation, const inverter::Writes& writes, bool yes,
                            const std::string& what, const std::string& done) {
  const auto standing = registers_.standing(writes);
  if (!standing) return cannot(standing.error());
  const bool json = invocation.format == Format::json;
  if (!json) {
    // Blank on the 745 platform.
    say((device_.model.empty() ? "" : device_.model + " ") + device_.serial +
        (writes.empty() ? ": nothing to write, it stands so already" : " would be written:"));
    for (const std::string& line : write_lines(writes, *standing)) say(line);
  }
  if (!writes.empty()) {
    if (const Exit agreed = agree(what, yes); agreed != Exit::done) return agreed;
    const auto changed = registers_.change(writes);
    if (!changed) return cannot(changed.error());
  }
  say(json ? writes_json(writes, *standing)
           : (writes.empty() ? "read: " : "written and read back: ") + done);
  return Exit::done;
}

}  // namespace wattledger::tool
