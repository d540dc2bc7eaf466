#include "coordinator/sources/parse/answer.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/remarks.hpp"
#include "coordinator/sources/parse/weather.hpp"

namespace wattledger::sources {
namespace {

const AnswerDoor& door() {
  static const AnswerDoor it{"weather observation", "save IMGW's answer for one synop station",
                             weather_bytes_max};
  return it;
}

class Reader {
 public:
  Reader(const Json& record, Remarks& remarks) : record_(record), remarks_(remarks) {}

  // The field as an integer of 10^-places of its unit; with a remark, nullopt for what is no number
  // or not within. Null and empty are nullopt: not measured.
  std::optional<std::int64_t> number(std::string_view name, int places, std::int64_t low,
                                     std::int64_t high) {
    const std::string_view text = record_.scalar(name);
    if (text.empty()) return std::nullopt;
    const Decimal value = parse_decimal(text, places, Digits::rounded);
    if (!value.trouble && value.count >= low && value.count <= high) {
      any_ = true;
      return value.count;
    }
    remarks_.add(std::string(name) + " " + in_quotes(text) + " is not possible: left out");
    return std::nullopt;
  }
  [[nodiscard]] bool any() const { return any_; }

 private:
  const Json& record_;
  Remarks& remarks_;
  bool any_ = false;
};

template <class T>
void set(flatbuffers::Optional<T>& field, std::optional<std::int64_t> value) {
  if (value) field = static_cast<T>(*value);
}

std::optional<UtcTime> observed_at(const Json& record) {
  const std::string date(record.scalar("data_pomiaru"));
  std::string hour(record.scalar("godzina_pomiaru"));
  if (hour.size() == 1) hour.insert(0, "0");
  if (date.size() != 10 || hour.size() != 2) return std::nullopt;
  const auto time = parse_time(date + "T" + hour + ":00", ZoneOffsets());
  return time ? std::optional(*time) : std::nullopt;
}

std::string station(const Json& record) {
  constexpr std::size_t name_max = 60;
  const std::string name = on_one_line(record.scalar("stacja"), name_max);
  return name.empty() ? on_one_line(record.scalar("id_stacji"), name_max) : name;
}

}  // namespace

Result<ParsedObservation> parse_imgw(std::string_view bytes, const std::string& provider) {
  const auto text = open_answer(bytes, door());
  if (!text) return Failure(text.error());
  const auto record = read_json(*text, door());
  if (!record) return Failure(record.error());
  const auto refused = [](const std::string& what) {
    return fail(ErrorKind::invalid_input, "weather observation: " + what, door().remedy);
  };
  if (record->kind == Json::Kind::list)
    return refused("a list of " + std::to_string(record->items.size()) + ", not one station");
  const auto at = observed_at(*record);
  if (!at)
    return refused("data_pomiaru " + in_quotes(record->scalar("data_pomiaru")) +
                   " and godzina_pomiaru " + in_quotes(record->scalar("godzina_pomiaru")) +
                   " are not a time");
  Remarks remarks;
  Reader reader(*record, remarks);
  ParsedObservation result;
  fb::WeatherObservedT& it = result.observation;
  it.provider = provider;
  it.station = station(*record);
  it.observed_at_us = to_us(*at);
  set(it.temperature_mc, reader.number("temperatura", 3, -100'000, 70'000));
  set(it.humidity_bp, reader.number("wilgotnosc_wzgledna", 2, 0, 10'000));
  set(it.pressure_pa, reader.number("cisnienie", 2, 50'000, 120'000));
  set(it.wind_speed_mm_s, reader.number("predkosc_wiatru", 3, 0, 150'000));
  set(it.wind_direction_deg, reader.number("kierunek_wiatru", 0, 0, 360));
  set(it.precipitation_um, reader.number("suma_opadu", 3, 0, 2'000'000));
  if (!reader.any()) {
    const std::string first = remarks.first();
    return refused("the station measured nothing" + (first.empty() ? "" : ", " + first));
  }
  it.raw_digest = digest_of({bytes});
  result.remarks = remarks.take();
  return result;
}

}  // namespace wattledger::sources
