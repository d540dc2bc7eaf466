// wattledger inverter simulate: an inverter with a house behind it, for whoever writes or tries a
// client. It lives in real time, or faster, and takes orders on standard input.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>

#include "coordinator/config/config.hpp"
#include "coordinator/simulator/director.hpp"
#include "replay/display.hpp"
#include "replay/inverter/commands.hpp"

namespace wattledger::tool {
namespace {

using Clock = std::chrono::steady_clock;

struct Wish {
  std::string listen = "127.0.0.1:5020", profile = "et", house, timezone, start;
  std::optional<std::int64_t> udp, unit, seed, soc, capacity_wh, seconds;
  std::optional<double> speed;
  std::vector<std::string> faults;
};

Result<simulator::ServerOptions> server_of(const Wish& wish) {
  simulator::ServerOptions options;
  const std::size_t colon = wish.listen.rfind(':');
  const std::string port = colon == std::string::npos ? wish.listen : wish.listen.substr(colon + 1);
  if (colon != std::string::npos) options.address = wish.listen.substr(0, colon);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc() || end != port.data() + port.size())
    return fail(ErrorKind::invalid_input, "--listen \"" + wish.listen + "\" is no ADDRESS:PORT",
                "give one such as 127.0.0.1:5020; port 0 takes a free one");
  constexpr std::int64_t port_max = 65'535;
  constexpr std::int64_t unit_max = 247;
  if (wish.udp && (*wish.udp < 0 || *wish.udp > port_max))
    return fail(ErrorKind::invalid_input, "--udp is no port", "give one from 0 to 65535");
  if (wish.unit && (*wish.unit < 1 || *wish.unit > unit_max))
    return fail(ErrorKind::invalid_input, "--unit is none", "give one from 1 to 247");
  if (wish.udp) options.udp_port = static_cast<std::uint16_t>(*wish.udp);
  if (wish.unit) options.unit = static_cast<std::uint8_t>(*wish.unit);
  return options;
}

Result<simulator::HouseOptions> house_of(const Wish& wish, UtcTime start) {
  simulator::HouseOptions options;
  const simulator::Profile* profile = simulator::profile_named(wish.profile);
  if (profile == nullptr) {
    std::string names;
    for (const simulator::Profile& each : simulator::profiles())
      names += (names.empty() ? "" : ", ") + std::string(each.name);
    return fail(ErrorKind::invalid_input, "there is no profile \"" + wish.profile + "\"",
                "one of: " + names);
  }
  if (wish.soc && (*wish.soc < 0 || *wish.soc > 100))
    return fail(ErrorKind::invalid_input, "--soc is no percentage", "give one from 0 to 100");
  constexpr std::int64_t capacity_max_wh = 1'000'000;
  if (wish.capacity_wh && (*wish.capacity_wh < 1 || *wish.capacity_wh > capacity_max_wh))
    return fail(ErrorKind::invalid_input, "--battery-wh is none",
                "give the capacity in Wh, from 1 to 1000000");
  options.profile = *profile;
  options.battery_power_max = profile->rated_power;
  // An hour and a half at full power, as sold.
  options.battery_capacity =
      MilliwattHours(wish.capacity_wh.value_or(profile->rated_power.count() * 3 / 2) * 1'000);
  if (wish.soc) options.soc_start = BasisPoints(*wish.soc * 100);
  options.seed = static_cast<std::uint64_t>(wish.seed.value_or(1));
  if (!wish.timezone.empty()) {
    const auto zone = config::load_zone(wish.timezone, start);
    if (!zone) return Failure(zone.error());
    options.zone = zone->zone;
  }
  return options;
}

// Standard input, a line at a time, without waiting longer than it is told.
class Orders {
 public:
  // Whether a whole line came; false too when nobody says anything any more.
  bool next(std::string& line, std::chrono::milliseconds most) {
    if (take(line)) return true;
    pollfd waiting{over_ ? -1 : STDIN_FILENO, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(most.count())) <= 0) return false;
    std::array<char, 512> bytes{};
    const ssize_t length = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    over_ = length <= 0;
    if (!over_) said_.append(bytes.data(), static_cast<std::size_t>(length));
    return take(line);
  }

 private:
  bool take(std::string& line) {
    const std::size_t end = said_.find('\n');
    if (end == std::string::npos) return false;
    line = said_.substr(0, end);
    said_.erase(0, end + 1);
    return true;
  }
  std::string said_;
  bool over_ = false;
};

void introduce(const simulator::HouseOptions& house, const simulator::ServerOptions& where,
               const simulator::ModbusServer& server, double speed, UtcTime start) {
  std::string ports = "Modbus/TCP on " + where.address + ":" + std::to_string(server.port());
  if (where.udp_port)
    ports += ", UDP on " + where.address + ":" + std::to_string(server.udp_port());
  say("simulating the " + std::string(house.profile.what));
  say(ports + ", unit " + std::to_string(where.unit));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", speed);
  say("it is " + local_text(start, house.zone) + " there, a second lasts " + text.data() +
      " of its own; orders on standard input, help lists them; Ctrl-C ends it");
  std::fflush(stdout);
}

Exit live(simulator::House& house, simulator::ModbusServer& server, const Wish& wish, double speed,
          UtcTime start) {
  simulator::Director director(house, server);
  const auto obey = [&](const std::string& line) {
    const auto said = director.obey(line);
    if (!said) return cannot(said.error());
    if (!said->empty()) say(*said);
    std::fflush(stdout);
    return Exit::done;
  };
  for (const std::string& name : wish.faults)
    if (const Exit exit = obey("fault " + name); exit != Exit::done) return exit;
  Orders orders;
  const auto began = Clock::now();
  constexpr std::chrono::milliseconds step{100};
  while (true) {
    const auto lived = Clock::now() - began;
    if (wish.seconds && lived >= std::chrono::seconds(*wish.seconds)) return Exit::done;
    house.advance(start + std::chrono::microseconds(static_cast<std::int64_t>(
                              std::chrono::duration<double, std::micro>(lived).count() * speed)));
    std::string line;
    if (orders.next(line, step)) (void)obey(line);
  }
}

Exit simulate(const Wish& wish) {
  UtcTime start = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto options = house_of(wish, start);
  if (!options) return usage(options.error().what, options.error().remedy);
  if (!wish.start.empty()) {
    const auto given = parse_time(wish.start, options->zone);
    if (!given) return usage(given.error().what, given.error().remedy);
    start = *given;
  }
  const double speed = wish.speed.value_or(1);
  constexpr double speed_max = 100'000;
  if (!(speed > 0 && speed <= speed_max))
    return usage("--speed is none", "give one above 0, at most 100000");
  const auto where = server_of(wish);
  if (!where) return usage(where.error().what, where.error().remedy);
  auto year = wish.house.empty()
                  ? Result<simulator::HouseYear>(simulator::HouseYear::generate(options->seed))
                  : simulator::HouseYear::read_csv(wish.house);
  if (!year) return cannot(year.error());
  simulator::House house(*options, *std::move(year), start);
  const auto server = simulator::ModbusServer::start(house, *where);
  if (!server) {
    const Error& error = server.error();
    return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
  }
  introduce(*options, *where, **server, speed, start);
  return live(house, **server, wish, speed, start);
}

}  // namespace

