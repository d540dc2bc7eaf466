// A house's state as one line of numbers: version, times, charge, counters, then how many settings
// are not 0, and each as address, written, obeyed. For a file that may be deleted at any time.
#include <charconv>
#include <iterator>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t snapshot_version = 1;
constexpr std::int64_t no_time = -1;

// Numbers one after another; once one is not what it should be, none is.
class Numbers {
 public:
  explicit Numbers(std::string_view text) : text_(text) {}
  std::int64_t next() {
    if (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    good_ = good_ && error == std::errc();
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return good_ ? value : 0;
  }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    const std::int64_t value = next();
    good_ = good_ && value >= least && value <= most;
    return good_ ? value : least;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && text_.empty(); }

 private:
  std::string_view text_;
  bool good_ = true;
};

std::array<std::int64_t, 7> values_of(const Counters& counters) {
  return {counters.pv,      counters.load,       counters.imported, counters.exported,
          counters.charged, counters.discharged, counters.lost};
}

Counters read_counters(Numbers& numbers) {
  Counters counters;
  for (Cells* each : {&counters.pv, &counters.load, &counters.imported, &counters.exported,
                      &counters.charged, &counters.discharged, &counters.lost})
    *each = numbers.next();
  return counters;
}

}  // namespace

std::string House::Impl::snapshot_locked() const {
  std::string text = std::to_string(snapshot_version);
  const auto put = [&text](std::int64_t value) { text += ' ' + std::to_string(value); };
  put(capacity);
  put(to_us(started));
  put(to_us(now));
  put(integrated.time_since_epoch().count());
  put(shift.count());
  put(drifts_since.time_since_epoch().count());
  put(obeys_at ? obeys_at->time_since_epoch().count() : no_time);
  put(day.time_since_epoch().count());
  put(stored);
  put(battery_now);
  for (const std::int64_t value : values_of(total)) put(value);
  for (const std::int64_t value : values_of(at_midnight)) put(value);
  const auto empty = [this](std::size_t i) { return settings.at(i) == 0 && obeyed.at(i) == 0; };
  std::int64_t filled = 0;
  for (std::size_t i = 0; i < settings_count; ++i) filled += empty(i) ? 0 : 1;
  put(filled);
  for (std::size_t i = 0; i < settings_count; ++i) {
    if (empty(i)) continue;
    put(static_cast<std::int64_t>(settings_first + i));
    put(settings.at(i));
    put(obeyed.at(i));
  }
  return text;
}

bool House::Impl::restore_locked(std::string_view text) {
  Numbers numbers(text);
  if (numbers.next() != snapshot_version || numbers.next() != capacity) return false;
  const UtcTime was_started = utc_from_us(numbers.next());
  const UtcTime was = utc_from_us(numbers.next());
  const sys_seconds was_integrated{seconds(numbers.next())};
  const seconds was_shift(numbers.next());
  const sys_seconds drifted{seconds(numbers.next())};
  const std::int64_t obeys = numbers.next();
  const std::chrono::local_days was_day{std::chrono::days(numbers.between(0, 100'000))};
  const Cells charge = numbers.between(0, capacity);
  const std::int64_t ramped = numbers.next();
  const Counters all = read_counters(numbers);
  const Counters midnight = read_counters(numbers);
  Settings as_written{};
  Settings in_use{};
  for (auto left = numbers.between(0, settings_count); left > 0 && numbers.good(); --left) {
    const auto place =
        static_cast<std::size_t>(numbers.between(settings_first, settings_last) - settings_first);
    as_written.at(place) = static_cast<std::uint16_t>(numbers.between(0, 0xFFFF));
    in_use.at(place) = static_cast<std::uint16_t>(numbers.between(0, 0xFFFF));
  }
  if (!numbers.at_end() || was < was_integrated) return false;
  started = was_started;
  now = was;
  integrated = was_integrated;
  shift = was_shift;
  drifts_since = drifted;
  obeys_at.reset();
  if (obeys != no_time) obeys_at = sys_seconds{seconds(obeys)};
  day = was_day;
  stored = charge;
  battery_now = ramped;
  total = all;
  at_midnight = midnight;
  settings = as_written;
  obeyed = in_use;
  settle_locked();
  return true;
}

std::string House::snapshot() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->snapshot_locked();
}

bool House::restore(std::string_view text) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->restore_locked(text);
}

void House::on_write(std::function<void(const std::string& snapshot)> told) {
  const std::lock_guard lock(impl_->mutex);
  impl_->written = std::move(told);
}

}  // namespace wattledger::simulator
