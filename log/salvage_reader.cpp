#include "log/salvage_reader.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "log/byte_order.hpp"
#include "log/environment.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t key_bytes = 8;
constexpr std::size_t node_key_bytes = 9;
constexpr unsigned databases_max = 8;

enum class Frame : std::uint32_t {
  meta,    // number: bytes of the name, in front of the value
  node,    // number: index, of level 8
  record,  // number: sequence
  failed,  // number: LMDB's code
  end
};

struct FrameHeader {
  std::uint64_t number = 0;
  std::uint32_t bytes = 0;
  Frame frame = Frame::end;
};

constexpr std::size_t payload_max = record_bytes_max + 8;

// The child's side. Whatever cannot go on ends the process: the parent sees what came before.
class DamagedReader {
 public:
  DamagedReader(const std::filesystem::path& directory, int out) : out_(out) {
    std::error_code error;
    // Where nobody has a lock file, none is left behind.
    const unsigned lock = std::filesystem::exists(directory / lock_file, error) ? 0 : MDB_NOLOCK;
    check(mdb_env_create(&env_));
    check(mdb_env_set_assert(env_, [](MDB_env*, const char*) noexcept { ::_exit(1); }));
    check(mdb_env_set_maxdbs(env_, databases_max));
    check(mdb_env_open(env_, directory.c_str(), MDB_RDONLY | MDB_NOTLS | lock, 0));
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn_));
  }

  // Values and nodes, each as far as it can be read.
  void send_meta() {
    each("meta", [&](const MDB_val& key, const MDB_val& value) {
      std::vector<std::byte> both(key.mv_size + value.mv_size);
      std::memcpy(both.data(), key.mv_data, key.mv_size);
      std::memcpy(both.data() + key.mv_size, value.mv_data, value.mv_size);
      send(Frame::meta, key.mv_size, both.data(), both.size());
    });
    each("nodes", [&](const MDB_val& key, const MDB_val& value) {
      const auto* name = static_cast<const std::byte*>(key.mv_data);
      if (key.mv_size != node_key_bytes || value.mv_size != sizeof(Digest::bytes) ||
          name[0] != static_cast<std::byte>(Frontier::stored_level_min))
        return;
      send(Frame::node, load_big<std::uint64_t>(name + 1), value.mv_data, value.mv_size);
    });
  }

  void send_records(Sequence from, Sequence to) {
    MDB_dbi events = 0;
    check(mdb_dbi_open(txn_, "events", 0, &events));
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(txn_, events, &cursor));
    std::array<std::byte, key_bytes> name{};
    store_big(from.value, name.data());
    MDB_val key{name.size(), name.data()};
    MDB_val value{};
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
      if (key.mv_size != key_bytes) continue;
      const auto there = load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data));
      if (there >= from.value && there <= to.value)
        send(Frame::record, there, value.mv_data, std::min(value.mv_size, payload_max));
    }
    if (code != MDB_NOTFOUND) check(code);
  }

  void end() { send(Frame::end, 0, nullptr, 0); }

 private:
  void check(int code) {
    if (code == 0) return;
    send(Frame::failed, static_cast<std::uint64_t>(static_cast<std::int64_t>(code)), nullptr, 0);
    ::_exit(1);
  }

  template <class Act>
  void each(const char* database, const Act& act) {
    MDB_dbi handle = 0;
    check(mdb_dbi_open(txn_, database, 0, &handle));
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(txn_, handle, &cursor));
    MDB_val key{};
    MDB_val value{};
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) act(key, value);
    if (code != MDB_NOTFOUND) check(code);
  }

  // In one piece: a page that cannot be read ends the child before anything is written.
  void send(Frame frame, std::uint64_t number, const void* bytes, std::size_t size) {
    const FrameHeader header{number, static_cast<std::uint32_t>(size), frame};
    buffer_.resize(sizeof header + size);
    std::memcpy(buffer_.data(), &header, sizeof header);
    if (size > 0) std::memcpy(buffer_.data() + sizeof header, bytes, size);
    for (std::size_t done = 0; done < buffer_.size();) {
      const auto wrote = ::write(out_, buffer_.data() + done, buffer_.size() - done);
      if (wrote <= 0) ::_exit(1);
      done += static_cast<std::size_t>(wrote);
    }
  }

  int out_;
  MDB_env* env_ = nullptr;
  MDB_txn* txn_ = nullptr;
  std::vector<std::byte> buffer_;
};

// A child that is expected to die of what it reads does so at once and silently.
void prepare_child() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGPIPE}) ::signal(signal, SIG_DFL);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDERR_FILENO);
}

