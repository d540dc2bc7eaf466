#include "coordinator/daemon/source_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/daemon/price_feed.hpp"
#include "events/series.hpp"

namespace wattledger::daemon {
namespace {

using sources::Provider;
using std::chrono::seconds;

// forecast.solar answers twelve requests an hour without a key; none of the others is new more
// often than this.
seconds interval_of(Provider provider) {
  if (sources::has_days(provider)) return published_anew_pause;
  return provider == Provider::forecast_solar ? std::chrono::hours(3) : std::chrono::hours(1);
}

fb::SourceTrouble trouble_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::timed_out:
      return fb::SourceTrouble::timed_out;
    case ErrorKind::io:
      return fb::SourceTrouble::unreachable;
    case ErrorKind::rejected:
      return fb::SourceTrouble::refused;
    case ErrorKind::invalid_input:
    case ErrorKind::corrupt:
    case ErrorKind::full:
      return fb::SourceTrouble::malformed;
    case ErrorKind::not_found:
      return fb::SourceTrouble::incomplete;
    case ErrorKind::conflict:
      return fb::SourceTrouble::implausible;
    case ErrorKind::foreign:
    case ErrorKind::newer:
    case ErrorKind::locked:
    case ErrorKind::poisoned:
    case ErrorKind::unsupported:
      return fb::SourceTrouble::unknown;
  }
  return fb::SourceTrouble::unknown;
}

template <class Slot>
bool covers(const std::vector<Slot>& slots, UtcTime from, UtcTime to) {
  for (const Slot& slot : slots)
    if (slot.start <= from && from < slot.start + slot.length) from = slot.start + slot.length;
  return from >= to;
}

// Every slot of the local day is in the state already.
bool known_whole(const fold::State& state, Provider provider, UtcTime day) {
  const UtcTime end = state.site.zone.next_day_start(day);
  return provider == Provider::pse_peak_hours ? covers(state.peaks, day, end)
                                              : covers(state.prices, day, end);
}

// Every slot has a price, and none is suspect.
bool all_believed(const fb::PricesPublishedT& prices) {
  return prices.suspect.empty() &&
         std::all_of(prices.prices_e8.begin(), prices.prices_e8.end(),
                     [](const auto& series) { return series->absent.empty(); });
}

// What somebody else's server said may be no UTF-8, which an event's text must be.
std::string as_text(const std::string& bytes) {
  using nlohmann::json;
  return json::parse(json(bytes).dump(-1, ' ', false, json::error_handler_t::replace))
      .get<std::string>();
}

bool same_advice(const fold::State& state, const fb::PeakHoursPublishedT& advice) {
  for (const auto& series : advice.codes) {
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      if (is_absent(*series, i)) return false;
      const fold::PeakSlot slot{slot_start(*series, i), seconds(series->step_s),
                                static_cast<std::uint32_t>(series->values[i])};
      if (std::find(state.peaks.begin(), state.peaks.end(), slot) == state.peaks.end())
        return false;
    }
  }
  return true;
}

}  // namespace

SourceDesk::SourceDesk(const config::Config& config, const Journal& journal,
                       sources::HttpLimits limits, sources::ToldBefore told)
    : config_(config), journal_(journal), fetcher_(limits), told_(std::move(told)) {
  for (const Provider provider : sources::providers_of(config)) {
    Task task{provider, sources::Schedule(interval_of(provider)), {}, {}, {}, {}};
    const auto outage = told_.outages().find(std::string(sources::provider_name(provider)));
    if (outage != told_.outages().end()) {
      task.schedule.resume_outage();
      task.failing_since = outage->second.since;
      task.failed = outage->second.failed;
      task.trouble = outage->second.detail;
    }
    tasks_.push_back(std::move(task));
  }
}

std::vector<fb::EventT> SourceDesk::look(UtcTime now, const std::stop_token& stop, bool everybody) {
  std::vector<fb::EventT> facts;
  everybody_ = everybody;
  for (Task& task : tasks_)
    if (!stop.stop_requested() && (everybody || task.schedule.due(now)))
      ask(task, now, stop, facts);
  return facts;
}

ZoneOffsets SourceDesk::zone() const {
  return journal_.with_state([](const fold::State& state) { return state.site.zone; });
}

std::vector<std::string> SourceDesk::troubles() const {
  const ZoneOffsets here = zone();
  std::vector<std::string> lines;
  for (const Task& task : tasks_) {
    if (task.trouble.empty()) continue;
    lines.push_back("source " + std::string(sources::provider_name(task.provider)) + ": " +
                    task.trouble);
    if (const auto next = task.schedule.next())
      lines.back() += "; it is asked again at " + iso_text(here.to_local(*next)).substr(11, 5);
  }
  return lines;
}

