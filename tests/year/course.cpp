#include "tests/year/course.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "events/series.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::testing {
namespace {

// An inverter shows whole percents, and its powers settle within some watts.
constexpr std::int64_t soc_grain = 100;
constexpr std::int64_t power_grain = 20;

constexpr const char* name_of(Limit limit) {
  switch (limit) {
    case Limit::soc_max:
      return "battery.max_soc_pct";
    case Limit::soc_min:
      return "battery.min_soc_pct";
    case Limit::charge_power:
      return "battery.charge_power_w";
    case Limit::sale_power:
      return "selling.power_w";
    case Limit::import_limit:
      return "grid.import_limit_w";
    case Limit::export_limit:
      return "grid.export_limit_w";
    case Limit::sale_floor:
      return "selling.floor_soc_pct";
    case Limit::sale_session:
      return "selling.session_max_pct";
    case Limit::sale_day:
      return "selling.day_max_pct";
    case Limit::charge_and_sale:
      return "charge and sale at once";
  }
  return "";
}

class Watcher {
 public:
  void see(const log::RecordView& record) {
    if (record.event.kind() == Kind::ReadingRecorded) turn_day(record.recorded_at);
    const auto confirmed_before = state_.inverter.confirmed;
    fold::evolve(state_, record.sequence, record.recorded_at, record.event);
    if (const auto* reading = record.event.as<fb::ReadingRecorded>()) look(*reading);
    if (record.event.as<fb::CommandConfirmed>() != nullptr) count_change(confirmed_before);
    if (const auto* fault = record.event.as<fb::FaultRaised>())
      course_.faults.push_back(utc_text(record.event.occurred_at()) + " " +
                               fb::EnumNameFault(fault->fault()));
    if (const auto* charge = record.event.as<fb::ChargingSessionChanged>())
      follow(*charge, course_.charges);
    if (const auto* sale = record.event.as<fb::SellingSessionChanged>()) {
      follow(*sale, course_.sales);
      weigh(*sale, record.event.occurred_at());
    }
    course_.decisions += record.event.kind() == Kind::DecisionMade ? 1U : 0U;
    course_.commands += record.event.kind() == Kind::CommandIssued ? 1U : 0U;
    course_.failed += record.event.kind() == Kind::CommandFailed ? 1U : 0U;
  }

  Course end() {
    for (const auto& [name, running] : running_)
      if (running) course_.left_open.push_back(name);
    return std::move(course_);
  }

 private:
  [[nodiscard]] std::chrono::local_days day_of(UtcTime at) const {
    return std::chrono::floor<std::chrono::days>(state_.site.zone.to_local(at));
  }

  // The day that ends leaves no session behind.
  void turn_day(UtcTime at) {
    const auto day = day_of(at);
    if (day_ == day) return;
    if (day_)
      for (const auto& [name, running] : running_)
        if (running) course_.open_at_midnight.push_back(date_text(LocalTime(*day_)) + " " + name);
    day_ = day;
    sold_today_ = 0;
    course_.changes.push_back(0);
  }

  // The way down at a run's end, after its last day, is none.
  void count_change(fb::InverterMode before) {
    const fb::InverterMode now = state_.inverter.confirmed;
    if (now == before || before == fb::InverterMode::unknown || course_.changes.empty()) return;
    if (day_of(state_.recorded_at) != *day_) return;
    ++course_.changes.back();
    ++course_.changes_to[std::string(fb::EnumNameInverterMode(before)) + " to " +
                         fb::EnumNameInverterMode(now)];
  }

  void look(const fb::ReadingRecorded& reading) {
    ++course_.readings;
    meter(reading);
    over_.swap(over_before_);
    over_.clear();
    if (!state_.policy || !reading.battery_power_w() || !reading.battery_soc_bp()) return;
    const fold::PolicySettings& settings = state_.policy->settings;
    const std::int64_t battery = *reading.battery_power_w();
    const std::int64_t soc = *reading.battery_soc_bp();
    const std::int64_t grid = reading.grid_power_w().value_or(0);
    const fb::InverterMode mode = reading.forced_mode().value_or(fb::InverterMode::unknown);
    if (mode == fb::InverterMode::charge && battery < 0) {
      above(Limit::soc_max, soc, settings.soc_max.count() + soc_grain);
      above(Limit::charge_power, -battery, settings.charge_power_max.count() + power_grain);
      above(Limit::import_limit, -grid, settings.import_max.count() + power_grain);
    }
    if (mode == fb::InverterMode::discharge && battery > 0) {
      below(Limit::soc_min, soc, settings.soc_min.count() - soc_grain);
      below(Limit::sale_floor, soc, settings.selling.floor.count() - soc_grain);
      above(
          Limit::sale_power, battery,
          std::min(settings.selling.power_max, settings.discharge_power_max).count() + power_grain);
      above(Limit::export_limit, grid, settings.export_max.count() + power_grain);
    }
    const bool contrary = (mode == fb::InverterMode::discharge && battery < -power_grain) ||
                          (mode == fb::InverterMode::charge && battery > power_grain) ||
                          (state_.sessions.charge && state_.sessions.sale);
    above(Limit::charge_and_sale, contrary ? 1 : 0, 0);
  }

  void above(Limit limit, std::int64_t measured, std::int64_t most) {
    if (measured > most) seen(limit, measured, most);
  }
  void below(Limit limit, std::int64_t measured, std::int64_t least) {
    if (measured < least) seen(limit, measured, least);
  }
  void seen(Limit limit, std::int64_t measured, std::int64_t allowed) {
    over_.push_back(limit);
    if (std::find(over_before_.begin(), over_before_.end(), limit) != over_before_.end())
      course_.breaches.push_back({limit, state_.reading->at, measured, allowed});
  }

