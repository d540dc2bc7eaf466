#include "replay/legacy_import/staged_records.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <limits>
#include <system_error>
#include <utility>

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using fb::LegacyForm;
using projections::sqlite::Access;
using projections::sqlite::Connection;
using projections::sqlite::Statement;

constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::max();

constexpr const char* setup_sql =
    "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-32000; PRAGMA temp_store=FILE; "
    "CREATE TABLE staged(at INTEGER, family INTEGER, key TEXT, rank INTEGER, place INTEGER, "
    "position INTEGER, source INTEGER, line INTEGER, form INTEGER, flags INTEGER, fields BLOB, "
    "whole TEXT); CREATE TABLE ids(place TEXT, id INTEGER, PRIMARY KEY(place, id)) WITHOUT ROWID; "
    "CREATE TABLE known(digest BLOB PRIMARY KEY, event INTEGER) WITHOUT "
    "ROWID; BEGIN";
constexpr const char* insert_sql = "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* scan_sql =
    "SELECT at, family, key, place, position, source, line, form, flags, fields, whole FROM staged "
    "ORDER BY at, family, key, rank, place, position";

constexpr std::int64_t flag_uncertain = 1;
constexpr std::int64_t flag_broken = 2;

// The table's word counts first, then what was written beside it.
int rank_of(LegacyForm form) {
  switch (form) {
    case LegacyForm::row:
      return 0;
    case LegacyForm::line:
      return 1;
    case LegacyForm::element:
      return 2;
    case LegacyForm::document:
      break;
  }
  return 3;
}

std::string_view bytes_of(const Id128& id) {
  return {static_cast<const char*>(static_cast<const void*>(id.bytes.data())), id.bytes.size()};
}

// Names and texts, each behind its length.
std::string packed(const fold::LegacyFields& fields) {
  std::size_t bytes = 0;
  for (const fold::LegacyField& field : fields) bytes += field.name.size() + field.text.size() + 8;
  std::string out;
  out.reserve(bytes);
  const auto put = [&](const std::string& text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    for (unsigned shift = 0; shift < 32; shift += 8)
      out += static_cast<char>((length >> shift) & 0xFFU);
    out += text;
  };
  for (const fold::LegacyField& field : fields) {
    put(field.name);
    put(field.text);
  }
  return out;
}

fold::LegacyFields unpacked(std::string_view bytes) {
  fold::LegacyFields fields;
  const auto take = [&] {
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i)
      length |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    std::string text(bytes.substr(4, length));
    bytes.remove_prefix(4 + std::size_t{length});
    return text;
  };
  while (bytes.size() >= 8) {
    std::string name = take();
    fields.push_back({std::move(name), take()});
  }
  return fields;
}

}  // namespace

Result<StagedRecords> StagedRecords::create(const fs::path& file) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  fs::remove(file, failed);
  auto connection = Connection::open(file, Access::create);
  if (!connection) return Failure(connection.error());
  WATTLEDGER_TRY(connection->execute(setup_sql));
  auto insert = connection->prepare(insert_sql);
  if (!insert) return Failure(insert.error());
  auto know = connection->prepare("INSERT OR IGNORE INTO known VALUES (?, ?)");
  if (!know) return Failure(know.error());
  auto known = connection->prepare("SELECT event FROM known WHERE digest = ?");
  if (!known) return Failure(known.error());
  auto take_id = connection->prepare("INSERT OR IGNORE INTO ids VALUES (?, ?)");
  if (!take_id) return Failure(take_id.error());
  auto taken = connection->prepare("SELECT 1 FROM ids WHERE place = ? AND id = ?");
  if (!taken) return Failure(taken.error());
  Statements statements{std::move(*insert), std::move(*know), std::move(*known),
                        std::move(*take_id), std::move(*taken)};
  return StagedRecords(std::move(*connection), std::move(statements));
}

StagedRecords::StagedRecords(Connection connection, Statements statements)
    : connection_(std::move(connection)),
      insert_(std::move(statements.insert)),
      know_(std::move(statements.know)),
      known_(std::move(statements.known)),
      take_id_(std::move(statements.take_id)),
      taken_(std::move(statements.taken)) {}

StagedRecords::~StagedRecords() = default;

std::int64_t StagedRecords::number_of(const std::string& name) {
  const auto [found, fresh] = numbers_.emplace(name, static_cast<std::int64_t>(names_.size()));
  if (fresh) names_.push_back(name);
  return found->second;
}

