// Reads what state_bytes.cpp writes, and nothing else: each value in its range, each length within
// what is there, no byte left over. The first thing that is wrong ends it.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include "projections/fold/state_fields.hpp"

namespace wattledger::fold {
namespace {

// No event, so nothing folded from events, holds a longer text or list.
constexpr std::uint64_t length_max = event_bytes_max;
// The shortest element of a list: a number, or an optional that is not there.
template <class T>
constexpr std::size_t element_bytes_min = 8;
template <class T>
constexpr std::size_t element_bytes_min<std::optional<T>> = 1;
template <>
constexpr std::size_t element_bytes_min<ScoreBoard::Source> =
    8 + horizon_ends_h.size() * ScoreBoard::longest * 16;
template <>
constexpr std::size_t element_bytes_min<QualityMemory::Part> = 8 + figures * 8;

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

  void take(std::uint64_t& value) { value = take_bits(); }
  void take(std::int64_t& value) { value = static_cast<std::int64_t>(take_bits()); }
  void take(std::uint32_t& value) {
    value = static_cast<std::uint32_t>(take_up_to<std::uint32_t>());
  }
  void take(std::int32_t& value) {
    value = static_cast<std::int32_t>(take_between(std::numeric_limits<std::int32_t>::min(),
                                                   std::numeric_limits<std::int32_t>::max()));
  }
  void take(bool& value) {
    const std::span<const std::byte> byte = take_bytes(1);
    if (byte.empty()) return;
    if (byte[0] > std::byte{1}) refuse("a yes or no is neither");
    value = byte[0] == std::byte{1};
  }
  void take(Sequence& value) { value.value = take_bits(); }
  void take(UtcTime& value) { value = utc_from_us(take_signed()); }
  void take(LocalTime& value) { value = LocalTime(std::chrono::microseconds(take_signed())); }
  void take(Quarter& value) {
    constexpr std::int64_t far = time_max_us / 900'000'000;
    value = Quarter(Quarters(take_between(-far, far)));
  }
  void take(std::chrono::seconds& value) { value = std::chrono::seconds(take_signed()); }
  template <class Unit>
  void take(Quantity<Unit>& value) {
    value = Quantity<Unit>(take_signed());
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void take(Enum& value) {
    value = static_cast<Enum>(
        take_between(static_cast<std::int64_t>(Enum::MIN), static_cast<std::int64_t>(Enum::MAX)));
  }
  void take(std::string& value) {
    const std::span<const std::byte> text = take_bytes(take_length(1));
    value.assign(reinterpret_cast<const char*>(text.data()), text.size());
  }
  void take(Digest& value) {
    const std::span<const std::byte> bytes = take_bytes(value.bytes.size());
    if (!bytes.empty()) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
  }
  template <class T>
  void take(std::optional<T>& value) {
    bool there = false;
    take(there);
    if (there) take(value.emplace());
  }
  template <class T>
  void take(std::vector<T>& values) {
    const std::size_t count = take_length(element_bytes_min<T>);
    values.reserve(count);
    for (std::size_t i = 0; i < count && wrong_ == nullptr; ++i) take(values.emplace_back());
  }
  template <class T, std::size_t count>
  void take(std::array<T, count>& values) {
    for (T& value : values) take(value);
  }
  void take(ZoneOffsets& value) {
    std::vector<ZoneOffsets::Transition> transitions;
    take(transitions);
    value = ZoneOffsets(std::move(transitions));
  }
  template <HasFields T>
  void take(T& value) {
    std::apply([this](auto&... each) { (this->take(each), ...); }, fields(value));
  }

  void refuse(const char* why) {
    if (wrong_ == nullptr) wrong_ = why;
    left_ = {};
  }
  // What was wrong; nullptr if nothing was.
  [[nodiscard]] const char* end() {
    if (!left_.empty()) refuse("bytes are left over");
    return wrong_;
  }

 private:
  std::span<const std::byte> take_bytes(std::size_t count) {
    if (count > left_.size()) {
      refuse("bytes are missing");
      return {};
    }
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }
  std::uint64_t take_bits() {
    std::uint64_t bits = 0;
    const std::span<const std::byte> bytes = take_bytes(8);
    for (std::size_t i = bytes.size(); i > 0; --i)
      bits = (bits << 8U) | std::to_integer<std::uint64_t>(bytes[i - 1]);
    return bits;
  }
  std::int64_t take_signed() { return static_cast<std::int64_t>(take_bits()); }
  template <class Unsigned>
  std::uint64_t take_up_to() {
    const std::uint64_t value = take_bits();
    if (value > std::numeric_limits<Unsigned>::max()) refuse("a number is too large");
    return value;
  }
  std::int64_t take_between(std::int64_t lowest, std::int64_t highest) {
    const std::int64_t value = take_signed();
    if (value < lowest || value > highest) refuse("a number is out of its range");
    return std::clamp(value, lowest, highest);
  }
  // Of a text or a list: no more than the bytes that are left can hold.
  std::size_t take_length(std::size_t each_min) {
    const std::uint64_t length = take_bits();
    if (length <= std::min<std::uint64_t>(length_max, left_.size() / each_min))
      return static_cast<std::size_t>(length);
    refuse("a length is too large");
    return 0;
  }

  std::span<const std::byte> left_;
  const char* wrong_ = nullptr;
};

Failure refused(const char* what, const char* why) {
  return fail(ErrorKind::corrupt, std::string(what) + " cannot be read from its bytes: " + why);
}

}  // namespace

Result<State> read_state(std::span<const std::byte> bytes,
                         const std::optional<PolicySettings>& settings) {
  Reader reader(bytes);
  std::uint32_t revision = 0;
  reader.take(revision);
  if (revision != fold_revision) reader.refuse("they are of another fold revision");
  State state;
  reader.take(state);
  if (state.prices.size() > price_slots_max || state.feed_in.size() > price_slots_max)
    reader.refuse("too many prices");
  if (state.peaks.size() > peak_slots_max) reader.refuse("too many peak hours");
  if (state.sessions.planned.size() > planned_sessions_max)
    reader.refuse("too many planned sessions");
  for (const auto& forecast : {state.pv_forecast, state.load_forecast})
    if (forecast && (forecast->power_w.size() > forecast_slots_max ||
                     forecast->low_w.size() > forecast_slots_max ||
                     forecast->high_w.size() > forecast_slots_max))
      reader.refuse("too many slots of a forecast");
  if (state.policy.has_value() != settings.has_value())
    reader.refuse("a policy without its settings, or settings without a policy");
  if (const char* wrong = reader.end()) return refused("a state", wrong);
  if (state.policy) state.policy->settings = *settings;
  return state;
}

Result<LegacyRowsState> read_legacy_rows_state(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  std::uint32_t version = 0;
  reader.take(version);
  if (version != rows_memory_version) reader.refuse("they are of another version");
  LegacyRowsState memory;
  reader.take(memory);
  for (const ScoreBoard* board : {&memory.scores.pv, &memory.scores.load})
    if (board->sources.size() > ScoreBoard::most_sources) reader.refuse("too many sources");
  if (const char* wrong = reader.end()) return refused("the rows' memory", wrong);
  return memory;
}

}  // namespace wattledger::fold
