// live_feeder LOG DATA BATCH yes|no: feeds the projections in DATA from the log in batches of so
// many events, with files of sales or without, settles them and ends.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "log/log.hpp"
#include "projections/live/live_projections.hpp"

using namespace wattledger;

int main(int count, char** words) {
  if (count != 5) return 2;
  const auto log = log::Log::open(words[1]);
  if (!log) return std::fprintf(stderr, "%s\n", log.error().line().c_str()), 3;
  projections::LiveOptions options;
  options.data = words[2];
  options.json = true;
  options.batch_events_max = static_cast<std::size_t>(std::atoll(words[3]));
  options.json_selling_files = std::string(words[4]) == "yes";
  projections::LiveProjections live(*log, options);
  const auto started = live.start();
  if (!started) return std::fprintf(stderr, "%s\n", started.error().line().c_str()), 3;
  for (const projections::TargetReport& target : started->targets)
    if (target.standing != projections::TargetStanding::empty &&
        target.standing != projections::TargetStanding::behind &&
        target.standing != projections::TargetStanding::current)
      return std::fprintf(stderr, "%s\n", target.message.c_str()), 4;
  const auto caught_up = live.catch_up();
  if (!caught_up) return std::fprintf(stderr, "%s\n", caught_up.error().line().c_str()), 3;
  const auto settled = live.settle();
  if (!settled) return std::fprintf(stderr, "%s\n", settled.error().line().c_str()), 3;
  return 0;
}
