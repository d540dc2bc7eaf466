// wattledger setup: finds an inverter, tries it, writes a first configuration and says what comes
// next. Writes that one file and nothing to the inverter.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <memory>

#include "coordinator/config/secrets.hpp"
#include "replay/display.hpp"
#include "replay/inverter/address.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/inverter/discovery.hpp"
#include "replay/inverter/machine_zone.hpp"
#include "replay/inverter/setup_text.hpp"
#include "replay/inverter/steered_unit.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using inverter::ModbusOptions;
using inverter::Transport;

struct Wish {
  Address address;
  std::string output = "house.yaml", timezone, ports;
  std::vector<std::string> discover;
  std::uint64_t wait_ms = 2'000;
  bool force = false;
};

struct Ports {
  std::uint16_t tcp = inverter::tcp_port, udp = inverter::udp_port;
};
Result<Ports> ports_of(const std::string& text) {
  Ports ports;
  if (text.empty()) return ports;
  const char* const end = text.data() + text.size();
  const auto tcp = std::from_chars(text.data(), end, ports.tcp);
  if (tcp.ec == std::errc() && tcp.ptr != end && *tcp.ptr == ',') {
    const auto udp = std::from_chars(tcp.ptr + 1, end, ports.udp);
    if (udp.ec == std::errc() && udp.ptr == end && ports.tcp != 0 && ports.udp != 0) return ports;
  }
  return fail(ErrorKind::invalid_input, "--ports \"" + text + "\" are none",
              "give Modbus/TCP's and UDP's, such as 502,8899");
}

// The ways to try, in their order: the one that the options name, else TCP and then UDP.
Result<std::vector<ModbusOptions>> ways_to(const Wish& wish, const Address& address) {
  const auto ports = ports_of(wish.ports);
  if (!ports) return Failure(ports.error());
  const auto named = options_of(Invocation{}, address);
  if (!named) return Failure(named.error());
  if (address.udp || address.port || named->transport == Transport::serial) {
    if (wish.ports.empty()) return std::vector{*named};
    return fail(ErrorKind::invalid_input, "--ports, and --port, --udp or --serial names one way",
                "give the one or the others");
  }
  ModbusOptions tcp = *named;
  tcp.port = ports->tcp;
  ModbusOptions udp = *named;
  udp.transport = Transport::udp;
  udp.port = ports->udp;
  return std::vector{tcp, udp};
}

// Of what takes seconds, for somebody who waits; a script reads errors there.
void progress(const std::string& text) {
  if (::isatty(STDERR_FILENO) == 1) note(text);
}

Failure nobody(const std::vector<DiscoveryTarget>& targets) {
  std::string asked;
  for (const DiscoveryTarget& target : targets)
    asked += (asked.empty() ? "" : ", ") + target.address;
  return fail(ErrorKind::not_found, "no inverter answered on this network (asked " + asked + ")",
              "look for its dongle in the router and give --host ADDRESS; some units need Modbus "
              "switched on in SolarGo, and some dongles answer nobody");
}

std::string dongle_text(const Dongle& dongle) {
  return dongle.address + (dongle.name.empty() ? "" : " (" + dongle.name + ")");
}

