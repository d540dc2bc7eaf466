#include "tests/replay/house_log.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "log/checkpoint.hpp"

namespace wattledger::testing {

HouseDirectory::HouseDirectory() {
  const std::filesystem::path directory = home_ / "log";
  log::CreateOptions options;
  options.uuid = Id128{};
  options.uuid->bytes[15] = 7;
  log_.emplace(value(log::Log::create(directory, options)));
  lock_.emplace(value(log::WriterLock::take(directory, "test")));
  appender_.emplace(value(log::Appender::open(*log_, *lock_, {})));
}

std::uint64_t HouseDirectory::append(const fb::EventT& native, std::int64_t second) {
  const EncodedEvent encoded = value(encode(native));
  const auto appended = value(appender_->append(encoded, at_s(second), {}));
  const EventView view = value(decode(encoded.kind(), encoded.bytes()));
  fold::evolve(state_, appended.sequence, at_s(second), view);
  return appended.sequence.value;
}

std::uint64_t HouseDirectory::reading(std::int64_t second, int soc_bp) {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(soc_bp);
  fact.battery_power_w = -3'000;
  fact.pv_power_w = 1'250;
  fact.load_power_w = 830;
  fact.grid_power_w = -2'580;
  fact.battery_temperature_mc = 21'500;
  return add(second, std::move(fact), fb::Source::inverter);
}

std::uint64_t HouseDirectory::decide(std::int64_t second, const Alter& alter,
                                     std::uint64_t behind) {
  policy::Judgement judgement = policy::decide(state_, at_s(second));
  for (std::uint64_t i = 0; i < behind; ++i) add(second, fb::SystemMeasuredT{});
  if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan))
    add(second, *judgement.plan);
  if ((judgement.plan || judgement.keeps_plan) && state_.plan)
    judgement.decision.plan = state_.plan->sequence.value;
  if (alter) alter(judgement.decision);
  return add(second, std::move(judgement.decision));
}

std::string HouseDirectory::sign() {
  const auto key = value(log::SigningKey::open_or_create(log::signing_key_file(data())));
  appender_.reset();
  std::string note = value(log::make_checkpoint(*log_, *lock_, key));
  appender_.emplace(value(log::Appender::open(*log_, *lock_, {})));
  return note;
}

void HouseDirectory::site() {
  fb::SiteAdoptedT fact;
  fact.site = "home";
  fact.zone = "Europe/Warsaw";
  fact.tzdb_version = "2025b";
  fact.transitions = {fb::ZoneTransition(1'743'296'400'000'000, 7'200),
                      fb::ZoneTransition(1'761'440'400'000'000, 3'600)};
  add(0, std::move(fact));
}

void HouseDirectory::policy() {
  fold::PolicySettings settings;
  settings.tariff_zones = fold::g12_zones();
  fb::PolicyAdoptedT fact;
  fact.text = fold::render_policy(settings);
  Digest digest;
  digest.bytes.fill(0xAB);
  fact.digest = std::make_unique<fb::Digest256>(to_fb(digest));
  fact.engine_revision = policy::engine_revision;
  add(0, std::move(fact));
}

void HouseDirectory::prices(std::int64_t start_second) {
  fb::PricesPublishedT fact;
  fact.provider = "test";
  fact.kind = fb::PriceKind::day_ahead;
  fact.currency = "PLN";
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(start_second));
  series->step_s = 900;
  for (int i = 0; i < 96; ++i) series->values.push_back(i < 24 ? 10'000'000 : 60'000'000);
  fact.prices_e8.push_back(std::move(series));
  add(start_second, std::move(fact), fb::Source::price_source);
}

void HouseDirectory::begin() {
  site();
  policy();
  prices();
  fb::CoordinatorStartedT started;
  started.version = "test";
  started.engine_revision = policy::engine_revision;
  started.control_mode = fb::ControlMode::advise;
  add(0, std::move(started));
}

bool change_byte(const std::filesystem::path& file, const std::string& text) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  bool found = false;
  for (std::size_t at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) {
    stream.clear();
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put('X');
    found = true;
  }
  return found;
}

void HouseDirectory::close() {
  appender_.reset();
  lock_.reset();
  log_.reset();
}

}  // namespace wattledger::testing
