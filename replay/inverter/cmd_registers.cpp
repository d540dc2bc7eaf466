// wattledger inverter registers [--block B]: the register map, as everything here reads and writes
// by it. Asks nobody.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/inverter/register_map.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/inverter/reading_text.hpp"

namespace wattledger::tool {
namespace {

using inverter::Register;
using Json = nlohmann::ordered_json;

std::string_view type_text(inverter::Type type) {
  using inverter::Type;
  switch (type) {
    case Type::u16:
      return "u16";
    case Type::s16:
      return "s16";
    case Type::u32:
      return "u32";
    case Type::s32:
      return "s32";
    case Type::s32_low:
      return "s32 (low)";
    case Type::u64:
      return "u64";
    case Type::float32:
      return "float32";
    case Type::u8_high:
      return "u8 (high)";
    case Type::u8_low:
      return "u8 (low)";
    case Type::clock:
      return "clock";
    case Type::text:
      return "text";
    case Type::eco_group:
      return "eco group";
    case Type::eco_group_v1:
      return "eco group v1";
  }
  return "";
}

std::string_view access_text(inverter::Access access) {
  switch (access) {
    case inverter::Access::read:
      return "r";
    case inverter::Access::write:
      return "w";
    case inverter::Access::read_write:
      return "rw";
  }
  return "";
}

std::string_view sign_text(inverter::Sign sign) {
  switch (sign) {
    case inverter::Sign::none:
      return "";
    case inverter::Sign::export_positive:
      return "+ export";
    case inverter::Sign::discharge_positive:
      return "+ discharge";
  }
  return "";
}

std::string_view source_text(inverter::Source source) {
  switch (source) {
    case inverter::Source::library:
      return "library";
    case inverter::Source::commented:
      return "library, commented out";
    case inverter::Source::issues:
      return "owners' reports";
  }
  return "";
}

// "0.1"
std::string scale_text(int scale) {
  return scale < 0 ? "0." + std::string(static_cast<std::size_t>(-scale - 1), '0') + "1" : "1";
}

Json json_of(const Register& entry) {
  return {{"address", entry.address},
          {"words", entry.words},
          {"type", type_text(entry.type)},
          {"scale", scale_text(entry.scale)},
          {"unit", inverter::unit_text(entry.unit)},
          {"sign", sign_text(entry.sign)},
          {"name", entry.name},
          {"access", access_text(entry.access)},
          {"block", inverter::block_name(entry.block)},
          {"source", source_text(entry.source)}};
}

Exit run(const Invocation& invocation, const std::string& block) {
  const auto only = inverter::block_of(block);
  if (!block.empty() && !only) return unknown_block(block);
  if (invocation.format == Format::text)
    say("address words  type          scale  unit  sign         access  block           name");
  for (const Register& entry : inverter::register_map) {
    if (only && entry.block != *only) continue;
    if (invocation.format == Format::json) {
      say(json_of(entry).dump());
      continue;
    }
    say(fmt::format("{:>7} {:>5}  {:<12}  {:<5}  {:<4}  {:<11}  {:<6}  {:<14}  {}{}", entry.address,
                    entry.words, type_text(entry.type), scale_text(entry.scale),
                    inverter::unit_text(entry.unit), sign_text(entry.sign),
                    access_text(entry.access), inverter::block_name(entry.block), entry.name,
                    entry.source == inverter::Source::library
                        ? ""
                        : fmt::format("  ({})", source_text(entry.source))));
  }
  return Exit::done;
}

}  // namespace

void add_inverter_registers(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "registers",
      "The registers of a GoodWe ET/EH: address, type, unit, sign and name of each. Reading, "
      "writing and the simulator work by this table. Asks nobody.",
      "wattledger inverter registers --block battery");
  const auto block = std::make_shared<std::string>();
  add_text(*command, "--block", *block, "Only of this block").type_name("NAME");
  on_call(*command, invocation, [&invocation, block] { return run(invocation, *block); });
}

}  // namespace wattledger::tool
