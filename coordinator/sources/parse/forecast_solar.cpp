#include <algorithm>
#include <array>
#include <map>

#include "coordinator/sources/parse/answer.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/pv_forecast.hpp"
#include "coordinator/sources/parse/remarks.hpp"

namespace wattledger::sources {
namespace {

using std::chrono::seconds;

const AnswerDoor& door() {
  static const AnswerDoor it{"PV forecast", "save an answer of forecast.solar's /estimate",
                             pv_forecast_bytes_max};
  return it;
}

Failure refused(const std::string& what) {
  return fail(ErrorKind::invalid_input, "PV forecast: " + what, door().remedy);
}

// What the service says of one moment, in mW and in mWh since the moment before.
struct Stamp {
  UtcTime at;
  std::optional<std::int64_t> power_mw;
  std::optional<std::int64_t> energy_mwh;
  // The sun is down.
  [[nodiscard]] bool dark() const { return power_mw ? *power_mw == 0 : energy_mwh == 0; }
};

class StampReader {
 public:
  StampReader(const ZoneOffsets& zone, Remarks& remarks) : zone_(zone), remarks_(remarks) {}

  // In order of time.
  std::vector<Stamp> read(const Json& result) {
    read_member(result.object("watts"), &Stamp::power_mw, "watts");
    read_member(result.object("watt_hours_period"), &Stamp::energy_mwh, "watt_hours_period");
    std::vector<Stamp> stamps;
    for (const auto& [at, stamp] : stamps_) stamps.push_back(stamp);
    return stamps;
  }
  [[nodiscard]] bool any_local() const { return any_local_; }

 private:
  void read_member(const Json* member, std::optional<std::int64_t> Stamp::*field,
                   const std::string& name) {
    if (member == nullptr) return;
    for (std::size_t i = 0; i < member->items.size(); ++i) {
      const auto at = read_time(member->names[i]);
      if (!at) {
        remarks_.add(name + ": " + in_quotes(member->names[i]) + " is not a time: left out");
        continue;
      }
      Stamp& stamp = stamps_[*at];
      stamp.at = *at;
      const std::string& text = member->items[i].text;
      const Decimal value = parse_decimal(text, 3, Digits::rounded);
      constexpr std::int64_t most = 10'000'000'000;  // 10 MW: a unit or a point is wrong
      if (value.trouble || value.count < 0 || value.count > most) {
        remarks_.add(name + " of " + in_quotes(member->names[i]) + ": " + in_quotes(text) +
                     " is not possible: left out");
      } else if (stamp.*field) {
        remarks_.add(name + ": " + utc_text(*at) + " is there twice, the first is kept");
      } else {
        stamp.*field = value.count;
      }
    }
  }

  // Local, with an offset, or seconds since 1970 (time=seconds).
  std::optional<UtcTime> read_time(const std::string& text) {
    constexpr std::size_t date_size = 10;
    const bool digits =
        text.size() == date_size && text.find_first_not_of("0123456789") == std::string::npos;
    if (digits) return utc_from_us(parse_decimal(text, 0).count * 1'000'000);
    if (text.size() <= date_size) return std::nullopt;
    if (text.find_first_of("Z+-", date_size) == std::string::npos) any_local_ = true;
    const auto time = parse_time(text, zone_);
    return time ? std::optional(std::chrono::floor<seconds>(*time)) : std::nullopt;
  }