// The parent's side: ends with the child.
class Child {
 public:
  template <class Act>
  static Result<Child> start(const std::filesystem::path& directory, const Act& act) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return fail(ErrorKind::io, std::string("no pipe: ") + std::strerror(errno));
    const ::pid_t id = ::fork();
    if (id == 0) {
      ::close(ends[0]);  // else this process would keep its own pipe open
      prepare_child();
      DamagedReader reader(directory, ends[1]);
      act(reader);
      reader.end();
      ::_exit(0);
    }
    ::close(ends[1]);
    std::FILE* in = ::fdopen(ends[0], "rb");
    if (id > 0 && in != nullptr) return Child(id, in);
    if (in == nullptr) ::close(ends[0]);
    return fail(ErrorKind::io, "no process to read with could be started");
  }
  Child(Child&& other) noexcept
      : id_(std::exchange(other.id_, -1)), in_(std::exchange(other.in_, nullptr)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (in_ != nullptr) std::fclose(in_);  // which ends a child that still writes
    if (id_ > 0)
      while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) continue;
  }

  // None when the child is gone. The bytes end with the next call.
  std::optional<FrameHeader> next(std::span<const std::byte>& bytes) {
    FrameHeader header;
    if (std::fread(&header, sizeof header, 1, in_) != 1 || header.bytes > payload_max + key_bytes)
      return std::nullopt;
    payload_.resize((header.bytes + 7) / 8);
    if (header.bytes > 0 && std::fread(payload_.data(), header.bytes, 1, in_) != 1)
      return std::nullopt;
    bytes = {reinterpret_cast<const std::byte*>(payload_.data()), header.bytes};
    return header;
  }

 private:
  Child(::pid_t id, std::FILE* in) : id_(id), in_(in) {}
  ::pid_t id_;
  std::FILE* in_;
  std::vector<std::uint64_t> payload_;
};

}  // namespace

Result<DamagedLog> DamagedLog::open(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory / data_file, error))
    return fail(ErrorKind::not_found, "no log in " + directory.string(),
                "check the data directory");
  auto child = Child::start(directory, [](DamagedReader& reader) { reader.send_meta(); });
  if (!child) return Failure(child.error());
  DamagedLog log(directory);
  MetaValues values;
  std::span<const std::byte> bytes;
  int code = 0;
  while (const auto header = child->next(bytes)) {
    switch (header->frame) {
      case Frame::meta: {
        const auto name = std::min<std::size_t>(header->number, bytes.size());
        values.emplace(
            std::string(reinterpret_cast<const char*>(bytes.data()), name),
            std::vector<std::byte>(bytes.begin() + static_cast<std::ptrdiff_t>(name), bytes.end()));
        break;
      }
      case Frame::node:
        std::memcpy(log.groups_[header->number].bytes.data(), bytes.data(),
                    std::min(bytes.size(), sizeof(Digest::bytes)));
        break;
      case Frame::failed:
        code = static_cast<int>(static_cast<std::int64_t>(header->number));
        break;
      case Frame::record:
      case Frame::end:
        break;
    }
  }
  if (values.empty()) {
    if (code != 0 && code != MDB_INVALID)
      return lmdb_failure(code, directory.string() + " cannot be opened");
    auto pages = PageFile::open(directory / data_file);
    if (!pages) return Failure(pages.error());
    log.refused_ = code == MDB_INVALID;
    log.read_beginnings(*pages, values);
    log.pages_ = *std::move(pages);
  }
  if (values.empty())
    return fail(ErrorKind::corrupt,
                directory.string() + ": the pages that everything begins with are damaged",
                "restore a backup");
  auto meta = decode_meta(values);
  if (!meta) return Failure(meta.error());
  log.meta_ = *std::move(meta);
  return log;
}

// Meta's values and the nodes, as far as the pages have them.
void DamagedLog::read_beginnings(const PageFile& pages, MetaValues& values) {
  pages.each("meta", [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    values.emplace(std::string(reinterpret_cast<const char*>(key.data()), key.size()),
                   std::vector<std::byte>(value.begin(), value.end()));
  });
  pages.each("nodes", [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    if (key.size() != node_key_bytes || value.size() != sizeof(Digest::bytes) ||
        key[0] != static_cast<std::byte>(Frontier::stored_level_min))
      return;
    std::memcpy(groups_[load_big<std::uint64_t>(key.data() + 1)].bytes.data(), value.data(),
                value.size());
  });
}

std::optional<Digest> DamagedLog::group(std::uint64_t index) const {
  const auto found = groups_.find(index);
  return found == groups_.end() ? std::nullopt : std::optional(found->second);
}

namespace {

// Keys in order, whatever order they come in. A key far ahead may be one that a flipped bit made:
// what comes next tells.
class InOrder {
 public:
  InOrder(Sequence next, const DamagedLog::Record& record) : next_(next), record_(record) {}