  void meter(const fb::ReadingRecorded& reading) {
    const auto grown = [](std::optional<std::int64_t>& last,
                          flatbuffers::Optional<std::int64_t> now) {
      const std::int64_t more = last && now && *now > *last ? *now - *last : 0;
      if (now) last = *now;
      return MilliwattHours(more);
    };
    const MilliwattHours bought = grown(import_, reading.import_total_mwh());
    const MilliwattHours sold = grown(export_, reading.export_total_mwh());
    course_.imported += bought;
    course_.exported += sold;
    const UtcTime at = state_.reading->at;
    const fold::PriceSlot* slot = fold::price_at(state_, at);
    if (slot == nullptr) return;
    course_.paid += cost(bought, fold::final_price(state_, {at, slot->length, slot->market}));
    course_.earned += cost(sold, fold::feed_in_price(state_, *slot));
  }

  template <class Change>
  void follow(const Change& change, std::uint64_t& began) {
    bool& running = running_[change.session()->str()];
    if (change.change() == fb::SessionChange::started) {
      running = true;
      ++began;
    }
    if (change.change() == fb::SessionChange::completed ||
        change.change() == fb::SessionChange::cancelled ||
        change.change() == fb::SessionChange::failed)
      running = false;
  }

  void weigh(const fb::SellingSessionChanged& sale, UtcTime at) {
    if (!state_.policy || !sale.start_soc_bp() || !sale.end_soc_bp()) return;
    if (sale.change() != fb::SessionChange::completed &&
        sale.change() != fb::SessionChange::cancelled && sale.change() != fb::SessionChange::failed)
      return;
    const std::int64_t sold = *sale.start_soc_bp() - *sale.end_soc_bp();
    sold_today_ += std::max<std::int64_t>(sold, 0);
    const fold::SellingSettings& selling = state_.policy->settings.selling;
    if (sold > selling.session_max.count() + soc_grain)
      course_.breaches.push_back({Limit::sale_session, at, sold, selling.session_max.count()});
    if (sold_today_ > selling.day_max.count() + soc_grain)
      course_.breaches.push_back({Limit::sale_day, at, sold_today_, selling.day_max.count()});
  }

  Course course_;
  fold::State state_;
  std::optional<std::chrono::local_days> day_;
  std::map<std::string, bool> running_;
  std::vector<Limit> over_, over_before_;
  std::optional<std::int64_t> import_, export_;
  std::int64_t sold_today_ = 0;
};

struct Broken {
  std::uint64_t times = 0;
  Breach worst;
};

std::map<Limit, Broken> by_limit(const std::vector<Breach>& breaches) {
  std::map<Limit, Broken> all;
  for (const Breach& each : breaches) {
    Broken& broken = all[each.limit];
    const auto excess = [](const Breach& breach) {
      return std::abs(breach.measured - breach.allowed);
    };
    if (++broken.times == 1 || excess(each) > excess(broken.worst)) broken.worst = each;
  }
  return all;
}

std::string lines(const char* what, const std::vector<std::string>& all) {
  constexpr std::size_t shown = 5;
  std::string text = fmt::format("  {}{}\n", what, all.size());
  for (std::size_t i = 0; i < std::min(all.size(), shown); ++i) text += "    " + all[i] + "\n";
  return text;
}

}  // namespace

Result<Course> course_of(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  if (!log) return Failure(log.error());
  const auto snapshot = log->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  Watcher watcher;
  WATTLEDGER_TRY(snapshot->scan(snapshot->first(), snapshot->head(),
                                [&](const log::RecordView& record) -> Result<bool> {
                                  watcher.see(record);
                                  return true;
                                }));
  return watcher.end();
}

std::uint32_t changes_at(const Course& course, std::uint32_t percent) {
  std::vector<std::uint32_t> sorted = course.changes;
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

std::string text_of(const Breach& breach) {
  return fmt::format("{} {}: {}, allowed {}", utc_text(breach.at), name_of(breach.limit),
                     breach.measured, breach.allowed);
}

std::string text_of(const Course& course) {
  std::string text = fmt::format(
      "  days        {}\n  changes     p50 {}, p95 {}, max {} of the inverter's mode a day\n",
      course.changes.size(), changes_at(course, 50), changes_at(course, 95),
      changes_at(course, 100));
  for (const auto& [what, count] : course.changes_to)
    text += fmt::format("    {:24} {}\n", what, count);
  text += fmt::format("  broken      {}\n", course.breaches.size());
  for (const auto& [limit, all] : by_limit(course.breaches))
    text += fmt::format("    {} times, the worst {}\n", all.times, text_of(all.worst));
  text += lines("midnight    ", course.open_at_midnight);
  text += lines("left open   ", course.left_open);
  text += lines("faults      ", course.faults);
  text +=
      fmt::format("  decisions   {}, commands {}, failed {}, charges {}, sales {}\n",
                  course.decisions, course.commands, course.failed, course.charges, course.sales);
  const auto money = [](MoneyE8 amount) { return static_cast<double>(amount.count()) / 1e8; };
  text += fmt::format("  money       {:.2f} paid, {:.2f} earned, {:.2f} net\n", money(course.paid),
                      money(course.earned), money(course.paid) - money(course.earned));
  return text;
}

}  // namespace wattledger::testing
