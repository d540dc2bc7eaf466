#include "replay/house/correction_rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "projections/fold/state.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

constexpr std::string_view cost_per_mwh = "cost-per-mwh";
constexpr std::string_view sales_by_meter = "sales-by-meter";
constexpr std::int64_t mwh_per_kwh = 1'000'000;
// No house moves more in one fact: energy × price stays in 64 bits.
constexpr std::int64_t energy_max_mwh = 1'000'000'000;
constexpr std::int64_t price_max_e8 = 1'000'000'000;
constexpr std::int64_t amount_max_e8 = energy_max_mwh * mwh_per_kwh;
constexpr std::int64_t meter_tolerance_mwh = 50'000;
// Counters further from a sale's start or end than this say nothing of it.
constexpr std::chrono::minutes meter_gap_max{15};
// A session is at most so long; older counters are forgotten.
constexpr std::chrono::hours meter_remembered{72};

using Known = std::optional<std::int64_t>;

// A record may hold any 64-bit number.
bool within(const Known& value, std::int64_t limit) {
  return value && *value >= -limit && *value <= limit;
}

Known cost_e8(const Known& energy_mwh, const Known& price_e8) {
  if (!within(energy_mwh, energy_max_mwh) || !within(price_e8, price_max_e8)) return std::nullopt;
  return *energy_mwh * *price_e8 / mwh_per_kwh;
}

// The amount a thousand times as large, if that is what energy and price say.
Known a_thousandfold(const Known& amount, const Known& energy_mwh, const Known& price_e8) {
  const Known expected = cost_e8(energy_mwh, price_e8);
  if (!expected || !within(amount, amount_max_e8) || *amount == 0) return std::nullopt;
  const std::int64_t thousand = *amount * 1'000;
  const bool too_low = std::abs(*amount) < std::abs(*expected) / 100;
  const bool fits = std::abs(thousand) >= std::abs(*expected) / 2 &&
                    std::abs(thousand) <= std::abs(*expected) * 2;
  return too_low && fits ? Known(thousand) : std::nullopt;
}

class Finder {
 public:
  Finder(std::string_view rule, UtcTime from, UtcTime to) : rule_(rule), from_(from), to_(to) {}

  void read(const log::RecordView& record) {
    const EventView& event = record.event;
    if (const auto* fact = event.as<fb::CorrectionRecorded>()) return note_corrected(*fact);
    // Time may go back here.
    if (event.kind() == Kind::ImportStarted || event.kind() == Kind::ImportFinished ||
        event.kind() == Kind::ClockStepped) {
      meter_.clear();
      sales_.clear();
      return;
    }
    if (const auto* fact = event.as<fb::ReadingRecorded>()) {
      if (fact->quality() != fb::Quality::implausible) note_meter(*fact, event.occurred_at());
      return;
    }
    if (event.occurred_at() < from_ || event.occurred_at() >= to_) return;
    at_ = &record;
    if (rule_ == cost_per_mwh) {
      if (const auto* fact = event.as<fb::DecisionMade>()) read(*fact);
      if (const auto* fact = event.as<fb::ChargingSessionChanged>()) read(*fact);
    } else if (const auto* fact = event.as<fb::SellingSessionChanged>()) {
      read(*fact);
    }
  }

  [[nodiscard]] std::vector<Proposal> found() {
    // What somebody has corrected is theirs.
    std::erase_if(found_, [&](const Proposal& each) {
      return corrected_.contains({each.record.value, each.field});
    });
    return std::move(found_);
  }

