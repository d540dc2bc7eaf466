#include "projections/fold_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>

#include "events/upcast.hpp"
#include "projections/correction_index.hpp"
#include "projections/damage.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

// What a file holds: all that the runner remembers, or the state alone.
enum class Form { whole, state };

constexpr std::string_view magic_of(Form form) {
  return form == Form::whole ? "WLFOLD01" : "WLSTAT01";
}
constexpr std::string_view prefix_of(Form form) { return form == Form::whole ? "fold-" : "state-"; }
constexpr std::string_view temporary_of(Form form) {
  return form == Form::whole ? "fold.tmp" : "state.tmp";
}
constexpr std::size_t digits = 20;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put(Bytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
void put(Bytes& to, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    to.push_back(static_cast<std::byte>((number >> shift) & 0xFFU));
}
void put_part(Bytes& to, std::span<const std::byte> part) {
  put(to, part.size());
  put(to, part);
}

// Everything that must be as it is now for the rest to mean something.
Bytes key_of(Form form, const Id128& log, Sequence sequence, const Digest& root) {
  Bytes key;
  put(key, bytes_of(magic_of(form)));
  put(key, std::as_bytes(std::span(log.bytes)));
  put(key, sequence.value);
  put(key, std::as_bytes(std::span(root.bytes)));
  put(key, fold::fold_revision);
  put(key, form == Form::whole ? fold::rows_memory_version : 0U);
  const Digest upcasters = fold::text_digest(upcasters_text());
  put(key, std::as_bytes(std::span(upcasters.bytes)));
  return key;
}

void put_state(Bytes& bytes, const fold::State& state) {
  put_part(bytes, bytes_of(state.policy ? fold::render_policy(state.policy->settings) : ""));
  put_part(bytes, fold::canonical_bytes(state));
}

Bytes sealed(Bytes bytes) {
  const Digest digest = fold::text_digest(text_of(bytes));
  put(bytes, std::as_bytes(std::span(digest.bytes)));
  return bytes;
}

Bytes encode(const FoldSnapshot& snapshot) {
  Bytes bytes = key_of(Form::whole, snapshot.log, snapshot.sequence, snapshot.root);
  put_state(bytes, snapshot.state);
  put_part(bytes, fold::canonical_bytes(snapshot.rows));
  return sealed(std::move(bytes));
}

class Parts {
 public:
  explicit Parts(std::span<const std::byte> bytes) : left_(bytes) {}
  Result<std::span<const std::byte>> take(std::size_t size) {
    if (size > left_.size()) return fail(ErrorKind::corrupt, "it is too short");
    const auto taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  Result<std::span<const std::byte>> take_part() {
    const auto length = take(8);
    if (!length) return length;
    std::uint64_t size = 0;
    for (std::size_t i = 8; i > 0; --i)
      size = (size << 8U) | std::to_integer<std::uint64_t>((*length)[i - 1]);
    if (size > left_.size()) return fail(ErrorKind::corrupt, "it is too short");
    return take(static_cast<std::size_t>(size));
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  std::span<const std::byte> left_;
};

template <class Id>
Result<Id> take_id(Parts& parts) {
  Id id;
  const auto bytes = parts.take(id.bytes.size());
  if (!bytes) return Failure(bytes.error());
  std::memcpy(id.bytes.data(), bytes->data(), bytes->size());
  return id;
}

// What stands behind the key.
Result<void> decode_parts(Parts& parts, Form form, FoldSnapshot& snapshot) {
  const auto text = parts.take_part();
  if (!text) return Failure(text.error());
  std::optional<fold::PolicySettings> settings;
  if (!text->empty()) {
    auto parsed = fold::parse_policy(text_of(*text));
    if (!parsed) return Failure(parsed.error());
    settings = std::move(*parsed);
  }
  const auto state_bytes = parts.take_part();
  if (!state_bytes) return Failure(state_bytes.error());
  auto state = fold::read_state(*state_bytes, settings);
  if (!state) return Failure(state.error());
  snapshot.state = std::move(*state);
  if (form == Form::whole) {
    const auto rows_bytes = parts.take_part();
    if (!rows_bytes) return Failure(rows_bytes.error());
    auto rows = fold::read_legacy_rows_state(*rows_bytes);
    if (!rows) return Failure(rows.error());
    snapshot.rows = std::move(*rows);
  }
  if (!parts.empty()) return fail(ErrorKind::corrupt, "bytes are left over");
  return {};
}

Result<FoldSnapshot> decode(Form form, std::span<const std::byte> bytes, const log::Snapshot& log,
                            Sequence sequence) {
  constexpr std::size_t digest_bytes = 32;
  if (bytes.size() < digest_bytes) return fail(ErrorKind::corrupt, "it is too short");
  const auto content = bytes.first(bytes.size() - digest_bytes);
  const Digest sum = fold::text_digest(text_of(content));
  if (std::memcmp(sum.bytes.data(), bytes.data() + content.size(), digest_bytes) != 0)
    return fail(ErrorKind::corrupt, "its checksum is wrong");
  FoldSnapshot snapshot;
  snapshot.log = log.meta().uuid;
  snapshot.sequence = sequence;
  Parts parts(content);
  // The root is its own and compared with the log's below; all else in the key is ours.
  Parts root_at = parts;
  WATTLEDGER_TRY(
      root_at.take(magic_of(form).size() + snapshot.log.bytes.size() + sizeof sequence.value));
  const auto root = take_id<Digest>(root_at);
  if (!root) return Failure(root.error());
  snapshot.root = *root;
  const Bytes key = key_of(form, snapshot.log, sequence, snapshot.root);
  const auto found = parts.take(key.size());
  if (!found) return Failure(found.error());
  if (!std::equal(key.begin(), key.end(), found->begin()))
    return fail(ErrorKind::conflict, "it is of another log, place, fold revision or upcasters");
  const auto same = same_root(log, sequence, snapshot.root);
  if (!same) return Failure(same.error());
  if (*same != SameRoot::yes)
    return fail(ErrorKind::conflict, "its Merkle root is not the log's there");
  WATTLEDGER_TRY(decode_parts(parts, form, snapshot));
  return snapshot;
}

Result<Bytes> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) return fail(ErrorKind::io, "it cannot be opened");
  if (static_cast<std::uint64_t>(size) > fold_snapshot_bytes_max)
    return fail(ErrorKind::corrupt, "it is too large");
  Bytes bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size))
    return fail(ErrorKind::io, "it cannot be read");
  return bytes;
}

