#include "coordinator/sources/parse/answer.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/sources/parse/remarks.hpp"

namespace wattledger::sources {
namespace {

// Bytes that no text has, the first of them from 0.
std::optional<std::size_t> find_binary(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return i;
  }
  return std::nullopt;
}

std::optional<std::string> named_twice(const std::vector<std::string>& names) {
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  return twice == sorted.end() ? std::nullopt : std::optional<std::string>(*twice);
}

// Builds the tree. As a listener, because nlohmann's own document would hold numbers as doubles.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Json root;
  std::string trouble;

  bool null() override { return add(Json::Kind::null, ""); }
  bool boolean(bool value) override { return add(Json::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return add(Json::Kind::number, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add(Json::Kind::number, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return add(Json::Kind::number, text);
  }
  bool string(string_t& text) override { return add(Json::Kind::text, text); }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    open_.back()->names.push_back(name);
    return true;
  }
  bool start_object(std::size_t) override { return open(Json::Kind::object); }
  bool start_array(std::size_t) override { return open(Json::Kind::list); }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool end_object() override {
    const auto twice = named_twice(open_.back()->names);
    open_.pop_back();
    if (!twice) return true;
    trouble = "the JSON names " + in_quotes(*twice) + " twice in one object";
    return false;
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    trouble = "the JSON ends or breaks at byte " + std::to_string(position) +
              (token.empty() ? "" : ", " + in_quotes(token));
    return false;
  }

 private:
  // An open value's place stays: its parent gets no other item before it is closed.
  Json* place() {
    if (open_.empty()) return &root;
    return &open_.back()->items.emplace_back();
  }
  bool add(Json::Kind kind, std::string text) {
    constexpr std::size_t values_max = 500'000;
    if (++values_ > values_max) {
      trouble = "the JSON has more than " + std::to_string(values_max) + " values";
      return false;
    }
    Json* value = place();
    value->kind = kind;
    value->text = std::move(text);
    return true;
  }
  bool open(Json::Kind kind) {
    constexpr std::size_t depth_max = 16;
    if (open_.size() == depth_max) {
      trouble = "the JSON is nested more than " + std::to_string(depth_max) + " deep";
      return false;
    }
    if (!add(kind, "")) return false;
    open_.push_back(open_.empty() ? &root : &open_.back()->items.back());
    return true;
  }

  std::vector<Json*> open_;
  std::size_t values_ = 0;
};

}  // namespace

Result<std::string_view> open_answer(std::string_view bytes, const AnswerDoor& door) {
  if (bytes.size() > door.bytes_max) {
    return fail(ErrorKind::invalid_input,
                door.subject + ": " + std::to_string(bytes.size()) + " bytes, more than the " +
                    std::to_string(door.bytes_max) + " of one " + door.thing,
                "ask for less at once, or split the file");
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return fail(ErrorKind::invalid_input, door.subject + ": empty", door.remedy);
  if (const auto binary = find_binary(bytes)) {
    return fail(ErrorKind::invalid_input,
                door.subject + ": binary from byte " + std::to_string(*binary) + " on",
                door.remedy);
  }
  return bytes.substr(first);
}

const Json* Json::find(std::string_view name) const {
  if (kind != Kind::object) return nullptr;
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

const Json* Json::list(std::string_view name) const {
  const Json* member = find(name);
  return member != nullptr && member->kind == Kind::list ? member : nullptr;
}

const Json* Json::object(std::string_view name) const {
  const Json* member = find(name);
  return member != nullptr && member->kind == Kind::object ? member : nullptr;
}

std::string_view Json::scalar(std::string_view name) const {
  const Json* member = find(name);
  return member == nullptr ? std::string_view() : std::string_view(member->text);
}

Result<Json> read_json(std::string_view text, const AnswerDoor& door) {
  if (text.empty() || (text.front() != '{' && text.front() != '[')) {
    const bool page = !text.empty() && text.front() == '<';
    return fail(ErrorKind::invalid_input,
                door.subject + (page ? ": a web page or XML " : ": no JSON ") +
                    in_quotes(text.substr(0, 15)),
                door.remedy);
  }
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(ErrorKind::invalid_input, door.subject + ": " + builder.trouble, door.mend);
  }
  return std::move(builder.root);
}

std::unique_ptr<fb::Digest256> digest_of(const std::vector<std::string_view>& parts) {
  std::string joined;
  for (const std::string_view part : parts) joined += part;
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest.bytes.data());
  return std::make_unique<fb::Digest256>(to_fb(digest));
}

}  // namespace wattledger::sources
