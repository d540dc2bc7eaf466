#include "replay/legacy_import/staged_records.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

#include "projections/sqlite/sqlite_handle.hpp"
#include "replay/legacy_import/handover.hpp"
#include "replay/legacy_import/legacy_database.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using fb::LegacyForm;
using projections::sqlite::Connection;
using projections::sqlite::Statement;

constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::max();

constexpr const char* tables_sql =
    "CREATE TABLE staged(at INTEGER, family INTEGER, key TEXT, rank INTEGER, place INTEGER, "
    "position INTEGER, source INTEGER, line INTEGER, form INTEGER, flags INTEGER, fields BLOB, "
    "whole TEXT)";
// The index is sorted, the records are not moved: most lie in their order already.
constexpr const char* index_sql =
    "CREATE INDEX by_event ON staged(at, family, key, rank, place, position); COMMIT";
constexpr const char* insert_sql = "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* scan_sql =
    "SELECT at, family, key, place, position, source, line, form, flags, fields, whole FROM staged "
    "INDEXED BY by_event ORDER BY at, family, key, rank, place, position";

constexpr std::size_t usual_fields = 20;
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

// Names and texts, each behind its length.
void pack(const fold::LegacyFields& fields, std::string& out) {
  const auto put = [&](const std::string& text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    std::array<char, 4> prefix{};
    for (unsigned i = 0; i < 4; ++i) prefix.at(i) = static_cast<char>((length >> (8 * i)) & 0xFFU);
    out.append(prefix.data(), prefix.size());
    out += text;
  };
  for (const fold::LegacyField& field : fields) {
    put(field.name);
    put(field.text);
  }
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
  fields.reserve(usual_fields);
  while (bytes.size() >= 8) {
    std::string name = take();
    fields.push_back({std::move(name), take()});
  }
  return fields;
}

// What a digest is of. `content`: what is kept whole, else the packed fields.
std::string digested(LegacyForm form, std::string_view place, std::uint64_t repetition,
                     std::string_view content) {
  constexpr std::size_t head_bytes_max = 40;
  std::string text;
  text.reserve(head_bytes_max + place.size() + content.size());
  text += fb::EnumNameLegacyForm(form);
  text += '\n';
  text += place;
  text += '\n';
  text += std::to_string(repetition);
  text += '\n';
  text += content;
  return text;
}

// A record between the threads; its texts lie in its batch.
struct Row {
  std::int64_t at = no_time, position = -1, place = 0, source = 0, line = 0, flags = 0;
  Family family = Family::document;
  LegacyForm form = LegacyForm::document;
  Id128 digest;
  std::size_t key_bytes = 0, fields_bytes = 0;
  std::optional<std::size_t> whole_bytes;
};

// One block of memory for many records.
struct Batch {
  static constexpr std::size_t rows_max = 1'000;
  static constexpr std::size_t bytes_max = std::size_t{1} << 19U;
  std::vector<Row> rows;
  std::string bytes;
  [[nodiscard]] bool is_full() const {
    return rows.size() >= rows_max || bytes.size() >= bytes_max;
  }
};

// The texts of a batch's rows, in their order.
class Texts {
 public:
  explicit Texts(const Batch& batch) : rest_(batch.bytes) {}
  std::string_view next(std::size_t bytes) {
    const std::string_view text = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return text;
  }

 private:
  std::string_view rest_;
};

struct Leaving {
  Handover<Batch>& from;
  ~Leaving() { from.leave(); }
};

Result<void> insert(Statement& statement, const Row& row, Texts& texts) {
  const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
  const std::string_view key = texts.next(row.key_bytes);
  const std::string_view fields = texts.next(row.fields_bytes);
  statement.bind(1, row.at)
      .bind(2, integer(row.family))
      .bind(3, key)
      .bind(4, integer(rank_of(row.form)))
      .bind(5, row.place)
      .bind(6, row.position)
      .bind(7, row.source)
      .bind(8, row.line)
      .bind(9, integer(row.form))
      .bind(10, row.flags)
      .bind_blob(11, fields);
  if (row.whole_bytes) {
    statement.bind(12, texts.next(*row.whole_bytes));
  } else {
    statement.bind_null(12);
  }
  return statement.run();
}

// The row that `found` stands at.
void read(const Statement& found, const std::vector<std::string>& names, Batch& batch) {
  Row row;
  row.at = found.integer(0);
  row.family = static_cast<Family>(found.integer(1));
  row.place = found.integer(3);
  row.position = found.integer(4);
  row.source = found.integer(5);
  row.line = found.integer(6);
  row.form = static_cast<LegacyForm>(found.integer(7));
  row.flags = found.integer(8);
  const auto keep = [&](std::string_view text) {
    batch.bytes += text;
    return text.size();
  };
  row.key_bytes = keep(found.text(2));
  const std::string_view fields = found.text(9);
  row.fields_bytes = keep(fields);
  std::string_view content = fields;
  if (found.kind(10) != projections::sqlite::ValueKind::null) {
    content = found.text(10);
    row.whole_bytes = keep(content);
  }
  row.digest =
      digest_of_text(digested(row.form, names.at(static_cast<std::size_t>(row.place)), 0, content));
  batch.rows.push_back(row);
}