  const ZoneOffsets& zone_;
  Remarks& remarks_;
  std::map<UtcTime, Stamp> stamps_;
  bool any_local_ = false;
};

struct Grid {
  UtcTime start;
  seconds step{0};
  std::size_t slots = 0;
};

// What most neighbours are apart, and where such a pair stands; nullopt when none is a slot apart
// or the stamps span too long a time.
std::optional<Grid> grid_of(const std::vector<Stamp>& stamps) {
  struct Seen {
    int pairs = 0;
    UtcTime first;
  };
  std::map<seconds, Seen> distances{{seconds(900), {}}, {seconds(1'800), {}}, {seconds(3'600), {}}};
  for (std::size_t i = 1; i < stamps.size(); ++i) {
    const auto apart = std::chrono::duration_cast<seconds>(stamps[i].at - stamps[i - 1].at);
    const auto place = distances.find(apart);
    if (place == distances.end()) continue;
    if (place->second.pairs++ == 0) place->second.first = stamps[i - 1].at;
  }
  const auto most =
      std::max_element(distances.begin(), distances.end(), [](const auto& a, const auto& b) {
        return a.second.pairs <= b.second.pairs;  // of equals the longer
      });
  if (most->second.pairs == 0) return std::nullopt;
  const seconds step = most->first;
  const UtcTime anchor = most->second.first;
  const auto before = (anchor - stamps.front().at + step - std::chrono::microseconds(1)) / step;
  const auto after = (stamps.back().at - anchor + step - std::chrono::microseconds(1)) / step;
  constexpr std::int64_t slots_max = 3'000;  // a month of quarters
  if (before + after > slots_max) return std::nullopt;
  return Grid{anchor - before * step, step, static_cast<std::size_t>(before + after)};
}

// Energy of slots, shared out from times that do not keep to them.
class Sharing {
 public:
  explicit Sharing(const Grid& grid)
      : grid_(grid), energy_mwh_(grid.slots), covered_(grid.slots, seconds(0)) {}

  // `energy_mwh` evenly from `from` to `to`; what rounding leaves goes to the later slots.
  void add(UtcTime from, UtcTime to, std::int64_t energy_mwh) {
    const seconds whole = std::chrono::duration_cast<seconds>(to - from);
    std::int64_t given = 0;
    for (UtcTime at = from; at < to;) {
      const auto index = static_cast<std::size_t>((at - grid_.start) / grid_.step);
      const UtcTime slot_end = grid_.start + static_cast<std::int64_t>(index + 1) * grid_.step;
      const UtcTime end = std::min(to, slot_end);
      const std::int64_t until =
          energy_mwh * std::chrono::duration_cast<seconds>(end - from).count() / whole.count();
      energy_mwh_[index] += until - given;
      covered_[index] += std::chrono::duration_cast<seconds>(end - at);
      given = until;
      at = end;
    }
  }

