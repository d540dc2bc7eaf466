#include "replay/audit/outcome.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "projections/fold/imported.hpp"
#include "projections/fold/power_series.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

// A decision follows the reading that it knew; a few may stand between.
constexpr std::size_t levels_kept = 8;

using Counter = std::optional<std::int64_t> fold::Metered::*;
constexpr Counter counters[] = {&fold::Metered::pv_mwh,     &fold::Metered::load_mwh,
                                &fold::Metered::import_mwh, &fold::Metered::export_mwh,
                                &fold::Metered::charge_mwh, &fold::Metered::discharge_mwh};

// Whether the difference to a later reading is the sum of the differences on the way there.
bool adds_up(const fold::Metered& from, const fold::Metered& to) {
  return from.device == to.device && from.at < to.at &&
         std::all_of(std::begin(counters), std::end(counters), [&](Counter counter) {
           return from.*counter && to.*counter && *(from.*counter) <= *(to.*counter);
         });
}

// A fine one stands at a whole tenth of a kWh at both ends once in ten thousand times and less.
bool is_coarse(Counter counter, const fold::Metered& from, const fold::Metered& to) {
  return from.*counter && to.*counter && *(from.*counter) % coarse_step_mwh == 0 &&
         *(to.*counter) % coarse_step_mwh == 0;
}

std::int64_t error_e8(const fold::EnergySums& sums, int coarse) {
  if (sums.priced_s == 0) return 0;
  const PriceE8 mean(std::abs(sums.price_seconds_e8 / sums.priced_s));
  return cost(MilliwattHours(coarse * coarse_step_mwh), mean).count();
}

bool in_one_quarter(UtcTime a, UtcTime b) { return fold::quarter_of(a) == fold::quarter_of(b); }

// What the older system had given as its reason.
std::string imported_reason(const EventView& event) {
  for (const fb::LegacyOrigin* origin : *event.event().origins())
    for (const fold::LegacyField& field : fold::legacy_record(event, *origin).fields) {
      if (field.name != "reason" && field.name != "reasoning") continue;
      const auto text = nlohmann::json::parse(field.text, nullptr, /*allow_exceptions=*/false);
      if (!text.is_string()) continue;
      std::string reason = text.get<std::string>();
      std::replace_if(
          reason.begin(), reason.end(), [](unsigned char c) { return c < ' '; }, ' ');
      return reason;
    }
  return "none given";
}

Fate fate_of(const FollowedDecision& told, bool last_failed) {
  if (told.is_imported) return Fate::imported;
  if (told.decision.control_mode != fb::ControlMode::on) return Fate::advised;
  if (told.commands.empty()) return last_failed ? Fate::waiting : Fate::nothing_to_do;
  const CommandTold& last = told.commands.back();
  if (last.failed) return Fate::failed;
  if (last.confirmed) return Fate::confirmed;
  return told.next ? Fate::superseded : Fate::waiting;
}

// Load less PV at the hour's price: the need bought, the surplus fed in.
std::int64_t without_battery_e8(const fold::State& prices, const fold::EnergyHourRow& row,
                                UtcTime from) {
  if (row.sums.priced_s == 0) return 0;
  const MilliwattHours net(row.sums.load_mwh - row.sums.pv_mwh);
  const fold::PriceSlot* slot = fold::price_at(prices, std::max(row.start, from));
  const PriceE8 price = net > MilliwattHours(0) || slot == nullptr
                            ? PriceE8(row.sums.price_seconds_e8 / row.sums.priced_s)
                            : fold::feed_in_price(prices, *slot);
  return cost(net, price).count();
}

}  // namespace

std::string_view fate_name(Fate fate) {
  switch (fate) {
    case Fate::confirmed:
      return "confirmed";
    case Fate::failed:
      return "failed";
    case Fate::superseded:
      return "superseded";
    case Fate::waiting:
      return "waiting";
    case Fate::nothing_to_do:
      return "nothing_to_do";
    case Fate::not_yet_known:
      return "not_yet_known";
    case Fate::advised:
      return "advised";
    case Fate::imported:
      return "imported";
  }
  return "";
}

std::optional<std::int64_t> Metering::paid_e8() const {
  if (sums.priced_s == 0) return std::nullopt;
  return sums.import_cost_e8 - sums.export_revenue_e8;
}