 private:
  void read(const fb::DecisionMade& fact) {
    const Known right = a_thousandfold(number(fact.expected_cost_e8()),
                                       number(fact.expected_energy_mwh()), number(fact.price_e8()));
    if (!right) return;
    propose("expected_cost_e8", number(fact.expected_cost_e8()), right,
            "1000 times too low for energy × price");
    // Reckoned with the same price.
    const Known saving = number(fact.expected_saving_e8());
    if (within(saving, amount_max_e8))
      propose("expected_saving_e8", saving, *saving * 1'000, "as its cost");
  }
  void read(const fb::ChargingSessionChanged& fact) {
    propose("cost_e8", number(fact.cost_e8()),
            a_thousandfold(number(fact.cost_e8()), number(fact.energy_mwh()),
                           number(fact.average_price_e8())),
            "1000 times too low for energy × average price");
  }
  void read(const fb::SellingSessionChanged& fact) {
    const Known started = number(fact.started_us());
    const Known ended = number(fact.ended_us());
    const Known told = number(fact.exported_mwh());
    if (!told || !started || !ended || *started < 0 || *ended > fold::time_max_us ||
        *ended < *started)
      return;
    const Known before = counter_before(utc_from_us(*started));
    if (!before) return;
    const Sale sale{at_->sequence,
                    at_->event.occurred_at(),
                    utc_from_us(*ended),
                    *before,
                    *told,
                    number(fact.energy_mwh()),
                    number(fact.revenue_e8()),
                    number(fact.average_price_e8())};
    const auto behind =
        std::lower_bound(meter_.begin(), meter_.end(), sale.ended,
                         [](const auto& each, UtcTime time) { return each.first < time; });
    if (behind == meter_.end())
      sales_.push_back(sale);
    else
      measure(sale, behind->first, behind->second);
  }

  // A sale that waits for the first counter at or after its end.
  struct Sale {
    Sequence record;
    UtcTime at, ended;
    std::int64_t before = 0, told = 0;
    Known energy, revenue, price;
  };
  void measure(const Sale& sale, UtcTime at, std::int64_t counter) {
    // From the counter before to the counter behind: at least what was sold. A gap says nothing.
    if (at - sale.ended > meter_gap_max || counter < sale.before) return;
    const std::int64_t measured = counter - sale.before;
    if (sale.told <= 0 || sale.told - meter_tolerance_mwh <= measured ||
        sale.told - meter_tolerance_mwh - measured <= measured / 100)
      return;
    const Place place{sale.record, sale.at, fb::Fact::SellingSessionChanged};
    propose(place, "exported_mwh", sale.told, measured, "the export counter measured less");
    if (sale.energy && *sale.energy > measured)
      propose(place, "energy_mwh", sale.energy, measured, "the export counter measured less");
    propose(place, "revenue_e8", sale.revenue, cost_e8(measured, sale.price),
            "measured energy × average price");
  }
  [[nodiscard]] Known counter_before(UtcTime at) const {
    const auto after =
        std::upper_bound(meter_.begin(), meter_.end(), at,
                         [](UtcTime time, const auto& each) { return time < each.first; });
    if (after == meter_.begin() || at - std::prev(after)->first > meter_gap_max)
      return std::nullopt;
    return std::prev(after)->second;
  }
  void note_meter(const fb::ReadingRecorded& fact, UtcTime at) {
    const Known total = number(fact.export_total_mwh());
    if (to_us(at) < 0 || to_us(at) > fold::time_max_us) return;
    if (!total || *total < 0 || (!meter_.empty() && at < meter_.back().first)) return;
    meter_.emplace_back(at, *total);
    for (const Sale& sale : sales_)
      if (sale.ended <= at) measure(sale, at, *total);
    std::erase_if(sales_, [&](const Sale& sale) { return sale.ended <= at; });
    while (meter_.front().first < at - meter_remembered) meter_.pop_front();
  }
  void note_corrected(const fb::CorrectionRecorded& fact) {
    if (fact.field() != nullptr) corrected_.insert({fact.corrects(), fact.field()->str()});
  }

  struct Place {
    Sequence record;
    UtcTime at;
    Kind kind;
  };
  void propose(const std::string& field, const Known& previous, const Known& value,
               const std::string& why) {
    propose(Place{at_->sequence, at_->event.occurred_at(), at_->event.kind()}, field, previous,
            value, why);
  }
  void propose(const Place& place, const std::string& field, const Known& previous,
               const Known& value, const std::string& why) {
    if (!value || !previous || *value == *previous) return;
    found_.push_back({place.record, place.at, std::string(kind_name(place.kind)), field,
                      std::to_string(*previous), std::to_string(*value), why});
  }

  std::string_view rule_;
  UtcTime from_, to_;
  const log::RecordView* at_ = nullptr;
  std::deque<std::pair<UtcTime, std::int64_t>> meter_;  // export counter, in order of time
  std::vector<Sale> sales_;
  std::set<std::pair<std::uint64_t, std::string>> corrected_;
  std::vector<Proposal> found_;
};

}  // namespace

std::vector<std::string> correction_rules() {
  return {std::string(cost_per_mwh), std::string(sales_by_meter)};
}

Result<std::vector<Proposal>> propose(const log::Snapshot& snapshot, std::string_view rule,
                                      UtcTime from, UtcTime to) {
  Finder finder(rule, from, to);
  WATTLEDGER_TRY(snapshot.scan(snapshot.first(), snapshot.head(),
                               [&](const log::RecordView& record) -> Result<bool> {
                                 finder.read(record);
                                 return true;
                               }));
  return finder.found();
}

}  // namespace wattledger::tool