Result<void> StagedRecords::add(const StagedRecord& staged) {
  const SourceRecord& record = staged.record;
  const std::string fields = packed(record.fields);
  const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
  insert_.bind(1, staged.at ? to_us(*staged.at) : no_time)
      .bind(2, integer(record.family))
      .bind(3, std::string_view(staged.key))
      .bind(4, integer(rank_of(record.form)))
      .bind(5, number_of(record.place))
      .bind(6, record.position ? integer(*record.position) : std::int64_t{-1})
      .bind(7, number_of(staged.source))
      .bind(8, integer(record.line))
      .bind(9, integer(record.form))
      .bind(10, (staged.time_uncertain ? flag_uncertain : 0) | (record.broken ? flag_broken : 0))
      .bind_blob(11, fields);
  if (record.whole) {
    insert_.bind(12, std::string_view(*record.whole));
  } else {
    insert_.bind_null(12);
  }
  WATTLEDGER_TRY(insert_.run());
  ++size_;
  if (staged.at) {
    first_ = std::min(first_.value_or(*staged.at), *staged.at);
    last_ = std::max(last_.value_or(*staged.at), *staged.at);
  }
  return {};
}

Result<void> StagedRecords::know(const Id128& digest, Sequence event) {
  knows_ = true;
  return know_.bind_blob(1, bytes_of(digest)).bind(2, static_cast<std::int64_t>(event.value)).run();
}

Result<std::optional<Sequence>> StagedRecords::known(const Id128& digest) {
  if (!knows_) return std::optional<Sequence>();
  const auto row = known_.bind_blob(1, bytes_of(digest)).step();
  if (!row) return Failure(row.error());
  std::optional<Sequence> event;
  if (*row) event = Sequence{static_cast<std::uint64_t>(known_.integer(0))};
  known_.reset();
  return event;
}

Result<void> StagedRecords::take_id(const std::string& table, std::int64_t id) {
  knows_ = true;
  return take_id_.bind(1, std::string_view(table)).bind(2, id).run();
}

Result<bool> StagedRecords::is_id_taken(const std::string& table, std::int64_t id) {
  if (!knows_) return false;
  auto row = taken_.bind(1, std::string_view(table)).bind(2, id).step();
  taken_.reset();
  return row;
}

Result<void> StagedRecords::finish() { return connection_.execute("COMMIT"); }

Result<void> StagedRecords::scan(const std::function<Result<void>(const StagedRecord&)>& each) {
  auto rows = connection_.prepare(scan_sql);
  if (!rows) return Failure(rows.error());
  while (true) {
    const Result<bool> there = rows->step();
    if (!there) return Failure(there.error());
    if (!*there) return {};
    StagedRecord staged;
    if (rows->integer(0) != no_time) staged.at = utc_from_us(rows->integer(0));
    SourceRecord& record = staged.record;
    record.family = static_cast<Family>(rows->integer(1));
    staged.key = rows->text(2);
    record.place = names_.at(static_cast<std::size_t>(rows->integer(3)));
    if (rows->integer(4) >= 0) record.position = static_cast<std::uint64_t>(rows->integer(4));
    staged.source = names_.at(static_cast<std::size_t>(rows->integer(5)));
    record.line = static_cast<std::uint64_t>(rows->integer(6));
    record.form = static_cast<LegacyForm>(rows->integer(7));
    staged.time_uncertain = (rows->integer(8) & flag_uncertain) != 0;
    record.broken = (rows->integer(8) & flag_broken) != 0;
    record.fields = unpacked(rows->text(9));
    if (rows->kind(10) != projections::sqlite::ValueKind::null)
      record.whole = std::string(rows->text(10));
    WATTLEDGER_TRY(each(staged));
  }
}

Id128 digest_of_text(const std::string& text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  SHA256(static_cast<const unsigned char*>(static_cast<const void*>(text.data())), text.size(),
         hash.data());
  Id128 digest;
  std::copy_n(hash.begin(), digest.bytes.size(), digest.bytes.begin());
  return digest;
}

Id128 digest_of(const SourceRecord& record, std::uint64_t repetition) {
  return digest_of_text(std::string(fb::EnumNameLegacyForm(record.form)) + "\n" + record.place +
                        "\n" + std::to_string(repetition) + "\n" +
                        (record.whole ? *record.whole : packed(record.fields)));
}

Id128 digest_of(Family family, UtcTime at, const std::string& key) {
  return digest_of_text("fact\n" + std::string(family_name(family)) + "\n" +
                        std::to_string(to_us(at)) + "\n" + key);
}

}  // namespace wattledger::tool