std::optional<std::int64_t> Metering::saved_e8() const {
  if (sums.priced_s == 0) return std::nullopt;
  return without_battery_e8 - *paid_e8();
}

std::optional<std::int64_t> Metering::saved_by_both_e8() const {
  if (sums.priced_s == 0) return std::nullopt;
  return sums.load_cost_e8 - *paid_e8();
}

std::int64_t Metering::paid_error_e8() const { return error_e8(sums, coarse_grid); }

std::int64_t Metering::saved_error_e8() const { return error_e8(sums, coarse_grid + coarse_house); }

void Meter::take(const fold::State& prices, const fb::ReadingRecorded& reading, UtcTime at) {
  // As the tables have it: what cannot be true, or lost sight of the counters, is passed over.
  if (reading.quality() == fb::Quality::implausible) return;
  const fold::Metered now = fold::metered(reading, at);
  const auto soc = number(reading.battery_soc_bp());
  if (last_ && fold::is_blind(*last_, now)) return;
  if (last_) {
    const bool together = adds_up(*last_, now) && in_one_quarter(from_->at, at);
    if (!together) {
      flush(prices);
      add(prices, *last_, now);
      from_ = now;
    }
    if (!metering_.from) {
      metering_.from = last_->at;
      begun_ = last_;
    }
    metering_.to = at;
  } else {
    from_ = now;
  }
  if (soc) metering_.soc_to_bp = soc;
  last_ = now;
}

void Meter::flush(const fold::State& prices) {
  if (!last_ || from_->at == last_->at) return;
  add(prices, *from_, *last_);
  from_ = last_;
}

void Meter::add(const fold::State& prices, const fold::Metered& from, const fold::Metered& to) {
  for (const fold::EnergyHourRow& row : fold::energy_between(prices, from, to)) {
    metering_.sums += row.sums;
    const std::int64_t without = without_battery_e8(prices, row, from.at);
    metering_.without_battery_e8 += without;
    if (each_) each_(row, without);
  }
}

Metering Meter::taken() {
  if (metering_.to) {
    const auto coarse = [&](std::initializer_list<Counter> some) {
      return static_cast<int>(std::count_if(some.begin(), some.end(), [&](Counter each) {
        return is_coarse(each, *begun_, *last_);
      }));
    };
    metering_.coarse_grid = coarse({&fold::Metered::import_mwh, &fold::Metered::export_mwh});
    metering_.coarse_house = coarse({&fold::Metered::load_mwh, &fold::Metered::pv_mwh});
  }
  return std::exchange(metering_, {});
}

bool is_of_prices(const EventView& event) {
  const Kind kind = event.kind();
  return kind == Kind::SiteAdopted || kind == Kind::PolicyAdopted ||
         kind == Kind::PricesPublished || kind == Kind::PeakHoursPublished;
}

FollowedDecision decision_of(const log::RecordView& record, const fb::DecisionMade& fact) {
  FollowedDecision told;
  told.sequence = record.sequence;
  told.at = record.event.occurred_at();
  fact.UnPackTo(&told.decision);
  told.price_e8 = number(told.decision.price_e8);
  told.is_imported = fold::is_imported(record.event);
  if (told.is_imported) {
    told.imported_reason = imported_reason(record.event);
    told.fate = Fate::imported;
  }
  return told;
}

void DecisionFollower::record(const log::RecordView& record) {
  const EventView& event = record.event;
  if (const auto* fact = event.as<fb::DecisionMade>()) return decide(record, *fact);
  if (fold::is_imported(event)) return;
  if (const auto* reading = event.as<fb::ReadingRecorded>()) return read(record, *reading);
  if (is_of_prices(event)) {
    meter_.flush(prices_);
    fold::evolve(prices_, record.sequence, record.recorded_at, event);
    return;
  }
  answer(record);
}

void DecisionFollower::decide(const log::RecordView& record, const fb::DecisionMade& fact) {
  FollowedDecision told = decision_of(record, fact);
  // Nothing lived while an import ran.
  close(told.is_imported ? nullptr : &told);
  if (told.is_imported) {
    open_.push_back({std::move(told), /*in_force=*/false});
    tell_settled(record.event.occurred_at());
    return;
  }
  const auto level = std::find_if(levels_.rbegin(), levels_.rend(), [&](const Level& each) {
    return each.sequence.value <= told.decision.based_on;
  });
  if (level != levels_.rend()) told.soc_bp = level->soc_bp;
  if (!told.price_e8)
    if (const fold::PriceSlot* slot = fold::price_at(prices_, told.at))
      told.price_e8 = fold::final_price(prices_, *slot).count();
  told.metering.soc_from_bp = told.soc_bp;
  tell_settled(told.at);
  open_.push_back({std::move(told), /*in_force=*/true});
}