  Result<void> add(Sequence sequence, std::span<const std::byte> bytes) {
    if (sequence < next_) return {};
    if (ahead_ && sequence <= *ahead_)
      ahead_.reset();
    else
      WATTLEDGER_TRY(settle());
    if (sequence == next_) return give(sequence, bytes);
    if (sequence < next_) return {};
    ahead_ = sequence;
    kept_.resize((bytes.size() + 7) / 8);
    kept_bytes_ = bytes.size();
    if (!bytes.empty()) std::memcpy(kept_.data(), bytes.data(), bytes.size());
    return {};
  }
  // Nothing comes that speaks against the key ahead.
  Result<void> settle() {
    if (!ahead_) return {};
    const Sequence ahead = *std::exchange(ahead_, std::nullopt);
    return give(ahead, {reinterpret_cast<const std::byte*>(kept_.data()), kept_bytes_});
  }
  [[nodiscard]] Sequence next() const { return next_; }

 private:
  Result<void> give(Sequence sequence, std::span<const std::byte> bytes) {
    next_ = sequence.next();
    return record_(sequence, bytes);
  }

  Sequence next_;
  const DamagedLog::Record& record_;
  std::optional<Sequence> ahead_;
  std::vector<std::uint64_t> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace

// Of a range where LMDB does not get to.
Result<void> DamagedLog::read_pages(const SequenceRange& range, const Record& record,
                                    const Unreadable& unreadable) const {
  if (!pages_)
    if (auto pages = PageFile::open(directory_ / data_file)) pages_ = *std::move(pages);
  std::vector<std::uint64_t> aligned;
  Sequence bad = range.first;
  for (Sequence at = range.first; at <= range.last; at = at.next()) {
    const auto bytes = pages_ ? pages_->record(at.value) : std::nullopt;
    if (!bytes) continue;
    if (bad < at) WATTLEDGER_TRY(unreadable({bad, Sequence{at.value - 1}}));
    bad = at.next();
    aligned.resize((bytes->size() + 7) / 8);
    std::memcpy(aligned.data(), bytes->data(), bytes->size());
    WATTLEDGER_TRY(record(at, {reinterpret_cast<const std::byte*>(aligned.data()), bytes->size()}));
  }
  return bad <= range.last ? unreadable({bad, range.last}) : Result<void>{};
}

Result<void> DamagedLog::read(const Record& record, const Unreadable& unreadable) const {
  if (refused_) return read_pages({meta_.first, meta_.head}, record, unreadable);
  Sequence next = meta_.first;
  while (next <= meta_.head) {
    const Sequence from = next;
    auto child = Child::start(
        directory_, [&](DamagedReader& reader) { reader.send_records(from, meta_.head); });
    if (!child) return Failure(child.error());
    InOrder in_order(from, record);
    bool ended = false;
    std::span<const std::byte> bytes;
    while (const auto header = child->next(bytes)) {
      ended = header->frame == Frame::end;
      if (header->frame != Frame::record) break;
      WATTLEDGER_TRY(in_order.add(Sequence{header->number}, bytes));
    }
    WATTLEDGER_TRY(in_order.settle());
    next = in_order.next();
    if (ended || next > meta_.head) return {};
    const auto behind = behind_damage(next);
    if (!behind) return Failure(behind.error());
    WATTLEDGER_TRY(read_pages({next, Sequence{behind->value - 1}}, record, unreadable));
    next = *behind;
  }
  return {};
}

Result<bool> DamagedLog::can_read_at(Sequence sequence) const {
  auto child = Child::start(
      directory_, [&](DamagedReader& reader) { reader.send_records(sequence, meta_.head); });
  if (!child) return Failure(child.error());
  std::span<const std::byte> bytes;
  const auto header = child->next(bytes);
  return header && header->frame != Frame::failed;
}

// A damaged page takes a range of keys with it, of a length that depends on its height in the tree:
// look further and further, then back for the range's end. Behind the head if there is none.
Result<Sequence> DamagedLog::behind_damage(Sequence at) const {
  const std::uint64_t end = meta_.head.value + 1;
  std::uint64_t bad = at.value;
  std::uint64_t good = end;
  for (std::uint64_t step = 1; bad + step < end; step *= 2) {
    const auto found = can_read_at(Sequence{bad + step});
    if (!found) return Failure(found.error());
    if (*found) {
      good = bad + step;
      break;
    }
    bad += step;
  }
  while (good - bad > 1) {
    const std::uint64_t middle = bad + (good - bad) / 2;
    const auto found = can_read_at(Sequence{middle});
    if (!found) return Failure(found.error());
    (*found ? good : bad) = middle;
  }
  return Sequence{good};
}

}  // namespace wattledger::log