std::string name_of(Form form, Sequence sequence) {
  const std::string number = std::to_string(sequence.value);
  return std::string(prefix_of(form)) + std::string(digits - number.size(), '0') + number;
}

std::optional<Sequence> sequence_of(Form form, const std::string& name) {
  const std::string_view prefix = prefix_of(form);
  if (name.size() != prefix.size() + digits || name.compare(0, prefix.size(), prefix) != 0)
    return std::nullopt;
  Sequence sequence;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + prefix.size(), end, sequence.value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return sequence;
}

struct Place {
  Sequence sequence;
  Form form;
  auto operator<=>(const Place&) const = default;
};

// Newest first.
std::vector<Place> there(const fs::path& directory, std::initializer_list<Form> forms) {
  std::vector<Place> found;
  std::error_code error;
  for (fs::directory_iterator at(directory, error); !error && at != fs::directory_iterator();
       at.increment(error))
    for (const Form form : forms)
      if (const auto sequence = sequence_of(form, at->path().filename().string()))
        found.push_back({*sequence, form});
  std::sort(found.rbegin(), found.rend());
  return found;
}

Failure io_failure(const fs::path& path, const char* doing) {
  const std::string why = std::error_code(errno, std::generic_category()).message();
  return fail(ErrorKind::io, std::string(doing) + " " + path.string() + ": " + why);
}

// Closed once, also on the way out of an error.
class File {
 public:
  File(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] bool write_all(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
  }
  [[nodiscard]] bool sync() const { return ::fsync(fd_) == 0; }

 private:
  int fd_;
};

enum class Durable { no, yes };