void DecisionFollower::close(const FollowedDecision* next) {
  meter_.flush(prices_);
  Metering metering = meter_.taken();
  if (open_.empty() || !open_.back().in_force) return;
  Open& open = open_.back();
  metering.soc_from_bp = open.told.metering.soc_from_bp;
  open.told.metering = metering;
  open.in_force = false;
  if (next != nullptr) {
    open.told.next = next->sequence;
    open.told.next_at = next->at;
  }
  if (open.told.commands.empty()) open.told.fate = fate_of(open.told, last_failed_);
}

void DecisionFollower::read(const log::RecordView& record, const fb::ReadingRecorded& fact) {
  const UtcTime at = record.event.occurred_at();
  if (!open_.empty() && open_.back().in_force && at > open_.back().told.at + in_force_max)
    close(nullptr);
  meter_.take(prices_, fact, at);
  levels_.push_back({record.sequence, number(fact.battery_soc_bp())});
  if (levels_.size() > levels_kept) levels_.pop_front();
  if (!open_.empty() && !open_.front().in_force) tell_settled(at);
}

CommandTold* DecisionFollower::command(std::uint64_t sequence) {
  for (auto open = open_.rbegin(); open != open_.rend(); ++open)
    for (CommandTold& each : open->told.commands)
      if (each.sequence.value == sequence) return &each;
  return nullptr;
}

void DecisionFollower::answer(const log::RecordView& record) {
  const UtcTime at = record.event.occurred_at();
  if (const auto* issued = record.event.as<fb::CommandIssued>()) {
    last_command_ = record.sequence;
    last_failed_ = false;
    for (Open& open : open_) {
      if (issued->decision() != open.told.sequence.value) continue;
      open.told.commands.push_back({record.sequence, at, {}, {}, {}, {}});
      issued->UnPackTo(&open.told.commands.back().issued);
    }
  } else if (const auto* confirmed = record.event.as<fb::CommandConfirmed>()) {
    if (confirmed->command() == last_command_.value) last_failed_ = false;
    CommandTold* told = command(confirmed->command());
    if (told == nullptr) return;
    CommandTold::Confirmation confirmation{record.sequence, at, {}};
    confirmed->UnPackTo(&confirmation.fact);
    if (confirmation.fact.battery_power_w) told->shown = confirmation;
    if (!told->confirmed) told->confirmed = confirmation;
    told->failed.reset();
  } else if (const auto* failed = record.event.as<fb::CommandFailed>()) {
    if (failed->command() == last_command_.value) last_failed_ = true;
    CommandTold* told = command(failed->command());
    if (told == nullptr) return;
    told->failed = {record.sequence, at, failed->trouble(),
                    failed->detail() == nullptr ? "" : failed->detail()->str(), failed->attempts()};
  }
}

// Answers come late: the battery shows its power polls after the registers did.
bool DecisionFollower::is_settled(const Open& open, UtcTime now) const {
  if (open.in_force) return false;
  if (open.told.commands.empty() || now > open.told.at + in_force_max) return true;
  const CommandTold& last = open.told.commands.back();
  return last.shown || last.failed || last.sequence < last_command_;
}

void DecisionFollower::tell_settled(UtcTime now) {
  while (!open_.empty() && is_settled(open_.front(), now)) {
    FollowedDecision told = std::move(open_.front().told);
    open_.pop_front();
    if (!told.commands.empty()) told.fate = fate_of(told, last_failed_);
    done_(std::move(told));
  }
}

void DecisionFollower::finish() {
  const bool in_force = !open_.empty() && open_.back().in_force;
  close(nullptr);
  if (in_force) {
    FollowedDecision& newest = open_.back().told;
    newest.is_newest = true;
    if (newest.fate == Fate::nothing_to_do) newest.fate = Fate::not_yet_known;
  }
  for (Open& open : open_) {
    if (!open.told.commands.empty()) open.told.fate = fate_of(open.told, last_failed_);
    done_(std::move(open.told));
  }
  open_.clear();
}

}  // namespace wattledger::tool
