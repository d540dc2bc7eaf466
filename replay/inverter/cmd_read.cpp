// wattledger inverter read and watch: what the inverter tells, by the sensor ids of the reference
// library. Only reads. Many dongles serve one client: where a daemon polls, its last reading is
// shown instead.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "replay/display.hpp"
#include "replay/inverter/address.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/inverter/reading_text.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

struct Wish {
  Address address;
  std::string block;
  bool direct = false;
  std::uint64_t every = 5;  // seconds
  std::optional<std::int64_t> times;
};

// The daemon's last reading, in the log's own names and units.
Exit show_last(const Invocation& invocation, const Place& place) {
  const auto open = open_log(place);
  if (!open) return cannot(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return cannot(state.error());
  if (!state->reading)
    return cannot(Error{ErrorKind::not_found, "the daemon has not read the inverter yet",
                        "look at wattledger status; --direct asks the inverter beside it"});
  const auto record = open->snapshot.at(state->reading->sequence);
  if (!record) return cannot(record.error());
  const std::string json = event_json(record->event);
  if (invocation.format == Format::json) {
    say(json);
    return Exit::done;
  }
  note("wattledgerd polls this inverter: this is its last reading, of " +
       local_text(state->reading->at, house_zone(open->snapshot)) +
       "; --direct asks the inverter beside it, which many dongles do not bear");
  const auto event = nlohmann::ordered_json::parse(json);
  std::size_t width = 0;
  for (const auto& [name, value] : event["fact"].items()) width = std::max(width, name.size());
  for (const auto& [name, value] : event["fact"].items())
    say(name + std::string(width + 2 - name.size(), ' ') +
        (value.is_string() ? value.get<std::string>() : value.dump()));
  return Exit::done;
}

// A connection, and what the unit behind it is.
class Session {
 public:
  explicit Session(const inverter::ModbusOptions& options) : link_(options), reader_(link_) {}

  Result<std::vector<inverter::Sensor>> read(std::optional<inverter::Block> only) {
    if (!known_) WATTLEDGER_TRY(reader_.identify());
    known_ = true;
    std::vector<inverter::Block> wanted;
    if (only) wanted.push_back(*only);
    const auto blocks = reader_.read(wanted);
    if (!blocks) return Failure(blocks.error());
    if (only && blocks->empty())
      return fail(ErrorKind::unsupported,
                  "this inverter has no block " + std::string(inverter::block_name(*only)),
                  "leave out --block to see what it has");
    return inverter::sensors_of(*blocks, reader_.platform());
  }

 private:
  inverter::ModbusLink link_;
  inverter::BlockReader reader_;
  bool known_ = false;
};

void print(const Invocation& invocation, const std::vector<inverter::Sensor>& sensors) {
  if (invocation.format == Format::json) {
    say(sensors_json(sensors));
    return;
  }
  for (const std::string& line : sensor_lines(sensors)) say(line);
}

struct Asked {
  inverter::ModbusOptions options;
  std::optional<inverter::Block> block;
};
// done, or why not.
Exit understand(const Invocation& invocation, const Wish& wish, Asked& asked) {
  if (!wish.block.empty()) {
    asked.block = inverter::block_of(wish.block);
    if (!asked.block) return unknown_block(wish.block);
  }
  const auto options = options_of(invocation, wish.address);
  if (!options) {
    const Error& error = options.error();
    return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
  }
  asked.options = *options;
  return Exit::done;
}

Exit read_once(const Invocation& invocation, const Wish& wish) {
  if (const auto place = polled_place(invocation, wish.address, wish.direct)) {
    if (!wish.block.empty())
      return cannot(Error{ErrorKind::locked,
                          "wattledgerd polls this inverter, and its last reading has no blocks",
                          "leave out --block to see that reading, or give --direct to ask the "
                          "inverter beside it, which many dongles do not bear"});
    return show_last(invocation, *place);
  }
  Asked asked;
  if (const Exit understood = understand(invocation, wish, asked); understood != Exit::done)
    return understood;
  Session session(asked.options);
  const auto sensors = session.read(asked.block);
  if (!sensors) return cannot(sensors.error());
  print(invocation, *sensors);
  return Exit::done;
}

// A reading that fails is said, and the next one tried: dongles come and go.
Exit watch(const Invocation& invocation, const Wish& wish) {
  Asked asked;
  if (const Exit understood = understand(invocation, wish, asked); understood != Exit::done)
    return understood;
  if (polled_place(invocation, wish.address, wish.direct))
    note("wattledgerd polls this inverter too, which many dongles do not bear");
  Session session(asked.options);
  Exit last = Exit::done;
  const bool screen = ::isatty(STDOUT_FILENO) == 1 && invocation.format == Format::text;
  for (std::int64_t done = 0; !wish.times || done < *wish.times; ++done) {
    if (done != 0) std::this_thread::sleep_for(std::chrono::seconds(wish.every));
    const auto sensors = session.read(asked.block);
    if (screen) std::fputs("\x1b[H\x1b[2J", stdout);
    if (sensors) {
      print(invocation, *sensors);
      last = Exit::done;
    } else {
      last = cannot(sensors.error());
    }
    std::fflush(stdout);
  }
  return last;
}

void add_wish(CLI::App& command, Wish& wish) {
  add_address(command, wish.address);
  add_text(command, "--block", wish.block,
           "Only this block, settings among them; inverter registers names them")
      .type_name("NAME");
}

}  // namespace

void add_inverter_read(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "read",
      "Everything the inverter tells, each value with its name and unit. Where a daemon polls the "
      "inverter its last reading is shown. Only reads.",
      "wattledger inverter read --host 192.168.1.50 --block battery");
  const auto wish = std::make_shared<Wish>();
  add_wish(*command, *wish);
  add_flag(*command, "--direct", wish->direct, "Ask the inverter even if a daemon polls it");
  on_call(*command, invocation, [&invocation, wish] { return read_once(invocation, *wish); });
}

void add_inverter_watch(CLI::App& parent, Invocation& invocation) {
  CLI::App* command =
      add_command(parent, "watch", "The same again and again, until Ctrl-C. Only reads.",
                  "wattledger --config house.yaml inverter watch --every 10");
  const auto wish = std::make_shared<Wish>();
  add_wish(*command, *wish);
  add_count(*command, "--every", wish->every, "Seconds between two readings (5)");
  add_number(*command, "--times", wish->times, "How often (for ever)").type_name("N");
  on_call(*command, invocation, [&invocation, wish] { return watch(invocation, *wish); });
}

}  // namespace wattledger::tool