// The one inverter on the network. invalid_input: there are several, for the owner to choose from.
Result<AnsweredWay> find_one(const Wish& wish, const std::vector<DiscoveryTarget>& targets) {
  progress(fmt::format("asking the network for inverters, {} ms", wish.wait_ms));
  const auto dongles = discover(targets, std::chrono::milliseconds(wish.wait_ms));
  if (!dongles) return Failure(dongles.error());
  if (dongles->empty()) return nobody(targets);
  std::vector<AnsweredWay> found;
  std::string list;
  std::string answered;
  for (const Dongle& dongle : *dongles) {
    progress("trying " + dongle_text(dongle));
    Address address = wish.address;
    address.host = dongle.address;
    const auto ways = ways_to(wish, address);
    if (!ways) return Failure(ways.error());
    answered += (answered.empty() ? "" : ", ") + dongle_text(dongle);
    const auto way = first_way(*ways);
    if (!way) {
      progress(way.error().what);
      continue;
    }
    found.push_back(*way);
    list += fmt::format("{}{} ({}{}, {})", list.empty() ? "" : ", ", dongle.address,
                        way->device.model.empty() ? "" : way->device.model + " ",
                        way->device.serial, way_text(way->options));
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(ErrorKind::not_found,
                "no GoodWe ET or EH answers to Modbus behind the dongles found: " + answered,
                "switch Modbus on in SolarGo where it has a switch, stop what else polls it, and "
                "try --host ADDRESS, which says what is amiss");
  return fail(ErrorKind::invalid_input, fmt::format("{} inverters answer: {}", found.size(), list),
              "say which with --host ADDRESS");
}

struct Zone {
  SetupChoice choice;
  ZoneOffsets offsets;
};
Result<Zone> zone_of_house(const Wish& wish, UtcTime now) {
  Zone zone;
  if (!wish.timezone.empty()) {
    const auto named = config::load_zone(wish.timezone, now);
    if (!named)
      return fail(ErrorKind::invalid_input, "--timezone: " + named.error().what,
                  named.error().remedy);
    zone.choice.zone = wish.timezone;
    zone.offsets = named->zone;
    return zone;
  }
  ZoneSources sources;
  sources.tz = std::getenv("TZ");
  const std::string here = machine_zone(sources);
  const auto known = here.empty() ? Result<config::ZoneData>(fail(ErrorKind::not_found, ""))
                                  : config::load_zone(here, now);
  if (!known) {
    zone.choice.zone_remark = "as this computer's zone could not be known";
    return zone;
  }
  zone.choice.zone = here;
  zone.offsets = known->zone;
  // Servers and containers keep it wherever they stand.
  if (here == "UTC" || here == "Etc/UTC")
    zone.choice.zone_remark = "as this computer's, which need not be the house's";
  return zone;
}

struct Plan {
  std::vector<ModbusOptions> ways;
  std::vector<DiscoveryTarget> targets;  // where no address was given
  Zone zone;
};
// All that can be wrong before anybody is asked.
Result<Plan> plan_of(const Invocation& invocation, const Wish& wish) {
  if (!invocation.config.empty())
    return fail(ErrorKind::invalid_input, "--config names a configuration, and setup makes one",
                "give --output FILE");
  Plan plan;
  Address address = wish.address;
  if (!address.given()) address.host = "0.0.0.0";  // stands for the one that will be found
  auto ways = ways_to(wish, address);
  if (!ways) return Failure(ways.error());
  plan.ways = *std::move(ways);
  if (wish.address.given() && !wish.discover.empty())
    return fail(ErrorKind::invalid_input, "--discover, and the inverter's address is known",
                "leave out the one or the other");
  for (const std::string& text : wish.discover) {
    auto target = discovery_target(text);
    if (!target) return Failure(target.error());
    plan.targets.push_back(*std::move(target));
  }
  if (plan.targets.empty()) plan.targets = broadcast_targets();
  constexpr std::uint64_t wait_max_ms = 60'000;
  if (wish.wait_ms > wait_max_ms)
    return fail(ErrorKind::invalid_input, "--wait-ms is none", "give one from 1 to 60000");
  auto zone = zone_of_house(wish, clock_now());
  if (!zone) return Failure(zone.error());
  plan.zone = *std::move(zone);
  if (!invocation.data.empty()) {
    std::error_code failed;
    plan.zone.choice.data = fs::absolute(invocation.data, failed).lexically_normal().string();
  } else if (wish.force) {
    // The house stays where it is.
    if (const auto before = config::load_to_look(wish.output)) plan.zone.choice.data = before->data;
  }
  return plan;
}

Exit set_up(const Invocation& invocation, const Wish& wish) {
  const auto plan = plan_of(invocation, wish);
  if (!plan) return refused(plan.error());
  const fs::path file = wish.output;
  if (const auto place = check_place(file, wish.force); !place) return cannot(place.error());
  const auto way = wish.address.given() ? first_way(plan->ways) : find_one(wish, plan->targets);
  if (!way) return refused(way.error());
  progress("reading " + way->device.serial);
  const UtcTime now = clock_now();
  auto found = survey(way->options, now, plan->zone.offsets);
  if (!found) return cannot(found.error());
  SetupDone done{*std::move(found), plan->zone.choice, {}, file.string(), {}};
  done.remarks = remarks_on(done.survey, done.choice.zone);
  if (!done.choice.zone_remark.empty())
    done.remarks.push_back("site.timezone is " + done.choice.zone + ", " + done.choice.zone_remark +
                           ": --timezone says it");
  const auto config = write_setup(file, setup_yaml(done.survey, done.choice), wish.force);
  if (!config) return cannot(config.error());
  auto ahead = outlook(done.survey.reading, config->policy, now);
  if (!ahead) return cannot(ahead.error());
  done.ahead = *std::move(ahead);
  for (const std::string& fault : done.ahead.faults)
    done.remarks.push_back("by the limits under safety this would be a fault at once: " + fault);
  if (invocation.format == Format::json)
    say(setup_json(done));
  else
    for (const std::string& line : setup_lines(done)) say(line);
  return Exit::done;
}

}  // namespace

void add_setup(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "setup",
      "Finds the inverter, tries it, writes a first configuration with control in advise mode, and "
      "says what would happen. Writes nothing to the inverter. With --host and nothing else about "
      "the way, Modbus/TCP is tried, then UDP.",
      "wattledger setup\n  wattledger setup --host 192.168.1.50 --output house.yaml");
  const auto wish = std::make_shared<Wish>();
  add_address(*command, wish->address);
  add_text(*command, "--output", wish->output, "Where the configuration goes (house.yaml)")
      .type_name("FILE");
  add_flag(*command, "--force", wish->force, "Replace that file if it is there");
  add_text(*command, "--timezone", wish->timezone, "The house's time zone (this computer's)")
      .type_name("ZONE");
  add_text(*command, "--ports", wish->ports,
           "Where Modbus/TCP and Modbus over UDP are tried (502,8899)")
      .type_name("TCP,UDP");
  add_list(*command, "--discover", wish->discover,
           "Ask this address for inverters, not every network's broadcast; may be given again")
      .type_name("ADDRESS[:PORT]");
  add_count(*command, "--wait-ms", wish->wait_ms, "How long to listen for answers (2000)");
  on_call(*command, invocation, [&invocation, wish] { return set_up(invocation, *wish); });
}

}  // namespace wattledger::tool