void SourceDesk::ask(Task& task, UtcTime now, const std::stop_token& stop,
                     std::vector<fb::EventT>& facts) {
  retry_after_.reset();
  sources::DaysAsked days{{now}, now};
  if (sources::has_days(task.provider)) days = sources::days_asked(config_, zone(), now);
  bool whole = true;
  std::optional<Error> error;
  for (const UtcTime day : days.starts) {
    const auto answer = ask_day(task, day, stop, facts);
    // Not published yet is no trouble of the source's.
    if (!answer && answer.error().kind != ErrorKind::not_found) error = answer.error();
    whole = whole && answer && *answer;
  }
  if (stop.stop_requested()) return;
  if (error) return trouble(task, *error, now, facts);
  std::optional<seconds> sooner;
  if (!whole) sooner = not_yet_pause;
  const auto until_tomorrow = std::chrono::ceil<seconds>(days.tomorrow_from - now);
  if (until_tomorrow > seconds(0))
    sooner = std::min(sooner.value_or(interval_of(task.provider)), until_tomorrow);
  if (task.schedule.succeeded(now, sooner) == sources::Schedule::News::outage_ends) {
    fb::SourceRecovered2T recovered;
    recovered.provider = std::string(sources::provider_name(task.provider));
    if (task.failing_since && *task.failing_since <= now)
      recovered.outage_ms = static_cast<std::uint64_t>(
          std::chrono::floor<std::chrono::milliseconds>(now - *task.failing_since).count());
    if (task.failed) recovered.failed = task.failed->value;
    spdlog::info("source {} answers again", recovered.provider);
    facts.push_back(fact(std::move(recovered)));
  }
  task.failing_since.reset();
  task.failed.reset();
  task.trouble.clear();
}

void SourceDesk::trouble(Task& task, const Error& error, UtcTime now,
                         std::vector<fb::EventT>& facts) {
  if (!task.failing_since) task.failing_since = now;
  task.trouble = as_text(error.line());
  const auto news = task.schedule.failed(now, retry_after_);
  const std::string provider(sources::provider_name(task.provider));
  const bool begins = news == sources::Schedule::News::outage_begins;
  // Said until the outage is, not with every try of a night without a network.
  spdlog::log(task.schedule.failures() <= sources::failures_told ? spdlog::level::warn
                                                                 : spdlog::level::debug,
              "source {}: {}", provider, task.trouble);
  if (!begins) return;
  fb::SourceFailedT failed;
  failed.provider = provider;
  failed.trouble = trouble_of(error.kind);
  failed.detail = task.trouble;
  failed.attempts = task.schedule.failures();
  facts.push_back(fact(std::move(failed)));
}

// Whether the day is whole. `day` means nothing where a source has no days.
Result<bool> SourceDesk::ask_day(Task& task, UtcTime day, const std::stop_token& stop,
                                 std::vector<fb::EventT>& facts) {
  auto asked = sources::asked_of(config_, task.provider);
  if (!asked) return Failure(asked.error());
  const ZoneOffsets here = zone();
  const bool days = sources::has_days(task.provider);
  if (days) {
    sources::ask_for(*asked, day, here);
    const bool first = task.days.count(asked->local_date) == 0;
    const bool known = journal_.with_state(
        [&](const fold::State& state) { return known_whole(state, task.provider, day); });
    task.days.erase(task.days.begin(),
                    task.days.lower_bound(date_text(here.to_local(day) - std::chrono::days(1))));
    if (first && known && !everybody_) {
      task.days[asked->local_date] = {};
      return true;
    }
  }
  Task::Day& told = task.days[asked->local_date];
  auto fetched = fetcher_.fetch(task.provider, *asked, here, told.etag, stop, &retry_after_);
  if (!fetched) return Failure(fetched.error());
  const std::string currency = journal_.with_state([&](const fold::State& state) {
    return state.policy ? state.policy->settings.currency : config_.policy.currency;
  });
  WATTLEDGER_TRY(sources::check_currency(*fetched, currency));
  told.etag = fetched->etag;
  for (const std::string& remark : fetched->remarks)
    spdlog::debug("source {}: {}", sources::provider_name(task.provider), remark);
  const bool unchanged = fetched->facts.empty();
  for (fb::EventT& each : fetched->facts)
    if (is_news(each)) facts.push_back(std::move(each));
  if (!unchanged || !days) return fetched->complete;
  return journal_.with_state(
      [&](const fold::State& state) { return known_whole(state, task.provider, day); });
}

// What says nothing new is not recorded again. Days that the log's last weeks do not tell of may
// stand in the state.
bool SourceDesk::is_news(const fb::EventT& fact) {
  bool first = false;
  if (!told_.is_news(fact, &first)) return false;
  if (!first) return true;
  if (const auto* prices = fact.fact.AsPricesPublished())
    return journal_.with_state([&](const fold::State& state) {
      return !all_believed(*prices) || !already_known(state, *prices);
    });
  if (const auto* advice = fact.fact.AsPeakHoursPublished())
    return journal_.with_state(
        [&](const fold::State& state) { return !same_advice(state, *advice); });
  return true;
}

}  // namespace wattledger::daemon
