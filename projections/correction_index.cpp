#include "projections/correction_index.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "projections/damage.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "wattledger corrections 1\n";
constexpr std::streamoff bytes_max = std::streamoff{32} << 20;

std::string line_of(std::uint64_t a, std::uint64_t b) {
  return std::to_string(a) + " " + std::to_string(b) + "\n";
}

std::optional<std::string> text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0 || size > bytes_max) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return std::nullopt;
  return text;
}

// Takes what stands before `end` off the text.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? value : 0;
}

}  // namespace

void take_correction(const log::RecordView& record, std::vector<CorrectionPlace>& places) {
  if (const auto* fact = record.event.as<fb::CorrectionRecorded>())
    places.push_back({record.sequence, Sequence{fact->corrects()}});
}

CorrectionIndex::CorrectionIndex(const fs::path& cache) : file_(cache / "corrections") {}

KnownCorrections CorrectionIndex::find(const log::Snapshot& log) const {
  const auto whole = text_of(file_);
  if (!whole) return {};
  constexpr std::size_t sum_bytes = 65;  // hex, newline
  if (whole->size() < first_line.size() + sum_bytes) return {};
  const std::string_view content = std::string_view(*whole).substr(0, whole->size() - sum_bytes);
  if (whole->substr(content.size()) != fold::text_digest(content).hex() + "\n" ||
      content.substr(0, first_line.size()) != first_line)
    return {};
  std::string_view left = content.substr(first_line.size());
  std::string_view head = take(left, '\n');
  if (take(head, ' ') != log.meta().uuid.hex()) return {};
  KnownCorrections known{Sequence{number(take(head, ' '))}, {}};
  if (known.through.value == 0 || known.through > log.head()) return {};
  const auto root = log::root_at(log, known.through.value);
  if (!root || head != root->hex()) return {};
  while (!left.empty()) {
    std::string_view line = take(left, '\n');
    const Sequence by{number(take(line, ' '))};
    known.places.push_back({by, Sequence{number(line)}});
  }
  return known;
}

Result<void> CorrectionIndex::write(const log::Snapshot& log, const KnownCorrections& known,
                                    const Digest& root) const {
  std::string text(first_line);
  text +=
      log.meta().uuid.hex() + " " + std::to_string(known.through.value) + " " + root.hex() + "\n";
  for (const CorrectionPlace& each : known.places)
    text += line_of(each.by.value, each.corrects.value);
  text += fold::text_digest(text).hex() + "\n";
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  const fs::path aside = file_.parent_path() / "corrections.tmp";
  std::ofstream file(aside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorKind::io, "cannot write " + aside.string());
  fs::rename(aside, file_, error);
  if (error) return fail(ErrorKind::io, "cannot rename " + aside.string() + ": " + error.message());
  return {};
}

}  // namespace wattledger::projections