void add_inverter_simulate(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "simulate",
      "A simulated inverter with roof, battery and house behind it, spoken to over Modbus like a "
      "real one. Orders on standard input change the weather or break something; help lists them.",
      "wattledger inverter simulate --profile et-old --udp 8899 --speed 60 --fault split");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--listen", wish->listen, "Where it speaks Modbus/TCP (127.0.0.1:5020)")
      .type_name("ADDRESS:PORT");
  add_number(*command, "--udp", wish->udp, "Speak UDP too, on this port (a dongle's is 8899)")
      .type_name("PORT");
  add_number(*command, "--unit", wish->unit, "Its unit number (247)").type_name("N");
  add_text(*command, "--profile", wish->profile,
           "Which unit: ideal, et, et-old, eh, et-745 or et-25k (et)")
      .type_name("NAME");
  add_text(*command, "--house", wish->house, "PV and load of a year (else made from the seed)")
      .type_name("CSV");
  add_number(*command, "--speed", wish->speed, "Its seconds in one of ours (1)").type_name("N");
  add_number(*command, "--seed", wish->seed, "Another house, other weather (1)").type_name("N");
  add_number(*command, "--soc", wish->soc, "Charge at the start in percent (50)").type_name("N");
  add_number(*command, "--battery-wh", wish->capacity_wh,
             "Capacity in Wh (an hour and a half at rated power)")
      .type_name("WH");
  add_text(*command, "--start", wish->start, "When it is there at the start (now)")
      .type_name("TIME");
  add_text(*command, "--timezone", wish->timezone, "Its clock's zone (UTC)").type_name("ZONE");
  add_number(*command, "--seconds", wish->seconds, "End after so many of ours (never)")
      .type_name("N");
  add_list(*command, "--fault", wish->faults, "Begin with this fault; may be given again")
      .type_name("NAME");
  on_call(*command, invocation, [wish] { return simulate(*wish); });
}

}  // namespace wattledger::tool