// Under a temporary name first, so that nobody ever reads a part of it.
Result<void> write_file(const fs::path& directory, Form form, Sequence sequence,
                        std::span<const std::byte> bytes, Durable durable) {
  if (bytes.size() > fold_snapshot_bytes_max)
    return fail(ErrorKind::full, "a fold snapshot of " + std::to_string(bytes.size()) +
                                     " bytes is larger than any should be");
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return fail(ErrorKind::io, "cannot make " + directory.string() + ": " + error.message());
  const fs::path aside = directory / temporary_of(form);
  {
    const File file(aside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return io_failure(aside, "cannot make");
    if (!file.write_all(bytes) || (durable == Durable::yes && !file.sync()))
      return io_failure(aside, "cannot write");
  }
  fs::rename(aside, directory / name_of(form, sequence), error);
  if (error) return fail(ErrorKind::io, "cannot rename " + aside.string() + ": " + error.message());
  return {};
}

// The newest valid one at `at_most` or before, and a line for each that was newer and is not.
std::optional<FoldSnapshot> newest(const fs::path& directory, std::initializer_list<Form> forms,
                                   const log::Snapshot& log, Sequence at_most,
                                   std::vector<std::string>& discarded) {
  for (const auto& [sequence, form] : there(directory, forms)) {
    if (sequence > at_most && sequence <= log.head()) continue;
    const fs::path path = directory / name_of(form, sequence);
    Result<FoldSnapshot> snapshot = fail(ErrorKind::conflict, "it is ahead of the log");
    if (sequence <= log.head()) {
      const auto bytes = read_file(path);
      snapshot = bytes ? decode(form, *bytes, log, sequence) : Failure(bytes.error());
    }
    if (snapshot) return std::move(*snapshot);
    discarded.push_back("fold snapshot " + path.string() +
                        " is not used: " + snapshot.error().line());
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t state_spacing(Sequence head) {
  std::uint64_t spacing = states_every;
  while (head.value / spacing > states_max) spacing *= 2;
  return spacing;
}

FoldCache::Found FoldCache::find(const log::Snapshot& log, Sequence at_most) const {
  Found found;
  found.snapshot = newest(directory_, {Form::whole}, log, at_most, found.discarded);
  return found;
}

FoldCache::FoundState FoldCache::find_state(const log::Snapshot& log, Sequence at_most) const {
  FoundState found;
  auto snapshot = newest(directory_, {Form::whole, Form::state}, log, at_most, found.discarded);
  if (!snapshot) return found;
  found.sequence = snapshot->sequence;
  found.state = std::move(snapshot->state);
  return found;
}

Result<void> FoldCache::write(const FoldSnapshot& snapshot) const {
  WATTLEDGER_TRY(
      write_file(directory_, Form::whole, snapshot.sequence, encode(snapshot), Durable::yes));
  const File directory(directory_, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open() || !directory.sync()) return io_failure(directory_, "cannot sync");
  // Those ahead of this one are of a log that is no more.
  std::size_t kept = 0;
  std::error_code error;
  for (const Place& each : there(directory_, {Form::whole})) {
    if (each.sequence <= snapshot.sequence && kept < fold_snapshots_kept)
      ++kept;
    else
      fs::remove(directory_ / name_of(Form::whole, each.sequence), error);
  }
  return {};
}

Result<void> FoldCache::write_state(const log::Snapshot& log, Sequence sequence, const Digest& root,
                                    const fold::State& state) const {
  Bytes bytes = key_of(Form::state, log.meta().uuid, sequence, root);
  put_state(bytes, state);
  WATTLEDGER_TRY(
      write_file(directory_, Form::state, sequence, sealed(std::move(bytes)), Durable::no));
  const std::uint64_t spacing = state_spacing(log.head());
  std::error_code error;
  for (const Place& each : there(directory_, {Form::state}))
    if (each.sequence > log.head() || each.sequence.value % spacing != 0)
      fs::remove(directory_ / name_of(Form::state, each.sequence), error);
  return {};
}

void FoldCache::take_states(const fs::path& from) const {
  std::error_code error;
  const std::vector<Place> states = there(from, {Form::state});
  if (!states.empty()) fs::create_directories(directory_, error);
  for (const Place& each : states) {
    const std::string name = name_of(Form::state, each.sequence);
    if (fs::is_regular_file(fs::symlink_status(from / name, error)))
      fs::rename(from / name, directory_ / name, error);
  }
  const fs::path corrections = CorrectionIndex(from).file();
  if (!states.empty() && fs::is_regular_file(fs::symlink_status(corrections, error)))
    fs::rename(corrections, CorrectionIndex(directory_).file(), error);
}

}  // namespace wattledger::projections
