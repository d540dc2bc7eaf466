#include "projections/fold/plan_text.hpp"

#include <algorithm>

#include "projections/fold/reason_words.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t stretches_told = 4;
constexpr std::int64_t worth_telling_e8 = 500'000;  // what rounds to 0.01

class Teller {
 public:
  Teller(const fb::PlanAdoptedT& plan, const PlanReader& reader)
      : plan_(plan),
        reader_(reader),
        words_(reader.language),
        day_(std::chrono::floor<days>(reader.zone.to_local(reader.now))) {}

  [[nodiscard]] std::string text() {
    const std::size_t count = plan_.actions.size();
    const std::size_t first = plan_slot_at(plan_, reader_.now);
    if (first >= count) return {};
    const LocalTime today = day_;
    const std::string until = end_text(start_of(count));
    day_ = today;
    std::string told;
    std::size_t stretches = 0;
    bool serves = false;
    for (std::size_t from = first, to = first; from < count; from = to) {
      while (to < count && plan_.actions[to] == plan_.actions[from]) ++to;
      if (plan_.actions[from] == fb::Action::self_use || plan_.actions[from] == fb::Action::stop) {
        serves = true;
      } else if (++stretches <= stretches_told) {
        told += (told.empty() ? "" : ", ") + stretch(from, to);
      }
    }
    if (stretches > stretches_told)
      told += words_.say(Phrase::plan_more,
                         {counted("count", static_cast<std::int64_t>(stretches - stretches_told))});
    if (told.empty())
      told = words_.say(Phrase::plan_serves);
    else if (serves)
      told += words_.say(Phrase::plan_serves_else);
    return words_.say(Phrase::plan, {{"until", until}, {"what", told}, {"saving", saving()}});
  }

 private:
  [[nodiscard]] UtcTime start_of(std::size_t slot) const {
    return utc_from_us(plan_.start_us) + seconds(plan_.step_s) * static_cast<std::int64_t>(slot);
  }

  // "charging tomorrow 02:00-04:30 to 80 %"
  std::string stretch(std::size_t from, std::size_t to) {
    const Value when{"when", when_text(start_of(from), start_of(to))};
    const Value soc{"soc", to <= plan_.soc_end_bp.size()
                               ? words_.percent((plan_.soc_end_bp[to - 1] + 50) / 100 * 100)
                               : std::string("?")};
    switch (plan_.actions[from]) {
      case fb::Action::charge:
        return words_.say(Phrase::plan_charges, {when, soc});
      case fb::Action::sell:
        return words_.say(Phrase::plan_sells, {when, soc});
      case fb::Action::hold:
      case fb::Action::self_use:
      case fb::Action::stop:
        break;
    }
    return words_.say(Phrase::plan_holds, {when});
  }

  std::string when_text(UtcTime from, UtcTime to) {
    if (from <= reader_.now) return words_.say(Phrase::plan_until, {{"until", end_text(to)}});
    const LocalTime local = reader_.zone.to_local(from);
    const std::string day = day_text(std::chrono::floor<days>(local));
    return day + iso_text(local).substr(11, 5) + "-" + end_text(to);
  }

  // With the day's name where it is another one than was told last.
  std::string day_text(LocalTime day) {
    if (day == day_) return {};
    day_ = day;
    const LocalTime today = std::chrono::floor<days>(reader_.zone.to_local(reader_.now));
    if (day == today + days(1)) return words_.say(Phrase::plan_tomorrow);
    return date_text(day) + " ";
  }

  // Midnight is 24:00 of the day that it ends.
  std::string end_text(UtcTime end) {
    const LocalTime local = reader_.zone.to_local(end);
    const LocalTime day = std::chrono::floor<days>(local);
    if (local != day) return day_text(day) + iso_text(local).substr(11, 5);
    return day_text(day - days(1)) + "24:00";
  }

  [[nodiscard]] std::string saving() const {
    const std::int64_t saved = plan_.expected_saving_e8.value_or(0);
    if (saved < worth_telling_e8) return {};
    return words_.say(Phrase::plan_saves, {{"saving", words_.money(saved)},
                                           {"currency", std::string(reader_.currency)}});
  }

  const fb::PlanAdoptedT& plan_;
  const PlanReader& reader_;
  const Words words_;
  LocalTime day_;  // that was told last
};

}  // namespace

std::size_t plan_slot_at(const fb::PlanAdoptedT& plan, UtcTime now) {
  const UtcTime start = utc_from_us(plan.start_us);
  if (plan.step_s == 0) return plan.actions.size();
  if (now < start) return 0;
  const auto passed = static_cast<std::size_t>((now - start) / seconds(plan.step_s));
  return std::min(passed, plan.actions.size());
}

std::string plan_text(const fb::PlanAdoptedT& plan, const PlanReader& reader) {
  return Teller(plan, reader).text();
}

}  // namespace wattledger::fold
