#include "coordinator/sources/fetch/news.hpp"

#include <string_view>
#include <utility>

#include "coordinator/sources/parse/answer.hpp"

namespace wattledger::sources {
namespace {

// Days that nobody publishes again need not be remembered.
constexpr std::chrono::microseconds days_remembered = std::chrono::days(4);

std::int64_t start_of(const std::vector<std::unique_ptr<fb::SeriesT>>& series) {
  return series.empty() ? 0 : series.front()->start_us;
}

// Without what is no content.
template <class Fact>
void strip(Fact* fact) {
  if (fact == nullptr) return;
  fact->raw_digest.reset();
  if constexpr (requires { fact->issued_at_us; }) fact->issued_at_us = flatbuffers::nullopt;
}

bool is_said(Kind kind) {
  return kind == Kind::PricesPublished || kind == Kind::PeakHoursPublished ||
         kind == Kind::WeatherObserved || kind == Kind::PvForecastIssued;
}

}  // namespace

std::optional<NewsKey> news_key(const fb::EventT& event) {
  const Kind kind = event.fact.type;
  if (const auto* prices = event.fact.AsPricesPublished())
    return NewsKey{kind, prices->provider, start_of(prices->prices_e8)};
  if (const auto* advice = event.fact.AsPeakHoursPublished())
    return NewsKey{kind, advice->provider, start_of(advice->codes)};
  if (const auto* weather = event.fact.AsWeatherObserved())
    return NewsKey{kind, weather->provider, 0};
  if (const auto* forecast = event.fact.AsPvForecastIssued())
    return NewsKey{kind, forecast->provider, 0};
  return std::nullopt;
}

Digest content_digest(const fb::EventT& event) {
  fb::EventT bare;
  bare.fact = event.fact;
  strip(bare.fact.AsPricesPublished());
  strip(bare.fact.AsPeakHoursPublished());
  strip(bare.fact.AsWeatherObserved());
  strip(bare.fact.AsPvForecastIssued());
  const auto encoded = encode(bare);
  if (!encoded) return {};
  const std::span<const std::byte> bytes = encoded->bytes();
  return from_fb(
      *digest_of({std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())}));
}

void ToldBefore::take(Sequence sequence, const EventView& event) {
  if (is_said(event.kind())) (void)is_news(event.unpack());
  if (const auto* failed = event.as<fb::SourceFailed>(); failed && failed->provider())
    outages_.insert_or_assign(
        failed->provider()->str(),
        Outage{sequence, event.occurred_at(), failed->detail() ? failed->detail()->str() : ""});
  if (const auto* recovered = event.as<fb::SourceRecovered>(); recovered && recovered->provider())
    outages_.erase(recovered->provider()->str());
  if (const auto* recovered = event.as<fb::SourceRecovered2>(); recovered && recovered->provider())
    outages_.erase(recovered->provider()->str());
}

bool ToldBefore::is_news(const fb::EventT& event, bool* first) {
  const auto key = news_key(event);
  if (!key) return true;
  const Digest digest = content_digest(event);
  const auto [said, fresh] = said_.try_emplace(*key, digest);
  if (first != nullptr) *first = fresh;
  if (!fresh) return std::exchange(said->second, digest) != digest;
  std::erase_if(said_, [&](const auto& each) {
    return each.first.kind == key->kind && each.first.provider == key->provider &&
           each.first.start_us < key->start_us - days_remembered.count();
  });
  return true;
}

}  // namespace wattledger::sources