StagedRecord record_of(const Row& row, Texts& texts, const std::vector<std::string>& names) {
  StagedRecord staged;
  if (row.at != no_time) staged.at = utc_from_us(row.at);
  staged.source = names.at(static_cast<std::size_t>(row.source));
  staged.time_uncertain = (row.flags & flag_uncertain) != 0;
  staged.digest = row.digest;
  staged.key = texts.next(row.key_bytes);
  SourceRecord& record = staged.record;
  record.family = row.family;
  record.place = names.at(static_cast<std::size_t>(row.place));
  if (row.position >= 0) record.position = static_cast<std::uint64_t>(row.position);
  record.line = static_cast<std::uint64_t>(row.line);
  record.form = row.form;
  record.broken = (row.flags & flag_broken) != 0;
  record.fields = unpacked(texts.next(row.fields_bytes));
  if (row.whole_bytes) record.whole = std::string(texts.next(*row.whole_bytes));
  return staged;
}

}  // namespace

// The file, and the thread that fills it.
struct StagedRecords::Writer {
  Writer(Connection&& opened, Statement&& prepared)
      : connection(std::move(opened)),
        statement(std::move(prepared)),
        thread([this] { write(); }) {}
  ~Writer() {
    if (thread.joinable()) batches.end();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write() {
    while (const auto batch = batches.take()) {
      Texts texts(*batch);
      for (const Row& row : batch->rows) {
        written = insert(statement, row, texts);
        if (written) continue;
        batches.leave();
        return;
      }
    }
  }
  Result<void> join() {
    if (thread.joinable()) thread.join();
    return written;
  }

  Connection connection;  // the thread's until it is joined
  Statement statement;
  Result<void> written;
  Batch filling;  // not the thread's
  Handover<Batch> batches;
  std::jthread thread;
};

Result<StagedRecords> StagedRecords::create(const fs::path& file) {
  auto connection = make_scratch_database(file, tables_sql);
  if (!connection) return Failure(connection.error());
  auto statement = connection->prepare(insert_sql);
  if (!statement) return Failure(statement.error());
  return StagedRecords(std::make_unique<Writer>(std::move(*connection), std::move(*statement)));
}

StagedRecords::StagedRecords(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
StagedRecords::StagedRecords(StagedRecords&&) noexcept = default;
StagedRecords& StagedRecords::operator=(StagedRecords&&) noexcept = default;
StagedRecords::~StagedRecords() = default;

std::int64_t StagedRecords::number_of(const std::string& name) {
  const auto [found, fresh] = numbers_.emplace(name, static_cast<std::int64_t>(names_.size()));
  if (fresh) names_.push_back(name);
  return found->second;
}

Result<void> StagedRecords::add(const StagedRecord& staged) {
  const SourceRecord& record = staged.record;
  Batch& batch = writer_->filling;
  Row row;
  if (staged.at) {
    row.at = to_us(*staged.at);
    first_ = std::min(first_.value_or(*staged.at), *staged.at);
    last_ = std::max(last_.value_or(*staged.at), *staged.at);
  }
  ++size_;
  row.family = record.family;
  row.form = record.form;
  if (record.position) row.position = static_cast<std::int64_t>(*record.position);
  row.line = static_cast<std::int64_t>(record.line);
  row.place = number_of(record.place);
  row.source = number_of(std::string(staged.source));
  row.flags = (staged.time_uncertain ? flag_uncertain : 0) | (record.broken ? flag_broken : 0);
  const std::size_t begin = batch.bytes.size();
  batch.bytes += staged.key;
  row.key_bytes = staged.key.size();
  pack(record.fields, batch.bytes);
  row.fields_bytes = batch.bytes.size() - begin - row.key_bytes;
  if (record.whole) {
    batch.bytes += *record.whole;
    row.whole_bytes = record.whole->size();
  }
  batch.rows.push_back(row);
  if (!batch.is_full() || writer_->batches.give(std::exchange(batch, {}))) return {};
  return writer_->join();
}

Result<void> StagedRecords::finish() {
  // When that cannot be given any more, the thread has the error.
  (void)writer_->batches.give(std::exchange(writer_->filling, {}));
  writer_->batches.end();
  WATTLEDGER_TRY(writer_->join());
  return writer_->connection.execute(index_sql);
}

Result<void> StagedRecords::scan(const std::function<Result<void>(StagedRecord)>& each) {
  auto rows = writer_->connection.prepare(scan_sql);
  if (!rows) return Failure(rows.error());
  Handover<Batch> batches;
  Result<void> done;
  std::jthread reader([&] {
    Batch batch;
    while (true) {
      const Result<bool> there = rows->step();
      if (!there) done = Failure(there.error());
      if (!there || !*there) break;
      read(*rows, names_, batch);
      if (batch.is_full() && !batches.give(std::exchange(batch, {}))) break;
    }
    (void)batches.give(std::move(batch));
    batches.end();
  });
  const Leaving leaving{batches};  // before the reader is joined, however this ends
  while (const auto batch = batches.take()) {
    Texts texts(*batch);
    for (const Row& row : batch->rows) WATTLEDGER_TRY(each(record_of(row, texts, names_)));
  }
  reader.join();
  return done;
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
  std::string fields;
  if (!record.whole) pack(record.fields, fields);
  return digest_of_text(
      digested(record.form, record.place, repetition, record.whole ? *record.whole : fields));
}

Id128 digest_of(Family family, UtcTime at, const std::string& key) {
  return digest_of_text("fact\n" + std::string(family_name(family)) + "\n" +
                        std::to_string(to_us(at)) + "\n" + key);
}

}  // namespace wattledger::tool
