#include "log/segment.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "log/byte_order.hpp"
#include "log/merkle.hpp"

namespace wattledger::log {
namespace {

constexpr std::string_view magic = "wattledger-s";
// 1 had no linear lanes and is read as before.
constexpr std::uint32_t segment_version = 2;
constexpr std::size_t head_bytes = 16;  // magic, version
constexpr std::size_t tail_bytes =
    8 + 32 + head_bytes;  // manifest's length and digest, the head again
constexpr const char* part_ending = ".part";
constexpr const char* remedy =
    "restore this file from a backup: its records may stand nowhere else";

Digest sha256(std::span<const std::byte> bytes) {
  Digest digest;
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

std::array<std::byte, head_bytes> head_of(std::uint32_t version) {
  std::array<std::byte, head_bytes> bytes{};
  std::memcpy(bytes.data(), magic.data(), magic.size());
  store_big(version, bytes.data() + magic.size());
  return bytes;
}

Error about_file(const std::filesystem::path& path, Error error) {
  error.what = path.string() + ": " + error.what;
  if (error.remedy.empty()) error.remedy = remedy;
  return error;
}

std::string block_text(const Manifest& manifest, std::size_t index) {
  return "block " + std::to_string(index + 1) + " (records " +
         std::to_string(manifest.blocks[index].first.value) + " to " +
         std::to_string(manifest.block_last(index).value) + ")";
}

// The file's version.
Result<std::uint32_t> check_head(const DiskFile& file, std::uint64_t size) {
  const auto bytes = file.read(0, std::min<std::size_t>(head_bytes, size));
  if (!bytes) return Failure(bytes.error());
  if (bytes->size() < head_bytes || std::memcmp(bytes->data(), magic.data(), magic.size()) != 0)
    return fail(ErrorKind::foreign, file.path().string() + " is no segment of a wattledger log",
                remedy);
  const auto version = load_big<std::uint32_t>(bytes->data() + magic.size());
  if (version == 0 || version > segment_version)
    return fail(ErrorKind::newer,
                file.path().string() + " is of segment version " + std::to_string(version),
                "use the wattledger that wrote it, or a later one");
  return version;
}

struct Read {
  Manifest manifest;
  Digest digest;
};

Result<Read> read_manifest(const DiskFile& file, std::uint64_t size, std::uint32_t version) {
  const auto damaged = [&](const std::string& what) {
    return fail(ErrorKind::corrupt, file.path().string() + " " + what, remedy);
  };
  if (size < head_bytes + tail_bytes) return damaged("is cut short");
  const auto tail = file.read(size - tail_bytes, tail_bytes);
  if (!tail) return Failure(tail.error());
  const auto expected = head_of(version);
  if (!std::equal(expected.begin(), expected.end(), tail->begin() + 8 + 32))
    return damaged("is cut short, or its last bytes are damaged");
  const auto length = load_big<std::uint64_t>(tail->data());
  if (length > manifest_bytes_max || length > size - head_bytes - tail_bytes)
    return damaged("has a damaged end: its manifest cannot be so long");
  const std::uint64_t blocks_end = size - tail_bytes - length;
  const auto bytes = file.read(blocks_end, static_cast<std::size_t>(length));
  if (!bytes) return Failure(bytes.error());
  Read result;
  result.digest = sha256(*bytes);
  if (std::memcmp(result.digest.bytes.data(), tail->data() + 8, result.digest.bytes.size()) != 0)
    return damaged("has a damaged manifest: its SHA-256 is another");
  auto manifest = decode_manifest(*bytes, head_bytes, blocks_end);
  if (!manifest) return Failure(about_file(file.path(), manifest.error()));
  result.manifest = *std::move(manifest);
  return result;
}

// What a manifest says about records, as they come by.
class Tally {
 public:
  Tally(const Id128& log, Sequence first, Sequence last)
      : range_(first.value - 1), sequence_(first) {
    manifest_.log = log;
    manifest_.first = first;
    manifest_.last = last;
  }

  Result<void> add(std::span<const std::byte> record) {
    const auto header = parse_header(record);
    if (!header) return Failure(named(header.error()));
    ++manifest_.kinds[header->kind];
    manifest_.record_bytes += record.size();
    widen(manifest_.recorded_from, manifest_.recorded_to, header->recorded_at, any_recorded_);
    if ((header->flags & (flag_redacted | flag_lost)) == 0) {
      const auto event = parse_event(*header, record);
      if (!event) return Failure(named(event.error()));
      widen(manifest_.occurred_from, manifest_.occurred_to, event->occurred_at(), any_occurred_);
    }
    range_.append(leaf_of(record));
    sequence_ = sequence_.next();
    return {};
  }

  // All but root and blocks.
  [[nodiscard]] Manifest manifest() const {
    Manifest result = manifest_;
    result.nodes = range_.nodes();
    return result;
  }

 private:
  static void widen(UtcTime& from, UtcTime& to, UtcTime time, bool& any) {
    from = any ? std::min(from, time) : time;
    to = any ? std::max(to, time) : time;
    any = true;
  }
  [[nodiscard]] Error named(Error error) const {
    error.what = "record " + std::to_string(sequence_.value) + ": " + error.what;
    if (error.remedy.empty())
      error.remedy = "run 'wattledger log verify'; a damaged record cannot be archived";
    return error;
  }

  Manifest manifest_;
  CompactRange range_;
  Sequence sequence_;
  bool any_recorded_ = false;
  bool any_occurred_ = false;
};

// Gathers records until a block is full; copies them to addresses divisible by 8.
class BlockBuilder {
 public:
  [[nodiscard]] bool takes(std::size_t bytes) const {
    return lengths_.size() < block_records_max && 8 * words_.size() + bytes <= block_bytes_max;
  }
  std::span<const std::byte> add(std::span<const std::byte> record) {
    const std::size_t begin = words_.size();
    words_.resize(begin + (record.size() + 7) / 8);
    std::memcpy(words_.data() + begin, record.data(), record.size());
    lengths_.push_back(record.size());
    return std::as_bytes(std::span(words_).subspan(begin)).first(record.size());
  }
  [[nodiscard]] bool empty() const { return lengths_.empty(); }
  Result<std::vector<std::byte>> encode() {
    std::vector<std::span<const std::byte>> records;
    const auto bytes = std::as_bytes(std::span(words_));
    std::size_t begin = 0;
    for (const std::size_t length : lengths_) {
      records.push_back(bytes.subspan(begin, length));
      begin += (length + 7) / 8 * 8;
    }
    auto encoded = encode_block(records);
    words_.clear();
    lengths_.clear();
    return encoded;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::size_t> lengths_;
};

class SegmentBuilder {
 public:
  SegmentBuilder(DiskFile& file, const SegmentSource& source, const SegmentProgress& progress)
      : file_(file),
        source_(source),
        progress_(progress),
        tally_(source.log, source.first, source.last) {}

  Result<void> write() {
    WATTLEDGER_TRY(file_.append(head_of(segment_version)));
    Sequence block_first = source_.first;
    for (Sequence at = source_.first; at <= source_.last; at = at.next()) {
      const auto stored = source_.record(at);
      if (!stored) return Failure(stored.error());
      if (!builder_.takes(stored->size()) && !builder_.empty()) {
        WATTLEDGER_TRY(put_block(block_first));
        block_first = at;
        if (progress_)
          progress_((at.value - source_.first.value) / 2,
                    source_.last.value - source_.first.value + 1);
      }
      WATTLEDGER_TRY(tally_.add(builder_.add(*stored)));
    }
    WATTLEDGER_TRY(put_block(block_first));
    return put_manifest();
  }

 private:
  Result<void> put_block(Sequence first) {
    const auto encoded = builder_.encode();
    if (!encoded) return Failure(encoded.error());
    blocks_.push_back(
        {first, offset_, static_cast<std::uint32_t>(encoded->size()), sha256(*encoded)});
    offset_ += encoded->size();
    return file_.append(*encoded);
  }

  Result<void> put_manifest() {
    Manifest manifest = tally_.manifest();
    manifest.root = source_.root;
    manifest.blocks = std::move(blocks_);
    const auto bytes = encode_manifest(manifest);
    const Digest digest = sha256(bytes);
    const auto end = head_of(segment_version);
    std::array<std::byte, tail_bytes> tail{};
    store_big(static_cast<std::uint64_t>(bytes.size()), tail.data());
    std::memcpy(tail.data() + 8, digest.bytes.data(), digest.bytes.size());
    std::memcpy(tail.data() + 8 + 32, end.data(), end.size());
    WATTLEDGER_TRY(file_.append(bytes));
    WATTLEDGER_TRY(file_.append(tail));
    return file_.sync();
  }

  DiskFile& file_;
  const SegmentSource& source_;
  const SegmentProgress& progress_;
  Tally tally_;
  BlockBuilder builder_;
  std::vector<BlockEntry> blocks_;
  std::uint64_t offset_ = head_bytes;
};

// The log's own tree, where it stores it.
Result<void> check_tree(const SegmentReader& segment, const SegmentSource& source) {
  for (const RangeNode& node : segment.manifest().nodes) {
    if (node.level < Frontier::stored_level_min) continue;
    const auto stored = source.node(node.level, node.index);
    if (!stored) return Failure(stored.error());
    if (*stored == node.digest) continue;
    const std::uint64_t from = (node.index << node.level) + 1;
    return fail(ErrorKind::corrupt,
                "records " + std::to_string(from) + " to " +
                    std::to_string(from - 1 + (std::uint64_t{1} << node.level)) +
                    " do not give the log's Merkle node: they were changed",
                "run 'wattledger log verify'; they cannot be archived");
  }
  return {};
}

Result<void> compare_with_source(const SegmentReader& segment, const SegmentSource& source,
                                 const SegmentProgress& progress) {
  const Manifest& manifest = segment.manifest();
  Tally tally(source.log, source.first, source.last);
  for (std::size_t index = 0; index < manifest.blocks.size(); ++index) {
    const auto block = segment.block(index);
    if (!block) return Failure(block.error());
    for (Sequence at = (*block)->first; at <= (*block)->last(); at = at.next()) {
      const auto stored = source.record(at);
      if (!stored) return Failure(stored.error());
      const auto archived = (*block)->record(at);
      if (!std::equal(stored->begin(), stored->end(), archived.begin(), archived.end()))
        return fail(ErrorKind::corrupt,
                    segment.path().string() + ": record " + std::to_string(at.value) +
                        " was read back as other bytes",
                    "check the disk and its memory, then archive again");
      WATTLEDGER_TRY(tally.add(archived));
    }
    if (progress)
      progress((manifest.records() + (*block)->last().value - manifest.first.value + 1) / 2,
               manifest.records());
  }
  if (tally.manifest().nodes != manifest.nodes)
    return fail(ErrorKind::corrupt, segment.path().string() + " was read back as another tree",
                "check the disk and its memory, then archive again");
  return check_tree(segment, source);
}

}  // namespace

Result<SegmentReader> SegmentReader::open(const std::filesystem::path& path) {
  auto file = DiskFile::open(path);
  if (!file) return Failure(file.error());
  return open(*std::move(file));
}

Result<SegmentReader> SegmentReader::open(DiskFile file) {
  const auto size = file.size();
  if (!size) return Failure(size.error());
  const auto version = check_head(file, *size);
  if (!version) return Failure(version.error());
  auto read = read_manifest(file, *size, *version);
  if (!read) return Failure(read.error());
  SegmentReader reader(std::move(file), std::move(read->manifest));
  reader.digest_ = read->digest;
  reader.file_bytes_ = *size;
  return reader;
}

Result<std::shared_ptr<const SegmentBlock>> SegmentReader::block(std::size_t index) const {
  const BlockEntry& entry = manifest_.blocks.at(index);
  const auto bytes = file_.read(entry.offset, entry.bytes);
  if (!bytes) return Failure(bytes.error());
  if (sha256(*bytes) != entry.digest)
    return fail(ErrorKind::corrupt,
                path().string() + ": " + block_text(manifest_, index) +
                    " is damaged: its SHA-256 is another",
                remedy);
  auto block = decode_block(*bytes);
  const std::string where = block_text(manifest_, index);
  if (!block) {
    Error error = block.error();
    error.what = where + ": " + error.what;
    return Failure(about_file(path(), std::move(error)));
  }
  if (block->size() != manifest_.block_last(index).value - entry.first.value + 1)
    return fail(ErrorKind::corrupt, path().string() + ": " + where + " holds another count",
                remedy);
  return std::make_shared<const SegmentBlock>(SegmentBlock{entry.first, *std::move(block)});
}

Result<void> SegmentReader::verify() const {
  Tally tally(manifest_.log, manifest_.first, manifest_.last);
  for (std::size_t index = 0; index < manifest_.blocks.size(); ++index) {
    const auto read = block(index);
    if (!read) return Failure(read.error());
    for (Sequence at = (*read)->first; at <= (*read)->last(); at = at.next())
      if (const auto added = tally.add((*read)->record(at)); !added)
        return Failure(about_file(path(), added.error()));
  }
  Manifest found = tally.manifest();
  found.root = manifest_.root;
  found.blocks = manifest_.blocks;
  if (found == manifest_) return {};
  return fail(ErrorKind::corrupt, path().string() + ": its records are not what its manifest says",
              remedy);
}

Result<SegmentReader> write_segment(const std::filesystem::path& directory,
                                    const SegmentSource& source, const SegmentProgress& progress) {
  if (source.first.value == 0 || source.first > source.last ||
      source.last.value - source.first.value >= segment_records_max)
    return fail(ErrorKind::invalid_input, "records " + std::to_string(source.first.value) + " to " +
                                              std::to_string(source.last.value) +
                                              " make no segment");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + error.message(),
                "check the disk and its permissions");
  remove_leftovers(directory, part_ending);
  const auto final_path = directory / segment_name(source.first, source.last);
  const auto part = directory / (segment_name(source.first, source.last) + "." +
                                 std::to_string(::getpid()) + part_ending);
  // Its lock is held until the name is given.
  auto file = DiskFile::create(part);
  if (!file) return Failure(file.error());
  const auto give_up = [&](Error why) {
    std::filesystem::remove(part, error);
    return Failure(std::move(why));
  };
  if (const auto written = SegmentBuilder(*file, source, progress).write(); !written)
    return give_up(written.error());
  {
    const auto read = SegmentReader::open(part);
    if (!read) return give_up(read.error());
    if (const auto same = compare_with_source(*read, source, progress); !same)
      return give_up(same.error());
  }
  if (const auto named = rename_file(part, final_path); !named) return give_up(named.error());
  WATTLEDGER_TRY(sync_directory(directory));
  WATTLEDGER_TRY(sync_directory(directory.parent_path()));
  return SegmentReader::open(final_path);
}

}  // namespace wattledger::log