  [[nodiscard]] std::unique_ptr<fb::SeriesT> mean_power_w() const {
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(grid_.start);
    series->step_s = static_cast<std::uint32_t>(grid_.step.count());
    const std::int64_t per_hour = 3'600 / grid_.step.count();
    for (std::size_t i = 0; i < grid_.slots; ++i) {
      const bool known = covered_[i] == grid_.step;
      if (!known) series->absent.push_back(static_cast<std::uint16_t>(i));
      series->values.push_back(known ? (energy_mwh_[i] * per_hour + 500) / 1'000 : 0);
    }
    return series;
  }

 private:
  Grid grid_;
  std::vector<std::int64_t> energy_mwh_;
  std::vector<seconds> covered_;
};

// The energy between two stamps; nullopt when it is not known.
std::optional<std::int64_t> energy_between(const Stamp& from, const Stamp& to, seconds step,
                                           bool by_period) {
  const auto apart = std::chrono::duration_cast<seconds>(to.at - from.at);
  if (apart > step) {
    // A night; or a stamp that is missing, and then nobody knows what the next one counts from.
    const bool night = from.dark() && to.dark() && to.energy_mwh.value_or(0) == 0;
    return night ? std::optional<std::int64_t>(0) : std::nullopt;
  }
  if (by_period) return to.energy_mwh;
  if (!from.power_mw || !to.power_mw) return std::nullopt;
  return (*from.power_mw + *to.power_mw) * apart.count() / 7'200;
}

std::unique_ptr<fb::SeriesT> share(const std::vector<Stamp>& stamps, const Grid& grid,
                                   bool by_period) {
  Sharing sharing(grid);
  if (stamps.front().dark()) sharing.add(grid.start, stamps.front().at, 0);
  for (std::size_t i = 1; i < stamps.size(); ++i) {
    const auto energy = energy_between(stamps[i - 1], stamps[i], grid.step, by_period);
    if (energy) sharing.add(stamps[i - 1].at, stamps[i].at, *energy);
  }
  const UtcTime end = grid.start + static_cast<std::int64_t>(grid.slots) * grid.step;
  if (stamps.back().dark()) sharing.add(stamps.back().at, end, 0);
  return sharing.mean_power_w();
}

// {"message": {"code", "type", "text"}} of an answer without a result.
Error without_result(const Json& answer) {
  const Json* message = answer.object("message");
  if (message == nullptr)
    return {ErrorKind::invalid_input, "PV forecast: the JSON has no object \"result\"",
            door().remedy};
  return {ErrorKind::rejected,
          "PV forecast: forecast.solar answers: " + on_one_line(message->scalar("text")) + " (" +
              on_one_line(message->scalar("code"), 40) + ")",
          "ask less often, or correct the address that was asked"};
}

// When it was issued, if it says so; an error when its clock is not the site's.
Result<std::optional<UtcTime>> issue_time(const Json& answer, const ZoneOffsets& zone,
                                          bool any_local) {
  const Json* message = answer.object("message");
  const Json* info = message == nullptr ? nullptr : message->object("info");
  if (info == nullptr) return std::optional<UtcTime>();
  constexpr std::size_t local_size = 19;
  const std::string_view text = info->scalar("time");
  const auto time = parse_time(text, zone);
  if (!time) return std::optional<UtcTime>();
  const auto local = parse_time(text.substr(0, local_size), ZoneOffsets());
  if (any_local && local &&
      LocalTime(local->time_since_epoch()) != std::chrono::floor<seconds>(zone.to_local(*time)))
    return refused("its clock, " + in_quotes(text) + " in " + in_quotes(info->scalar("timezone")) +
                   ", is not the site's");
  return std::optional<UtcTime>(*time);
}

}  // namespace

Result<ParsedPvForecast> parse_forecast_solar(std::string_view bytes, const ZoneOffsets& zone,
                                              const std::string& provider) {
  const auto text = open_answer(bytes, door());
  if (!text) return Failure(text.error());
  const auto answer = read_json(*text, door());
  if (!answer) return Failure(answer.error());
  const Json* result = answer->object("result");
  if (result == nullptr) return Failure(without_result(*answer));
  Remarks remarks;
  StampReader reader(zone, remarks);
  const auto stamps = reader.read(*result);
  if (stamps.empty()) {
    const std::string first = remarks.first();
    return refused("no watts and no watt_hours_period" + (first.empty() ? "" : ", " + first));
  }
  const auto issued = issue_time(*answer, zone, reader.any_local());
  if (!issued) return Failure(issued.error());
  const auto grid = grid_of(stamps);
  if (!grid)
    return refused("its " + std::to_string(stamps.size()) +
                   " stamps are not 15, 30 or 60 minutes apart, or span more than a month");
  ParsedPvForecast parsed;
  const bool by_period = result->object("watt_hours_period") != nullptr;
  auto series = share(stamps, *grid, by_period);
  if (series->absent.size() == series->values.size())
    return refused("no slot of its " + std::to_string(stamps.size()) + " stamps is whole");
  if (!series->absent.empty())
    remarks.add(std::to_string(series->absent.size()) + " of " +
                std::to_string(series->values.size()) + " slots have no forecast");
  parsed.forecast.provider = provider;
  if (*issued) parsed.forecast.issued_at_us = to_us(**issued);
  parsed.forecast.power_w.push_back(std::move(series));
  parsed.forecast.raw_digest = digest_of({bytes});
  parsed.remarks = remarks.take();
  return parsed;
}

}  // namespace wattledger::sources
